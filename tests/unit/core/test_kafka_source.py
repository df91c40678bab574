"""When the source asks the broker: at once for what comes alone, with a pause after a fetch of few, without one in a flood."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaConnectionError

from dossier_shared.adapters import kafka
from dossier_shared.adapters.kafka import FEW, MANY, MOST, PACE, KafkaSource
from dossier_shared.settings.broker import Broker as Address

PLACE = TopicPartition("dossier.submitted", 0)


@dataclass
class Raw:
    offset: int


class Broker:
    """Gives the next number of records at each call; remembers for how long it was asked to wait."""

    def __init__(self, *batches: int) -> None:
        self._batches, self._next = list(batches), 0
        self.patience: list[int] = []

    async def getmany(self, timeout_ms: int, max_records: int) -> dict[TopicPartition, list[Raw]]:
        self.patience.append(timeout_ms)
        count = min(self._batches.pop(0), max_records)
        first, self._next = self._next, self._next + count
        return {PLACE: [Raw(offset) for offset in range(first, self._next)]} if count else {}

    def assignment(self) -> set[TopicPartition]:
        return {PLACE}


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Every wait that is one; time stands still."""
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        if seconds > 0:
            waits.append(seconds)

    monkeypatch.setattr(
        kafka, "asyncio", SimpleNamespace(sleep=sleep)
    )  # this module's only: others' tasks share the loop
    monkeypatch.setattr(kafka, "monotonic", lambda: 0.0)
    return waits


def source(monkeypatch: pytest.MonkeyPatch, broker: Broker, linger: float = 0.0) -> KafkaSource:
    async def ready() -> Broker:
        return broker

    made = KafkaSource(Address("nowhere:1"), ["dossier.submitted"], group="g", member="g-1", linger=linger)
    monkeypatch.setattr(made, "_ready", ready)
    return made


async def fetch(made: KafkaSource, limit: int = 1000) -> list[int]:
    return [record.offset for record in await made.fetch(limit)]


async def test_what_comes_alone_is_served_at_once_and_the_next_fetch_waits_for_company(
    monkeypatch: pytest.MonkeyPatch, slept: list[float]
) -> None:
    made = source(monkeypatch, Broker(1, 2, 3))
    assert await fetch(made) == [0]
    assert slept == []
    assert await fetch(made) == [1, 2, 3, 4, 5], "what the client held, and what the broker held"
    assert slept == [PACE]


async def test_a_flood_is_not_held_up(monkeypatch: pytest.MonkeyPatch, slept: list[float]) -> None:
    made = source(monkeypatch, Broker(FEW, FEW, FEW))
    for _ in range(3):
        assert len(await fetch(made)) == FEW
    assert slept == []


async def test_no_more_than_the_limit(monkeypatch: pytest.MonkeyPatch, slept: list[float]) -> None:
    made = source(monkeypatch, Broker(1, 6, 9))
    await fetch(made)
    assert await fetch(made, limit=10) == [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]


async def test_who_lingers_waits_so_long_after_the_first(monkeypatch: pytest.MonkeyPatch, slept: list[float]) -> None:
    made = source(monkeypatch, Broker(1, 2, 1000), linger=1.0)
    assert await fetch(made) == [0, 1, 2]
    assert slept == [1.0]
    assert len(await fetch(made)) == 1000
    assert slept == [1.0, PACE], "a full batch is worth its write"


async def test_who_lingers_in_a_flood_waits_longer_and_takes_all_that_came(
    monkeypatch: pytest.MonkeyPatch, slept: list[float]
) -> None:
    made = source(monkeypatch, Broker(FEW, FEW, FEW, FEW, 1, FEW, 0, FEW, 9_000, 0, FEW, 0), linger=1.0)
    assert len(await fetch(made, limit=10_000)) == 4 * FEW + 1, "until a fetch brings few"
    assert slept == [1.0]
    made._last = 2 * MANY
    assert len(await fetch(made, limit=10_000)) == FEW
    assert slept == [1.0, 2.0], "twice as many came last as make a flood"
    await fetch(made, limit=10_000)
    await fetch(made, limit=10_000)
    assert slept == [1.0, 2.0, 1.0, MOST], "never longer than that"


async def test_an_outage_while_lingering_gives_what_is_in_hand_once(
    monkeypatch: pytest.MonkeyPatch, slept: list[float]
) -> None:
    broker = Broker(FEW, FEW, 1, 0)
    made, getmany, asked = source(monkeypatch, broker, linger=1.0), broker.getmany, 0

    async def away(timeout_ms: int, max_records: int) -> dict[TopicPartition, list[Raw]]:
        nonlocal asked
        asked += 1
        if asked == 3:
            raise KafkaConnectionError
        return await getmany(timeout_ms, max_records)

    monkeypatch.setattr(broker, "getmany", away)
    assert await fetch(made) == list(range(2 * FEW))
    assert await fetch(made) == [2 * FEW]


async def test_silence_is_not_waited_after(monkeypatch: pytest.MonkeyPatch, slept: list[float]) -> None:
    made = source(monkeypatch, Broker(0, 0, 1))
    assert await fetch(made) == []
    assert await fetch(made) == []
    assert await fetch(made) == [0]
    assert slept == [], "after silence the first is served at once"
