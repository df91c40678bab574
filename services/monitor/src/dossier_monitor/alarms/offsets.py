"""How far every service has read, from the broker itself: committed offsets against the ends of the topics."""

from __future__ import annotations

import asyncio
from bisect import bisect_left
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import NamedTuple

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from dossier_shared.contracts.topics import ALARM, AUDIT_TOPICS, DOSSIER_TOPICS, SERVICES, Topic, dead_letter, heard_by
from dossier_shared.settings.broker import Broker

log = structlog.get_logger()
_EVERY, _KEPT = timedelta(seconds=10), 720  # of what the ends were: two hours
# who reads what: service as people know it -> consumer group, topics
READERS: Mapping[str, tuple[str, Sequence[Topic]]] = {
    **{service: (service, heard_by(service)) for service in SERVICES},
    "monitor-worker": ("monitor-worker", DOSSIER_TOPICS),
    "notify-alarms": ("notify-alarms", (ALARM,)),
    "monitor-audit": ("monitor-audit", AUDIT_TOPICS),
}
Ends = Mapping[TopicPartition, int]


class Reading(NamedTuple):
    """By service: events not taken up, for how many minutes it has been behind, records ever put aside."""

    lag: dict[str, int]
    behind: dict[str, float]
    dead_letters: dict[str, int]


class Behind:
    """Since when somebody has been behind: the first moment at which more was there than they have taken up now."""

    def __init__(self) -> None:
        self._past: deque[tuple[datetime, Ends]] = deque(maxlen=_KEPT)

    def note(self, wall: datetime, ends: Ends) -> None:
        if self._past and wall < self._past[-1][0]:
            self._past.clear()  # the clock went back
        if not self._past or wall - self._past[-1][0] >= _EVERY:
            self._past.append((wall, ends))

    def minutes(self, wall: datetime, committed: Ends, places: Sequence[TopicPartition]) -> float:
        def missing(then: tuple[datetime, Ends]) -> bool:
            return any(then[1].get(place, 0) > committed.get(place, 0) for place in places)

        past = list(self._past)
        first = bisect_left(past, True, key=missing)
        return round((wall - past[first][0]) / timedelta(minutes=1), 2) if first < len(past) else 0.0


class Offsets:
    def __init__(self, broker: Broker) -> None:
        self.broker, self.behind = broker, Behind()
        self._admin: AIOKafkaAdminClient | None = None
        self._consumer: AIOKafkaConsumer | None = None

    async def read(self, wall: datetime) -> Reading | None:
        """None where the broker does not answer."""
        try:
            async with asyncio.timeout(10):
                return await self._read(wall)
        except Exception as error:
            log.warning("offsets cannot be read", error=repr(error)[:200])
            await self.stop()
            return None

    async def _read(self, wall: datetime) -> Reading:
        if self._consumer is None:
            self._consumer = AIOKafkaConsumer(**self.broker.client(), enable_auto_commit=False)
            await self._consumer.start()
            self._admin = AIOKafkaAdminClient(**self.broker.client())
            await self._admin.start()
        aside = {service: TopicPartition(dead_letter(service), 0) for service in SERVICES}
        places = {name: _places(topics) for name, (_, topics) in READERS.items()}
        ends: Ends = await self._consumer.end_offsets(
            sorted({*aside.values(), *(place for own in places.values() for place in own)})
        )
        self.behind.note(wall, ends)
        lag, behind = {}, {}
        for name, (group, _) in READERS.items():
            committed = await self._committed(group)
            lag[name] = sum(max(0, ends[place] - committed.get(place, 0)) for place in places[name])
            behind[name] = self.behind.minutes(wall, committed, places[name]) if lag[name] else 0.0
        return Reading(lag, behind, {service: ends[place] for service, place in aside.items()})

    async def _committed(self, group: str) -> Ends:
        assert self._admin is not None
        found = await self._admin.list_consumer_group_offsets(group)
        return {place: at.offset for place, at in found.items() if at.offset >= 0}

    async def stop(self) -> None:
        consumer, admin, self._consumer, self._admin = self._consumer, self._admin, None, None
        for client in (consumer and consumer.stop(), admin and admin.close()):
            if client is not None:
                with suppress(Exception):
                    await asyncio.wait_for(client, 5)


def _places(topics: Sequence[Topic]) -> list[TopicPartition]:
    return [TopicPartition(topic.name, number) for topic in topics for number in range(topic.partitions)]
