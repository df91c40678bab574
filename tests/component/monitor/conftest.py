"""Monitor's two processes on a stack of their own, fed as its neighbours would feed it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractAsyncContextManager
from typing import Any

import httpx
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from dossier_local.stack import Stack
from dossier_shared.adapters.kafka import KafkaSender
from dossier_shared.contracts.envelope import Event, decode, encode
from dossier_shared.contracts.topics import BY_SOURCE, DOSSIER_TOPICS
from dossier_shared.errors import BadRecord


class Watch:
    """`client` speaks to the web process; `board` asks as an administrator unless told otherwise."""

    def __init__(self, stack: Stack, client: httpx.AsyncClient, sender: KafkaSender) -> None:
        self.stack, self.client, self.sender = stack, client, sender
        self._tokens: dict[tuple[Any, ...], str] = {}

    async def feed(self, events: Iterable[Event]) -> None:
        batches: dict[str, list[Event]] = defaultdict(list)
        for event in events:
            batches[BY_SOURCE[event.source].name].append(event)
        for topic, batch in batches.items():
            assert all(await self.sender.send(topic, [encode(event) for event in batch]))

    async def headers(self, *roles: str, agency: str | None = None, sub: str = "x", ttl: int = 600) -> dict[str, str]:
        wish = (roles, agency, sub, ttl)
        if wish not in self._tokens:
            person = {"sub": sub, "roles": list(roles), "agency": agency, "name": "X", "ttl": ttl}
            answer = await self.client.post(self.stack.url("identity") + "/token", json=person)
            self._tokens[wish] = answer.json()["access_token"]
        return {"authorization": f"Bearer {self._tokens[wish]}"}

    async def board(self, *roles: str, agency: str | None = None, **query: Any) -> dict[str, Any]:
        headers = await self.headers(*(roles or ("admin",)), agency=agency)
        answer = await self.client.get("/api/v1/board", headers=headers, params=query)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def raw(self) -> list[Event]:
        """Every good event on the four topics, read by no code of monitor's."""
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self.stack.kafka, enable_auto_commit=False, auto_offset_reset="earliest"
        )
        await consumer.start()
        try:
            places = [TopicPartition(topic.name, n) for topic in DOSSIER_TOPICS for n in range(topic.partitions)]
            consumer.assign(places)
            ends = await consumer.end_offsets(places)
            events = []
            while any([await consumer.position(place) < end for place, end in ends.items()]):
                for batch in (await consumer.getmany(timeout_ms=500)).values():
                    for record in batch:
                        try:
                            events.append(decode(record))
                        except BadRecord:
                            continue
            return events
        finally:
            await consumer.stop()


@pytest.fixture(scope="module")
async def watch(
    tmp_path_factory: pytest.TempPathFactory, a_stack: Callable[..., AbstractAsyncContextManager[Stack]]
) -> AsyncIterator[Watch]:
    async with a_stack(tmp_path_factory.mktemp("monitor")) as stack:
        await stack.start("identity", "monitor-worker", "monitor")
        sender = KafkaSender(stack.broker, client_id="neighbours")
        async with httpx.AsyncClient(base_url=stack.url("monitor"), trust_env=False, timeout=60) as client:
            yield Watch(stack, client, sender)
        await sender.stop()
