"""The pipeline under load: intake, review, signing, notify, fed through the batch endpoint with a straight-through procedure."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition
from tests.bench.usage import at_rest, by_name

from dossier_local.stack import Stack
from dossier_shared.contracts.topics import DELIVERED, PARTITIONS

SERVICES = ("intake", "review", "signing", "notify")
BATCH = 500
CONNECTIONS = 2
PROCEDURE = "2.001159"  # lodging notice: accepted, appraised and approved by rule; its result a registry entry


@dataclass(slots=True)
class Run:
    """One fed batch, from the first request to the last delivery."""

    dossiers: int
    seconds: float
    cpu: dict[str, float]  # seconds by process

    @property
    def per_second(self) -> float:
        return self.dossiers / self.seconds

    def cpu_per_dossier(self, names: Sequence[str]) -> float:
        """Microseconds of these processes."""
        return sum(self.cpu[name] for name in names) / self.dossiers * 1e6


class Feeder:
    """Files dossiers of one procedure for the agencies that take it, in ready-made batches."""

    def __init__(self, stack: Stack, code: str = PROCEDURE) -> None:
        self.stack, self.code = stack, code
        self.client = httpx.AsyncClient(timeout=120)
        self.procedure: dict[str, Any] = {}
        self.headers: dict[str, str] = {}

    async def prepare(self) -> None:
        answer = await self.client.get(f"{self.stack.url('intake')}/api/v1/procedures")
        by_code = {item["code"]: item for item in answer.json()["items"]}
        self.procedure = by_code[self.code]
        who = {"sub": "hotel", "roles": ["agent"], "agency": None, "name": "Khách sạn Bình Minh", "ttl": 7200}
        token = (await self.client.post(f"{self.stack.url('identity')}/token", json=who)).json()["access_token"]
        self.headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}

    def filing(self, number: int) -> dict[str, Any]:
        agencies = self.procedure["agencies"]
        return {
            "procedure": self.code,
            "agency": agencies[number % len(agencies)],
            "channel": "online",
            "applicant": {"name": "Nguyễn Văn Bình", "phone": "0912345678"},
            "form": self.procedure["form"]["examples"][0],
        }

    def batches(self, dossiers: int, size: int = BATCH) -> list[bytes]:
        batch = uuid4().hex
        items = [{"key": f"{batch}-{n}", "filing": self.filing(n)} for n in range(dossiers)]
        return [orjson.dumps({"items": items[at : at + size]}) for at in range(0, dossiers, size)]

    async def send(self, body: bytes) -> None:
        headers = {**self.headers, "idempotency-key": uuid4().hex}
        answer = await self.client.post(
            f"{self.stack.url('intake')}/api/v1/dossiers:batch", content=body, headers=headers
        )
        answer.raise_for_status()
        refused = [item for item in answer.json()["items"] if item["status"] != 201]
        if refused:
            raise RuntimeError(f"not filed: {refused[0]}")


class Delivered:
    """Counts the records of `dossier.delivered`: one per dossier here, as this procedure sends no message."""

    def __init__(self, bootstrap: str) -> None:
        self._consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)
        self._places = [TopicPartition(DELIVERED.name, n) for n in range(PARTITIONS)]

    async def start(self) -> None:
        await self._consumer.start()

    async def count(self) -> int:
        return sum((await self._consumer.end_offsets(self._places)).values())

    async def stop(self) -> None:
        await self._consumer.stop()


async def run(stack: Stack, feeder: Feeder, dossiers: int, extra: Sequence[str] = ()) -> Run:
    """Feeds as fast as intake takes it and waits for the last delivery."""
    bodies = feeder.batches(dossiers)
    delivered = Delivered(stack.kafka)
    await delivered.start()
    try:
        pids = {name: stack.pid(name) for name in (*SERVICES, *extra, "kafka", "mongod")}
        before, first = by_name(pids), await delivered.count()
        started = time.perf_counter()
        waiting = list(reversed(bodies))

        async def connection() -> None:
            while waiting:
                await feeder.send(waiting.pop())

        await asyncio.gather(*(connection() for _ in range(CONNECTIONS)))
        while await delivered.count() - first < dossiers:
            if time.perf_counter() - started > 600:
                raise RuntimeError("not delivered within ten minutes")
            await asyncio.sleep(0.02)
        seconds = time.perf_counter() - started
        await at_rest(pids)
        after = by_name(pids)
    finally:
        await delivered.stop()
    return Run(dossiers, seconds, {name: after[name] - before[name] for name in pids})
