"""Several workers share the partitions: what one counted the other goes on from, whoever comes, leaves or dies meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from dossier_monitor.projection.dossier import DossierProjection
from dossier_shared.adapters.compacted import latest
from dossier_shared.contracts.topics import DOSSIER_TOPICS, MARKS, PARTITIONS

from ...unit.monitor.stories import lives  # noqa: TID252
from .conftest import Watch
from .test_monitor import Eventually, agrees

pytestmark = pytest.mark.long

FIRST, SECOND = "monitor-worker", "monitor-worker#2"


@asynccontextmanager
async def flowing(watch: Watch) -> AsyncIterator[None]:
    """Dossiers all the while, each source's events in order, the sources in any."""
    done = asyncio.Event()

    async def feed() -> None:
        batch, random = 0, Random(7)
        while not done.is_set():
            by_source = [
                [event for event in story if event.source == source]
                for story in lives(40, 700 + batch)
                for source in ("intake", "review", "signing", "notify")
            ]
            random.shuffle(by_source)
            await watch.feed(event for events in by_source for event in events)
            batch += 1
            await asyncio.sleep(0.05)

    task = asyncio.create_task(feed())
    try:
        yield
    finally:
        done.set()
        await task


async def all_committed(bootstrap: str) -> bool:
    """Also the last batch before silence: alarms read how far behind the group is."""
    admin, consumer = AIOKafkaAdminClient(bootstrap_servers=bootstrap), AIOKafkaConsumer(bootstrap_servers=bootstrap)
    await admin.start()
    await consumer.start()
    try:
        places = [TopicPartition(topic.name, number) for topic in DOSSIER_TOPICS for number in range(PARTITIONS)]
        ends = {place: end for place, end in (await consumer.end_offsets(places)).items() if end}
        found = await admin.list_consumer_group_offsets("monitor-worker")
        return bool(ends) and all(place in found and found[place].offset == end for place, end in ends.items())
    finally:
        await admin.close()
        await consumer.stop()


@pytest.mark.timeout(300)
async def test_no_number_changes_when_partitions_move(watch: Watch, eventually: Eventually) -> None:
    async with flowing(watch):
        for leave in (watch.stack.kill, watch.stack.stop, watch.stack.kill):
            await watch.stack.start(SECOND)
            await asyncio.sleep(1.5)
            await leave(SECOND)
            await asyncio.sleep(0.5)
        await watch.stack.start(SECOND)
        await watch.stack.kill(FIRST)
        await watch.stack.start(FIRST)
    await agrees(watch, eventually)
    await eventually(lambda: all_committed(watch.stack.kafka), within=20)

    events = await watch.raw()
    seen: dict[str, dict[str, int]] = {}
    for event in events:
        heard = seen.setdefault(event.dossier, {})
        heard[event.source] = max(heard.get(event.source, 0), event.seq)
    stored = await latest(watch.stack.broker, MARKS.name, range(PARTITIONS))
    sources = ("intake", "review", "signing", "notify")
    assert {
        id_.decode(): {
            source: projections[0]
            for source, projections in zip(sources, DossierProjection.decode(value).seen, strict=True)
            if projections != [0]
        }
        for id_, value in stored.items()
    } == seen, "no mark was overwritten by who no longer owned it"
    await watch.stack.kill(SECOND)  # the first reads its partitions' marks
    await agrees(watch, eventually)


@pytest.mark.timeout(180)
async def test_a_worker_is_back_under_another_host_s_name(watch: Watch, eventually: Eventually) -> None:
    """As a new container is: the broker takes it for the same static member."""
    await watch.stack.kill(FIRST)
    await watch.stack.start(FIRST, env={"WEB_HOST": "another"})
    async with flowing(watch):
        await asyncio.sleep(0.5)
    await agrees(watch, eventually)
    await watch.stack.restart(FIRST)
