"""Compacted topics from the beginning, outside any group: every reader has the whole, and then what comes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from dossier_shared.contracts.topics import Topic
from dossier_shared.settings.broker import Broker

log = structlog.get_logger()
Take = Callable[[Sequence[ConsumerRecord]], None]
_LONGEST_PAUSE = 3.0  # seconds between two attempts


class Follower:
    """Hands each fetch to `take`; `caught_up`, and `whole` called, once it has reached what was the end when it began.

    `rest`: seconds the broker keeps a question for records open while there are none; what comes is handed on at once.
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
        """For ever; the broker may come and go, and the topics may be made later."""
        names, pause = [topic.name for topic in self.topics], 0.1
        while True:
            try:
                await self._follow()
            except Exception as error:
                log.warning("topic cannot be read", topics=names, error=repr(error)[:200])
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)

    async def once(self) -> None:
        """To the end, and no further. Raises where the broker is away."""
        await self._follow(stop_at_end=True)

    async def _follow(self, *, stop_at_end: bool = False) -> None:
        consumer = _consumer(self.broker, self._rest)
        try:
            await consumer.start()
            places = [TopicPartition(topic.name, number) for topic in self.topics for number in range(topic.partitions)]
            consumer.assign(places)
            await consumer.seek_to_beginning(*places)
            ends = await consumer.end_offsets(places)
            while True:
                if not self.caught_up or stop_at_end:
                    reached = [await consumer.position(place) >= end for place, end in ends.items()]
                    if all(reached):
                        self.caught_up = True
                        if self._whole is not None:
                            self._whole()
                        if stop_at_end:
                            return
                found = await consumer.getmany(timeout_ms=int(self._rest * 2000), max_records=5000)
                records: list[ConsumerRecord] = [record for lot in found.values() for record in lot]
                if records:
                    self.take(records)
                    await asyncio.sleep(0)
        finally:
            with suppress(Exception):
                await asyncio.wait_for(consumer.stop(), 5)


async def latest(broker: Broker, topic: str, partitions: Iterable[int]) -> dict[bytes, bytes]:
    """What stands under each key, as of now. Raises where the broker is away."""
    found: dict[bytes, bytes] = {}
    consumer = _consumer(broker)
    try:
        await consumer.start()
        places = [TopicPartition(topic, number) for number in partitions]
        if not places:
            return found
        consumer.assign(places)
        await consumer.seek_to_beginning(*places)
        left = await consumer.end_offsets(places)
        while left := {place: end for place, end in left.items() if await consumer.position(place) < end}:
            for lot in (await consumer.getmany(*left, timeout_ms=200, max_records=20_000)).values():
                found.update((record.key, record.value) for record in lot)
            await asyncio.sleep(0)
    finally:
        with suppress(Exception):
            await asyncio.wait_for(consumer.stop(), 5)
    return {key: value for key, value in found.items() if value is not None}


def _consumer(broker: Broker, rest: float = 0.1) -> AIOKafkaConsumer:
    return AIOKafkaConsumer(
        **broker.client(),
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=int(rest * 1000),
        max_partition_fetch_bytes=4 * 1024 * 1024,
    )
