"""The worker's two topics, read to their ends and then followed: marks by dossier, and the board's cells and signs of life."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

from aiokafka import ConsumerRecord, TopicPartition

from dossier_monitor.projection.records import Heartbeat, heartbeat_of, place_of, read
from dossier_monitor.recount.boards import place
from dossier_monitor.recount.sums import Numbers, Place
from dossier_shared.adapters.compacted import Followed, Follower, TopicReader
from dossier_shared.contracts.topics import BOARD, MARKS, PARTITIONS
from dossier_shared.settings.broker import Broker
from dossier_shared.tasks import end


class Projections(TopicReader):
    """`monitor.marks` from the beginning; each call of `read` goes on to what is the end by then."""

    def __init__(self, broker: Broker) -> None:
        places = [TopicPartition(MARKS.name, number) for number in range(MARKS.partitions)]
        super().__init__(broker, places, ahead=512 * 1024)  # what is ahead of the shelf is memory

    async def read(self) -> AsyncIterator[list[tuple[str, bytes | None]]]:
        async for found in self.to_the_end():
            if records := [(record.key.decode(), record.value) for record in found if record.key]:
                yield records


class LiveBoard:
    """The latest of each place, and of each source partition's sign of life."""

    def __init__(self, broker: Broker) -> None:
        self.places: dict[Place, Numbers] = {}
        self.heartbeats: dict[int, Heartbeat] = {}
        self._feed = Follower(broker, Followed((BOARD,), self._take))
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        await self._feed.once()  # raises where the broker is away
        self._task = asyncio.create_task(self._feed.run())

    async def stop(self) -> None:
        if self._task is not None:
            await end([self._task])

    async def beats(self, within: float) -> bool:
        """Waits until every source partition has given two signs of life: what stood before is then published."""
        for _ in range(2):
            before = {partition: heartbeat.at for partition, heartbeat in self.heartbeats.items()}
            try:
                async with asyncio.timeout(within):
                    while not self._all_newer(before):
                        self._news.clear()
                        await self._news.wait()
            except TimeoutError:
                return False
        return True

    def _all_newer(self, before: dict[int, str]) -> bool:
        return all(
            number in self.heartbeats and self.heartbeats[number].at > before.get(number, "")
            for number in range(PARTITIONS)
        )

    def lagging(self) -> set[int]:
        """Source partitions with events not counted yet."""
        return {
            number for number in range(PARTITIONS) if number not in self.heartbeats or self.heartbeats[number].lag > 0
        }

    def _take(self, records: Sequence[ConsumerRecord]) -> None:
        for record in records:
            body = read(record.value)
            if body is None:
                continue
            where = place_of(body)
            if where is not None:
                self.places[place(where)] = body["counts"]
            elif body["kind"] == "pulse":
                heartbeat = heartbeat_of(body)
                known = self.heartbeats.get(heartbeat.partition)
                if known is None or heartbeat.at >= known.at:
                    self.heartbeats[heartbeat.partition] = heartbeat
        self._news.set()
