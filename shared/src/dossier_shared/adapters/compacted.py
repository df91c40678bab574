"""Reads compacted topics from the beginning, outside any consumer group: a reader gets every key, then each change."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence, Set
from contextlib import suppress
from time import monotonic
from typing import Self

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from dossier_shared.contracts.topics import Topic
from dossier_shared.settings.broker import Broker

log = structlog.get_logger()
Take = Callable[[Sequence[ConsumerRecord]], None]
SELDOM = 1.0  # `rest` for topics that are seldom written
_LONGEST_PAUSE = 3.0  # seconds between two attempts
LOOK_AGAIN = 1.0  # seconds between two questions for a topic that is not there
_AT_ONCE = 5000  # records of one fetch, at most


class TopicReader:
    """Partitions from their beginning, for one who keeps no offsets with the broker.

    `rest`: seconds the broker keeps a question for records open while there are none. `ahead`: bytes of each partition fetched
    before they are asked for; they are memory.
    """

    def __init__(
        self, broker: Broker, places: Sequence[TopicPartition], *, rest: float = 0.1, ahead: int = 4 * 1024 * 1024
    ) -> None:
        self._places = places
        self._consumer = AIOKafkaConsumer(
            **broker.client(),
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=int(rest * 1000),
            max_partition_fetch_bytes=ahead,
        )

    async def __aenter__(self) -> Self:
        try:
            await self.start()
        except BaseException:
            await self.stop()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Raises where the broker is away."""
        await self._consumer.start()
        await self.assign(self._places)

    async def assign(self, places: Sequence[TopicPartition]) -> None:
        self._places = places
        if places:
            self._consumer.assign(places)
            await self._consumer.seek_to_beginning(*places)

    async def stop(self) -> None:
        with suppress(Exception):
            await asyncio.wait_for(self._consumer.stop(), 5)

    def polled(self, places: Sequence[TopicPartition]) -> float:
        """When the broker last answered for all of them, in seconds since 1970."""
        return min((self._consumer.last_poll_timestamp(place) or 0 for place in places), default=0) / 1000

    async def topics(self) -> Set[str]:
        """The broker's, of those that may be read. Asks it now."""
        found: Set[str] = await self._consumer.topics()
        return found

    async def ends(self) -> Mapping[TopicPartition, int]:
        """The offset behind the last record of each partition, as of now."""
        return await self._consumer.end_offsets(self._places) if self._places else {}

    async def short_of(self, ends: Mapping[TopicPartition, int]) -> list[TopicPartition]:
        """The partitions not read so far yet."""
        return [place for place, end in ends.items() if await self._consumer.position(place) < end]

    async def fetch(self, *places: TopicPartition, within: float, at_once: int = _AT_ONCE) -> Sequence[ConsumerRecord]:
        """What comes next of these partitions, else of all; nothing where nothing came `within` so many seconds."""
        batches = await self._consumer.getmany(*places, timeout_ms=int(within * 1000), max_records=at_once)
        return [record for batch in batches.values() for record in batch]

    async def to_the_end(self, at_once: int = _AT_ONCE) -> AsyncIterator[Sequence[ConsumerRecord]]:
        """From where it stands to what is the end as of now; called again, it goes on from there."""
        ends = await self.ends()
        while left := await self.short_of(ends):
            if records := await self.fetch(*left, within=0.2, at_once=at_once):
                yield records


class Followed:
    """Topics whose records go to `take`. `caught_up` once all of them have been read to what was their end at the start; then
    `whole` is called. While one of them is not there, `absent` is told which topics are; `seen` since when (seconds since 1970)
    there has been no more than what was taken, as the broker said last."""

    def __init__(
        self,
        topics: Sequence[Topic],
        take: Take,
        whole: Callable[[], None] | None = None,
        absent: Callable[[Set[str]], None] | None = None,
        seen: Callable[[float], None] | None = None,
    ) -> None:
        self.take, self.absent, self.seen = take, absent, seen
        self.names = frozenset(topic.name for topic in topics)
        self.places = [TopicPartition(topic.name, number) for topic in topics for number in range(topic.partitions)]
        self.caught_up = False
        self._whole = whole

    def reached(self) -> None:
        if not self.caught_up:
            self.caught_up = True
            if self._whole is not None:
                self._whole()


class Follower:
    """Follows topics, all by one connection, and hands each fetch on. A topic that is not there yet keeps no other from being
    read; when it is, all are read anew.

    `rest`: seconds the broker holds a fetch open while there are no records; records that come are handed on at once.
    """

    def __init__(self, broker: Broker, *followed: Followed, rest: float = 0.1) -> None:
        self.broker, self.followed, self._rest = broker, list(followed), rest

    def also(self, *followed: Followed) -> None:
        """From now on too, while it runs."""
        self.followed += followed

    async def run(self) -> None:
        """Follows for ever; the broker may come and go, and the topics may be made later."""
        pause = 0.1
        while True:
            try:
                await self._follow()
                pause = 0.1
            except Exception as error:
                names = sorted(name for one in self.followed for name in one.names)
                log.warning("topics cannot be read", topics=names, error=repr(error)[:200])
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)

    async def once(self) -> None:
        """Reads what is there to the present end, then stops. Raises where the broker is away."""
        async with TopicReader(self.broker, (), rest=self._rest) as reader:
            there = await self._there(reader)
            await reader.assign([place for one in there for place in one.places])
            ends = await reader.ends()
            while await self._short_of(reader, there, ends):
                self._take(there, await reader.fetch(within=2 * self._rest))

    async def _follow(self) -> None:
        """Until a topic is there that was not."""
        async with TopicReader(self.broker, (), rest=self._rest) as reader:
            there = await self._there(reader)
            await reader.assign([place for one in there for place in one.places])
            ends, short, looked = await reader.ends(), True, monotonic()
            while True:
                short = short and await self._short_of(reader, there, ends)
                if there:
                    polled = [(one.seen, reader.polled(one.places)) for one in there if one.seen and one.caught_up]
                    self._take(there, await reader.fetch(within=2 * self._rest))
                    for seen, at in polled:  # what came with that answer has been taken by now
                        seen(at)
                    await asyncio.sleep(0)
                else:
                    await asyncio.sleep(LOOK_AGAIN)
                if len(there) < len(self.followed) and monotonic() - looked >= LOOK_AGAIN:
                    looked = monotonic()
                    if len(await self._there(reader)) > len(there):
                        return

    async def _there(self, reader: TopicReader) -> Sequence[Followed]:
        names = await reader.topics()
        for one in self.followed:
            if one.absent is not None and not one.names <= names:
                one.absent(names)
        return [one for one in self.followed if one.names <= names]

    @staticmethod
    async def _short_of(reader: TopicReader, there: Sequence[Followed], ends: Mapping[TopicPartition, int]) -> bool:
        short = {place.topic for place in await reader.short_of(ends)}
        for one in there:
            if one.names.isdisjoint(short):
                one.reached()
        return bool(short)

    @staticmethod
    def _take(there: Sequence[Followed], records: Sequence[ConsumerRecord]) -> None:
        for one in there:
            if own := [record for record in records if record.topic in one.names]:
                one.take(own)


async def latest(broker: Broker, topic: str, partitions: Iterable[int]) -> dict[bytes, bytes]:
    """The latest record of each key, as of now. Raises where the broker is away."""
    found: dict[bytes, bytes] = {}
    async with TopicReader(broker, [TopicPartition(topic, number) for number in partitions]) as reader:
        async for records in reader.to_the_end(20_000):
            found.update((record.key, record.value) for record in records)
            await asyncio.sleep(0)
    return {key: value for key, value in found.items() if value is not None}
