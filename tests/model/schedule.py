"""The real ledger, publisher, consumer and effects of two replicas, one step of anybody's at a time, in seeded random order.

Every call to database, broker and provider stops at a gate before and after it happens; the driver opens one gate at a time.
Between two gates it may kill a replica (also at the named crash points), leave one standing for a while (a zombie, with
the clock moving on), lose an acknowledgement, or let a send arrive late. Both replicas read every partition, as after a
rebalance nobody noticed: more overlap than a broker allows. Not modelled: an effect begun under a valid claim that takes
place only after the claim has run out (the margin is there for it).
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter, defaultdict
from collections.abc import Coroutine, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from dossier_local.memory import Author, MemoryBroker, MemoryCollection, MemoryWaiting
from dossier_shared.clock import FixedClock
from dossier_shared.contracts.envelope import Event, Record, decode, encode, from_entry, verify_chain
from dossier_shared.contracts.events import SigningFailed
from dossier_shared.contracts.topics import BY_SOURCE
from dossier_shared.journal import crash
from dossier_shared.journal.consumer import BatchConsumer
from dossier_shared.journal.dead_letters import DeadLetters
from dossier_shared.journal.effects import Effects
from dossier_shared.journal.ledger import Ledger
from dossier_shared.journal.publisher import Publisher, Sweeper
from dossier_shared.journal.segments import Segments
from dossier_shared.journal.steps import Work

from ..unit.core.toy import RULES, SOURCE, TOPIC, accepted, failed, outcome_of, signed, submitted  # noqa: TID252
from ..unit.core.world import CLAIM_FOR, Killed, order  # noqa: TID252
from .gated import GatedSender, GatedSource, GatedStore, GatedWaiting

ME: ContextVar[Life] = ContextVar("ME")
STEPS = 4000  # of one schedule at most
PATIENCE = 1000  # milliseconds (and seconds of the model's clock) to recover in


@dataclass
class Life:
    """One process, from start to end."""

    name: str
    dead: bool = False
    standing: int = 0  # steps it is not let on


@dataclass
class Gate:
    life: Life
    opened: asyncio.Future[None]


@dataclass
class Schedule:
    """`faults`: how many kills, pauses, lost and late acknowledgements there may be."""

    seed: int
    faults: int = 5

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.clock = FixedClock()
        self.broker, self.collection, self.waiting = MemoryBroker(), MemoryCollection(), MemoryWaiting()
        self.gates: list[Gate] = []
        self.late: list[tuple[str, list[Record]]] = []
        self.got: list[str] = []  # by the provider
        self.lives: dict[str, Life] = {}
        self.count = Counter[str]()
        self.tasks: list[asyncio.Task[None]] = []
        self.calm, self.changed = False, True
        self.sent: dict[str, list[int]] = defaultdict(list)  # event numbers of each dossier, as its topic shows them
        self.dossiers = [f"d{n}" for n in range(2)]
        # the message of one of them breaks every call it is in, where the call comes to it
        self.poison = f"{self.random.choice(self.dossiers)}:result" if self.random.random() < 0.5 else None
        self.told: dict[str, dict[str, list[Event]]] = {}
        self.commands = {id_: [f"{id_}-c{n}" for n in range(3)] for id_ in self.dossiers}

    # -- the world, behind gates -----------------------------------------------------------------------------------------

    async def gate(self) -> None:
        life = ME.get()
        if life.dead:
            raise Killed(life.name)
        if self.calm:
            await asyncio.sleep(0)
            return
        gate = Gate(life, asyncio.get_running_loop().create_future())
        self.gates.append(gate)
        await gate.opened

    def fault(self, name: str, chance: float) -> bool:
        if self.calm or self.faults <= 0 or self.random.random() > chance:
            return False
        self.faults -= 1
        self.count[name] += 1
        return True

    def point(self, name: str) -> None:
        life = ME.get(None)
        if life is not None and not life.dead and self.fault(name, 0.08):
            self.kill(life)
            raise Killed(name)

    def kill(self, life: Life) -> None:
        life.dead = True
        for gate in [gate for gate in self.gates if gate.life is life]:
            self.gates.remove(gate)
            gate.opened.set_exception(Killed(life.name))

    # -- processes -------------------------------------------------------------------------------------------------------

    def start(self, instance: str) -> None:
        life = self.lives[instance] = Life(f"{instance}-{self.count['lives']}")
        self.count["lives"] += 1
        token = ME.set(life)
        replica = Replica(self, life, instance)
        loop = asyncio.get_running_loop()
        jobs: list[Coroutine[Any, Any, None]] = [
            replica.consume(), replica.publish(), replica.sweep(), replica.act(), replica.command(), replica.shorten(),
        ]  # fmt: skip
        self.tasks += [loop.create_task(job) for job in jobs]
        ME.reset(token)

    async def run(self) -> None:
        crash.set_hook(self.point)
        try:
            self._tell()
            for instance in ("1", "2"):
                self.start(instance)
            for _ in range(STEPS):
                await self._settle()
                self.check_marks()
                if self.faults <= 0 and self.random.random() < 0.005:
                    break
                self._step()
            await self._recover()
        finally:
            crash.set_hook(None)
            await self._end()
        self.check()

    def _tell(self) -> None:
        """What the others' topics say: in order by source, some of it twice, sources mixed."""
        batches: list[list[Event]] = []
        for id_ in self.dossiers:
            intake, signing = Author("intake", id_), Author("signing", id_)
            filed = [submitted(intake), accepted(intake)]
            result = [
                signing.says(SigningFailed(reference="r", reason="x")),
                signed(signing, heard_intake=self.random.choice((0, 2))),
            ]
            self.told[id_] = {"intake": filed, "signing": result}
            batches += [self._repeated(filed), self._repeated(result)]
        while batches:
            batch = self.random.choice(batches)
            event = batch.pop(0)
            self.broker.append(BY_SOURCE[event.source].name, encode(event))
            batches = [batch for batch in batches if batch]

    def _repeated(self, events: Sequence[Event]) -> list[Event]:
        """Late duplicates, and now and then a gap that a resend fills."""
        kind = self.random.randrange(3)
        first, second = events
        return [[first, second], [first, first, second, first], [second, first, second]][kind]

    async def _settle(self) -> None:
        """Until everybody stands at a gate."""
        for _ in range(12):
            await asyncio.sleep(0)

    def _step(self) -> None:
        for instance, life in list(self.lives.items()):
            life.standing = max(0, life.standing - 1)
            if life.dead and self.random.random() < 0.1:
                self.start(instance)
        if self.late and self.random.random() < 0.1:
            self.append(*self.late.pop(self.random.randrange(len(self.late))))
        gates = [gate for gate in self.gates if not gate.life.standing]
        if not gates:
            return
        gate = self.random.choice(gates)
        if self.fault("killed", 0.008):
            self.kill(gate.life)
        elif self.fault("stood still", 0.008):
            gate.life.standing = self.random.randrange(20, 80)
            self.clock.advance(self.random.choice((timedelta(0), timedelta(seconds=12), CLAIM_FOR * 2)))
        else:
            self.gates.remove(gate)
            gate.opened.set_result(None)

    def append(self, topic: str, run: Sequence[Record]) -> None:
        self.changed = True
        for record in run:
            self.broker.append(topic, record)
            self.sent[record.key.decode()].append(int(dict(record.headers)["ce_id"].rpartition(b":")[2]))

    async def _recover(self) -> None:
        """No more faults: dead replicas start again, everybody goes on, time passes."""
        self.calm = True
        for gate in self.gates:
            gate.opened.set_result(None)
        self.gates.clear()
        for late in self.late:
            self.append(*late)
        for instance, life in list(self.lives.items()):
            if life.dead:
                self.start(instance)
        for _ in range(PATIENCE):
            if self._quiet():
                break
            await asyncio.sleep(0.001)
            self.clock.advance(1)

    def _quiet(self) -> bool:
        documents = list(self.collection.documents.values())
        return (
            len(documents) == len(self.dossiers)
            and all(
                "pending" not in document
                and not document.get("claim")
                and sorted(_keys(document)) == self.commands[document["_id"]]
                and all(
                    document["heard"].get(source, {"seq": 0})["seq"] == len(events)
                    for source, events in self.told[document["_id"]].items()
                )
                for document in documents
            )
            and not self.waiting.items
        )

    async def _end(self) -> None:
        for life in self.lives.values():
            life.dead = True
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, *self.tasks, return_exceptions=True)
        for task in self.tasks:
            error = None if task.cancelled() else task.exception()
            if error is not None and not isinstance(error, Killed):
                raise error

    # -- what must hold --------------------------------------------------------------------------------------------------

    def check_marks(self) -> None:
        """At every moment: what is marked as published is on the topic, and what is not pending is marked."""
        if not self.changed:
            return
        self.changed = False
        for id_, document in self.collection.documents.items():
            numbers = self.sent[id_]
            assert _first(numbers) == list(range(1, len(set(numbers)) + 1)), (
                f"{id_}: out of order on the topic: {numbers}"
            )
            assert set(range(1, document["published"] + 1)) <= set(numbers), f"{id_}: marked beyond what was sent"
            if "pending" not in document:
                assert document["published"] == document["seq"], f"{id_}: hidden from the sweeper"

    def check(self) -> None:
        """At the end: nothing lost, nothing doubled."""
        self.changed = True
        self.check_marks()
        assert sorted(self.collection.documents) == self.dossiers
        assert self.waiting.items == {}
        for id_, document in self.collection.documents.items():
            journal = [from_entry(id_, SOURCE, entry) for entry in self.whole(id_)]
            assert verify_chain(journal) is None
            assert document["seq"] == len(journal)
            seen = Counter(document["state"]["seen"])
            assert max(seen.values()) == 1, f"{id_}: applied twice: {seen}"
            for source, events in self.told[id_].items():
                mine = [entry for entry in document["state"]["seen"] if entry.startswith(source)]
                assert mine == [f"{source}:{event.seq}" for event in events], f"{id_}: {mine}"
            types = Counter(event.type for event in journal)
            assert types["delivered"] == 1, types
            poisoned = f"{id_}:result" == self.poison
            assert (types["message-requested"], types["message-sent"]) == (1, not poisoned), types
            assert types["message-failed"] == 1 + len(self.commands[id_]) + poisoned, types
            assert sorted(_keys(document)) == self.commands[id_]
            assert "pending" not in document
            assert document["published"] == document["seq"]
            assert not document.get("claim")
            assert {event.hash for event in self.on_topic(id_)} == {event.hash for event in journal}
            assert self.got.count(f"{id_}:result") == (not poisoned), (
                f"{id_}: done {self.got.count(f'{id_}:result')} times"
            )

    def whole(self, id_: str) -> list[dict[str, Any]]:
        """The journal, those of its events that have moved to segments first."""
        document = self.collection.documents[id_]
        moved = [e for (of, _), batch in sorted(self.collection.segments.items()) if of == id_ for e in batch]
        return [*moved[: document.get("base", 0)], *document["journal"]]

    def on_topic(self, id_: str) -> list[Event]:
        return [decode(record) for record in self.broker.all(TOPIC) if record.key == id_.encode()]


class Replica:
    """The service's own classes, on gated neighbours."""

    def __init__(self, schedule: Schedule, life: Life, instance: str) -> None:
        self.schedule, self.life = schedule, life
        store, sender = GatedStore(schedule), GatedSender(schedule)
        self.store = store
        self.publisher = Publisher(SOURCE, sender, store, schedule.clock)
        self.ledger = Ledger(
            RULES, store, self.publisher, schedule.clock, claimant=f"notify-{instance}@{life.name}", claim_for=CLAIM_FOR
        )
        self.source = GatedSource(schedule)
        room = GatedWaiting(schedule)
        self.consumer = BatchConsumer(self.ledger, self.source, room, DeadLetters(SOURCE, sender), limit=4)
        self.sweeper = Sweeper(self.publisher, store, schedule.clock)
        self.effects = Effects(
            self.ledger, store.open_claims, ask=self._ask, act=self._act,
            news=lambda intent, outcome: [outcome_of(intent.reference, outcome)], give_up=lambda reason: f"failed: {reason}",
        )  # fmt: skip

    async def _ask(self, intents: Sequence[Any]) -> dict[str, str]:
        await self.schedule.gate()
        return {i.reference: "sent" for i in intents if i.reference in self.schedule.got}

    async def _act(self, intents: Sequence[Any]) -> dict[str, str]:
        for intent in intents:
            if intent.reference == self.schedule.poison:
                self.schedule.count["poison"] += 1
                await self.schedule.gate()
                raise ValueError("a message nobody can read")
            self.schedule.got.append(intent.reference)
        await self.schedule.gate()
        if self.schedule.fault("answer lost", 0.1):
            raise OSError("the answer was lost")
        return {intent.reference: "sent" for intent in intents}

    async def consume(self) -> None:
        while True:
            records = await self.source.fetch(self.consumer.limit)
            if records:
                await self.consumer.handle(records)
            elif self.schedule.calm:
                await self.consumer.drain_waiting()
                await asyncio.sleep(0.001)
            else:
                await self.consumer.drain_waiting(older_than=timedelta(0))

    async def publish(self) -> None:
        while True:
            await self.publisher._wake.wait()
            failed = await self.publisher.publish_once()
            self.publisher.submit(failed)

    async def sweep(self) -> None:
        while True:
            await self.schedule.gate()
            await self.sweeper.sweep()
            if self.schedule.calm:
                await asyncio.sleep(0.001)

    async def act(self) -> None:
        while True:
            await self.schedule.gate()
            await self.effects.act_once()
            await self.effects.sweep()
            if self.schedule.calm:
                await asyncio.sleep(0.001)

    async def shorten(self) -> None:
        """Moves what may go at any time, as if every journal were long. Events of commands stay: they are to be known."""
        segments = Segments(self.store)
        while True:
            await self.schedule.gate()
            segments._long.update(self.schedule.dossiers)
            await segments.move()
            if self.schedule.calm:
                await asyncio.sleep(0.001)

    async def command(self) -> None:
        """Every replica is given every command: a client that repeats it anywhere."""
        jobs = [(id_, key) for id_, keys in self.schedule.commands.items() for key in keys]
        self.schedule.random.shuffle(jobs)
        while jobs:
            id_, key = jobs[0]
            step = self.ledger.step(lambda _, key=key: [failed(key)], order(key))  # type: ignore[misc]
            written = await self.ledger.write({id_: Work([step])})
            job = jobs.pop(0)
            if written[id_].refused[0] is not None:
                jobs.append(job)  # not heard of yet


def _keys(document: dict[str, Any]) -> list[str]:
    return [entry["command"] for entry in document["journal"] if entry["command"]]


def _first(numbers: Sequence[int]) -> list[int]:
    return list(dict.fromkeys(numbers))
