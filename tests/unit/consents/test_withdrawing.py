"""A consent has an end where that is said, and the person may take it back; the dossier goes on."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.unit.intake.case import AGENCY, AT, CITIZEN, COUNTER, Case, checked, who
from tests.unit.review import support

from dossier_intake.consenting import withdraw_consent
from dossier_intake.pages.case import actions_now
from dossier_intake.policy import POLICY
from dossier_review.handlers import RULES
from dossier_shared.clock import instant
from dossier_shared.contracts import lifecycle
from dossier_shared.contracts.events import ConsentWithdrawn
from dossier_shared.errors import Refusal
from dossier_shared.http.tokens import Principal
from dossier_shared.journal.dossier import New
from dossier_shared.problems import Conflict, Forbidden, Invalid, NotFound

AGENT = who("agent", "helper")
HOUR = timedelta(hours=1)


def given(**consent: Any) -> dict[str, Any]:
    return {"kind": "paper", **consent}


@pytest.mark.parametrize(("until", "kept"), [
    ("2026-06-30", "2026-06-30T17:00:00.000000Z"),  # to the end of the day in Vietnam
    ("30/06/2026", "2026-06-30T17:00:00.000000Z"),
    ("2026-06-01T09:00:01+07:00", "2026-06-01T02:00:01.000000Z"),
    ("2026-06-01", "2026-06-01T17:00:00.000000Z"),  # today
])  # fmt: skip
def test_a_consent_may_say_its_end(until: str, kept: str) -> None:
    case = Case(AGENT, consent=given(until=until))
    assert case.state["consent_until"] == kept
    consent = checked(AGENT, consent=given(until=until)).submitted("c").consent
    assert consent is not None
    assert consent.model_dump()["until"] == kept
    without = checked(AGENT, consent=given()).submitted("c").consent
    assert without is not None
    assert "until" not in without.model_dump(), "the event is as it was where nobody says an end"


@pytest.mark.parametrize(("consent", "code"), [
    ({"until": instant(AT)}, "consent-ends-early"),  # given when it is filed
    ({"at": instant(AT - HOUR), "until": instant(AT - HOUR)}, "consent-ends-early"),
    ({"at": instant(AT - HOUR), "until": instant(AT)}, "consent-over"),
    ({"at": instant(AT - 9 * HOUR), "until": instant(AT - HOUR)}, "consent-over"),
    ({"at": instant(AT + HOUR), "until": instant(AT + 2 * HOUR)}, "consent-later"),
])  # fmt: skip
def test_an_end_that_cannot_be_is_refused_beside_its_field(consent: dict[str, Any], code: str) -> None:
    with pytest.raises(Invalid) as refused:
        checked(AGENT, consent=given(**consent))
    assert refused.value.code == code
    assert refused.value.errors[0]["path"] == ("/consent/at" if code == "consent-later" else "/consent/until")


@pytest.mark.parametrize("until", ["tomorrow", "2026-02-30", "2026-06-01T09:00:00", "31/06/2026", 20260601])
def test_an_end_is_a_day_or_an_instant(until: object) -> None:
    with pytest.raises(Exception, match=r"not valid"):
        checked(AGENT, consent=given(until=until))


def withdrawn(case: Case) -> list[str]:
    """What it records."""
    before = case.dossier.seq
    case.does(withdraw_consent(case.state), AT + HOUR)
    return [entry["type"] for entry in case.dossier.journal[before:]]


@pytest.mark.parametrize("bulk", [False, True])
def test_it_is_withdrawn_once_and_the_dossier_goes_on(bulk: bool) -> None:
    case = Case(AGENT, consent=given())
    if bulk:
        case.dossier.state = {**case.state, "filed_by": {"sub": "helper", "kind": "bulk"}}
    before = case.state
    assert withdrawn(case) == ["consent-withdrawn"]
    assert withdrawn(case) == [], "again, it is as it was"
    assert case.state == {**before, "consent_withdrawn": instant(AT + HOUR)}
    assert "accept" in actions_now(case.state)
    case.accepted()
    assert case.state["status"] == "accepted"


@pytest.mark.parametrize("by", [CITIZEN, COUNTER])
def test_what_one_filed_oneself_and_what_came_to_the_counter_has_none(by: Principal) -> None:
    case = Case(by, channel="direct" if by is COUNTER else "online")
    assert "withdraw-consent" not in actions_now(case.state)
    with pytest.raises(Conflict) as refused:
        withdraw_consent(case.state)
    assert refused.value.code == "no-consent"


def test_the_person_withdraws_it_and_an_officer_they_have_come_to() -> None:
    state = Case(AGENT, consent=given()).state
    for allowed in (
        Principal("p", frozenset({"citizen"}), person=state["person"]),
        COUNTER,
    ):
        POLICY.demand(allowed, "withdraw-consent", state)
    centre = who("counter", "c", "X-H19-PVHCC")
    POLICY.demand(centre, "withdraw-consent", {**state, "received_at": "X-H19-PVHCC"})
    for stranger in (Principal("helper", frozenset({"agent"}), asked=AT), CITIZEN, centre):
        with pytest.raises(NotFound):
            POLICY.demand(stranger, "withdraw-consent", state)
    for officer in ("specialist", "leader", "superior", "admin"):
        with pytest.raises(Forbidden):
            POLICY.demand(who(officer, agency=AGENCY), "withdraw-consent", state)
    with pytest.raises(Forbidden) as own:
        POLICY.demand(who("counter", "helper", AGENCY), "withdraw-consent", state)
    assert own.value.code == "own-dossier"


def test_it_may_be_withdrawn_in_every_state_but_before_the_filing() -> None:
    for event in ("consent-withdrawn", "consent-ended"):
        for state in lifecycle.STATES:
            if state != "draft":
                assert lifecycle.after(state, event) == state
        with pytest.raises(Refusal):
            lifecycle.after("draft", event)
    for role in ("citizen", "agent", "counter"):
        assert lifecycle.may_cause(f"{role}:x", "consent-withdrawn")
        assert not lifecycle.may_cause(f"{role}:x", "consent-ended"), "review's rule alone"
    assert not lifecycle.may_cause("leader:x", "consent-withdrawn")
    over = Case(AGENT, consent=given())
    over.dossier.state = {**over.state, "status": "delivered"}
    assert actions_now(over.state) == ("withdraw-consent",)
    assert withdrawn(over) == ["consent-withdrawn"]
    assert over.state["status"] == "delivered"
    assert actions_now(over.state) == ()


@pytest.mark.parametrize("so_far", ["submitted", "assigned", "approved", "rejected"])
def test_review_says_it_on_whatever_it_has_decided(so_far: str) -> None:
    case = support.Case()
    {"submitted": case.submitted, "assigned": case.assigned, "approved": case.approved, "rejected": case.rejected}[
        so_far
    ]()
    before = case.state
    seq = case.dossier.seq
    case.hears(New(ConsentWithdrawn()))
    assert [entry["type"] for entry in case.dossier.journal[seq:]] == ["consent-ended"]
    entry = case.dossier.journal[-1]
    assert entry["actor"] == f"rule:{RULES.source}"
    changed = {"consent_withdrawn", "thread", "earlier"}
    assert {k: v for k, v in case.state.items() if k not in changed} == {
        k: v for k, v in before.items() if k not in changed
    }
    assert case.state["thread"][-1]["type"] == "consent-withdrawn"


def test_a_decision_says_until_when_the_consent_holds() -> None:
    until = "2025-12-31T17:00:00.000000Z"
    case = support.Case(consent={"kind": "paper", "at": support.AT, "until": until}).approved()
    assert case.dossier.journal[-1]["data"]["consent_until"] == until
    plain = support.Case().approved()
    assert "consent_until" not in plain.dossier.journal[-1]["data"]
