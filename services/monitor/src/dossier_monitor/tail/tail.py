"""What the four topics carry, as it comes: one consumer per web node, outside any group, only while somebody reads.

Every reader has a queue of its own with the latest lines; one that does not keep up loses the oldest and is told how many.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from time import monotonic
from typing import Any, Final

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition

from dossier_monitor.tail.lines import Line
from dossier_shared.contracts.envelope import RawRecord
from dossier_shared.contracts.topics import DOSSIER_TOPICS, PARTITIONS
from dossier_shared.settings.broker import Broker
from dossier_shared.tasks import end

log = structlog.get_logger()
RING: Final = 500
BACK: Final = 20  # records of each partition shown as what came last
LINGER: Final = 30.0  # seconds it goes on after its last reader has left
START: Final = 10.0  # seconds for a broker to answer
SILENCE: Final = 2.0  # seconds without a record after which the broker is asked whether it is there
AT_ONCE: Final = 200  # records read between two breaths of the event loop
COMMON: Final = [topic.name for topic in DOSSIER_TOPICS]

Wants = Callable[[Line], bool]
Read = Callable[[RawRecord, int], Line]


class Reader:
    """`lost`: lines it was too slow for, since it was last asked. `gap`: some may be missing before the first."""

    def __init__(self, wants: Wants, lines: Sequence[Line], *, gap: bool = False) -> None:
        self.wants, self.gap = wants, gap
        self.lines: deque[Line] = deque(lines, maxlen=RING)
        self.lost = 0
        self.news = asyncio.Event()
        if lines:
            self.news.set()

    def take(self, line: Line) -> None:
        if len(self.lines) == RING:
            self.lost += 1
        self.lines.append(line)
        self.news.set()

    def drain(self) -> tuple[list[Line], int]:
        lines, lost = list(self.lines), self.lost
        self.lines.clear()
        self.lost = 0
        self.news.clear()
        return lines, lost


class Tail:
    """`topics`: names of those there are now."""

    def __init__(self, broker: Broker, read: Read, topics: Callable[[], Sequence[str]] = lambda: COMMON) -> None:
        self.broker, self.read, self.topics = broker, read, topics
        self.ring: deque[Line] = deque(maxlen=RING)
        self.number = 0
        self.connected = asyncio.Event()
        self._readers: set[Reader] = set()
        self._task: asyncio.Task[None] | None = None
        self._leaving: asyncio.TimerHandle | None = None

    @asynccontextmanager
    async def reader(self, wants: Wants, after: int | None = None) -> AsyncIterator[Reader]:
        """`after`: a line's number; what the ring holds beyond it comes first. None: only what is new."""
        self.wake()
        known = [] if after is None else [line for line in self.ring if line.number > after and wants(line)]
        gap = bool(after) and (not self.ring or self.ring[0].number > (after or 0) + 1)
        reader = Reader(wants, known, gap=gap)
        self._readers.add(reader)
        try:
            yield reader
        finally:
            self._readers.discard(reader)
            self._leave()

    async def latest(self, wants: Wants, within: float = 2.0) -> list[Line]:
        """The ring, for who does not stay; the topics' last lines where nobody was reading."""
        self.wake()
        self._leave()
        with suppress(TimeoutError):
            await asyncio.wait_for(self.connected.wait(), within)
        return [line for line in self.ring if wants(line)]

    def wake(self) -> None:
        if self._leaving is not None:
            self._leaving.cancel()
            self._leaving = None
        if self._task is None:
            self._task = asyncio.create_task(self._run())

    @property
    def reading(self) -> bool:
        return self._task is not None

    async def stop(self) -> None:
        if self._leaving is not None:
            self._leaving.cancel()
            self._leaving = None
        task, self._task = self._task, None
        if task is not None:
            await end([task])
        self.connected.clear()
        self.ring.clear()  # what comes in between would be a gap nobody sees

    def _leave(self) -> None:
        if self._readers or self._task is None or self._leaving is not None:
            return

        def last_left() -> None:
            self._leaving = None
            if not self._readers:
                self._ending = asyncio.ensure_future(self.stop())

        self._leaving = asyncio.get_running_loop().call_later(LINGER, last_left)

    async def _run(self) -> None:
        """For ever; the broker may come and go. Where it was lost, reading goes on where it stood."""
        pause, positions = 0.1, dict[TopicPartition, int]()
        while True:
            try:
                await self._follow(positions)
            except Exception as error:
                self.connected.clear()
                log.warning("topics cannot be followed", error=repr(error)[:200])
                await asyncio.sleep(pause)
                pause = min(pause * 2, 3.0)

    async def _follow(self, positions: dict[TopicPartition, int]) -> None:
        consumer = AIOKafkaConsumer(
            **self.broker.client(),
            enable_auto_commit=False,
            auto_offset_reset="latest",
            fetch_max_wait_ms=100,
        )
        try:
            await asyncio.wait_for(consumer.start(), START)
            topics = self.topics()
            places = [TopicPartition(name, number) for name in topics for number in range(PARTITIONS)]
            consumer.assign(places)
            ends = await asyncio.wait_for(consumer.end_offsets(places), START)  # else it waits for a leader for ever
            for place, end in ends.items():
                consumer.seek(place, min(positions.get(place, max(0, end - BACK)), end))
            behind = {place for place, end in ends.items() if end > await consumer.position(place)}
            backlog: list[RawRecord] = []
            heard, begun, there = monotonic(), False, True
            while set(topics) == set(self.topics()):
                if not behind and not begun:
                    await self._take(sorted(backlog, key=_stamp))
                    backlog, begun = [], True
                if begun and there:
                    self.connected.set()
                found = await consumer.getmany(timeout_ms=200, max_records=2000)
                records: list[Any] = [record for batch in found.values() for record in batch]
                if records:
                    heard, there = monotonic(), True
                elif monotonic() - heard > SILENCE:
                    there = await _answers(consumer, places[:1])
                    heard = monotonic()
                    if not there:
                        self.connected.clear()
                positions |= {place: batch[-1].offset + 1 for place, batch in found.items() if batch}
                if begun:
                    await self._take(records)
                else:
                    backlog += records
                    behind = {place for place in behind if positions.get(place, 0) < ends[place]}
        finally:
            self.connected.clear()
            await asyncio.wait({asyncio.ensure_future(consumer.stop())}, timeout=5)  # it may ignore being cancelled

    async def _take(self, records: Sequence[RawRecord]) -> None:
        for first in range(0, len(records), AT_ONCE):
            for record in records[first : first + AT_ONCE]:
                self.number += 1
                line = self.read(record, self.number)
                self.ring.append(line)
                for reader in self._readers:
                    if reader.wants(line):
                        reader.take(line)
            await asyncio.sleep(0)


async def _answers(consumer: AIOKafkaConsumer, places: Sequence[TopicPartition]) -> bool:
    """A consumer says nothing of a broker that is away, and goes on by itself once it is back."""
    try:
        await asyncio.wait_for(consumer.end_offsets(places), SILENCE)
    except Exception:
        return False
    return True


def _stamp(record: Any) -> int:
    """When the broker took it: what lay there before is shown in about the order in which it came."""
    return int(record.timestamp)
