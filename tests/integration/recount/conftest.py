"""The whole system after some dozens of dossiers, and an administrator who has it counted again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import date
from typing import Any
from uuid import uuid4

import httpx
import pytest
from aiokafka import AIOKafkaProducer
from rich.console import Console

from dossier_local.simulation import running
from dossier_local.simulation.client import Client
from dossier_local.simulation.plan import Story
from dossier_local.simulation.week import Catalogue, plan_week
from dossier_local.stack import Stack
from dossier_shared.contracts.envelope import partition_of
from dossier_shared.contracts.topics import PARTITIONS

Eventually = Callable[..., Awaitable[Any]]
DOSSIERS = 40


class Office:
    def __init__(self, stack: Stack, http: httpx.AsyncClient, producer: AIOKafkaProducer) -> None:
        self.stack, self.http, self._producer = stack, http, producer

    async def play(self, dossiers: int, seed: int, per_second: float = 20.0) -> running.Outcome:
        async def plan(client: Client) -> Sequence[Story]:
            procedures = (await client.get("intake", "/api/v1/procedures"))["items"]
            agencies = (await client.get("intake", "/api/v1/agencies"))["items"]
            return plan_week(Catalogue.of(procedures, agencies), dossiers, date(2026, 6, 1), 1, seed)

        options = running.Options(folder=self.stack.folder, seconds=lambda s: len(s) / per_second, seed=seed)
        return await running.play(self.stack, options, plan, Console(quiet=True))

    async def admin(self, *roles: str) -> dict[str, str]:
        person = {"sub": "admin-1", "roles": list(roles or ("admin",))}
        answer = await self.http.post(self.stack.url("identity") + "/token", json=person)
        return {"authorization": f"Bearer {answer.json()['access_token']}"}

    async def begin(self, key: str | None = None) -> httpx.Response:
        headers = {**await self.admin(), "idempotency-key": key or uuid4().hex}
        return await self.http.post(self.stack.url("monitor") + "/api/v1/recounts", headers=headers)

    async def ended(self, begun: httpx.Response, eventually: Eventually) -> dict[str, Any]:
        assert begun.status_code == 202, begun.text
        url, headers = self.stack.url("monitor") + begun.headers["location"], await self.admin()

        async def look() -> dict[str, Any] | None:
            view: dict[str, Any] = (await self.http.get(url, headers=headers)).json()
            return view if view["state"] != "running" else None

        view: dict[str, Any] = await eventually(look, within=120)
        assert view["state"] == "finished", view
        return view

    async def count(self, eventually: Eventually) -> dict[str, Any]:
        return await self.ended(await self.begin(), eventually)

    async def publish(self, topic: str, key: bytes, value: bytes | None) -> None:
        """Where the worker would have put it."""
        partition = partition_of(key.decode(), PARTITIONS)
        await self._producer.send_and_wait(topic, value, key, partition=partition)


@pytest.fixture(scope="module")
async def office(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Office]:
    async with Stack(tmp_path_factory.mktemp("recount"), free_ports=True) as stack:
        await stack.start_all()
        producer = AIOKafkaProducer(bootstrap_servers=stack.kafka)
        await producer.start()
        async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
            made = Office(stack, http, producer)
            assert (await made.play(DOSSIERS, 3)).good
            yield made
        await producer.stop()
