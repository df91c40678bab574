"""Events put where they do not belong, on purpose: one that cannot be read, one that waits for what never comes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition

from dossier_local.stack import Stack
from dossier_shared.contracts.envelope import chain_hash, decode, encode
from dossier_shared.contracts.topics import DOSSIER_TOPICS

SUBMITTED = next(topic for topic in DOSSIER_TOPICS if topic.source == "intake")
AHEAD = 20  # events that are missing before it


async def among_the_dead_letters(stack: Stack, dossier: str) -> None:
    """Its filing once more, with an agency that its hash does not know."""
    record = await _filing(stack, dossier)
    await _send(stack, record, (record.value or b"").replace(b'"agency":"', b'"agency":"X', 1), record.headers)


async def waits(stack: Stack, dossier: str) -> None:
    """Its filing as an event that is far ahead."""
    record = await _filing(stack, dossier)
    ahead = replace(decode(record), seq=AHEAD)
    told = encode(replace(ahead, hash=chain_hash(ahead)))
    await _send(stack, record, told.value, told.headers)


async def _filing(stack: Stack, dossier: str) -> ConsumerRecord:
    consumer = AIOKafkaConsumer(bootstrap_servers=stack.kafka, enable_auto_commit=False)
    await consumer.start()
    try:
        places = [TopicPartition(SUBMITTED.name, number) for number in range(SUBMITTED.partitions)]
        consumer.assign(places)
        await consumer.seek_to_beginning(*places)
        while True:
            for batch in (await consumer.getmany(timeout_ms=500)).values():
                for record in batch:
                    if record.key == dossier.encode():
                        return record
    finally:
        await consumer.stop()


async def _send(stack: Stack, like: ConsumerRecord, value: bytes | None, headers: Sequence[tuple[str, bytes]]) -> None:
    async with AIOKafkaProducer(bootstrap_servers=stack.kafka) as producer:
        await producer.send_and_wait(like.topic, value, like.key, like.partition, headers=list(headers))
