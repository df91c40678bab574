"""From acceptance to delivery at half load, read off the topics: both instants are this machine's clock."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime

from aiokafka import AIOKafkaConsumer, TopicPartition
from tests.bench.pipeline import Delivered, Feeder

from dossier_local.stack import Stack
from dossier_shared.contracts.envelope import decode
from dossier_shared.contracts.topics import DELIVERED, PARTITIONS, SUBMITTED

BATCH = 20  # dossiers per request


async def feed_evenly(stack: Stack, feeder: Feeder, per_second: float, seconds: float) -> list[float]:
    """Milliseconds from `accepted` to `delivered`, one per dossier."""
    places = [TopicPartition(topic.name, n) for topic in (SUBMITTED, DELIVERED) for n in range(PARTITIONS)]
    reader = AIOKafkaConsumer(bootstrap_servers=stack.kafka, enable_auto_commit=False)
    counter = Delivered(stack.kafka)
    await reader.start()
    await counter.start()
    try:
        starts = await reader.end_offsets(places)
        first = await counter.count()
        bodies = feeder.batches(int(per_second * seconds) // BATCH * BATCH, BATCH)
        began = time.perf_counter()
        sending = []
        for number, body in enumerate(bodies):
            await asyncio.sleep(max(0.0, number * BATCH / per_second - (time.perf_counter() - began)))
            sending.append(asyncio.create_task(feeder.send(body)))
        await asyncio.gather(*sending)
        while await counter.count() - first < len(bodies) * BATCH:
            if time.perf_counter() - began > seconds + 120:
                raise RuntimeError("not delivered in time")
            await asyncio.sleep(0.1)
        return await _read(reader, places, starts)
    finally:
        await reader.stop()
        await counter.stop()


async def _read(
    reader: AIOKafkaConsumer, places: list[TopicPartition], starts: dict[TopicPartition, int]
) -> list[float]:
    ends = await reader.end_offsets(places)
    reader.assign(places)
    for place in places:
        reader.seek(place, starts[place])
    accepted: dict[str, datetime] = {}
    delivered: dict[str, datetime] = {}
    left = {place for place in places if starts[place] < ends[place]}
    while left:
        for place, records in (await reader.getmany(timeout_ms=1000)).items():
            for record in records:
                event = decode(record)
                if event.type in ("accepted", "delivered"):
                    kind = accepted if event.type == "accepted" else delivered
                    kind[event.dossier] = datetime.fromisoformat(event.recorded)
            if records and records[-1].offset + 1 >= ends[place]:
                left.discard(place)
    return [(at - accepted[id_]).total_seconds() * 1000 for id_, at in delivered.items() if id_ in accepted]
