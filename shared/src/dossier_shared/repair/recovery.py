"""Recovery: makes a service whole whose database was put back from a backup, while every replica is stopped or waits for it.

First the consumer group is moved back, so that all events come again. Then events of its own that are on its topic but not in
its journals are put back. Then events of other services are applied as usual, and what follows from them is recorded and
published. It carries out no effects: the service itself asks about open intents later. Interrupted, it can be run again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import aclosing
from dataclasses import asdict, dataclass, field
from datetime import datetime
from time import monotonic
from typing import Any, NamedTuple, Protocol

import structlog

from dossier_shared.adapters.files import FileStore
from dossier_shared.adapters.mongo import WaitingTable
from dossier_shared.clock import Clock
from dossier_shared.contracts.envelope import Event
from dossier_shared.contracts.topics import SOURCE_OF_TOPIC, parted
from dossier_shared.journal.consumer import AT_ONCE, BatchConsumer
from dossier_shared.journal.dossier import Dossier
from dossier_shared.journal.publisher import Publisher
from dossier_shared.journal.segments import Segments
from dossier_shared.repair import topics
from dossier_shared.repair.guard import Guard, Owned, decoded
from dossier_shared.repair.rebuild import Stuck, by_source, chained, differs, files_named, last_hash, rebuild
from dossier_shared.settings.service import ServiceSettings
from dossier_shared.tasks import end

log = structlog.get_logger()
IN_MEMORY = 5000  # dossiers behind; a partition with more is read several times
_MARK = 8  # bytes
_SHOWN = 100  # of each kind, in the report


@dataclass(slots=True)
class Outcome:
    """What a recovery came to. `stuck`, `forked`: dossier -> why. `files`: named by events put back, lost with the database."""

    service: str
    dossiers: int = 0
    events: int = 0
    stuck: dict[str, str] = field(default_factory=dict)
    forked: dict[str, str] = field(default_factory=dict)
    files: dict[str, list[str]] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def whole(self) -> bool:
        return not self.stuck and not self.forked

    def view(self) -> dict[str, Any]:
        """The report for people, its lists cut short."""
        lists = {name: len(getattr(self, name)) for name in ("stuck", "forked", "files")}
        shown = {name: dict(list(getattr(self, name).items())[:_SHOWN]) for name in lists}
        return {**asdict(self), **shown, "counts": lists, "whole": self.whole, "seconds": round(self.seconds, 1)}


class Parts(Protocol):
    """Of a service put together, what its recovery needs. `recovered`: sets right what stands besides the journals."""

    settings: ServiceSettings
    clock: Clock
    guard: Guard
    waiting: WaitingTable
    files: FileStore
    segments: Segments
    consumer: BatchConsumer
    publisher: Publisher | None
    recovered: list[Callable[[], Awaitable[None]]]

    async def prepare_database(self) -> None: ...


class Recovery:
    """`since`: an instant safely before the backup was taken, to read less."""

    def __init__(self, runtime: Parts, *, since: datetime | None = None) -> None:
        self.runtime, self.since = runtime, since
        self.broker = runtime.settings.broker
        self.outcome = Outcome(runtime.settings.service)
        self._heard = [name for name in runtime.consumer.hearing.topics if parted(name)[0] in SOURCE_OF_TOPIC]

    async def run(self) -> Outcome:
        """Raises StillRunning where a replica still consumes."""
        began, guard = monotonic(), self.runtime.guard
        await self.runtime.prepare_database()
        ours = await guard.demand("a recovery was begun and has not ended", unless_running=True)
        try:
            await self._rewind()
        except BaseException:
            if ours:  # nothing has been changed: a service that is whole must not be closed at its next start
                await guard.withdraw()
            raise
        await guard.begun()
        for owned in guard.owned:
            for partition in range(len(topics.places([owned.topic]))):
                while await self._partition(owned, partition):
                    log.info("recovering", topic=owned.topic, partition=partition, dossiers=self.outcome.dossiers)
        for hook in self.runtime.recovered:
            await hook()
        if self.outcome.whole:
            await self._catch_up()
            await guard.done()
        self.outcome.seconds = monotonic() - began
        return self.outcome

    async def _rewind(self) -> None:
        if self._heard:
            session = self.runtime.settings.kafka_session_timeout_ms / 1000
            group, patience = self.runtime.settings.called, session * 1.5 + 3
            await topics.rewind(self.broker, group, self._heard, since=self.since, patience=patience)

    # -- what its own topic holds beyond its journals ------------------------------------------------------------------

    async def _partition(self, owned: Owned, partition: int) -> bool:
        """One reading of a partition. True: there were more dossiers behind than fit into memory."""
        known: dict[str, _Known] = {}
        behind: dict[str, list[Event]] = {}
        void: dict[str, set[str]] = {}  # by dossier, hashes of events that should not have been
        more = False
        given_up = self.outcome.stuck.keys() | self.outcome.forked.keys()
        async with aclosing(topics.read(self.broker, owned.topic, partition, since=self.since)) as read:
            async for records in read:
                events = list(decoded(records, self.runtime.guard.keys))
                new = {event.dossier for event in events} - known.keys()
                found = await owned.journals.load(new)
                known |= {id_: _known(found.get(id_)) for id_ in new}
                other = [event for event in events if known[event.dossier].has_another(event)]
                await self._compare(owned, other, void)
                for event in events:
                    if event.previous in void.get(event.dossier, ()):
                        void[event.dossier].add(event.hash)
                    elif event.seq > known[event.dossier].seq and event.dossier not in given_up:
                        if event.dossier in behind or len(behind) < IN_MEMORY:
                            behind.setdefault(event.dossier, []).append(event)
                        else:
                            more = True
        for id_ in self.outcome.forked.keys() & behind.keys():
            del behind[id_]
        if behind:
            await self._rebuild(owned, partition, behind)
        return more

    async def _compare(self, owned: Owned, events: Sequence[Event], void: dict[str, set[str]]) -> None:
        """Those whose number the journal has with another hash."""
        journals = await owned.journals.load({event.dossier for event in events})
        for event in events:
            match differs(journals[event.dossier], event):
                case "forked":
                    why = f"event {event.seq} of the journal is another than the one on the topic"
                    self.outcome.forked.setdefault(event.dossier, why)
                case "void":
                    void.setdefault(event.dossier, set()).add(event.hash)

    async def _rebuild(self, owned: Owned, partition: int, behind: dict[str, list[Event]]) -> None:
        dossiers = await owned.journals.load(behind)
        tails: dict[str, list[Event]] = {}
        for id_, events in behind.items():
            dossier = dossiers.setdefault(id_, Dossier(id_, persons=owned.journals.persons))
            tails[id_], fault = chained(events, dossier.seq, last_hash(dossier))
            if fault is not None:
                self.outcome.stuck[id_] = fault
        heard = await self._heard_between(owned, partition, dossiers, tails)
        whole: list[Dossier] = []
        for id_, tail in tails.items():
            try:
                if tail:
                    rebuild(owned.rules, dossiers[id_], tail, by_source(heard.get(id_, ())), self.runtime.clock.now())
                    whole.append(dossiers[id_])
            except Stuck as why:
                self.outcome.stuck[id_] = str(why)
        for first in range(0, len(whole), AT_ONCE):
            await self._write(owned, whole[first : first + AT_ONCE])

    async def _heard_between(
        self, owned: Owned, partition: int, dossiers: dict[str, Dossier], tails: dict[str, list[Event]]
    ) -> dict[str, list[Event]]:
        """What they had heard up to their last event and the database does not know of; from the same partition everywhere."""
        until = {id_: tail[-1].heard for id_, tail in tails.items() if tail}
        found: dict[str, list[Event]] = {}

        def keep(events: Iterable[Event]) -> None:
            for event in events:
                if dossiers[event.dossier].heard_seq(event.source) < event.seq <= until[event.dossier][event.source]:
                    found.setdefault(event.dossier, []).append(event)

        named = {source for heard in until.values() for source in heard}
        wanted = [name for name in self._heard if SOURCE_OF_TOPIC[parted(name)[0]] in named]
        for name in wanted:
            async with aclosing(topics.read(self.broker, name, partition, since=self.since)) as read:
                async for records in read:
                    keep(e for e in decoded(records, self.runtime.guard.keys) if e.source in until.get(e.dossier, ()))
        if wanted:  # parked before the backup was taken
            parked = await self.runtime.waiting.of(list(until))
            keep(i.event for i in parked if i.event.source in until[i.event.dossier])
        return found

    async def _write(self, owned: Owned, dossiers: Sequence[Dossier]) -> None:
        lost = await owned.journals.write(dossiers, self.runtime.clock.now())
        if any(why is None for why in lost.values()):
            raise topics.StillRunning(f"somebody else writes to the journals of {owned.rules.source}: stop it first")
        self.outcome.stuck |= {id_: str(why) for id_, why in lost.items()}
        done = [dossier for dossier in dossiers if dossier.id not in lost]
        ends: dict[int, list[str]] = {}
        for dossier in done:
            ends.setdefault(dossier.seq, []).append(dossier.id)
            self.outcome.dossiers += 1
            self.outcome.events += len(dossier.fresh)
        await owned.journals.mark(ends, {})  # they came from the topic
        named = {id_: dossier.id for dossier in done for event in dossier.recorded for id_ in files_named(event)}
        for id_ in named.keys() - await self.runtime.files.exists(named):
            self.outcome.files.setdefault(named[id_], []).append(id_)
        self.runtime.segments.notice(done)
        await self.runtime.segments.move()

    # -- what the others said meanwhile --------------------------------------------------------------------------------

    async def _catch_up(self) -> None:
        """Hears, answers and publishes as the service itself does, up to where the topics end now."""
        goal = await topics.ends(self.broker, self._heard) if self._heard else {}
        consumer, publisher = self.runtime.consumer, self.runtime.publisher
        tasks = [asyncio.create_task(consumer.run())]
        if publisher is not None:
            tasks.append(asyncio.create_task(publisher.run()))
        left = sum(goal.values())
        while left:
            await asyncio.sleep(0.5)
            if consumer.stopped:
                raise RuntimeError(f"the consumer stopped: {consumer.stopped}")
            for task in tasks:
                if task.done():
                    task.result()
            at = await topics.committed(self.broker, self.runtime.settings.called, self._heard)
            left = sum(max(end - at[place], 0) for place, end in goal.items())
            log.info("catching up", left=left)
        await consumer.drain_waiting()
        consumer.finish()
        await tasks[0]
        if publisher is not None:
            await publisher.drain()
            await end(tasks[-1:])
        await asyncio.gather(*tasks, return_exceptions=True)


class _Known(NamedTuple):
    """Of a journal, as little as tells an event it has from another: all of a partition are in memory."""

    seq: int
    base: int
    marks: bytes  # of each event after `base` the beginning of its hash

    def has_another(self, event: Event) -> bool:
        place = (event.seq - self.base - 1) * _MARK
        return self.base < event.seq <= self.seq and self.marks[place : place + _MARK] != _mark(event.hash)


def _known(dossier: Dossier | None) -> _Known:
    if dossier is None:
        return _Known(0, 0, b"")
    return _Known(dossier.seq, dossier.base, b"".join(_mark(entry["hash"]) for entry in dossier.journal))


def _mark(hash_: str) -> bytes:
    return bytes.fromhex(hash_[: 2 * _MARK])
