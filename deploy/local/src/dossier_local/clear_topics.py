"""What topics still carry in clear of persons; and a topic cut behind it, once all of it has been published again.

Nothing is deleted before it is on the topic again, after the cut: a reader that is behind, or new, misses nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any, Final

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from dossier_local.errors import StackError
from dossier_shared.contracts.boxes import says_in_clear
from dossier_shared.contracts.topics import DOSSIER_TOPICS, SERVICES, dead_letter, parted, topic_of
from dossier_shared.journal.dead_letters import unwrap
from dossier_shared.journal.hearing import Position
from dossier_shared.repair import topics
from dossier_shared.settings.broker import Broker

_CUT: Final = {topic.name for topic in DOSSIER_TOPICS}
_DEAD_LETTERS: Final = {dead_letter(service) for service in SERVICES}
PATIENCE: Final = 120.0  # seconds, for readers that are behind
_SHOWN: Final = 5


@dataclass(slots=True)
class Partition:
    """What lies in clear there. `until`: when the last of it is gone by itself; None: never."""

    topic: str
    partition: int
    records: int = 0
    offsets: tuple[int, int] = (0, 0)
    first: str = ""
    last: str = ""
    until: str | None = None

    def view(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(slots=True)
class Cut:
    """From `offset` on nothing is in clear; what was before is gone for readers since `since`, and off the broker's disks when
    it has put its files away: `disk` at the latest, once something more is recorded."""

    topic: str
    partition: int
    offset: int
    since: str
    disk: str

    def view(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(slots=True)
class _Read:
    clear: Partition
    ids: set[bytes] = field(default_factory=set)


@asynccontextmanager
async def _admin(broker: Broker) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(**broker.client())
    await admin.start()
    try:
        yield admin
    finally:
        await admin.close()


async def in_clear(broker: Broker, done: Callable[[str], None]) -> list[Partition]:
    """Of every topic of ours that there is, each partition with something in clear. `done`: told of each topic."""
    found: list[Partition] = []
    async with _admin(broker) as admin:
        names = sorted(name for name in await admin.list_topics() if topic_of(name) is not None)
        ends = await topics.ends(broker, names)
        for name in names:
            clear = [one.clear for one in await _scan(broker, name, ends) if one.clear.records]
            if clear:
                kept = int((await _config(admin, name))["retention.ms"])
                for one in clear:
                    one.until = None if kept < 0 else _instant(_at(one.last) + timedelta(milliseconds=kept))
            found += clear
            done(name)
    return found


def can_be_cut(name: str) -> bool:
    """The others' records are nobody's to publish again: they go when the topic lets them go."""
    return parted(name)[0] in _CUT


async def _scan(
    broker: Broker, name: str, ends: Mapping[Position, int], first: Mapping[Position, int] | None = None
) -> list[_Read]:
    """Each partition, from `first` or its beginning on. Where there never was anything, nothing is read."""
    partitions = sorted(place for place in ends if place.topic == name)
    return [
        await _read(broker, place, (first or {}).get(place)) if ends[place] else _Read(Partition(*place))
        for place in partitions
    ]


async def _read(broker: Broker, place: Position, first: int | None) -> _Read:
    name, partition = place
    found = _Read(Partition(name, partition))
    letters, clear = parted(name)[0] in _DEAD_LETTERS, found.clear
    async with aclosing(topics.read(broker, name, partition, first=first)) as read:
        async for records in read:
            for record in records:
                found.ids.add(dict(record.headers).get("ce_id", b""))
                value = unwrap(record)[0].value if letters else record.value
                if says_in_clear(value):
                    at = _instant(datetime.fromtimestamp(record.timestamp / 1000, UTC))  # type: ignore[attr-defined]
                    clear.offsets = (clear.offsets[0] if clear.records else record.offset, record.offset)
                    clear.first, clear.last = min(clear.first or at, at), max(clear.last, at)
                    clear.records += 1
    return found


async def cut(
    broker: Broker, name: str, publish_again: Callable[[], Awaitable[None]], patience: float = PATIENCE
) -> list[Cut]:
    """Raises StackError where something of it would be missing; nothing is deleted then."""
    ends = await topics.ends(broker, [name])
    async with _admin(broker) as admin:
        await _passed(admin, ends, patience)
        before = await _scan(broker, name, ends)
        await publish_again()
        after = await _scan(broker, name, ends, first=ends)
        for old, new in zip(before, after, strict=True):
            place = f"{name}/{old.clear.partition}"
            if new.clear.records:
                raise StackError(f"{place}: {new.clear.records} records came in clear again. Run it once more.")
            if lost := sorted((old.ids - new.ids) - {b""}):
                shown = ", ".join(one.decode(errors="replace") for one in lost[:_SHOWN])
                raise StackError(f"{place}: {len(lost)} events are in no journal ({shown}). Nothing was deleted there.")
        config = await _config(admin, name)
        wanted = {TopicPartition(*place): RecordsToDelete(end) for place, end in ends.items() if end}
        if wanted:
            await admin.delete_records(wanted, timeout_ms=60_000)
        now = datetime.now(UTC)
        disk = now + timedelta(milliseconds=int(config["segment.ms"]) + int(config["file.delete.delay.ms"]))
        return [Cut(p.topic, p.partition, end, _instant(now), _instant(disk)) for p, end in ends.items() if end]


async def _passed(admin: AIOKafkaAdminClient, ends: dict[Position, int], patience: float) -> None:
    """Every consumer group that ever read these partitions is behind what is to go."""
    deadline = monotonic() + patience
    while behind := await _behind(admin, ends):
        if monotonic() > deadline:
            raise StackError(
                f"Not all of {', '.join(sorted({place.topic for place in ends}))} has been read yet by "
                f"{', '.join(behind)}. Nothing was deleted. A group that nobody uses any more is to be deleted first."
            )
        await asyncio.sleep(1.0)


async def _behind(admin: AIOKafkaAdminClient, ends: dict[Position, int]) -> list[str]:
    found: set[str] = set()
    for group, *_ in await admin.list_consumer_groups():
        for place, committed in (await admin.list_consumer_group_offsets(group)).items():
            end = ends.get(Position(place.topic, place.partition), 0)
            if 0 <= committed.offset < end:
                found.add(group)
    return sorted(found)


async def _config(admin: AIOKafkaAdminClient, name: str) -> dict[str, str]:
    wanted: Iterable[str] = ("retention.ms", "segment.ms", "file.delete.delay.ms")
    asked = ConfigResource(ConfigResourceType.TOPIC, name, dict.fromkeys(wanted))
    [answer] = await admin.describe_configs([asked])
    return {entry[0]: entry[1] for resource in answer.resources for entry in resource[4]}


def _instant(at: datetime) -> str:
    return at.isoformat(timespec="seconds")


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)
