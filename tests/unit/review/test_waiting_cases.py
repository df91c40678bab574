"""What a case waits for: asked, answered, back at appraisal with the appointment that holds now."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from dossier_review import handlers
from dossier_review.pages.work_list import item_of
from dossier_review.schemas import case_detail, case_view
from dossier_review.state import State
from dossier_shared.clock import parse_instant
from dossier_shared.contracts.envelope import from_entry
from dossier_shared.contracts.events import SupplementReceived
from dossier_shared.errors import Unchained
from dossier_shared.journal import dossier as journal
from dossier_shared.journal.dossier import New
from dossier_shared.problems import Forbidden, IllegalTransition, Invalid, NotFound

from .support import (
    AGENCY,
    ASKED,
    AT,
    COLLEAGUE,
    DUE,
    LATER,
    LEADER,
    ON_THE_DAY,
    SPECIALIST,
    STRANGER,
    Case,
    decisions,
    officer,
)

OPINIONATED = officer("asked", "specialist", agency=ASKED)


@pytest.mark.parametrize(("what", "portal"), [("supplement", 5), ("payment", 6), ("consultation", 4)])
def test_it_stands_at_nobodys_step_while_it_waits(what: str, portal: int) -> None:
    case = Case().awaiting(what)
    assert (case.state["status"], case.state["stage"]) == (f"awaiting_{what}", "waiting")
    assert case.state["waits_for"]["what"] == what
    assert case.dossier.journal[-1]["portal"] == portal
    with pytest.raises(IllegalTransition) as refused:
        decisions.appraise_case(case.state, LEADER, "approve", None)
    assert refused.value.code == "dossier-waits"


@pytest.mark.parametrize("come", [Case.supplemented, Case.paid])
def test_the_answer_brings_it_back_with_the_new_appointment(come: Callable[[Case], Case]) -> None:
    case = come(Case())
    assert (case.state["status"], case.state["stage"], case.state["due"]) == ("in_review", "appraisal", LATER)
    assert "waits_for" not in case.state
    assert len(case.state["answers"]) == 1
    case.does(SPECIALIST, decisions.appraise_case(case.state, SPECIALIST, "approve", None))
    case.does(LEADER, decisions.approve_case(case.state, LEADER, None))
    assert from_entry("d-1", "review", case.dossier.journal[-1]).data["appointment"] == LATER


def test_an_answer_nobody_asked_for_is_put_aside() -> None:
    case = Case().accepted()
    event = case.intake.says(SupplementReceived(appointment=LATER))
    with pytest.raises(Unchained) as parked:
        journal.hear(handlers.RULES, case.dossier, event, parse_instant(AT), AT)
    assert parked.value.args[0].startswith("illegal")


def test_the_agency_asked_answers_and_the_clock_ran_on() -> None:
    case = Case().awaiting("consultation")
    assert case.does(OPINIONATED, decisions.answer_consultation(case.state, OPINIONATED, "Không.")) == [
        "consultation-answered"
    ]
    event = from_entry("d-1", "review", case.dossier.journal[-1])
    assert (event.data, event.agency, event.actor) == (
        {"agency": ASKED, "id": "q1", "awaited": 0},
        AGENCY,
        "specialist:asked",
    )
    assert (case.state["status"], case.state["stage"], case.state["due"]) == ("in_review", "appraisal", DUE)


def test_what_came_on_paper_is_entered_by_a_leader_of_the_agency_that_asked() -> None:
    case = Case().awaiting("consultation")
    with pytest.raises(Forbidden) as refused:
        decisions.answer_consultation(case.state, SPECIALIST, "Không.")
    assert refused.value.code == "answered-by-agency-asked"
    with pytest.raises(NotFound):
        decisions.answer_consultation(case.state, officer("x", "leader", agency="H19.3"), "Không.")
    assert case.does(LEADER, decisions.answer_consultation(case.state, LEADER, "Không."))


def test_an_agency_does_not_consult_itself() -> None:
    with pytest.raises(Invalid) as refused:
        decisions.consult_agencies(Case().accepted().state, SPECIALIST, [AGENCY], "?")
    assert refused.value.code == "consults-itself"


@pytest.mark.parametrize(
    "ask",
    [
        lambda state: decisions.request_supplement(state, COLLEAGUE, "?"),
        lambda state: decisions.request_payment(state, COLLEAGUE, 1, "?"),
        lambda state: decisions.consult_agencies(state, COLLEAGUE, [ASKED], "?"),
    ],
)
def test_who_does_not_have_the_case_does_not_ask(ask: Callable[[State], Sequence[New]]) -> None:
    with pytest.raises(Forbidden) as refused:
        ask(Case().assigned(SPECIALIST).state)
    assert refused.value.code == "assigned-to-another"


def test_what_was_asked_and_answered_is_sealed_and_shown_to_the_officers_only() -> None:
    case = Case().awaiting("consultation")
    case.does(OPINIONATED, decisions.answer_consultation(case.state, OPINIONATED, "Không có tranh chấp."))
    for entry in case.dossier.journal:
        assert "tranh chấp" not in str(entry["data"])
    assert "tranh chấp" not in str(case_view(case.dossier))
    assert "tranh chấp" in str(case_detail(case.dossier, SPECIALIST))
    assert "tranh chấp" not in str(case_view(Case().awaiting("consultation").dossier))


def test_the_agency_asked_finds_it_in_its_list() -> None:
    item = item_of(Case().awaiting("consultation").dossier, STRANGER, ON_THE_DAY)
    assert item.state_en == "UBND xã Bù Đăng asks for an opinion"
    assert item.actions == ("answer-consultation",)
