"""Reads the four topics and the dead letters raw, from offset 0 to where they end now."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from dossier_local.reconciliation.world import SOURCES, Fault, TopicEvents
from dossier_shared.contracts.envelope import Event, RawRecord, partition_of, verify_chain
from dossier_shared.contracts.topics import (
    BY_NAME,
    DEPLOYMENTS,
    DOSSIER_TOPICS,
    KEYS,
    PARTITIONS,
    SERVICES,
    Topic,
    dead_letter,
    deployed,
    parted,
)
from dossier_shared.errors import BadRecord
from dossier_shared.journal.keyring import Keyring
from dossier_shared.journal.registry import Registry, names
from dossier_shared.journal.stream import read_event
from dossier_shared.settings.broker import Broker


async def read_topics(broker: Broker) -> tuple[TopicEvents, list[Fault]]:
    found, faults, keys = TopicEvents(), list[Fault](), Keyring()
    async for record in _records(broker, [KEYS]):
        keys.take([record])
    registry = found.registry
    async for record in _records(broker, [DEPLOYMENTS]):
        registry.take([record])
    async for record in _records(broker, _with_own(DOSSIER_TOPICS, registry)):
        take(found, record, faults, keys)
    for (dossier, source), story in found.events.items():
        if (fault := verify_chain(story)) is not None:
            faults.append(Fault(f"topic {SOURCES[source]}", dossier, fault))
    async for record in _records(broker, _with_own([BY_NAME[dead_letter(service)] for service in SERVICES], registry)):
        service = BY_NAME[parted(record.topic)[0]].writer
        found.dead_letters[service] = found.dead_letters.get(service, 0) + 1
    return found, faults


def _with_own(topics: Iterable[Topic], registry: Registry) -> list[Topic]:
    return [deployed(topic, name) for topic in topics for name in names(registry.entries, topic.writer)]


def take(found: TopicEvents, record: RawRecord, faults: list[Fault], keys: Keyring | None = None) -> None:
    """One record, in offset order: a repeat is dropped, a jump or a second event of one number is a fault."""
    found.records += 1
    try:
        event: Event = read_event(record, keys, found.registry)
    except BadRecord:
        found.undecodable += 1
        return
    where = f"topic {record.topic}"
    if record.partition != partition_of(event.dossier, PARTITIONS):
        faults.append(Fault(where, event.dossier, f"event {event.seq} is in partition {record.partition}"))
    story = found.events[event.dossier, event.source]
    last = story[-1].seq if story else 0
    if event.seq <= last:
        known = next((e for e in story if e.seq == event.seq), None)
        found.duplicates += 1
        if known is not None and known.hash != event.hash:
            faults.append(Fault(where, event.dossier, f"two different events {event.seq}"))
        return
    if event.seq > last + 1:
        faults.append(Fault(where, event.dossier, f"event {event.seq} came before {last + 1}"))
    story.append(event)


async def _records(
    broker: Broker, topics: Iterable[Topic]
) -> AsyncIterator[ConsumerRecord[bytes | None, bytes | None]]:
    places = [TopicPartition(topic.name, number) for topic in topics for number in range(topic.partitions)]
    consumer = AIOKafkaConsumer(
        **broker.client(),
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="earliest",  # the default's answer, "latest", could come after a seek and undo it
        max_partition_fetch_bytes=4 << 20,
    )
    async with consumer:
        consumer.assign(places)
        ends = await consumer.end_offsets(places)
        for place, begin in (await consumer.beginning_offsets(places)).items():
            consumer.seek(place, begin)
        left = {place for place in places if await consumer.position(place) < ends[place]}
        while left:
            batches = await asyncio.wait_for(consumer.getmany(timeout_ms=1000, max_records=5000), 30)
            for place, records in batches.items():
                for record in records:
                    if record.offset < ends[place]:
                        yield record
            for place in list(left):
                if await consumer.position(place) >= ends[place]:
                    left.discard(place)
