"""A topic is cut behind what is in clear only where all of it is on the topic again, and everybody has read it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from dossier_local.clear_topics import cut, in_clear
from dossier_local.errors import StackError
from dossier_local.memory import Author
from dossier_local.stack import Stack
from dossier_local.topics import provision
from dossier_shared.contracts.envelope import Record, encode
from dossier_shared.contracts.events import Noted, NotedSealed
from dossier_shared.contracts.topics import REVIEWED, deployed
from dossier_shared.settings.broker import Broker

CLEAR = [encode(Author("review", id_).says(Noted(), NotedSealed(text="Của bà Ánh Sáng"))) for id_ in ("a", "b")]
SEALED = [
    record._replace(value=record.value.replace(record.value.partition(b'"sealed":')[2], b'"~2.p-x.AA=="}'))
    for record in CLEAR
]


class Published:
    def __init__(self, broker: Broker, topic: str) -> None:
        self.broker, self.topic = broker, topic
        self.again: Sequence[Record] = SEALED

    async def send(self, records: Sequence[Record]) -> None:
        async with AIOKafkaProducer(**self.broker.client()) as producer:
            for record in records:
                await producer.send_and_wait(self.topic, record.value, record.key, 0, headers=list(record.headers))

    async def publish_again(self) -> None:
        await self.send(self.again)

    async def starts(self) -> int:
        async with AIOKafkaConsumer(**self.broker.client()) as consumer:
            return int(
                (await consumer.beginning_offsets([TopicPartition(self.topic, 0)]))[TopicPartition(self.topic, 0)]
            )


@pytest.fixture
async def topic(stack: Stack) -> AsyncIterator[Published]:
    broker, own = Broker(stack.kafka), deployed(REVIEWED, f"t{uuid4().hex[:8]}")
    await provision(broker, [own])
    found = Published(broker, own.name)
    await found.send(CLEAR)
    yield found
    admin = AIOKafkaAdminClient(bootstrap_servers=stack.kafka)
    await admin.start()
    await admin.delete_topics([own.name])
    await admin.close()


async def clear_of(topic: Published) -> list[tuple[int, int, tuple[int, int]]]:
    return [
        (p.partition, p.records, p.offsets)
        for p in await in_clear(topic.broker, lambda _: None)
        if p.topic == topic.topic
    ]


async def test_it_is_cut_once_all_is_there_again(topic: Published) -> None:
    assert await clear_of(topic) == [(0, 2, (0, 1))]
    (gone,) = await cut(topic.broker, topic.topic, topic.publish_again, patience=0)
    assert (gone.partition, gone.offset) == (0, 2)
    assert await topic.starts() == 2
    assert await clear_of(topic) == []


async def test_nothing_is_deleted_where_an_event_is_not_there_again(topic: Published) -> None:
    topic.again = SEALED[:1]
    with pytest.raises(StackError, match=r"1 events are in no journal \(b:review:1\)"):
        await cut(topic.broker, topic.topic, topic.publish_again, patience=0)
    assert await topic.starts() == 0


async def test_nothing_is_deleted_where_something_came_in_clear_again(topic: Published) -> None:
    topic.again = [SEALED[0], CLEAR[1], SEALED[1]]
    with pytest.raises(StackError, match="1 records came in clear again"):
        await cut(topic.broker, topic.topic, topic.publish_again, patience=0)
    assert await topic.starts() == 0


async def test_who_has_not_read_it_yet_is_waited_for_and_named(topic: Published) -> None:
    group, place = f"slow-{uuid4().hex[:8]}", TopicPartition(topic.topic, 0)
    async with AIOKafkaConsumer(**topic.broker.client(), group_id=group, enable_auto_commit=False) as consumer:
        consumer.assign([place])
        await consumer.commit({place: 1})
        with pytest.raises(StackError, match=f"read yet by {group}"):
            await cut(topic.broker, topic.topic, topic.publish_again, patience=0)
        assert await topic.starts() == 0
        await consumer.commit({place: 2})
    await cut(topic.broker, topic.topic, topic.publish_again, patience=0)
    assert await topic.starts() == 2
