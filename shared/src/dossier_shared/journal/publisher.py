"""From the outbox to the topic: the publisher sends, and marks what Kafka acknowledged; the sweeper publishes what a crash left.

A dossier's unpublished events go in one record batch, which Kafka appends whole or not at all. Too many for one batch go in
several rounds, each after the one before is acknowledged. Dossiers go in parallel. `pending` is cleared only by a statement
that compares with `seq`. So an event can be on the topic twice (at-least-once), but none can be missing between two others.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import OrderedDict, defaultdict, deque
from collections.abc import AsyncIterator, Iterable, Mapping, MutableMapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from dossier_shared.clock import Clock
from dossier_shared.contracts.envelope import Event, Record, encode
from dossier_shared.contracts.topics import BY_SOURCE, deployed
from dossier_shared.journal import crash
from dossier_shared.journal.dossier import Dossier
from dossier_shared.telemetry import metrics, tracing

log = structlog.get_logger()
BATCH = 2000  # dossiers in flight together
TOGETHER = 200 * 1024  # bytes of one dossier that travel in one record batch
REMEMBERED = 10_000  # dossiers whose last acknowledged event is kept in memory, to send less twice
QUEUED = 20_000  # dossiers waiting in memory; the sweeper comes for those beyond
LONGEST_PAUSE = 5.0  # seconds


class Sender(Protocol):
    """Where records go: `adapters.kafka.KafkaSender`, or `dossier_local.memory.MemoryBroker`."""

    async def send(self, topic: str, records: Sequence[Record]) -> list[bool]:
        """Sends all together; answers for each record whether it was acknowledged. Never raises for an outage.

        Neighbours with the same key travel in one record batch: all of them are appended, in order, or none is.
        """
        ...


class Marks(Protocol):
    """Where it is kept how far a dossier is published: the collection of dossiers."""

    async def mark(self, full: Mapping[int, Sequence[str]], partial: Mapping[int, Sequence[str]]) -> None:
        """`full`: all events up to k were acknowledged: raises `published`, and clears `pending` where `seq` is still k.
        `partial`: acknowledged up to k, and more was tried: only raises `published`."""
        ...

    def pending_before(self, instant: datetime) -> AsyncIterator[list[Dossier]]: ...

    async def oldest_pending(self) -> datetime | None: ...


class Publisher:
    """Sends the unpublished events of the dossiers it is given, and marks them as published."""

    def __init__(self, source: str, sender: Sender, marks: Marks, clock: Clock, deployment: str = "") -> None:
        self.source, self.topic = source, deployed(BY_SOURCE[source], deployment).name
        self.sender, self.marks, self.clock = sender, marks, clock
        self._published = metrics.PUBLISHED.labels(self.topic)
        self._queue: OrderedDict[str, Dossier] = OrderedDict()
        self._acked: OrderedDict[str, int] = OrderedDict()
        self._wake = asyncio.Event()
        self._busy = False
        self._marking: asyncio.Task[None] | None = None
        self._held: dict[str, Dossier] = {}  # failed while others got through: tried again later, alone
        self._failures: dict[str, int] = {}

    @property
    def full(self) -> bool:
        return len(self._queue) >= QUEUED

    def submit(self, dossiers: Iterable[Dossier]) -> None:
        """Queues the unpublished events of each; a later version of a dossier replaces an earlier one still queued."""
        for dossier in dossiers:
            place: MutableMapping[str, Dossier] = self._held if dossier.id in self._held else self._queue
            there = place.get(dossier.id)
            if there is not None and there.seq > dossier.seq:
                continue
            if there is not None or not self.full:
                place[dossier.id] = _unpublished(dossier)
        if self._queue:
            self._wake.set()

    async def run(self) -> None:
        pause = 0.05
        while True:
            await self._wake.wait()
            tried = min(len(self._queue), BATCH)
            failed = await self.publish_once()
            if 1 < tried == len(failed):  # not the dossiers' fault
                self.submit(failed)
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
            else:
                self._hold(failed)
                pause = 0.05

    def _hold(self, failed: Sequence[Dossier]) -> None:
        """One that cannot be published keeps nobody else waiting."""
        for dossier in failed:
            count = self._failures[dossier.id] = self._failures.get(dossier.id, 0) + 1
            if dossier.id not in self._queue:
                self._held[dossier.id] = dossier
                pause = min(0.05 * 2 ** min(count, 10), LONGEST_PAUSE)
                asyncio.get_running_loop().call_later(pause, self._release, dossier.id)

    def _release(self, id_: str) -> None:
        dossier = self._held.pop(id_, None)
        if dossier is not None:
            self.submit([dossier])

    async def publish_once(self) -> list[Dossier]:
        """Sends one batch of what is queued; answers the dossiers of which not all was acknowledged."""
        self._busy = True
        try:
            batch: list[Dossier] = []
            while self._queue and len(batch) < BATCH:
                batch.append(self._queue.popitem(last=False)[1])
            if not self._queue:
                self._wake.clear()
            return await self._publish(batch)
        finally:
            self._busy = False

    async def _publish(self, batch: Sequence[Dossier]) -> list[Dossier]:
        tails: dict[str, Sequence[Event]] = {}
        known: dict[str, int] = {}
        for dossier in batch:
            after = max(dossier.published, self._acked.get(dossier.id, 0))
            known[dossier.id] = min(after, dossier.seq)
            tails[dossier.id] = _tail(dossier, self.source, after)
        reached = known | await send_tails(self.sender, self.topic, tails)
        crash.point("publish.acked")
        full: defaultdict[int, list[str]] = defaultdict(list)
        partial: defaultdict[int, list[str]] = defaultdict(list)
        failed: list[Dossier] = []
        sent = 0
        for dossier in batch:
            k = reached[dossier.id]
            sent += k - known[dossier.id]
            self._remember(dossier.id, k)
            if k == dossier.seq:
                full[k].append(dossier.id)
                self._failures.pop(dossier.id, None)
            else:
                failed.append(dossier)
                if k > dossier.published:
                    partial[k].append(dossier.id)
        self._published.inc(sent)
        if failed:
            metrics.PUBLISH_FAILED.inc(len(failed))
        if self._marking is not None:
            await self._marking
        self._marking = asyncio.get_running_loop().create_task(self._mark(full, partial))
        return failed

    async def _mark(self, full: Mapping[int, Sequence[str]], partial: Mapping[int, Sequence[str]]) -> None:
        try:
            await self.marks.mark(full, partial)
        except Exception as error:  # the sweeper will find them: published twice at worst
            log.warning("mark failed", error=repr(error))
            for ids in (*full.values(), *partial.values()):
                for id_ in ids:
                    self._acked.pop(id_, None)

    def _remember(self, id_: str, seq: int) -> None:
        self._acked[id_] = seq
        self._acked.move_to_end(id_)
        if len(self._acked) > REMEMBERED:
            self._acked.popitem(last=False)

    def forget(self, id_: str) -> None:
        """Forgets what was acknowledged of a dossier, so that a sweep really sends it again."""
        self._acked.pop(id_, None)

    async def drain(self, timeout: float = 10.0) -> None:
        """Waits until all that was submitted is published and marked; after `timeout` the rest is the sweeper's."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                while self._queue or self._busy:
                    await asyncio.sleep(0.01)
        if self._marking is not None:
            await self._marking


class Silent:
    """In place of a publisher, for a service that records no events of its own."""

    def submit(self, dossiers: object) -> None:
        """Nothing to publish."""


def _unpublished(dossier: Dossier) -> Dossier:
    """Only what publishing needs: a backlog must not keep whole documents in memory."""
    return Dossier(
        dossier.id,
        seq=dossier.seq,
        published=dossier.published,
        journal=dossier.journal,
        base=dossier.base,
        recorded=dossier.recorded,
    )


def _tail(dossier: Dossier, source: str, after: int) -> Sequence[Event]:
    """Empty where the journal cannot be read: the others are published all the same, this one is tried again."""
    try:
        return dossier.tail(source, after)
    except Exception:
        log.exception("journal cannot be read", dossier=dossier.id)
        return ()


async def republish(source: str, sender: Sender, dossiers: Sequence[Dossier], deployment: str = "") -> int:
    """Sends whole journals again; touches neither `published` nor `pending`. Answers the number of events sent."""
    journals = {dossier.id: _tail(dossier, source, 0) for dossier in dossiers}
    return sum((await send_tails(sender, deployed(BY_SOURCE[source], deployment).name, journals)).values())


async def send_tails(sender: Sender, topic: str, tails: Mapping[str, Sequence[Event]]) -> dict[str, int]:
    """Sends events in rounds; answers the last number acknowledged of each dossier, without those of which none was."""
    reached: dict[str, int] = {}
    going = {id_: deque(tail) for id_, tail in tails.items() if tail}
    while going:
        records: list[Record] = []
        ends: list[tuple[str, int, int]] = []  # dossier, its last event in this round, that one's place in the batch
        for id_, left in going.items():
            size = 0
            while left:
                record = _record(left[0])
                if record is None:
                    left.clear()
                    break
                length = len(record.value) + 1000  # headers
                if size and size + length > TOGETHER:
                    break
                size += length
                records.append(record)
                seq = left.popleft().seq
            if size:
                ends.append((id_, seq, len(records) - 1))
        going = {id_: going[id_] for id_, _, _ in ends}
        if not records:
            break
        with tracing.sending(topic, records):
            acked = await sender.send(topic, records)
        for id_, seq, place in ends:
            if acked[place]:
                reached[id_] = seq
            if not acked[place] or not going[id_]:
                del going[id_]
    return reached


def _record(event: Event) -> Record | None:
    """None: no record can carry it. It stays unpublished with what follows it, and nobody else does."""
    try:
        return encode(event)
    except Exception:
        log.exception("event cannot be published", dossier=event.dossier, seq=event.seq)
        return None


class Sweeper:
    """Publishes what a crash left: hands dossiers that have been pending for longer than `after` to the publisher."""

    def __init__(
        self,
        publisher: Publisher,
        marks: Marks,
        clock: Clock,
        *,
        after: timedelta = timedelta(seconds=10),
        every: float = 2.0,
    ) -> None:
        self.publisher, self.marks, self.clock, self.after, self.every = publisher, marks, clock, after, every

    async def run(self) -> None:
        while True:
            try:
                await self.sweep()
            except Exception as error:
                log.warning("sweep failed", error=repr(error))
            await asyncio.sleep(self.every)

    async def sweep(self) -> int:
        """One pass; answers how many dossiers were handed to the publisher."""
        now = self.clock.now()
        oldest = await self.marks.oldest_pending()
        metrics.PENDING_AGE.set((now - oldest).total_seconds() if oldest else 0)
        if oldest is None or now - oldest < self.after:
            return 0
        count = 0
        async for dossiers in self.marks.pending_before(now - self.after):
            for dossier in dossiers:
                self.publisher.forget(dossier.id)
            self.publisher.submit(dossiers)
            count += len(dossiers)
            metrics.SWEPT.inc(len(dossiers))
            if self.publisher.full:
                break
        return count
