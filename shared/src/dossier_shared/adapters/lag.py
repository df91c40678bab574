"""How far a consumer is behind, from what it knows anyway: the committed offset, and the end as its last fetch reported it.

A consumer that does not fetch (its database is away, the dead-letter limit has stopped it) learns of no new ends. Only then the
broker is asked, every few seconds. An end that is older than that is dropped, not repeated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from time import time
from typing import Any, Protocol

from dossier_shared.telemetry.metrics_registry import Sample

LOOK_EVERY = 5.0  # seconds
FORGOTTEN = 30.0  # seconds after which an end says nothing any more


class PartitionKey(Protocol):
    """A partition, as Kafka's client names it."""

    @property
    def topic(self) -> str: ...

    @property
    def partition(self) -> int: ...


class Consumer(Protocol):
    """What is asked of aiokafka's consumer."""

    def assignment(self) -> Iterable[Any]: ...

    def highwater(self, partition: Any) -> int | None: ...

    def last_poll_timestamp(self, partition: Any) -> int | None:
        """Milliseconds since 1970."""
        ...

    async def position(self, partition: Any) -> int: ...

    async def end_offsets(self, partitions: Any) -> Mapping[Any, int]: ...


class Lag:
    def __init__(self, group: str, wall: Callable[[], float] = time) -> None:
        self.group, self._wall = group, wall
        self._done: dict[Any, int] = {}  # the next offset to commit, per partition
        self._ends: dict[Any, tuple[int, float]] = {}  # as asked for, and when

    def handed_out(self, batches: Mapping[Any, Sequence[Any]]) -> None:
        """Records in hand count as lag until their offsets are committed."""
        for place, batch in batches.items():
            if place not in self._done and batch:
                self._done[place] = batch[0].offset

    def committed(self, offsets: Mapping[Any, int]) -> None:
        self._done.update(offsets)

    def forget(self) -> None:
        """Partitions have moved: another member may have read on."""
        self._done.clear()
        self._ends.clear()

    async def look(self, consumer: Consumer) -> None:
        """Asks the broker for the ends that no fetch has reported lately. Raises where it does not answer."""
        places = list(consumer.assignment())
        now = self._wall()
        quiet = [place for place in places if now - (consumer.last_poll_timestamp(place) or 0) / 1000 > LOOK_EVERY]
        if quiet:
            found = await consumer.end_offsets(quiet)
            self._ends.update({place: (end, now) for place, end in found.items()})
        for place in places:
            if place not in self._done:  # nothing was handed out since it came
                position = await consumer.position(place)
                self._done.setdefault(place, position)

    def samples(self, consumer: Consumer | None) -> Iterator[Sample]:
        now = self._wall()
        for place in consumer.assignment() if consumer else ():
            done, end = self._done.get(place), self._end(consumer, place, now)
            if done is not None and end is not None:
                yield (self.group, place.topic, str(place.partition)), max(0, end - done)

    def _end(self, consumer: Any, place: Any, now: float) -> int | None:
        told = (consumer.highwater(place), (consumer.last_poll_timestamp(place) or 0) / 1000)
        end, at = max(told, self._ends.get(place, (None, 0.0)), key=lambda known: known[1])
        return end if now - at <= FORGOTTEN else None
