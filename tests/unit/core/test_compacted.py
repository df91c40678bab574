"""Readers outside any group, on a consumer that answers from memory."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaConnectionError

from dossier_shared.adapters import compacted
from dossier_shared.adapters.compacted import Followed, Follower, TopicReader, latest
from dossier_shared.contracts.topics import KEYS, MARKS, OFFICERS
from dossier_shared.settings.broker import Broker

PLACE, OTHER = TopicPartition(MARKS.name, 0), TopicPartition(MARKS.name, 1)


@dataclass(frozen=True)
class Record:
    key: bytes
    value: bytes | None
    topic: str = MARKS.name


class Consumer:
    """Of what is in `logs`, at most `max_records` at a time."""

    logs: dict[TopicPartition, list[Record]]
    there: set[str]
    away = False
    open = 0

    def __init__(self, **settings: Any) -> None:
        self.settings, self.at = settings, dict[TopicPartition, int]()

    async def start(self) -> None:
        type(self).open += 1
        if self.away:
            raise KafkaConnectionError("away")

    async def stop(self) -> None:
        type(self).open -= 1

    async def topics(self) -> set[str]:
        return set(self.there)

    def assign(self, places: list[TopicPartition]) -> None:
        assert places, "no partition means all of them to seek_to_beginning"
        self.places = places

    async def seek_to_beginning(self, *places: TopicPartition) -> None:
        self.at = dict.fromkeys(places, 0)

    async def end_offsets(self, places: list[TopicPartition]) -> dict[TopicPartition, int]:
        return {place: len(self.logs[place]) for place in places}

    async def position(self, place: TopicPartition) -> int:
        return self.at[place]

    async def getmany(
        self, *places: TopicPartition, timeout_ms: int, max_records: int
    ) -> dict[TopicPartition, list[Record]]:
        found = {}
        for place in places or self.places:
            batch = self.logs[place][self.at[place] :][:max_records]
            if batch:
                found[place] = batch
                self.at[place] += len(batch)
        if not found:
            await asyncio.sleep(timeout_ms / 1000)
        return found


@pytest.fixture
def logs(monkeypatch: pytest.MonkeyPatch) -> dict[TopicPartition, list[Record]]:
    Consumer.logs, Consumer.away, Consumer.open = defaultdict(list), False, 0
    Consumer.there = {MARKS.name}
    monkeypatch.setattr(compacted, "AIOKafkaConsumer", Consumer)
    return Consumer.logs


BROKER = Broker("nowhere:1")


async def test_a_reader_goes_on_from_where_it_stood_to_what_is_the_end_by_then(
    logs: dict[TopicPartition, list[Record]],
) -> None:
    logs[PLACE] += [Record(b"a", b"1"), Record(b"b", b"1"), Record(b"a", b"2")]
    async with TopicReader(BROKER, [PLACE, OTHER]) as reader:
        assert [len(batch) async for batch in reader.to_the_end(2)] == [2, 1]
        assert [batch async for batch in reader.to_the_end()] == []
        logs[OTHER].append(Record(b"c", b"1"))
        assert [batch async for batch in reader.to_the_end()] == [[Record(b"c", b"1")]]
    assert Consumer.open == 0


async def test_the_latest_under_each_key_and_nothing_of_what_was_emptied(
    logs: dict[TopicPartition, list[Record]],
) -> None:
    logs[PLACE] += [Record(b"a", b"1"), Record(b"b", b"1"), Record(b"a", b"2"), Record(b"b", None)]
    logs[OTHER] += [Record(b"c", b"1")]
    assert await latest(BROKER, MARKS.name, [0]) == {b"a": b"2"}
    assert await latest(BROKER, MARKS.name, [0, 1]) == {b"a": b"2", b"c": b"1"}
    assert await latest(BROKER, MARKS.name, []) == {}


async def test_a_broker_that_is_away_leaves_nothing_open(logs: dict[TopicPartition, list[Record]]) -> None:
    Consumer.away = True
    with pytest.raises(KafkaConnectionError):
        await latest(BROKER, MARKS.name, [0])
    assert Consumer.open == 0


async def test_a_follower_says_when_it_has_the_whole_and_hands_on_what_comes_then(
    logs: dict[TopicPartition, list[Record]], eventually: Callable[..., Awaitable[Any]]
) -> None:
    logs[PLACE] += [Record(b"a", b"1")]
    taken, told = list[Any](), list[int]()
    marks = Followed((MARKS,), taken.extend, lambda: told.append(len(taken)))
    await Follower(BROKER, marks, rest=0.001).once()
    assert marks.caught_up
    assert told == [1]
    marks = Followed((MARKS,), taken.extend)
    running = asyncio.create_task(Follower(BROKER, marks, rest=0.001).run())
    await eventually(lambda: marks.caught_up)
    logs[OTHER].append(Record(b"b", b"1"))
    await eventually(lambda: taken[-1] == Record(b"b", b"1"))
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert Consumer.open == 0


async def test_a_topic_that_is_not_there_yet_keeps_no_other_from_being_read(
    logs: dict[TopicPartition, list[Record]], eventually: Callable[..., Awaitable[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """All are read by one connection; one that comes later is read too, and who waits for it is told which are there."""
    monkeypatch.setattr(compacted, "LOOK_AGAIN", 0.001)
    logs[PLACE] += [Record(b"a", b"1")]
    taken, officers, told = list[Any](), list[Any](), list[set[str]]()
    marks = Followed((MARKS,), taken.extend)
    late = Followed((OFFICERS,), officers.extend, absent=lambda there: told.append(set(there)))
    never = Followed((KEYS, MARKS), lambda _: pytest.fail("of the two one is missing"))
    running = asyncio.create_task(Follower(BROKER, marks, late, never, rest=0.001).run())
    try:
        await eventually(lambda: marks.caught_up and told[-1:] == [{MARKS.name}])
        assert not late.caught_up
        assert not officers
        Consumer.there.add(OFFICERS.name)
        logs[TopicPartition(OFFICERS.name, 0)].append(Record(b"u-1", b"1", OFFICERS.name))
        await eventually(lambda: late.caught_up)
        assert officers == [Record(b"u-1", b"1", OFFICERS.name)]
        assert {record.topic for record in taken} == {MARKS.name}
        assert Consumer.open == 1
        assert not never.caught_up
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_it_is_told_since_when_there_is_no_more_once_all_is_taken(
    logs: dict[TopicPartition, list[Record]], eventually: Callable[..., Awaitable[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By what the broker answered before the fetch: what came with that answer has been taken by then."""
    polled, taken, told = 1_000, list[bytes](), list[tuple[float, int]]()
    monkeypatch.setattr(Consumer, "last_poll_timestamp", lambda _, place: polled, raising=False)
    place = TopicPartition(OFFICERS.name, 0)
    Consumer.there = {OFFICERS.name}
    logs[place] += [Record(key, b"1", OFFICERS.name) for key in (b"a", b"b", b"c")]
    whole = Consumer.getmany

    async def singly(self: Consumer, *places: TopicPartition, timeout_ms: int, max_records: int) -> Any:
        return await whole(self, *places, timeout_ms=timeout_ms, max_records=1)

    monkeypatch.setattr(Consumer, "getmany", singly)
    one = Followed(
        (OFFICERS,), lambda records: taken.extend(r.key for r in records), seen=lambda at: told.append((at, len(taken)))
    )
    following = asyncio.create_task(Follower(BROKER, one, rest=0.01).run())
    try:
        await eventually(lambda: told, within=10)
        assert told[0] == (1.0, 3), "seconds; nothing is told before the first reading to the end"
        polled = 2_000
        await eventually(lambda: told[-1][0] == 2.0, within=10)
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


async def test_one_more_is_followed_while_it_runs(
    logs: dict[TopicPartition, list[Record]], eventually: Callable[..., Awaitable[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compacted, "LOOK_AGAIN", 0.01)
    Consumer.there = {OFFICERS.name, MARKS.name}
    logs[PLACE] += [Record(b"m", b"1")]
    taken: list[bytes] = []
    follower = Follower(BROKER, Followed((OFFICERS,), lambda _: None), rest=0.01)
    following = asyncio.create_task(follower.run())
    try:
        await asyncio.sleep(0.05)
        follower.also(Followed((MARKS,), lambda records: taken.extend(r.key for r in records)))
        await eventually(lambda: taken == [b"m"], within=10)
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
