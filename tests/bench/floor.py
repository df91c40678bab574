"""The floor the pipeline is held against: four processes with its records, writes and batches, and nothing else."""

from __future__ import annotations

import asyncio
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from pymongo import MongoClient
from tests.bench.pipeline import SERVICES, Run
from tests.bench.sample import Sample
from tests.bench.usage import at_rest, by_name

from dossier_local.stack import Stack
from dossier_shared.contracts.topics import PARTITIONS

TOPICS = ("floor.submitted", "floor.reviewed", "floor.signed", "floor.delivered")


class Costs(NamedTuple):
    """Microseconds. They show that the floor is no straw man."""

    per_record: float  # encoding and handing a record to the client
    per_update: float  # a guarded update, in bulks of nothing but updates; waiting for the disk included


class Floor:
    def __init__(self, stack: Stack, sample: Sample, path: Path) -> None:
        self.stack, self.sample, self.path = stack, sample, path
        self.processes: dict[str, Process] = {}

    async def __aenter__(self) -> Self:
        await self._prepare()
        for role in SERVICES:
            self.processes[role] = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.bench.floor_process",
                role, str(self.path), self.stack.kafka, self.stack.mongodb,
                stdin=PIPE, stdout=PIPE,
            )  # fmt: skip
        async with asyncio.timeout(60):
            for role in SERVICES:
                if (said := (await self._output(role)).strip()) != "joined":
                    raise RuntimeError(f"the floor's {role} did not join its group: {said!r}")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self.processes.values():
            process.kill()
            await process.wait()

    async def _prepare(self) -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=self.stack.kafka)
        await admin.start()
        await admin.create_topics([NewTopic(name, PARTITIONS, 1) for name in TOPICS])
        await admin.close()
        with MongoClient[dict[str, Any]](self.stack.mongodb) as client:
            for role in SERVICES:
                table = client[f"floor_{role}"]["dossiers"]
                for index in self.sample.indexes[role]:
                    options = {key: value for key, value in index.items() if key not in ("v", "key", "ns")}
                    if index["name"] != "_id_":
                        table.create_index(list(index["key"].items()), **options)

    async def run(self, dossiers: int, writes: Mapping[str, float]) -> Run:
        """`writes`: mean number per dossier and service, of the run it is held against."""
        consumer = AIOKafkaConsumer(bootstrap_servers=self.stack.kafka, enable_auto_commit=False)
        await consumer.start()
        places = [TopicPartition("floor.delivered", n) for n in range(PARTITIONS)]

        async def delivered() -> int:
            return sum((await consumer.end_offsets(places)).values())

        try:
            pids = {role: process.pid for role, process in self.processes.items()}
            pids |= {name: self.stack.pid(name) for name in ("kafka", "mongod")}
            before, first = by_name(pids), await delivered()
            started = time.perf_counter()
            for role in reversed(SERVICES):  # intake last: it begins
                await self._tell(role, f"{writes[role]} {dossiers}")
            while await delivered() - first < dossiers * len(self.sample.records["dossier.delivered"]):
                if time.perf_counter() - started > 300:
                    raise RuntimeError("the floor did not finish within five minutes")
                await asyncio.sleep(0.02)
            seconds = time.perf_counter() - started
            await at_rest(pids)
            after = by_name(pids)
        finally:
            await consumer.stop()
        return Run(dossiers, seconds, {name: after[name] - before[name] for name in pids})

    async def costs(self) -> Costs:
        records = updates = 0
        record_seconds = update_seconds = 0.0
        for role in SERVICES:
            await self._tell(role, "report")
            line = (await self._output(role)).split()
            records, record_seconds = records + int(line[0]), record_seconds + float(line[1])
            updates, update_seconds = updates + int(line[2]), update_seconds + float(line[3])
        return Costs(record_seconds / max(records, 1) * 1e6, update_seconds / max(updates, 1) * 1e6)

    async def _tell(self, role: str, line: str) -> None:
        stdin = self.processes[role].stdin
        assert stdin is not None
        stdin.write(f"{line}\n".encode())
        await stdin.drain()

    async def _output(self, role: str) -> str:
        stdout = self.processes[role].stdout
        assert stdout is not None
        return (await stdout.readline()).decode()
