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
from dossier_shared.journal.hearing import Position

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


async def test_one_that_runs_is_given_it_within_its_membership(
    stack: Stack, eventually: Callable[..., Awaitable[Any]]
) -> None:
    """As services do where an agency is given a deployment: no restart, and nothing of before is read again."""
    says = Author("intake", str(uuid4())).says
    first, second = (encode(says(Accepted(appointment=f"2025-07-1{day}T10:00:00.000000Z"))) for day in range(2))
    source = KafkaSource(stack.broker, [FIRST], group=f"live-{uuid4().hex}", member="live-1", session_timeout_ms=6_000)
    sender, heard = KafkaSender(stack.broker, client_id="live-test"), list[tuple[str, bytes | None]]()

    async def hears(topic: str, key: bytes) -> bool:
        records = await source.fetch(1000)
        heard.extend((record.topic, record.key) for record in records)
        if records:
            assert await source.commit({Position(r.topic, r.partition): r.offset + 1 for r in records})
        return (topic, key) in heard

    try:
        assert all(await sender.send(FIRST, [first]))
        await eventually(lambda: hears(FIRST, first.key), within=30)
        source.listen([FIRST, SECOND])
        source.listen([SECOND, FIRST])  # told twice before it fetches
        assert all(await sender.send(SECOND, [second]))
        await eventually(lambda: hears(SECOND, second.key), within=30)
        assert heard.count((FIRST, first.key)) == 1
    finally:
        await source.stop()
        await sender.stop()
