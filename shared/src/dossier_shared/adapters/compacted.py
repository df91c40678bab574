"""Reads compacted topics from the beginning, outside any consumer group: a reader gets every key, then each change."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Self

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from dossier_shared.contracts.topics import Topic
from dossier_shared.settings.broker import Broker

log = structlog.get_logger()
Take = Callable[[Sequence[ConsumerRecord]], None]
_LONGEST_PAUSE = 3.0  # seconds between two attempts
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
        if self._places:
            self._consumer.assign(self._places)
            await self._consumer.seek_to_beginning(*self._places)

    async def stop(self) -> None:
        with suppress(Exception):
            await asyncio.wait_for(self._consumer.stop(), 5)

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


class Follower:
    """Follows a topic and hands each fetch to `take`. `caught_up` once it has reached what was the end at its start; then `whole`
    is called.

    `rest`: seconds the broker holds a fetch open while there are no records; records that come are handed on at once.
    """

    def __init__(
        self,
        broker: Broker,
        topics: Sequence[Topic],
        take: Take,
        whole: Callable[[], None] | None = None,
        *,
        rest: float = 0.1,
    ) -> None:
        self.broker, self.topics, self.take, self._whole, self._rest = broker, tuple(topics), take, whole, rest
        self.caught_up = False

    async def run(self) -> None:
        """Follows for ever; the broker may come and go, and the topics may be made later."""
        names, pause = [topic.name for topic in self.topics], 0.1
        while True:
            try:
                await self._follow()
            except Exception as error:
                log.warning("topic cannot be read", topics=names, error=repr(error)[:200])
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)

    async def once(self) -> None:
        """Reads to the present end, then stops. Raises where the broker is away."""
        await self._follow(stop_at_end=True)

    async def _follow(self, *, stop_at_end: bool = False) -> None:
        places = [TopicPartition(topic.name, number) for topic in self.topics for number in range(topic.partitions)]
        async with TopicReader(self.broker, places, rest=self._rest) as reader:
            ends = await reader.ends()
            while True:
                if (not self.caught_up or stop_at_end) and not await reader.short_of(ends):
                    self.caught_up = True
                    if self._whole is not None:
                        self._whole()
                    if stop_at_end:
                        return
                if records := await reader.fetch(within=2 * self._rest):
                    self.take(records)
                    await asyncio.sleep(0)


async def latest(broker: Broker, topic: str, partitions: Iterable[int]) -> dict[bytes, bytes]:
    """The latest record of each key, as of now. Raises where the broker is away."""
    found: dict[bytes, bytes] = {}
    async with TopicReader(broker, [TopicPartition(topic, number) for number in partitions]) as reader:
        async for records in reader.to_the_end(20_000):
            found.update((record.key, record.value) for record in records)
            await asyncio.sleep(0)
    return {key: value for key, value in found.items() if value is not None}
