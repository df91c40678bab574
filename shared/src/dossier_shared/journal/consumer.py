"""The batch consumer: fetches many records, groups them by dossier, decides in memory, writes each once, commits offsets.

Kafka delivers at least once; the consumer position (`heard`) makes a repeated event do nothing. A record nobody can read is a
dead letter; an event that cannot be applied yet is parked; an outage is waited out. A batch that fails for no outage is halved
until the dossier at fault is alone: its events are parked, the others go on.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

import structlog

from dossier_shared.contracts import boxes
from dossier_shared.contracts.envelope import Event, RawRecord
from dossier_shared.contracts.resend_request import Missing, read_request
from dossier_shared.errors import BadRecord, Unavailable, Unchained, Unstorable
from dossier_shared.journal.dead_letters import DeadLetters
from dossier_shared.journal.dossier import Dossier, Rules, Savepoint, hear, restore, save
from dossier_shared.journal.hearing import Count, Hearing, asks
from dossier_shared.journal.keyring import Keyring
from dossier_shared.journal.ledger import Ledger
from dossier_shared.journal.outages import passes
from dossier_shared.journal.persons import PersonKeys
from dossier_shared.journal.registry import Registry
from dossier_shared.journal.steps import Moment, Work
from dossier_shared.journal.stream import REFUSALS, GroupConsumer, RecordSource, Unreadable, hear_event, read_event
from dossier_shared.telemetry import metrics, tracing

log = structlog.get_logger()
BREATH = 100  # records decoded between two turns of the event loop
AT_ONCE = 300  # dossiers loaded and written together


class ParkedEvent(NamedTuple):
    """A parked event as stored. `id` is dossier:source:seq."""

    id: str
    event: Event
    reason: str
    since: datetime


class WaitingRoom(Protocol):  # where parked events are stored: `adapters.mongo.WaitingTable`
    async def of(self, dossiers: Sequence[str]) -> list[ParkedEvent]: ...

    async def put(self, items: Sequence[ParkedEvent]) -> None: ...

    async def drop(self, ids: Sequence[str]) -> None: ...

    async def older_than(self, instant: datetime, limit: int, *, after: str | None = None) -> list[ParkedEvent]:
        """Events parked before `instant`: the oldest first, or, with `after`, in the order of their ids from there on."""
        ...

    async def count(self) -> int: ...


class Answers(Protocol):
    """Publishes again what another service asks for (`repair.resending.Resender`)."""

    async def answer(self, requests: Sequence[Missing]) -> int: ...


class _Sorted(NamedTuple):
    """A batch, sorted: events, requests to publish again, and records that cannot be read."""

    good: list[Event]
    requests: list[Missing]
    bad: Unreadable


@dataclass(slots=True)
class Fold:
    """One dossier's events of a batch, as a step. `left`: those that could not be applied, with the reason."""

    events: Sequence[Event]
    rules: Rules
    left: list[tuple[Event, Unchained]] = field(default_factory=list)

    def __call__(self, dossier: Dossier, moment: Moment) -> None:
        """Applies every event that can be applied, in as many passes as it takes. Never raises."""
        point = save(dossier)
        self.left = self._hear(self.events, dossier, moment)
        if self._settle(dossier, point) is None:
            return
        self.left = []
        for event in self.events:  # one of them spoils the rest: which one shows when each comes alone
            point = save(dossier)
            left = self._hear([event], dossier, moment)
            spoilt = self._settle(dossier, point)
            self.left += left if spoilt is None else [(event, Unchained("illegal", repr(spoilt)))]

    def _settle(self, dossier: Dossier, point: Savepoint) -> Exception | None:
        """What went wrong; the dossier is then as it was at `point`."""
        if self.rules.settle is None or dossier.heard is point.heard:
            return None
        try:
            dossier.state = self.rules.settle(dossier.state)
        except Exception as error:
            log.exception("state cannot be settled", dossier=dossier.id)
            restore(dossier, point)
            return error
        return None

    def _hear(self, events: Sequence[Event], dossier: Dossier, moment: Moment) -> list[tuple[Event, Unchained]]:
        """What could not be applied."""
        waiting: list[Event] = list(events)
        while True:
            left: list[tuple[Event, Unchained]] = []
            for event in waiting:
                try:
                    if hear(self.rules, dossier, event, moment.now, moment.recorded):
                        metrics.heard_from(event.source).inc()
                    else:
                        metrics.DUPLICATES_DROPPED.inc()
                        event.onward = None
                except Unchained as why:
                    left.append((event, why))
                except Exception as error:
                    log.exception("event cannot be applied", dossier=event.dossier, source=event.source, seq=event.seq)
                    left.append((event, Unchained("illegal", repr(error))))
            if not left or len(left) == len(waiting):
                return left
            waiting = [event for event, _ in left]


class BatchConsumer(GroupConsumer):
    def __init__(
        self,
        ledger: Ledger,
        source: RecordSource,
        waiting: WaitingRoom,
        dead_letters: DeadLetters,
        resender: Answers | None = None,
        *,
        limit: int = 1000,
        hearing: Hearing | None = None,
        keys: Keyring | None = None,
        registry: Registry | None = None,
        persons: PersonKeys | None = None,
    ) -> None:
        own = ledger.rules.source
        super().__init__(source, dead_letters, hearing or Hearing(own, own, ()), limit, keys, registry)
        self.ledger, self.waiting, self.resender, self.persons = ledger, waiting, resender, persons
        # called with the events of each batch once it is written, repeated ones too; its offsets are committed after that
        self.on_heard: list[Callable[[Sequence[Event]], Awaitable[None]]] = []
        self._refused: Counter[str] = Counter()  # in a row, by dossier

    async def _take(self, records: Sequence[RawRecord], count: Count) -> Unreadable:
        """Afterwards every event is applied, parked or a dead letter."""
        requests: list[Missing] = []
        bad: Unreadable = []
        for part in _parts(records):
            found = await self._sort(part, count)
            requests += found.requests
            bad += found.bad
            await self._await_keys(found.good)
            await self._apply(found.good)
        if requests and self.resender is not None:
            await self.resender.answer(requests)
        return bad

    async def _await_keys(self, events: Sequence[Event]) -> None:
        """A person's first event and their key come on two topics. An event whose key stays away is parked."""
        if self.persons is not None:
            holders = {holder for event in events if event.sealed and (holder := boxes.holder_of(event.sealed))}
            await self.persons.wait_for(holders)

    async def _sort(self, records: Sequence[RawRecord], count: Count) -> _Sorted:
        found = _Sorted([], [], [])
        for number, raw in enumerate(records, 1):
            if number % BREATH == 0:
                await asyncio.sleep(0)  # others of this process are served meanwhile
            try:
                if asks(raw.topic):
                    found.requests.append(read_request(raw))
                    continue
                event = await hear_event(raw, self.keys, self.registry)
                if self.registry is None or self.registry.mine(event):
                    found.good.append(event)
                count.good()
            except BadRecord as why:
                found.bad.append((raw, self.hearing.bad(raw, why, count)))
        return found

    async def _apply(self, events: Sequence[Event], known: Sequence[ParkedEvent] | None = None) -> dict[str, str]:
        """Applies what can be applied and parks the rest; answers the parked events' ids with the reason."""
        grouped: dict[str, list[Event]] = {}
        for event in events:
            grouped.setdefault(event.dossier, []).append(event)
        stored = await self.waiting.of(list(grouped)) if known is None else known
        for item in stored:
            grouped.setdefault(item.event.dossier, []).append(item.event)
        return await self._apply_apart(grouped, stored) if grouped else {}

    async def _apply_apart(self, grouped: Mapping[str, list[Event]], stored: Sequence[ParkedEvent]) -> dict[str, str]:
        """Applies all together; if that fails for no outage, in halves, until one dossier is alone and its events are parked."""
        try:
            return await self._apply_together(grouped, stored)
        except Exception as error:
            if passes(error):
                raise
            log.exception("events cannot be applied together", dossiers=len(grouped), first=next(iter(grouped)))
            if len(grouped) == 1:
                ((id_, events),) = grouped.items()
                why = Unchained("illegal", type(error).__name__)
                alone = Fold(events, self.ledger.rules, [(event, why) for event in events])
                return await self._park_and_drain({id_: alone}, stored)
        ids, left = list(grouped), dict[str, str]()
        for some in (ids[: len(ids) // 2], ids[len(ids) // 2 :]):
            theirs = [item for item in stored if item.event.dossier in some]
            left |= await self._apply_apart({id_: grouped[id_] for id_ in some}, theirs)
        return left

    async def _apply_together(
        self, grouped: Mapping[str, list[Event]], stored: Sequence[ParkedEvent]
    ) -> dict[str, str]:
        folds = {id_: Fold(group, self.ledger.rules) for id_, group in grouped.items()}
        answered = self.ledger.rules.hear.keys()  # of a dossier of which nothing heard is answered no journal is needed
        with tracing.processing(grouped.values()) as spans:
            written = await self.ledger.write(
                {
                    id_: Work(
                        [fold],
                        bare=answered.isdisjoint({event.type for event in fold.events}),
                        consumed=fold.events,
                    )
                    for id_, fold in folds.items()
                }
            )
            refused = {id_: why for id_, result in written.items() if (why := result.refused[0]) is not None}
            for id_ in folds.keys() - refused.keys():
                self._refused.pop(id_, None)
            self._refused.update(refused.keys())
            for id_, why in refused.items():
                if not isinstance(why, Unstorable) and self._refused[id_] < REFUSALS:
                    raise Unavailable("write-refused") from why
                folds[id_].left = [(event, Unchained("unstorable", repr(why))) for event in folds[id_].events]
            for told in self.on_heard:
                await self._tell(told, [event for group in grouped.values() for event in group])
            left = await self._park_and_drain(folds, stored)
            spans.left(left)
        return left

    async def _tell(self, told: Callable[[Sequence[Event]], Awaitable[None]], events: Sequence[Event]) -> None:
        try:
            await told(events)
        except Exception as error:
            if passes(error):
                raise
            if len(events) == 1:  # it is heard: only who follows it goes without
                log.exception("event cannot be followed", dossier=events[0].dossier, seq=events[0].seq)
                return
            for some in (events[: len(events) // 2], events[len(events) // 2 :]):
                await self._tell(told, some)

    async def _park_and_drain(self, folds: Mapping[str, Fold], stored: Sequence[ParkedEvent]) -> dict[str, str]:
        now = self.ledger.clock.now()
        left = {
            waiting_id(event): ParkedEvent(waiting_id(event), event, why.reason, now)
            for fold in folds.values()
            for event, why in fold.left
        }
        known = {item.id: item.reason for item in stored}
        parked = [item for id_, item in left.items() if known.get(id_) != item.reason]
        if parked:
            await self.waiting.put(parked)
            for item in parked:
                metrics.PARKED.labels(item.reason).inc()
            first = parked[0]
            log.warning("events parked", count=len(parked), first=first.id, reason=first.reason)
        drained = [id_ for id_ in known if id_ not in left]
        if drained:
            await self.waiting.drop(drained)
        return {id_: item.reason for id_, item in left.items()}

    async def drain_waiting(self, *, older_than: timedelta = timedelta(seconds=2)) -> int:
        """Offers parked events again: the missing one may have been applied just while its successor was being parked."""
        count = 0
        async for items in self.waiting_pages(self.ledger.clock.now() - older_than):
            await self.offer(items)
            count += len(items)
        metrics.WAITING.set(await self.waiting.count() if count else 0)
        return count

    async def waiting_pages(self, until: datetime) -> AsyncIterator[list[ParkedEvent]]:
        """All events parked before `until`, a thousand at a time."""
        after = ""
        while items := await self.waiting.older_than(until, 1000, after=after):
            yield items
            after = items[-1].id

    async def offer(self, items: Sequence[ParkedEvent]) -> None:
        """Tries parked events again, together with all other parked events of their dossiers."""
        whole = await self.waiting.of(sorted({item.event.dossier for item in items}))
        await self._apply([], whole)

    async def replay(self, records: Sequence[RawRecord]) -> list[str]:
        """Tries dead letters again; answers for each `applied`, or why it is parked or still cannot be read."""
        read: list[Event | BadRecord] = []
        for raw in records:
            try:
                event = read_event(raw, self.keys, self.registry, strict=True)
                others = self.registry is not None and not self.registry.mine(event)
                read.append(BadRecord("passed", "another deployment's") if others else event)
            except BadRecord as why:
                read.append(why)
        waits = await self._apply([item for item in read if isinstance(item, Event)])
        return [item.reason if isinstance(item, BadRecord) else waits.get(waiting_id(item), "applied") for item in read]


def _parts(records: Sequence[RawRecord]) -> Iterator[Sequence[RawRecord]]:
    """Cuts a large batch into parts that hold dossiers whole: one write for each dossier, and few documents in memory."""
    if len(records) <= AT_ONCE:
        yield records
        return
    by_key: dict[bytes | None, list[RawRecord]] = {}
    for record in records:
        by_key.setdefault(record.key, []).append(record)
    for first in range(0, len(keys := list(by_key)), AT_ONCE):
        yield [record for key in keys[first : first + AT_ONCE] for record in by_key[key]]


def waiting_id(event: Event) -> str:
    return f"{event.dossier}:{event.source}:{event.seq}"
