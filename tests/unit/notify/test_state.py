"""Two sources, no order between them: whatever comes first, one outcome, nothing twice."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import permutations
from typing import Any

import pytest

from dossier_notify.channels import Answer
from dossier_notify.handlers import on_answer, rules
from dossier_notify.rules.messages import Texts
from dossier_shared.contracts.envelope import Event
from dossier_shared.contracts.events import Delivered, MessageFailed, MessageRequested, MessageSent, SigningRequested
from dossier_shared.errors import Refusal
from dossier_shared.journal.consumer import Fold
from dossier_shared.journal.dossier import Dossier, New, record
from dossier_shared.journal.effects import Intent
from dossier_shared.journal.steps import Moment

from .told import ID, Told

RULES = rules(Texts())
NOW = Moment(datetime(2025, 7, 3, 2, 0, tzinfo=UTC))
SENT, FAILED = Answer("p-1"), Answer("p-1", "number-refused")


def hear(*events: Event, dossier: Dossier | None = None) -> tuple[Dossier, dict[str, str]]:
    """The dossier after one batch, and what was left waiting."""
    dossier = dossier or Dossier(ID)
    fold = Fold(events, RULES)
    fold(dossier, NOW)
    return dossier, {event.type: why.reason for event, why in fold.left}


def answer(dossier: Dossier, answered: Answer) -> None:
    intent = Intent(dossier.id, dossier.state["intent"]["reference"], dossier.state, datetime.max.replace(tzinfo=UTC))
    for new in on_answer(intent, answered):
        write(dossier, new)


def write(dossier: Dossier, new: New) -> None:
    record(RULES, dossier, new, time=NOW.recorded, recorded=NOW.recorded, agency="H19.1", actor="rule:notify")


def journal(dossier: Dossier) -> list[str]:
    return [entry["type"] for entry in dossier.journal]


def data(dossier: Dossier, type_: str) -> dict[str, Any]:
    found: dict[str, Any] = next(entry["data"] for entry in dossier.journal if entry["type"] == type_)
    return found


@pytest.mark.parametrize("order", list(permutations(["submitted", "accepted", "signed"])))
@pytest.mark.parametrize("together", [True, False])
def test_any_order_of_the_sources_ends_the_same(order: tuple[str, ...], together: bool) -> None:
    """Each event in a batch of its own, what was parked offered again with the next; or all in one batch."""
    told = Told()
    events = {"submitted": told.submitted(), "accepted": told.accepted(), "signed": told.signed()}
    dossier = Dossier(ID)
    if together:
        dossier, left = hear(*(events[name] for name in order))
    else:
        left = {}
        for name in order:
            dossier, left = hear(events[name], *(events[type_] for type_ in left), dossier=dossier)
    assert left == {}
    assert journal(dossier) == ["message-requested"]
    assert dossier.state["status"] == "signed"
    answer(dossier, SENT)
    assert journal(dossier) == ["message-requested", "message-sent", "delivered"]
    assert dossier.state["status"] == "delivered"
    assert data(dossier, "delivered").items() >= {"how": "online", "informed": True}.items()


@pytest.mark.parametrize("order", list(permutations(["submitted", "accepted", "signed"])))
@pytest.mark.parametrize(
    ("wants", "phone"), [((), "+84912345678"), (("result",), None), (("refused",), "+84912345678")]
)
def test_with_nobody_to_tell_it_is_delivered_at_once(
    order: tuple[str, ...], wants: tuple[str, ...], phone: str | None
) -> None:
    told = Told(phone=phone)
    events = {"submitted": told.submitted(wants=wants), "accepted": told.accepted(), "signed": told.signed()}
    dossier, left = hear(*(events[name] for name in order))
    assert (left, journal(dossier)) == ({}, ["delivered"])
    assert data(dossier, "delivered").items() >= {"how": "online", "informed": False}.items()
    assert dossier.state.get("intent") is None


def test_repeats_change_nothing() -> None:
    told = Told()
    events = [told.submitted(), told.accepted(), told.signed()]
    dossier, _ = hear(*events, *events)
    answer(dossier, SENT)
    again, left = hear(*events, dossier=dossier)
    assert (left, journal(again)) == ({}, ["message-requested", "message-sent", "delivered"])


def test_the_request_names_its_message_and_hides_the_citizen() -> None:
    told = Told()
    dossier, _ = hear(told.submitted(), told.signed())
    event = dossier.tail("notify", 0)[0]
    assert event.data == {"reference": f"{ID}:result", "kind": "result", "channel": "sms"}
    assert event.open()["to"] == "+84912345678"
    assert "Dang ky khai sinh" in event.open()["text"]
    assert dossier.state["intent"] == {"reference": f"{ID}:result", "kind": "result", **event.open()}
    assert dossier.state["messages"][0]["parts"] == 1


def test_what_follows_a_result_heard_early_is_not_dated_before_it() -> None:
    told = Told(phone=None)
    submitted, signed = told.submitted(), told.signed()
    dossier, _ = hear(signed)
    fold = Fold([submitted], RULES)
    fold(dossier, Moment(datetime(2025, 7, 1, 1, 0, 5, tzinfo=UTC)))
    assert dossier.tail("notify", 0)[0].time == signed.time


@pytest.mark.parametrize(("outcome", "said"), [("approved", "da co ket qua"), ("rejected", "khong duoc chap thuan")])
def test_a_rejection_is_told_as_one(outcome: str, said: str) -> None:
    told = Told()
    dossier, _ = hear(told.submitted(), told.accepted(), told.signed(outcome))
    assert said in dossier.state["intent"]["text"]


def test_a_refusal_by_the_provider_still_delivers() -> None:
    told = Told()
    dossier, _ = hear(told.submitted(), told.signed())
    answer(dossier, FAILED)
    assert journal(dossier) == ["message-requested", "message-failed", "delivered"]
    assert data(dossier, "message-failed") == {"reference": f"{ID}:result", "reason": "number-refused"}
    assert data(dossier, "delivered")["informed"] is False
    assert dossier.state["messages"][0]["status"] == "failed"


@pytest.mark.parametrize(("answered", "outcome"), [(SENT, "message-sent"), (FAILED, "message-failed")])
def test_a_refused_dossier_gets_a_message_and_no_delivery(answered: Answer, outcome: str) -> None:
    told = Told()
    dossier, left = hear(told.submitted(), told.refused())
    assert (left, dossier.state["intent"]["reference"]) == ({}, f"{ID}:refused")
    assert "Thieu giay chung sinh" in dossier.state["intent"]["text"]
    answer(dossier, answered)
    assert journal(dossier) == ["message-requested", outcome]
    assert (dossier.state["status"], dossier.state["intent"]) == ("refused", None)


@pytest.mark.parametrize(("wants", "phone"), [(("result",), "+84912345678"), (("refused",), None)])
def test_a_refusal_nobody_can_be_told_of_is_only_kept(wants: tuple[str, ...], phone: str | None) -> None:
    told = Told(phone=phone)
    dossier, left = hear(told.submitted(wants=wants), told.refused())
    assert (left, journal(dossier), dossier.state["status"]) == ({}, [], "refused")


@pytest.mark.parametrize("order", list(permutations(["submitted", "refused", "signed"])))
def test_a_refused_dossier_with_a_result_waits_for_a_person(order: tuple[str, ...]) -> None:
    told = Told()
    events = {"submitted": told.submitted(), "refused": told.refused(), "signed": told.signed()}
    dossier, left = hear(*(events[name] for name in order))
    assert len(left) == 1
    assert set(left) < {"refused", "signed"}
    assert set(left.values()) == {"illegal"}
    assert len(journal(dossier)) == 1


def test_a_second_result_waits_for_a_person() -> None:
    told = Told()
    dossier, left = hear(told.submitted(), told.signed(), told.signed())
    assert (left, journal(dossier)) == ({"signed": "illegal"}, ["message-requested"])


def test_what_notify_does_not_need_is_heard_and_passed_over() -> None:
    told = Told()
    requested = told.signing.says(SigningRequested(reference="r-1", number="12/GKS"))
    dossier, left = hear(requested, told.submitted(), told.accepted(), told.signed())
    assert (left, journal(dossier)) == ({}, ["message-requested"])
    assert dossier.heard_seq("signing") == 2


@pytest.mark.parametrize(
    "new",
    [
        New(Delivered(how="online", informed=False)),
        New(MessageSent(reference=f"{ID}:result", provider_id="p")),
        New(MessageFailed(reference=f"{ID}:result", reason="r")),
    ],
)
def test_nothing_is_recorded_that_did_not_begin(new: New) -> None:
    dossier, _ = hear(Told().submitted())
    with pytest.raises(Refusal, match="illegal-transition"):
        write(dossier, new)


def test_an_outcome_is_recorded_once() -> None:
    told = Told()
    dossier, _ = hear(told.submitted(), told.signed())
    answer(dossier, SENT)
    with pytest.raises(Refusal, match="illegal-transition"):
        write(dossier, New(MessageSent(reference=f"{ID}:result", provider_id="again")))
    with pytest.raises(Refusal, match="illegal-transition"):
        write(dossier, New(Delivered(how="online", informed=True)))


def test_one_message_at_a_time() -> None:
    told = Told()
    dossier, _ = hear(told.submitted(), told.signed())
    with pytest.raises(Refusal, match="illegal-transition"):
        write(dossier, New(MessageRequested(reference="other", kind="result", channel="sms")))
