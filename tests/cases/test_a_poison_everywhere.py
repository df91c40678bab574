"""Each field of each event, poisoned in every kind we know: companions finish in the same pass, and nothing vanishes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import Any

import pytest
from tests.component.notify.rig import World
from tests.component.notify.test_alarms import Process as AlarmProcess

from dossier_intake.handlers import RULES as INTAKE
from dossier_local.memory import MemoryBroker, MemoryCollection, MemorySource, MemoryWaiting
from dossier_monitor.timelines.handlers import RULES as MONITOR
from dossier_monitor.worker.aggregates import Aggregates
from dossier_notify.channels import Answer, Message
from dossier_notify.handlers import rules as notify_rules
from dossier_notify.rules.messages import Texts
from dossier_notify.sending import sending
from dossier_review.handlers import RULES as REVIEW
from dossier_shared.clock import FixedClock
from dossier_shared.contracts.envelope import Record
from dossier_shared.contracts.topics import BY_NAME, dead_letter, heard_by
from dossier_shared.http.tokens import Principal
from dossier_shared.journal.consumer import BatchConsumer
from dossier_shared.journal.dead_letters import DeadLetters
from dossier_shared.journal.dossier import Rules
from dossier_shared.journal.effects import Effects
from dossier_shared.journal.ledger import Ledger
from dossier_shared.journal.publisher import Publisher
from dossier_shared.journal.steps import Command, Work
from dossier_signing import handlers as signing
from dossier_signing.documents.outcomes import Made, NotMade
from dossier_signing.documents.results import Results
from dossier_signing.documents.workers import SignedResult, SignJob

from .poisons import KINDS, Said, example, poisoned, records

NOTIFY = notify_rules(Texts())
RULES: dict[str, Rules] = {
    "intake": INTAKE, "review": REVIEW, "signing": signing.RULES, "notify": NOTIFY, "monitor": MONITOR,
}  # fmt: skip
BEFORE = {  # of the same source, without which an event is not legal
    "accepted": ("submitted",), "refused": ("submitted",), "supplement-received": ("submitted", "accepted"),
    "payment-confirmed": ("submitted", "accepted"), "completion-requested": ("submitted",),
    "completed": ("submitted", "completion-requested"), "withdrawal-requested": ("submitted",),
    "withdrawn": ("submitted",), "corrected": ("submitted",), "consent-withdrawn": ("submitted",),
    "evidence-received": ("submitted",),
}  # fmt: skip
AWAITED = {
    ("review", "supplement-received"),
    ("review", "payment-confirmed"),
    ("review", "sent-back"),
}  # parked: nothing was asked for, or decided, by this review
MANY, GOOD = 90, 5  # poisons in one batch, and companions
EVERY = 3  # of all poisons of an event: as many services hear it, each tries its part
pytestmark = pytest.mark.usefixtures("silent")
LEADER = Principal("leader-1", frozenset({"leader"}), "H19.1", "Trần Thị Bình")


class Service:
    """One service on memory, as new."""

    def __init__(self, rules: Rules) -> None:
        self.rules, self.clock = rules, FixedClock()
        self.broker, self.collection, self.room = MemoryBroker(), MemoryCollection(), MemoryWaiting()
        self.publisher = Publisher(rules.source, self.broker, self.collection, self.clock) if rules.publishes else None
        self.ledger = Ledger(
            rules, self.collection, self.publisher or Silent(), self.clock, claimant=f"{rules.source}-1@a"
        )
        topics = [topic.name for topic in heard_by(rules.source)]
        source = MemorySource(self.broker, topics, rules.source)
        self.consumer = BatchConsumer(self.ledger, source, self.room, DeadLetters(rules.source, self.broker))

    async def hear(self, groups: Mapping[str, Sequence[Record]]) -> None:
        """One pass."""
        for topic, some in groups.items():
            for record in some:
                self.broker.append(topic, record)
        assert await self.consumer.handle(await self.consumer.source.fetch(10_000))
        assert await self.consumer.source.fetch(10_000) == []

    def heard(self, dossier: str, source: str) -> int:
        document = self.collection.documents.get(dossier, {})
        return int(document.get("heard", {}).get(source, {"seq": 0})["seq"])

    def lost(self, dossier: str, source: str, count: int) -> list[int]:
        """Events that are neither heard, nor parked, nor a dead letter."""
        aside = [r for r in self.broker.all(dead_letter(self.rules.source)) if r.key == dossier.encode()]
        known = self.heard(dossier, source) + len(aside)
        parked = {item.event.seq for item in self.room.items.values() if item.event.dossier == dossier}
        return [seq for seq in range(known + 1, count + 1) if seq not in parked]


class Silent:
    def submit(self, dossiers: object) -> None:
        """Nothing to publish."""


@dataclass(frozen=True, slots=True)
class Batch:
    """`poisons`: dossier -> what is wrong with it."""

    topic: str
    source: str
    length: int
    good: list[str]
    poisons: dict[str, str]
    records: list[Record]


def batches(name: str, part: int | None, many: int = MANY) -> Iterator[Batch]:
    """`part`: of `EVERY`; None: all."""
    story = [example(one) for one in BEFORE.get(name, ())]
    said = example(name)
    found = poisoned(said) if part is None else islice(poisoned(said), part, None, EVERY)
    while some := list(islice(found, many)):
        good = [f"good-{number}" for number in range(GOOD)]
        poisons = {f"poison-{number}": what for number, (what, _) in enumerate(some)}
        changed: dict[str, Said] = {f"poison-{number}": one for number, (_, one) in enumerate(some)}
        told = [records(id_, [*story, changed[id_]]) for id_ in poisons]
        at = len(told) // GOOD
        for number, id_ in enumerate(good):
            told.insert((number + 1) * at + number, records(id_, [*story, said]))
        yield Batch(said.topic, said.source, len(story) + 1, good, poisons, [r for group in told for r in group])


def heard_types(service: str) -> list[str]:
    return [name for topic in heard_by(service) for name in BY_NAME[topic.name].events]


HEARD = [(service, name) for service in RULES for name in heard_types(service)]


def test_there_are_kinds_enough_and_every_event_is_tried() -> None:
    assert len(KINDS) >= 20
    assert {service for service, _ in HEARD} == set(RULES)
    tried = {what.split(" ", 1)[1] for what, _ in poisoned(example("approved"))}
    assert {"data.code empty", "sealed.summary.0.label_vi NUL", "body.agency dollar", "sealed missing"} <= tried | {
        "sealed missing"
    }


@pytest.mark.parametrize(("service", "name"), HEARD)
async def test_a_poisoned_event_stops_no_other(service: str, name: str) -> None:
    readers = BY_NAME[example(name).topic].readers
    for batch in batches(name, readers.index(service) % EVERY if len(readers) >= EVERY else None):
        one = Service(RULES[service])
        await one.hear({batch.topic: batch.records})
        for id_ in batch.good:
            length = batch.length - ((service, name) in AWAITED)
            assert one.heard(id_, batch.source) == length, "companions are heard in the same pass"
        lost = {
            what: left for id_, what in batch.poisons.items() if (left := one.lost(id_, batch.source, batch.length))
        }
        assert lost == {}, "heard, parked or a dead letter"
        if one.publisher is not None:
            await one.publisher.publish_once()
            await one.publisher.drain()
            pending = {id_ for id_, document in one.collection.documents.items() if "pending" in document}
            assert pending == set(), "what follows from a poison can be published"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("service", "name", "place"),
    [
        ("review", "submitted", "data.code"),
        ("signing", "rejected", "sealed.reason"),
        ("notify", "submitted", "sealed.applicant.phone"),
        ("intake", "signed", "data.number"),
        ("monitor", "accepted", "data.appointment"),
    ],
)
async def test_any_one_poisoned_of_many(service: str, name: str, place: str, kind: str) -> None:
    said = example(name)
    if name == "rejected":
        said.sealed["reason"] = "Thiếu giấy tờ"
    (changed,) = [one for what, one in poisoned(said) if what == f"{name} {place} {kind}"]
    story = [example(one) for one in BEFORE.get(name, ())]
    told = [records(f"good-{number}", [*story, said]) for number in range(GOOD)]
    told.insert(2, records("poison", [*story, changed]))
    one = Service(RULES[service])
    await one.hear({said.topic: [record for group in told for record in group]})
    assert {one.heard(f"good-{number}", said.source) for number in range(GOOD)} == {len(story) + 1}
    assert one.lost("poison", said.source, len(story) + 1) == []


@pytest.mark.parametrize("name", sorted({name for service, name in HEARD if service == "monitor"}))
async def test_a_poisoned_event_does_not_stop_the_board(name: str) -> None:
    class Taking:
        async def send(self, topic: str, records: Sequence[Record]) -> list[bool]:
            return [True] * len(records)

    for batch in batches(name, 0, 400):
        one, broker = Aggregates(Taking(), by_events=False, wall=lambda: 1_751_331_600_000_000), MemoryBroker()
        for record in batch.records:
            broker.append(batch.topic, record)
        await one.take(broker.all(batch.topic))
        assert {id_.encode() for id_ in batch.good} <= one.table.keys()
        assert one.folded + one.skipped == len(batch.records)


# -- what acts outside -----------------------------------------------------------------------------------------------------


class Workers:
    """Signs at once, whatever can be put into a job."""

    async def sign_many(self, jobs: Sequence[SignJob]) -> list[SignedResult]:
        return [
            SignedResult(
                id=job.id, pdf=b"%PDF", sha256="f" * 64, size=4, certificate_serial="1f",
                certificate_subject="x", signed_at=job.signed_at,
            )
            for job in jobs
        ]  # fmt: skip


class Files:
    """Knows what it was given."""

    def __init__(self) -> None:
        self.kept: dict[str, Made] = {}

    async def by_reference(self, references: Sequence[str]) -> dict[str, dict[str, Any]]:
        return {r: {"id": "f" * 64, "size": 4, "certificate": "1f"} for r in references if r in self.kept}

    async def put_many(
        self, items: Sequence[tuple[bytes, Mapping[str, Any]]], holders: Sequence[str | None]
    ) -> list[str]:
        self.kept |= {about["reference"]: Made("f" * 64, 4, "1f") for _, about in items}
        return ["f" * 64] * len(items)


async def until_over(one: Service, effects: Effects) -> int:
    """The outcomes of the first pass; then as many as a poison may take."""
    done = await effects.act_once()
    for _ in range(effects.attempts):
        one.clock.advance(timedelta(minutes=3))
        while await effects.sweep():
            pass
    return done


@pytest.mark.parametrize("substitute", [False, True])
@pytest.mark.parametrize("name", ["approved", "rejected"])
async def test_a_poisoned_decision_stops_no_signature(name: str, substitute: bool) -> None:
    for batch in batches(name, None):
        one = Service(signing.RULES)
        results = Results(Files(), Workers())  # type: ignore[arg-type]
        effects = Effects(
            one.ledger, one.collection.open_claims,
            ask=results.ask, act=results.act, news=signing.signature_made, give_up=NotMade,
        )  # fmt: skip
        await one.hear({batch.topic: batch.records})
        decided = [id_ for id_, document in one.collection.documents.items() if document["state"].get("stage")]
        work: dict[str, Work] = {}
        for number, id_ in enumerate(decided):
            command = Command(id=f"c-{number}", fingerprint="", actor="leader:leader-1")
            step = one.ledger.step(
                lambda d: signing.request_signature(d.id, d.state, LEADER, substitute=substitute), command
            )
            work[id_] = Work([step])
        written = await one.ledger.write(work)
        asked = {id_ for id_, item in written.items() if item.refused == [None]}
        good = {id_ for id_ in batch.good if id_ in decided}
        assert good <= asked
        done = await until_over(one, effects)
        states = {id_: document["state"] for id_, document in one.collection.documents.items()}
        assert {states[id_]["status"] for id_ in good} <= {"signed"}
        assert done >= len(good)
        ended = {id_: states[id_].get("failure") or states[id_]["status"] for id_ in asked}
        assert not any("intent" in states[id_] for id_ in asked), "each is signed, or failed with a reason"
        assert "unexpected" not in ended.values(), "the reason is a known one"


class Sent:
    """A provider that takes whatever JSON can carry."""

    def __init__(self) -> None:
        self.got: dict[str, int] = defaultdict(int)

    async def send(self, messages: Sequence[Message]) -> dict[str, Answer]:
        for message in messages:
            f"{message.to} {message.text}".encode()
            self.got[message.reference] += 1
        return {message.reference: Answer("p") for message in messages}

    async def query(self, references: Sequence[str]) -> dict[str, Answer]:
        return {reference: Answer("p") for reference in references if reference in self.got}


@pytest.mark.parametrize("name", ["submitted", "refused", "signed"])
async def test_a_poisoned_event_stops_no_message(name: str) -> None:
    for batch in batches(name, None):
        one, provider = Service(NOTIFY), Sent()
        effects = sending(
            one.ledger, one.collection.open_claims, provider=provider, margin=timedelta(seconds=5), sweep_every=1.0
        )
        groups: dict[str, list[Record]] = {batch.topic: batch.records}
        if name != "refused":  # the other half of what leads to a message
            other = example("signed" if name == "submitted" else "submitted")
            groups[other.topic] = [r for id_ in [*batch.good, *batch.poisons] for r in records(id_, [other])]
        await one.hear(groups)
        await until_over(one, effects)
        while effects._fresh:
            await until_over(one, effects)
        states = {id_: document["state"] for id_, document in one.collection.documents.items()}
        for id_ in batch.good:
            assert [m["status"] for m in states[id_]["messages"]] == ["sent"], id_
        assert {id_ for id_, state in states.items() if state.get("intent")} == set()
        assert set(provider.got.values()) <= {1}


async def test_a_poisoned_alarm_stops_no_other() -> None:
    for batch in batches("alarm-raised", None):
        world, messages = World(), MemoryCollection()
        for record in batch.records:
            world.broker.append(batch.topic, record)
        process = AlarmProcess(world, messages)
        records_ = await process.source.fetch(10_000)
        await process.consumer.handle(records_)
        assert await process.source.fetch(10_000) == [], "committed, not read again"
        told = {id_.split(":")[1] for id_ in messages.documents}
        assert set(batch.good) <= told
        await process.run()
        states = {id_: document["state"] for id_, document in messages.documents.items()}
        assert {states[id_]["messages"][0]["status"] for id_ in states if id_.split(":")[1] in batch.good} == {"sent"}
