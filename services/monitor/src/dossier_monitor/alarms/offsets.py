"""How far every service has read, from the broker itself: committed offsets against the ends of the topics."""

from __future__ import annotations

import asyncio
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import NamedTuple

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from dossier_shared.contracts.deployments import DeploymentEntry, called, heard_topics
from dossier_shared.contracts.topics import (
    ALARM,
    AUDIT_TOPICS,
    BY_NAME,
    DOSSIER_TOPICS,
    SERVICES,
    Topic,
    dead_letter,
    deployed,
    heard_by,
)
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
FRESH = timedelta(seconds=10)  # of a reading shown to people


def readers(deployments: Sequence[DeploymentEntry]) -> dict[str, tuple[str, Sequence[Topic]]]:
    """The same with the deployments there are, each by what it is called, and with what the others hear of them."""
    found = {name: (group, _with_own(topics, deployments)) for name, (group, topics) in READERS.items()}
    for entry in deployments:
        heard = heard_topics(deployments, entry.service, entry.name)
        name = called(entry.service, entry.name)
        found[name] = (name, [topic for topic in heard if topic.source])
    return found


def asides(deployments: Sequence[DeploymentEntry]) -> dict[str, str]:
    """By the same names, the topics of dead letters."""
    own = {
        called(one.service, one.name): deployed(BY_NAME[dead_letter(one.service)], one.name).name for one in deployments
    }
    return {**{service: dead_letter(service) for service in SERVICES}, **own}


def _with_own(topics: Sequence[Topic], deployments: Sequence[DeploymentEntry]) -> Sequence[Topic]:
    return [
        *topics,
        *(deployed(topic, one.name) for topic in topics for one in deployments if one.service == topic.writer),
    ]


class Reading(NamedTuple):
    """By service, or deployment of one (as `review.long-khanh`): events not
    taken up, for how many minutes it has been behind, records ever put aside."""

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
    """`deployments`: those there are now."""

    def __init__(self, broker: Broker, deployments: Callable[[], Sequence[DeploymentEntry]] = tuple) -> None:
        self.broker, self.behind, self.deployments = broker, Behind(), deployments
        self._one = asyncio.Lock()
        self._last: tuple[datetime, Reading] | None = None
        self._admin: AIOKafkaAdminClient | None = None
        self._consumer: AIOKafkaConsumer | None = None

    async def read(self, wall: datetime) -> Reading | None:
        """None where the broker does not answer."""
        try:
            async with self._one, asyncio.timeout(10):
                reading = await self._read(wall)
                self._last = (wall, reading)
                return reading
        except Exception as error:
            log.warning("offsets cannot be read", error=repr(error)[:200])
            await self.stop()
            return None

    async def lately(self, wall: datetime) -> Reading | None:
        """Not older than a person minds."""
        if self._last is not None and timedelta(0) <= wall - self._last[0] <= FRESH:
            return self._last[1]
        return await self.read(wall)

    async def _read(self, wall: datetime) -> Reading:
        if self._consumer is None:
            self._consumer = AIOKafkaConsumer(**self.broker.client(), enable_auto_commit=False)
            await self._consumer.start()
            self._admin = AIOKafkaAdminClient(**self.broker.client())
            await self._admin.start()
        entries = self.deployments()
        aside = {name: TopicPartition(topic, 0) for name, topic in asides(entries).items()}
        everybody = readers(entries)
        places = {name: _places(topics) for name, (_, topics) in everybody.items()}
        ends: Ends = await self._consumer.end_offsets(
            sorted({*aside.values(), *(place for own in places.values() for place in own)})
        )
        self.behind.note(wall, ends)
        lag, behind = {}, {}
        for name, (group, _) in everybody.items():
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
