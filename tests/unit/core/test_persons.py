"""A person's data are encrypted with the person's key: who reads them, who does not, and what is left once the key is gone."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from time import monotonic
from typing import Any

import pytest

from dossier_local.memory import Author, MemoryBroker, MemoryCollection, MemorySource, MemoryWaiting
from dossier_shared.clock import FixedClock
from dossier_shared.contracts import boxes
from dossier_shared.contracts.envelope import Event, decode, encode, verify_chain
from dossier_shared.contracts.erased import stand_in
from dossier_shared.contracts.events import MODELS, Applicant, Refused, RefusedSealed, Submitted, SubmittedSealed
from dossier_shared.errors import KeyUnknown, Unchained
from dossier_shared.journal import key_topic
from dossier_shared.journal.consumer import BatchConsumer
from dossier_shared.journal.dead_letters import DeadLetters, StoredRecord
from dossier_shared.journal.dossier import Dossier, New, Rules, hear, record
from dossier_shared.journal.ledger import Ledger
from dossier_shared.journal.persons import PersonKeys
from dossier_shared.journal.publisher import Publisher
from dossier_shared.vocabulary.persons import GONE

from .acts import SUBMITTED
from .keyholders import erased, made, ring, told, wrapper
from .toy import RULES

NAME, HOLDER, NOW = "Nguyễn Thị Ánh Sáng", "p-aaaa", datetime(2025, 7, 1, tzinfo=UTC)
AT = "2025-07-01T01:00:00.000000Z"
DATA = Submitted(code="H19.1-1", procedure="2.001159", catalogue="1", channel="online", owner="u-1")
FILED = SubmittedSealed(applicant=Applicant(name=NAME, phone="+84912345678"))


def remember(state: dict[str, Any], event: Event) -> dict[str, Any]:
    """Keeps what was sealed, as services do."""
    return {**state, **event.open()}


READER: Rules[dict[str, Any]] = Rules(source="notify", evolve=remember)


def author(keys: PersonKeys, dossier: str = "d") -> Author:
    return Author("intake", dossier, holder=HOLDER, persons=keys)


def filed(keys: PersonKeys, dossier: str = "d") -> Event:
    """As it comes from the topic."""
    return sent(author(keys, dossier).says(DATA, FILED))


def sent(event: Event) -> Event:
    made = encode(event)
    return decode(StoredRecord(SUBMITTED, 0, 0, made.key, made.value, made.headers))


def intake(*records: Any) -> PersonKeys:
    keys = ring("intake")
    keys.take(told(*(records or (made(HOLDER),))))
    return keys


def heard(event: Event, keys: PersonKeys | None) -> Dossier[dict[str, Any]]:
    dossier: Dossier[dict[str, Any]] = Dossier(event.dossier, persons=keys)
    assert hear(READER, dossier, event, NOW, AT)
    return dossier


def test_nobody_reads_a_sealed_part_without_the_person_s_key() -> None:
    key = made(HOLDER)
    event = filed(intake(key))
    assert event.sealed is not None
    assert boxes.holder_of(event.sealed) == HOLDER
    assert NAME.encode() not in encode(event).value
    assert verify_chain([event]) is None
    with pytest.raises(KeyUnknown):
        event.open()
    entitled = ring("notify")
    entitled.take(told(key))
    assert heard(event, entitled).state["applicant"]["name"] == NAME


def test_who_is_not_named_in_it_cannot_unwrap_a_key() -> None:
    key = made(HOLDER, readers=("intake", "notify"))
    stranger = ring("review")
    stranger.take(told(key))
    assert not stranger.has(HOLDER)
    taken = key.model_copy(
        update={"wrappings": {"review": key.wrappings["notify"]}}
    )  # another's wrapping under one's name
    stranger.take(told(taken, first=1))
    with pytest.raises(KeyUnknown):
        stranger.cipher(HOLDER)


def test_a_wrapping_is_of_one_person() -> None:
    key = made(HOLDER)
    moved = key.model_copy(update={"holder": "p-bbbb"})
    keys = ring("notify")
    keys.take(told(moved))
    with pytest.raises(KeyUnknown):
        keys.cipher("p-bbbb")


def test_a_wrapping_key_is_rotated_beside_the_one_before() -> None:
    before, key = made(HOLDER, readers=["notify"]), b"k" * 32
    both = PersonKeys("notify", wrapper("review", "notify"))  # a new one, and that of before
    both.take(told(before))
    assert both.cipher(HOLDER) is not None
    anew = wrapper("intake").wrap(HOLDER, key, {"notify": wrapper("review").public}, AT)
    both.take(told(anew, first=1))
    assert both.key(HOLDER) == key
    assert wrapper("review", "intake").wrap(HOLDER, key, {}, AT).maker == wrapper("review").public, "the newest"
    alone = PersonKeys("notify", wrapper("review"))
    alone.take(told(before, anew))
    assert alone.key(HOLDER) == key


def test_a_sealed_part_is_bound_to_its_event() -> None:
    keys = intake()
    by = author(keys)
    first, second = by.says(DATA, FILED), by.says(Refused(), RefusedSealed(reason="x"))
    moved = replace(second, sealed=first.sealed)
    moved.persons = keys
    with pytest.raises(ValueError, match="not of this event"):
        moved.open()


def test_a_dossier_once_encrypted_stays_so_at_every_service() -> None:
    key = made(HOLDER)
    entitled = ring("notify")
    entitled.take(told(key))
    dossier = heard(filed(intake(key)), entitled)
    assert dossier.holder == HOLDER
    news = New(Refused(), RefusedSealed(reason="Của bà Ánh Sáng"))
    rules: Rules[Any] = Rules(source="notify", evolve=remember)
    own = record(rules, dossier, news, time=AT, recorded=AT, agency="H", actor="rule:notify")
    assert own.sealed is not None
    assert boxes.holder_of(own.sealed) == HOLDER
    assert dossier.state["reason"] == "Của bà Ánh Sáng"
    (again,) = dossier.tail("notify", 0)
    assert again.open() == {"reason": "Của bà Ánh Sáng"}


def test_a_refused_step_leaves_no_holder() -> None:
    def refuse(state: dict[str, Any], event: Event) -> dict[str, Any]:
        raise ValueError("no")

    keys = intake()
    dossier: Dossier[Any] = Dossier("d", persons=keys)
    with pytest.raises(ValueError, match="no"):
        hear(Rules(source="notify", evolve=refuse), dossier, filed(keys), NOW, AT)
    assert dossier.holder is None


def test_what_was_filed_in_clear_stays_readable_and_in_clear() -> None:
    event = sent(Author("intake", "d").says(DATA, FILED))
    dossier = heard(event, ring("notify"))
    assert dossier.state["applicant"]["name"] == NAME
    assert dossier.holder is None


def test_an_erased_person_s_event_is_applied_and_says_nothing() -> None:
    key = made(HOLDER)
    event = filed(intake(key))
    keys = ring("notify")
    keys.take(told(key, erased(HOLDER)))
    dossier = heard(event, keys)
    assert dossier.state == {"applicant": {"name": GONE}}
    own = record(
        READER, dossier, New(Refused(), RefusedSealed(reason=NAME)), time=AT, recorded=AT, agency="H", actor="rule:n"
    )
    assert own.sealed == boxes.pack(HOLDER, b""), "nothing is kept of who is erased, in clear least of all"


def test_who_is_erased_does_not_come_back() -> None:
    key, keys = made(HOLDER), ring("notify")
    keys.take(told(erased(HOLDER)))
    keys.put(key)  # from a backup
    assert keys.cipher(HOLDER) is None
    assert keys.holders() == [], "nothing is left that could be wrapped anew"
    keys.take(told(key))  # a reader that begins anew passes by what it has read
    assert keys.cipher(HOLDER) is None


@pytest.mark.parametrize("type_", sorted(name for name, model in MODELS.items() if model.sealed is not None))
def test_what_stands_in_is_of_the_sealed_part_s_shape(type_: str) -> None:
    sealed = MODELS[type_].sealed
    assert sealed is not None
    assert sealed.model_validate(stand_in(type_))


class Service:
    """notify, small, with or without keys."""

    def __init__(self, keys: PersonKeys) -> None:
        self.broker, self.store, self.waiting = MemoryBroker(), MemoryCollection(), MemoryWaiting()
        self.store.persons = self.keys = keys
        self.clock = clock = FixedClock()
        self.ledger = Ledger(RULES_REMEMBERING, self.store, Publisher("notify", self.broker, self.store, clock), clock)
        self.ledger.engine.persons = keys
        source = MemorySource(self.broker, [SUBMITTED], "notify")
        letters = DeadLetters("notify", self.broker)
        self.consumer = BatchConsumer(self.ledger, source, self.waiting, letters, persons=keys)

    async def hear(self, *events: Event) -> None:
        for event in events:
            self.broker.append(SUBMITTED, encode(event))
        await self.consumer.handle(await self.consumer.source.fetch(100))

    @property
    def reasons(self) -> list[str]:
        return [item.reason for item in self.waiting.items.values()]


RULES_REMEMBERING: Rules[Any] = replace(
    RULES, evolve=lambda state, event: {**RULES.evolve(state, event), **event.open()}, hear={}
)


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_topic, "NEWS_WITHIN", 0.2)


@pytest.mark.usefixtures("soon")
async def test_an_event_whose_key_has_not_come_is_parked_and_applied_once_it_is_there() -> None:
    key = made(HOLDER)
    service = Service(ring("notify"))
    await service.hear(filed(intake(key)))
    assert service.reasons == ["key"]
    assert "d" not in service.store.documents
    assert service.broker.all("notify.dead-letter") == []
    service.keys.take(told(key))
    service.clock.advance(3600)
    await service.consumer.drain_waiting()
    assert service.reasons == []
    assert service.store.documents["d"]["state"]["applicant"]["name"] == NAME
    assert service.store.documents["d"]["holder"] == HOLDER


async def test_a_key_that_is_on_its_way_is_waited_for() -> None:
    key = made(HOLDER)
    service = Service(ring("notify"))
    asyncio.get_running_loop().call_later(0.05, service.keys.take, told(key))
    await service.hear(filed(intake(key)))
    assert service.reasons == []
    assert service.store.documents["d"]["state"]["applicant"]["name"] == NAME


@pytest.mark.usefixtures("soon")
async def test_who_invents_holders_holds_nobody_up_twice() -> None:
    keys = ring("notify")
    await keys.wait_for(["p-nobody"])
    began = monotonic()
    await keys.wait_for(["p-nobody-either"])
    assert monotonic() - began < 0.1


@pytest.mark.usefixtures("soon")
async def test_an_erased_person_s_event_is_neither_parked_nor_a_dead_letter() -> None:
    key = made(HOLDER)
    service = Service(ring("notify"))
    service.keys.take(told(erased(HOLDER)))
    await service.hear(filed(intake(key)))
    assert service.reasons == []
    assert service.broker.all("notify.dead-letter") == []
    assert service.store.documents["d"]["state"]["applicant"] == {"name": GONE}


def test_a_key_unheard_is_told_apart_from_what_is_illegal() -> None:
    dossier: Dossier[Any] = Dossier("d", persons=ring("notify"))
    with pytest.raises(Unchained) as why:
        hear(READER, dossier, filed(intake()), NOW, AT)
    assert why.value.reason == "key"
    assert not dossier.changed


def test_a_record_of_the_topic_that_is_none_changes_nothing() -> None:
    key, keys = made(HOLDER), ring("notify")
    keys.take(told(key))
    bad = [replace(told(key)[0], value=value) for value in (b"", b"{", b'{"holder":"p-other"}')]
    keys.take([replace(raw, offset=n + 1) for n, raw in enumerate(bad)])
    assert keys.cipher(HOLDER) is not None
