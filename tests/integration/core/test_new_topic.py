"""A release that reads one more topic, started while the broker still keeps the place of the one before it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

from dossier_local.memory import Author
from dossier_local.stack import Stack
from dossier_shared.adapters.kafka import KafkaSender, KafkaSource
from dossier_shared.contracts.envelope import encode
from dossier_shared.contracts.events import Accepted

FIRST, SECOND = "dossier.submitted", "dossier.signed"


async def test_it_is_given_the_new_topic_too(stack: Stack, eventually: Callable[..., Awaitable[Any]]) -> None:
    group, said = (
        f"releases-{uuid4().hex}",
        encode(Author("intake", str(uuid4())).says(Accepted(appointment="2025-07-10T10:00:00.000000Z"))),
    )

    def release(*topics: str) -> KafkaSource:
        return KafkaSource(stack.broker, topics, group=group, member="releases-1", session_timeout_ms=6_000)

    before = release(FIRST)
    await eventually(lambda: _joined(before), within=30)
    await before.stop()
    sender, today = KafkaSender(stack.broker, client_id="releases-test"), release(FIRST, SECOND)

    async def hears() -> bool:
        return any((record.topic, record.key) == (SECOND, said.key) for record in await today.fetch(1000))

    try:
        assert all(await sender.send(SECOND, [said]))
        await eventually(hears, within=30)
    finally:
        await today.stop()
        await sender.stop()


async def _joined(source: KafkaSource) -> bool:
    await source.fetch(1)
    return source.joined
