"""How far a consumer is behind: what is in hand counts, what is not known is left out, nothing stands still."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace

from aiokafka import TopicPartition

from dossier_shared.adapters.lag import FORGOTTEN, LOOK_EVERY, Lag

A, B = TopicPartition("dossier.submitted", 0), TopicPartition("dossier.submitted", 1)


@dataclass
class Client:
    """aiokafka's consumer as far as it is asked. `told`: the end of the last fetch, and when that was."""

    told: dict[TopicPartition, tuple[int, float]] = field(default_factory=dict)
    ends: dict[TopicPartition, int] = field(default_factory=dict)
    positions: dict[TopicPartition, int] = field(default_factory=lambda: {A: 0, B: 0})
    assigned: set[TopicPartition] = field(default_factory=lambda: {A})
    asked: list[list[TopicPartition]] = field(default_factory=list)

    def assignment(self) -> Iterable[TopicPartition]:
        return sorted(self.assigned)

    def highwater(self, partition: TopicPartition) -> int | None:
        return self.told[partition][0] if partition in self.told else None

    def last_poll_timestamp(self, partition: TopicPartition) -> int | None:
        return int(self.told[partition][1] * 1000) if partition in self.told else None

    async def position(self, partition: TopicPartition) -> int:
        return self.positions[partition]

    async def end_offsets(self, partitions: Iterable[TopicPartition]) -> Mapping[TopicPartition, int]:
        self.asked.append(list(partitions))
        return {place: self.ends[place] for place in partitions}


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def batches(*offsets: int) -> dict[TopicPartition, list[SimpleNamespace]]:
    return {A: [SimpleNamespace(offset=offset) for offset in offsets]}


def shown(lag: Lag, client: Client | None) -> dict[str, float]:
    return {f"{topic}-{number}": value for (_, topic, number), value in lag.samples(client)}


async def test_what_is_in_hand_counts_until_it_is_committed() -> None:
    clock = Clock()
    lag, client = Lag("review", clock), Client(told={A: (10, clock.now)})
    assert shown(lag, client) == {}, "not known yet"
    lag.handed_out(batches(4, 5, 6))
    lag.handed_out(batches(7, 8))
    assert shown(lag, client) == {"dossier.submitted-0": 6}
    lag.committed({A: 9})
    assert shown(lag, client) == {"dossier.submitted-0": 1}
    lag.committed({A: 10})
    assert shown(lag, client) == {"dossier.submitted-0": 0}


async def test_one_that_has_nothing_to_read_is_at_its_position() -> None:
    clock = Clock()
    lag, client = Lag("review", clock), Client(told={A: (10, clock.now)}, positions={A: 10})
    await lag.look(client)
    assert shown(lag, client) == {"dossier.submitted-0": 0}
    assert client.asked == [], "a fetch has told the end: the broker is not asked"


async def test_while_it_does_not_fetch_the_broker_is_asked() -> None:
    clock = Clock()
    lag, client = Lag("review", clock), Client(told={A: (10, clock.now)}, ends={A: 500})
    lag.handed_out(batches(9))
    clock.now += LOOK_EVERY + 1
    await lag.look(client)
    assert client.asked == [[A]]
    assert shown(lag, client) == {"dossier.submitted-0": 491}
    client.told[A] = (600, clock.now + 1)
    assert shown(lag, client) == {"dossier.submitted-0": 591}, "the newer of the two"


async def test_an_end_of_long_ago_is_forgotten_not_repeated() -> None:
    clock = Clock()
    lag, client = Lag("review", clock), Client(told={A: (10, clock.now)}, ends={A: 500})
    lag.handed_out(batches(9))
    clock.now += LOOK_EVERY + 1
    await lag.look(client)
    clock.now += FORGOTTEN + 1
    assert shown(lag, client) == {}


async def test_a_partition_that_went_and_came_back_is_not_measured_by_what_was() -> None:
    clock = Clock()
    lag, client = Lag("review", clock), Client(told={A: (10, clock.now)}, positions={A: 990})
    lag.handed_out(batches(9))
    lag.forget()
    client.told = {A: (1000, clock.now)}
    assert shown(lag, client) == {}
    await lag.look(client)
    assert shown(lag, client) == {"dossier.submitted-0": 10}


async def test_one_that_was_left_is_not_shown() -> None:
    clock = Clock()
    lag, client = Lag("review", clock), Client(told={A: (10, clock.now), B: (7, clock.now)}, assigned={A, B})
    lag.committed({A: 3, B: 7})
    assert shown(lag, client) == {"dossier.submitted-0": 7, "dossier.submitted-1": 0}
    client.assigned = {B}
    assert shown(lag, client) == {"dossier.submitted-1": 0}
    assert shown(lag, None) == {}
