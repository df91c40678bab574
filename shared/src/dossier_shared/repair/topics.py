"""What only recovery does with the broker: reading whole partitions outside any consumer group, moving a group back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from datetime import datetime
from time import monotonic

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from dossier_shared.contracts.envelope import RawRecord
from dossier_shared.contracts.topics import topic_of
from dossier_shared.journal.hearing import Position
from dossier_shared.settings.broker import Broker

_AT_ONCE = 2000  # records


class StillRunning(Exception):
    """The consumer group has a member: the service has not been stopped everywhere."""


def places(topics: Sequence[str]) -> list[TopicPartition]:
    found = [(name, topic.partitions) for name in topics if (topic := topic_of(name)) is not None]
    return [TopicPartition(name, number) for name, partitions in found for number in range(partitions)]


def _consumer(broker: Broker, group: str | None = None) -> AIOKafkaConsumer:
    return AIOKafkaConsumer(
        **broker.client(),
        group_id=group,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=4 * 1024 * 1024,
        request_timeout_ms=15_000,
    )


async def ends(broker: Broker, topics: Sequence[str]) -> dict[Position, int]:
    """The end of each partition: the offset after its last record."""
    async with _consumer(broker) as consumer:
        wanted = places(topics)
        consumer.assign(wanted)
        found = await consumer.end_offsets(wanted)
    return {Position(place.topic, place.partition): offset for place, offset in found.items()}


async def committed(broker: Broker, group: str, topics: Sequence[str]) -> dict[Position, int]:
    async with _consumer(broker, group) as consumer:
        wanted = places(topics)
        consumer.assign(wanted)
        return {Position(p.topic, p.partition): await consumer.committed(p) or 0 for p in wanted}


async def read(
    broker: Broker, topic: str, partition: int, *, first: int | None = None, since: datetime | None = None
) -> AsyncGenerator[list[RawRecord], None]:
    """Reads a partition to its present end: from `first`, from the records sent at `since` on, or from the beginning."""
    place = TopicPartition(topic, partition)
    async with _consumer(broker) as consumer:
        consumer.assign([place])
        end = (await consumer.end_offsets([place]))[place]
        start = (await consumer.beginning_offsets([place]))[place]
        if since is not None:
            start = await _offset_at(consumer, place, since, end)
        start = max(start, first or 0)
        consumer.seek(place, start)
        position, heard_at = start, monotonic()
        while position < end:
            records = (await consumer.getmany(place, timeout_ms=1000, max_records=_AT_ONCE)).get(place, [])
            batch: list[RawRecord] = [record for record in records if record.offset < end]
            if batch:
                yield batch
            if records:
                heard_at = monotonic()
            elif monotonic() - heard_at > 60:
                raise KafkaError(f"{topic}/{partition} cannot be read beyond {position} of {end}")
            position = await consumer.position(place)


async def _offset_at(consumer: AIOKafkaConsumer, place: TopicPartition, since: datetime, end: int) -> int:
    found = (await consumer.offsets_for_times({place: int(since.timestamp() * 1000)}))[place]
    return end if found is None else int(found.offset)


async def rewind(
    broker: Broker, group: str, topics: Sequence[str], *, since: datetime | None = None, patience: float
) -> Mapping[Position, int]:
    """Moves a group without members back to the records sent at `since`, or to the beginning; answers the new offsets.

    A killed member counts until its session ends. Raises StillRunning where there is one after `patience`.
    """
    wanted = places(topics)
    deadline = monotonic() + patience
    async with _consumer(broker, group) as consumer:
        consumer.assign(wanted)
        offsets = await consumer.beginning_offsets(wanted)
        if since is not None:
            last = await consumer.end_offsets(wanted)
            offsets = {place: await _offset_at(consumer, place, since, last[place]) for place in wanted}
        while True:
            try:
                await consumer.commit(offsets)
            except KafkaError as error:
                if monotonic() > deadline:
                    raise StillRunning(
                        f"{group} cannot be moved back ({type(error).__name__}): stop every replica of it first"
                    ) from error
                await asyncio.sleep(0.5)
            else:
                return {Position(place.topic, place.partition): offset for place, offset in offsets.items()}
