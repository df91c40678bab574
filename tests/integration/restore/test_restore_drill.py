"""The drill of docs/operations.md: a database is lost while dossiers flow, an old backup is put back, and nothing is missing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import bson
import pytest

from .conftest import Drill, agreed

pytestmark = pytest.mark.long

Eventually = Callable[..., Awaitable[Any]]
DOSSIERS = 40


def events_in(folder: Path) -> int:
    with (folder / "dossiers.bson").open("rb") as file:
        return sum(document["seq"] for document in bson.decode_file_iter(file))


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "service",
    [
        "intake",  # it alone has something of its own to do when it is recovered
        *(pytest.param(name, marks=pytest.mark.nightly) for name in ("review", "signing", "notify")),
    ],
)
async def test_an_old_backup_becomes_whole_while_dossiers_flow(
    drill: Drill, eventually: Eventually, tmp_path: Path, service: str
) -> None:
    before = await drill.events(service)

    async def recorded(more: int) -> bool:
        return await drill.events(service) >= before + more

    flows = [asyncio.create_task(drill.play(DOSSIERS, per_second=3.0))]
    try:
        await eventually(lambda: recorded(15), within=120)
        await drill.dossier(f"backup {tmp_path / 'backup'} --service {service}")
        backed_up = events_in(tmp_path / "backup" / service)
        flows.append(asyncio.create_task(drill.play(DOSSIERS // 2, per_second=3.0)))  # the first may be done by now
        await eventually(lambda: recorded(backed_up - before + 15), within=120)

        await drill.stack.stop(service)
        flows.append(asyncio.create_task(drill.play(DOSSIERS // 4)))  # citizens and officers go on
        lost = await drill.events(service)
        await drill.mongo.drop_database(f"dossier_{service}")
        outcome = await drill.told(f"restore {tmp_path / 'backup'} {service}")
        assert outcome["whole"]
        assert outcome["events"] == lost - backed_up  # stopped cleanly: all it had recorded was on its topic
        await drill.stack.start(service)
        for flow in flows:
            ended = await flow
            assert (ended.tally.trouble, ended.stirring) == ([], [])
    finally:
        for flow in flows:
            flow.cancel()
        await asyncio.gather(*flows, return_exceptions=True)
    agreed(await drill.play(5))  # judges all there has been
