"""A whole office, the commands an operator types, and a judge."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import bson
import pytest
from pymongo import AsyncMongoClient
from rich.console import Console

from dossier_local.simulation import running
from dossier_local.simulation.client import Client
from dossier_local.simulation.plan import Story
from dossier_local.simulation.week import Catalogue, plan_week
from dossier_local.stack import Stack


class Drill:
    def __init__(self, stack: Stack) -> None:
        self.stack, self._plays = stack, 0
        self.mongo: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(stack.mongodb)

    async def play(self, dossiers: int, per_second: float = 20.0) -> running.Outcome:
        """Other dossiers each time. It reconciles all there has been."""
        self._plays += 1
        seed = self._plays

        async def plan(client: Client) -> Sequence[Story]:
            procedures = (await client.get("intake", "/api/v1/procedures"))["items"]
            agencies = (await client.get("intake", "/api/v1/agencies"))["items"]
            return plan_week(Catalogue.of(procedures, agencies), dossiers, date(2026, 6, 1), 1, seed)

        options = running.Options(folder=self.stack.folder, seconds=lambda s: len(s) / per_second, seed=seed)
        return await running.play(self.stack, options, plan, Console(quiet=True))

    async def dossier(self, command: str, status: int = 0) -> str:
        """What the `dossier` command says, standard error last."""
        argv = [sys.executable, "-m", "dossier_local.cli", *command.split(), "--folder", str(self.stack.folder)]
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(*argv, stdout=pipe, stderr=pipe)
        out, err = await asyncio.wait_for(process.communicate(), 240)
        said = out.decode() + err.decode()
        assert process.returncode == status, f"dossier {command} ended with {process.returncode}:\n{said[-4000:]}"
        return said if status else out.decode()

    async def told(self, command: str) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(await self.dossier(f"{command} --json"))
        return answer

    async def rebuild(self) -> None:
        """Has the monitor's board counted again, by the worker's own program."""
        argv = [sys.executable, "-m", "dossier_monitor.worker", "rebuild"]
        env = {**os.environ, **self.stack.env("monitor-worker")}
        process = await asyncio.create_subprocess_exec(*argv, env=env)
        assert await asyncio.wait_for(process.wait(), 120) == 0

    async def events(self, service: str) -> int:
        """How many a service has recorded."""
        table = self.mongo[f"dossier_{service}"]["dossiers"]
        found = await (await table.aggregate([{"$group": {"_id": None, "n": {"$sum": "$seq"}}}])).to_list()
        return int(found[0]["n"]) if found else 0

    async def put_back(self, backup: Path, service: str) -> None:
        """As a tool of the database would: documents, and nothing else."""
        for file in sorted((backup / service).glob("*.bson")):
            with file.open("rb") as opened:
                documents = list(bson.decode_file_iter(opened))
            if documents:
                await self.mongo[f"dossier_{service}"][file.stem].insert_many(documents)


@pytest.fixture(scope="package")
async def drill(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Drill]:
    async with Stack(tmp_path_factory.mktemp("drill"), free_ports=True) as stack:
        await stack.start_all()
        made = Drill(stack)
        yield made
        await made.mongo.close()


def agreed(outcome: running.Outcome) -> None:
    """Nothing lost, nothing doubled, every chain whole, the board right, everything at rest."""
    found = outcome.report.findings
    assert not found, (Counter((one.kind, one.source, one.what) for one in found).most_common(10), found[:5])
    assert outcome.tally.trouble == []
    assert outcome.stirring == []
