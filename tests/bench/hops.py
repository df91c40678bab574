"""Five bare Kafka hops: what the transport alone takes. A record passes through five relays that only read and send."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from dossier_shared.contracts.topics import PARTITIONS

HOPS = 5


async def measure(bootstrap: str, per_second: float, seconds: float) -> list[float]:
    """Milliseconds from the first send to the arrival after the last hop, one per record."""
    topics = [f"hop.{n}" for n in range(HOPS)]
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(name, PARTITIONS, 1) for name in topics])
    await admin.close()
    taken: list[float] = []
    async with AsyncExitStack() as stack:
        producers, consumers = [], []
        for number, topic in enumerate(topics):
            producer = AIOKafkaProducer(bootstrap_servers=bootstrap, enable_idempotence=True, acks="all")
            consumer = AIOKafkaConsumer(
                topic, bootstrap_servers=bootstrap, group_id=f"hop-{number}", auto_offset_reset="earliest",
                enable_auto_commit=False, fetch_max_wait_ms=100,
            )  # fmt: skip
            for client in (producer, consumer):
                await client.start()
                stack.push_async_callback(client.stop)
            producers.append(producer)
            consumers.append(consumer)

        async def relay(number: int) -> None:
            while True:
                found = await consumers[number].getmany(timeout_ms=200, max_records=1000)
                for records in found.values():
                    for record in records:
                        if number + 1 < HOPS:
                            await producers[number + 1].send(topics[number + 1], record.value, key=record.key)
                        else:
                            taken.append((time.time() - float(record.value)) * 1000)

        relays = [asyncio.create_task(relay(number)) for number in range(HOPS)]
        sent = 0
        began = time.perf_counter()
        while (passed := time.perf_counter() - began) < seconds:
            while sent < passed * per_second:
                await producers[0].send(topics[0], repr(time.time()).encode(), key=b"%d" % sent)
                sent += 1
            await asyncio.sleep(0.005)
        for _ in range(500):
            if len(taken) >= sent:
                break
            await asyncio.sleep(0.02)
        for task in relays:
            task.cancel()
        await asyncio.gather(*relays, return_exceptions=True)
    return taken
