"""One service, any number of replicas, on a broker and a database that are either in memory or real.

Scenarios see only this. Faults are put in front of either: what refuses, what loses an answer, what is away.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any, Protocol
from uuid import uuid4

from dossier_local.memory import MemoryBroker, MemoryCollection, MemorySource, MemoryWaiting
from dossier_shared.clock import FixedClock
from dossier_shared.contracts.envelope import Event, RawRecord, Record, decode, encode
from dossier_shared.contracts.topics import BY_SOURCE, asked_of, dead_letter, heard_by
from dossier_shared.errors import Refusal, Unavailable
from dossier_shared.journal import crash
from dossier_shared.journal.consumer import BatchConsumer, WaitingRoom
from dossier_shared.journal.dead_letters import DeadLetters, unwrap
from dossier_shared.journal.dossier import Dossier, New
from dossier_shared.journal.effects import Effects
from dossier_shared.journal.engine import Collection
from dossier_shared.journal.hearing import Position
from dossier_shared.journal.ledger import Ledger
from dossier_shared.journal.publisher import Marks, Publisher, Sender, Sweeper
from dossier_shared.journal.segments import Segments
from dossier_shared.journal.steps import Command, Work, Written
from dossier_shared.journal.stream import RecordSource
from dossier_shared.repair.asking import Asker
from dossier_shared.repair.resending import Resender

from .toy import RULES, SOURCE, TOPIC, outcome_of

HEARD = tuple(topic.name for topic in (*heard_by(SOURCE), *asked_of(SOURCE)))
CLAIM_FOR = timedelta(seconds=20)


class Killed(BaseException):
    """The process is gone; nothing in it may catch this."""


class Store(Collection, Marks, Protocol):
    async def open_claims(self, until: str, claimant: str, limit: int) -> list[Dossier]: ...
    async def load_whole(self, ids: Iterable[str]) -> dict[str, Dossier]: ...
    async def copy(self, dossier: Dossier, count: int) -> int: ...
    async def cut(self, dossier: Dossier, count: int) -> bool: ...


class Away(ConnectionError):
    """The database or the broker does not answer."""


@dataclass
class FaultySender:
    """`down`: nothing is sent. `rounds_left`: then it goes down. `refused_rounds`: these alone fail, counted from 1.
    `refuse`: records with these keys are neither stored nor acknowledged. `deaf`: stored, never acknowledged."""

    inner: Sender
    down: bool = False
    rounds_left: int | None = None
    refused_rounds: set[int] = field(default_factory=set)
    refuse: set[bytes] = field(default_factory=set)
    deaf: set[bytes] = field(default_factory=set)
    rounds: list[list[bytes]] = field(default_factory=list)

    async def send(self, topic: str, records: Sequence[Record]) -> list[bool]:
        self.rounds.append([record.key for record in records])
        if self.down or self.rounds_left == 0 or len(self.rounds) in self.refused_rounds:
            return [False] * len(records)
        if self.rounds_left:
            self.rounds_left -= 1
        passed = [index for index, record in enumerate(records) if record.key not in self.refuse]
        acked = [False] * len(records)
        for index, ok in zip(passed, await self.inner.send(topic, [records[i] for i in passed]), strict=True):
            acked[index] = ok and records[index].key not in self.deaf
        return acked


@dataclass
class FaultyStore:
    """`away`: the next so many calls of a method fail and do nothing. `unknown`: the next so many writes happen, but fail.
    `chokes_on`: a write with one of these breaks whole, for no outage.
    `refuses`: these alone are not written, and nobody knows why."""

    inner: Store
    away: Counter[str] = field(default_factory=Counter)
    unknown: int = 0
    calls: Counter[str] = field(default_factory=Counter)
    before_write: deque[Callable[[], Awaitable[object]]] = field(default_factory=deque)
    before_mark: deque[Callable[[], Awaitable[object]]] = field(default_factory=deque)
    chokes_on: set[str] = field(default_factory=set)
    refuses: set[str] = field(default_factory=set)

    def _pass(self, name: str) -> None:
        self.calls[name] += 1
        if self.away[name] > 0:
            self.away[name] -= 1
            raise Away(name)

    async def load(self, ids: Iterable[str], *, journal: bool = True) -> dict[str, Dossier]:
        self._pass("load")
        return await self.inner.load(ids, journal=journal)

    async def write(self, dossiers: Sequence[Dossier], recorded: datetime) -> Mapping[str, Refusal | None]:
        self._pass("write")
        if self.before_write:
            await self.before_write.popleft()()
        if not self.chokes_on.isdisjoint(dossier.id for dossier in dossiers):
            raise ValueError("nothing of this can be written")
        taken = [dossier for dossier in dossiers if dossier.id not in self.refuses]
        lost = dict(await self.inner.write(taken, recorded)) if taken else {}
        lost |= {d.id: Unavailable("write-refused") for d in dossiers if d.id in self.refuses}
        if self.unknown:
            self.unknown -= 1
            raise Away("the answer was lost")
        return lost

    async def mark(self, full: Mapping[int, Sequence[str]], partial: Mapping[int, Sequence[str]]) -> None:
        self._pass("mark")
        if self.before_mark:
            await self.before_mark.popleft()()
        await self.inner.mark(full, partial)

    def pending_before(self, instant: datetime) -> AsyncIterator[list[Dossier]]:
        self._pass("pending_before")
        return self.inner.pending_before(instant)

    async def oldest_pending(self) -> datetime | None:
        return await self.inner.oldest_pending()

    async def open_claims(self, until: str, claimant: str, limit: int) -> list[Dossier]:
        return await self.inner.open_claims(until, claimant, limit)

    async def load_whole(self, ids: Iterable[str]) -> dict[str, Dossier]:
        return await self.inner.load_whole(ids)

    async def copy(self, dossier: Dossier, count: int) -> int:
        return await self.inner.copy(dossier, count)

    async def cut(self, dossier: Dossier, count: int) -> bool:
        return await self.inner.cut(dossier, count)


class Rejoining(RecordSource, Protocol):
    async def reset(self) -> None: ...


@dataclass
class FaultySource:
    """`refuse`: the next so many commits are refused, as after a rebalance. `committed` is shared by all that come after."""

    inner: Rejoining
    committed: dict[Position, int]
    refuse: int = 0

    async def fetch(self, limit: int) -> list[RawRecord]:
        return await self.inner.fetch(limit)

    async def commit(self, offsets: Mapping[Position, int]) -> bool:
        if self.refuse:
            self.refuse -= 1
            await self.inner.reset()
            return False
        done = await self.inner.commit(offsets)
        if done:
            self.committed.update(offsets)
        return done

    async def rewind(self, offsets: Mapping[Position, int]) -> None:
        await self.inner.rewind(offsets)


@dataclass
class Provider:
    """Somewhere outside: keeps every message it ever got, answers by reference, removes no duplicate."""

    got: list[str] = field(default_factory=list)
    lose: int = 0  # answers
    away: bool = False
    deaf: bool = False  # acts are lost, and asked about nothing is known
    chokes_on: frozenset[str] = frozenset()  # the call with one of these breaks where it comes to it
    dumb_about: frozenset[str] = frozenset()  # these cannot even be asked about
    acts: list[int] = field(default_factory=list)  # sizes of the calls

    async def ask(self, references: Sequence[str]) -> dict[str, str]:
        if self.away and not self.deaf:
            raise Away("no answer")
        if not self.dumb_about.isdisjoint(references):
            raise ValueError("a reference nobody can read")
        return {reference: "sent" for reference in references if reference in self.got}

    async def act(self, references: Sequence[str]) -> dict[str, str]:
        self.acts.append(len(references))
        if self.away:
            raise Away("no answer")
        for reference in references:
            if reference in self.chokes_on:
                raise ValueError("a message nobody can read")
            self.got.append(reference)
        if self.lose:
            self.lose -= 1
            raise Away("the answer was lost")
        return dict.fromkeys(references, "sent")


@dataclass
class Replica:
    """One process of the service."""

    world: World
    store: FaultyStore
    sender: FaultySender
    source: FaultySource
    ledger: Ledger
    publisher: Publisher
    sweeper: Sweeper
    consumer: BatchConsumer
    asker: Asker
    segments: Segments
    read_to: dict[Position, int] = field(default_factory=dict)

    async def hear(self) -> int:
        """Consumes what is on the topics, to their ends; answers how many records were handled."""
        handled = 0
        while not self._at_the_end():
            records = await self.source.fetch(self.consumer.limit)
            if records:
                if await self.consumer.handle(records):
                    self.read_to |= {Position(r.topic, r.partition): r.offset + 1 for r in records}
                handled += len(records)
        return handled

    def _at_the_end(self) -> bool:
        return all(self.read_to.get(place, 0) >= end for place, end in self.world.ends.items() if place.topic in HEARD)

    async def publish(self) -> list[str]:
        """One pass over the queue, marked; answers the dossiers that did not get through."""
        failed = await self.publisher.publish_once()
        await self.publisher.drain()
        return [dossier.id for dossier in failed]

    async def record(self, dossier: str, *news: New, **command: Any) -> Dossier:
        """A command whose outcome is `news`."""
        return await self.ledger.execute(dossier, lambda _: news, order(**command))

    async def write(self, dossier: str, *news: New, **command: Any) -> Written:
        """The same without the coalescing task, so that a kill comes out here."""
        step = self.ledger.step(lambda _: news, order(**command))
        return (await self.ledger.write({dossier: Work([step])}))[dossier]

    def effects(self, provider: Provider) -> Effects:
        return Effects(
            self.ledger,
            self.store.open_claims,
            ask=lambda intents: provider.ask([intent.reference for intent in intents]),
            act=lambda intents: provider.act([intent.reference for intent in intents]),
            news=lambda intent, outcome: [outcome_of(intent.reference, outcome)],
            give_up=lambda reason: f"failed: {reason}",
        )


def order(key: str | None = None, *, body: str = "", **more: Any) -> Command:
    return Command(id=key or uuid4().hex, fingerprint=body, actor=f"rule:{SOURCE}", agency="H19.1", **more)


@contextmanager
def killed_at(point: str) -> Iterator[None]:
    """The process dies at the crash point, and must: a test that does not get there has failed."""

    def hook(name: str) -> None:
        if name == point:
            crash.set_hook(None)
            raise Killed(name)

    crash.set_hook(hook)
    try:
        yield
    except Killed:
        return
    finally:
        crash.set_hook(None)
    raise AssertionError(f"never came to {point}")


class World:
    """`ends`: where each partition ended after what was put there."""

    def __init__(self) -> None:
        self.clock = FixedClock()
        self.ends: dict[Position, int] = {}
        self.committed: dict[Position, int] = {}

    def id(self) -> str:
        return str(uuid4())

    # what differs between memory and the real thing

    def _store(self) -> Store:
        raise NotImplementedError

    def _sender(self) -> Sender:
        raise NotImplementedError

    def _source(self) -> Rejoining:
        raise NotImplementedError

    def _waiting(self) -> WaitingRoom:
        raise NotImplementedError

    async def document(self, dossier: str) -> dict[str, Any]:
        raise NotImplementedError

    async def records(self, topic: str) -> list[RawRecord]:
        """Of this scenario."""
        raise NotImplementedError

    # what does not

    async def replica(self, instance: str = "1", life: str = "a") -> Replica:
        """A process as it starts: it reads from the committed offsets."""
        store = FaultyStore(self._store())
        sender = FaultySender(self._sender())
        source = FaultySource(self._source(), self.committed)
        await source.inner.reset()
        publisher = Publisher(SOURCE, sender, store, self.clock)
        ledger = Ledger(RULES, store, publisher, self.clock, claimant=f"notify-{instance}@{life}", claim_for=CLAIM_FOR)
        resender = Resender(SOURCE, sender, store)
        consumer = BatchConsumer(ledger, source, self._waiting(), DeadLetters(SOURCE, sender), resender)
        asker = Asker(ledger, consumer, sender, after=timedelta(seconds=60))
        segments = Segments(store)
        ledger.on_written.append(segments.notice)
        sweeper = Sweeper(publisher, store, self.clock)
        read_to = dict(self.committed)
        return Replica(self, store, sender, source, ledger, publisher, sweeper, consumer, asker, segments, read_to)

    async def put(self, *events: Event) -> None:
        for source, batch in groupby(events, lambda event: event.source):
            await self.put_raw(BY_SOURCE[source].name, *map(encode, batch))

    async def put_raw(self, topic: str, *records: Record) -> None:
        raise NotImplementedError

    async def published(self, dossier: str) -> list[int]:
        """Event numbers of a dossier on the service's own topic, in their order there, duplicates and all."""
        return [decode(record).seq for record in await self.records(TOPIC) if record.key == dossier.encode()]

    async def waiting(self) -> dict[str, str]:
        room = self._waiting()
        later = datetime(2100, 1, 1, tzinfo=UTC)
        return {item.id: item.reason for item in await room.older_than(later, 1000)}

    async def dead_letters(self) -> list[tuple[RawRecord, str]]:
        """The original record of each, and the reason."""
        return [unwrap(record)[:2] for record in await self.records(dead_letter(SOURCE))]

    async def close(self) -> None:
        """Nothing left behind."""


class _MemorySource(MemorySource):
    async def reset(self) -> None:
        self.positions = dict(self.broker.committed[self.group])


class MemoryWorld(World):
    def __init__(self) -> None:
        super().__init__()
        self.broker, self.collection, self.room = MemoryBroker(), MemoryCollection(), MemoryWaiting()

    def _store(self) -> Store:
        return self.collection

    def _sender(self) -> Sender:
        return self.broker

    def _source(self) -> Rejoining:
        return _MemorySource(self.broker, HEARD, SOURCE)

    def _waiting(self) -> WaitingRoom:
        return self.room

    async def document(self, dossier: str) -> dict[str, Any]:
        assert dossier in self.collection.documents, "nothing is written of it"
        return deepcopy(self.collection.documents[dossier])

    async def records(self, topic: str) -> list[RawRecord]:
        return list(self.broker.all(topic))

    async def put_raw(self, topic: str, *records: Record) -> None:
        for record in records:
            self.broker.append(topic, record)
        self.ends = {Position(*place): len(log) for place, log in self.broker.logs.items()}
