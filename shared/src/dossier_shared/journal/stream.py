"""Consuming in a consumer group: the loop every consumer shares, and the consumer of what is no dossier.

Kafka delivers at least once; offsets are committed after everything else. A record nobody can read is a dead letter; where too
many cannot be read, the consumer stops until a person decides (`hearing.py`); an outage is waited out.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from time import monotonic
from typing import Any, Protocol

import structlog

from dossier_shared.contracts.envelope import Event, RawRecord, decode
from dossier_shared.contracts.events import check_data
from dossier_shared.errors import BadRecord, Unavailable
from dossier_shared.journal import crash
from dossier_shared.journal.dead_letters import DeadLetters
from dossier_shared.journal.hearing import Count, DeadLetterLimit, Hearing, Position
from dossier_shared.journal.keyring import Keyring, UnknownKey
from dossier_shared.journal.outages import passes
from dossier_shared.journal.registry import Registry
from dossier_shared.telemetry import metrics, tracing

log = structlog.get_logger()
REFUSED_FOR = 300.0  # seconds an event of no dossier is tried again, where the reason may pass
REFUSALS = 5  # times a database may refuse to write one item, for a reason nobody knows, before that is put aside
Unreadable = list[tuple[RawRecord, BadRecord]]
# what follows from the events: for each None, or why it was refused; it does nothing a second time
Act = Callable[[Sequence[Event]], Awaitable[Sequence[Exception | None]]]


class RecordSource(Protocol):
    """Where records come from: `adapters.kafka.KafkaSource`, or `dossier_local.memory.MemorySource`."""

    async def fetch(self, limit: int) -> list[RawRecord]: ...

    async def commit(self, offsets: Mapping[Position, int]) -> bool:
        """Commits the next offset to read, per partition. False: refused after a rebalance; the batch in memory is void."""
        ...

    async def rewind(self, offsets: Mapping[Position, int]) -> None:
        """Reads again from these offsets: the batch was given up."""
        ...


class GroupConsumer:
    """One member of a consumer group. `_take` does what follows from a batch and answers which records cannot be read.
    `keys`: whose signatures are believed; `registry`: whose dossier is whose; without them (in memory) neither is asked."""

    def __init__(
        self,
        source: RecordSource,
        dead_letters: DeadLetters,
        hearing: Hearing,
        limit: int,
        keys: Keyring | None = None,
        registry: Registry | None = None,
    ) -> None:
        self.source, self.dead_letters, self.hearing, self.limit = source, dead_letters, hearing, limit
        self.keys, self.registry = keys, registry
        self.trouble = ""  # what it last had to wait out
        self._finishing = False

    @property
    def stopped(self) -> str | None:
        """Why it has stopped, until a person decides."""
        return self.hearing.stopped

    def finish(self) -> None:
        self._finishing = True

    async def run(self) -> None:
        """Consumes until `finish` is called; the batch in hand is completed."""
        await self._patiently(Hearing.begin, self.hearing)
        if self.registry is not None:
            await self.registry.known()
        while not self._finishing and self.stopped is None:
            try:
                await self._one_batch()  # on its own: a batch must not stay in memory until the next
            except Exception:
                if not self._finishing:
                    raise

    async def _one_batch(self) -> None:
        records = await self._patiently(self.source.fetch, self.limit)
        if not records:
            return
        if self.registry is not None:  # after the fetch: it tells of all that was filed before
            await self.registry.current()
        try:
            await self._patiently(self.handle, records)
        except DeadLetterLimit as limit:
            firsts = {Position(raw.topic, raw.partition): raw.offset for raw in reversed(records)}
            await self._patiently(self.source.rewind, firsts)
            await self.hearing.stand(str(limit), lambda: self._finishing)

    async def _patiently(self, call: Any, argument: Any) -> Any:
        """Waits out an outage of database or broker with capped backoff and jitter."""
        pause = 0.1
        while True:
            try:
                return await call(argument)
            except DeadLetterLimit:
                raise
            except Exception as error:
                self.trouble = repr(error)[:300]
                if self._finishing:
                    log.warning("not waiting for database or broker any more", error=self.trouble)
                    raise
                metrics.OUTAGES.inc()
                log.warning("waiting for database or broker", error=self.trouble, known=passes(error))
                await asyncio.sleep(pause * (0.5 + random.random()))  # noqa: S311
                pause = min(pause * 2, 5.0)

    async def handle(self, records: Sequence[RawRecord]) -> bool:
        """Handles one batch: afterwards nothing of it is left to do. False: the commit was refused."""
        metrics.BATCH_SIZE.observe(len(records))
        count = self.hearing.count.copy()
        if bad := await self._take(records, count):
            await self.dead_letters.put(bad)
        self.hearing.count = count  # not before: a batch tried again is counted once
        crash.point("consume.written")
        return await self.source.commit(lasts(records))

    async def _take(self, records: Sequence[RawRecord], count: Count) -> Unreadable:
        """`count` has what was unreadable before; it is updated in place."""
        raise NotImplementedError


class EventConsumer(GroupConsumer):
    """Of what is no dossier: nothing is parked, so an event at fault, found alone by halving its batch, is a dead letter too."""

    def __init__(
        self,
        source: RecordSource,
        dead_letters: DeadLetters,
        hearing: Hearing,
        act: Act,
        *,
        limit: int = 500,
        keys: Keyring | None = None,
    ) -> None:
        super().__init__(source, dead_letters, hearing, limit, keys)
        self.act = act
        self._refused: dict[tuple[Position, int], float] = {}  # since when, by offset
        self._monotonic = monotonic

    async def _take(self, records: Sequence[RawRecord], count: Count) -> Unreadable:
        read: list[tuple[RawRecord, Event]] = []
        bad: Unreadable = []
        for raw in records:
            try:
                read.append((raw, await hear_event(raw, self.keys)))
                count.good()
            except BadRecord as why:
                bad.append((raw, self.hearing.bad(raw, why, count)))
        return bad + (await self._act_apart(read) if read else [])

    async def _act_apart(self, read: Sequence[tuple[RawRecord, Event]]) -> Unreadable:
        """On all together; if that fails for no outage, in halves, until the event at fault is alone."""
        events = [event for _, event in read]
        try:
            with tracing.processing([events]):
                refused = await self.act(events)
        except Exception as error:
            if passes(error):
                raise
            log.exception("events cannot be acted on together", events=len(read), first=events[0].dossier)
            if len(read) == 1:
                return [(read[0][0], BadRecord("invalid-data", type(error).__name__))]
            half = len(read) // 2
            return await self._act_apart(read[:half]) + await self._act_apart(read[half:])
        at = [(Position(raw.topic, raw.partition), raw.offset) for raw, _ in read]
        now = self._monotonic()
        since = {place: self._refused.setdefault(place, now) for place, why in zip(at, refused, strict=True) if why}
        for place, why in zip(at, refused, strict=True):
            if why is not None and passes(why) and now - since[place] < REFUSED_FOR:
                raise Unavailable("write-refused") from why  # the whole batch again
        for place in at:
            self._refused.pop(place, None)
        found = zip(read, refused, strict=True)
        return [(raw, BadRecord("invalid-data", type(why).__name__)) for (raw, _), why in found if why is not None]

    async def replay(self, records: Sequence[RawRecord]) -> list[str]:
        """As the dossiers' consumer does with its own dead letters."""
        answers = []
        for raw in records:
            try:
                bad = await self._act_apart([(raw, read_event(raw, self.keys, strict=True))])
                answers.append(bad[0][1].reason if bad else "applied")
            except BadRecord as why:
                answers.append(why.reason)
        return answers


def read_event(
    raw: RawRecord, keys: Keyring | None = None, registry: Registry | None = None, *, strict: bool = False
) -> Event:
    """Raises BadRecord. `strict`: see `Keyring.check`."""
    event = decode(raw)
    if keys is not None:
        keys.check(raw, event.hash, strict=strict)
    if registry is not None:
        registry.check(raw.topic, event)
    check_data(event.type, event.data)
    return event


async def hear_event(raw: RawRecord, keys: Keyring | None, registry: Registry | None = None) -> Event:
    """The same; a key published this very moment is waited for."""
    try:
        return read_event(raw, keys, registry)
    except UnknownKey as unknown:
        if keys is None:
            raise
        await keys.wait_for(unknown)
        return read_event(raw, keys, registry)


def lasts(records: Sequence[RawRecord]) -> dict[Position, int]:
    """The offsets behind these records, per partition: where one goes on."""
    return {Position(record.topic, record.partition): record.offset + 1 for record in records}
