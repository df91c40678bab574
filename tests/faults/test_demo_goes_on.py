"""Killing any one service during the demo, and starting it again, changes no count in the final table."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import date

import pytest
from rich.console import Console

from dossier_local.reconciliation.report import FIGURES
from dossier_local.simulation.client import Client
from dossier_local.simulation.plan import Story
from dossier_local.simulation.running import CLIENTS, Options, play
from dossier_local.simulation.week import Catalogue, plan_week
from dossier_local.stack import Stack
from dossier_local.waiting import eventually

SERVICES = ("intake", "review", "signing", "notify", "monitor", "monitor-worker")
DOSSIERS, SECONDS, SEED = 150, 12.0, 7
pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]


class Demo:
    """The same week again and again on one stack, each time by clients with other keys: every count must grow alike."""

    def __init__(self, stack: Stack) -> None:
        self.stack, self.times = stack, 0
        self.once: dict[str, int] = {}

    async def run(self, victim: str | None = None) -> dict[str, int]:
        """The final table, of all runs so far."""
        self.times += 1
        options = Options(folder=self.stack.folder, seconds=lambda _: SECONDS, patience=240, seed=self.times)
        disturbing = asyncio.create_task(self._disturb(victim))
        outcome = await play(self.stack, options, self._plan, Console(file=io.StringIO()))
        await disturbing
        findings = [*map(str, outcome.report.findings[:10]), *outcome.tally.trouble[:10], *outcome.stirring]
        assert outcome.good, findings
        return {name: getattr(outcome.report, name) for name in (*FIGURES, "late")}

    async def _plan(self, client: Client) -> Sequence[Story]:
        procedures = (await client.get("intake", "/api/v1/procedures"))["items"]
        agencies = (await client.get("intake", "/api/v1/agencies"))["items"]
        stories = plan_week(Catalogue.of(procedures, agencies), DOSSIERS, date(2026, 6, 1), 1, SEED)
        return [replace(story, key=f"{story.key}-{self.times}") for story in stories]

    async def _disturb(self, victim: str | None) -> None:
        """Kills it when a third of what clients will be told has been told."""
        if victim is None:
            return
        clients = self.stack.folder / CLIENTS
        told = clients.stat().st_size
        enough = told + told // (self.times - 1) // 3
        await eventually(lambda: clients.stat().st_size > enough, within=240)
        assert await self.stack.kill(victim) == -9
        await self.stack.start(victim)


@pytest.fixture(scope="module")
async def demo(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Demo]:
    async with Stack(tmp_path_factory.mktemp("demo"), free_ports=True) as stack:
        await stack.start_all()
        demo = Demo(stack)
        demo.once = await demo.run()
        yield demo


@pytest.mark.parametrize(
    "victim",
    [
        # what records is killed in tests/integration/test_demo.py, too; what counts is not
        name if name == "monitor-worker" else pytest.param(name, marks=pytest.mark.nightly)
        for name in SERVICES
    ],
)
async def test_killing_a_service_changes_no_count(demo: Demo, victim: str) -> None:
    table = await demo.run(victim)
    assert table == {name: count * demo.times for name, count in demo.once.items()}
    assert demo.once["delivered"] > 50
    assert demo.once["open"] > 0
