"""Several agencies asked at once: each its own question, together awaited until the last is in."""

from __future__ import annotations

import pytest

from dossier_review import handlers
from dossier_review.commands import consult
from dossier_review.policy import POLICY
from dossier_review.schemas import Consult, case_detail
from dossier_review.state import State
from dossier_shared.clock import FixedClock
from dossier_shared.contracts.envelope import from_entry
from dossier_shared.contracts.events import ConsultationRequested, ConsultationRequestedSealed, RequestWithdrawn
from dossier_shared.http.policy import Context
from dossier_shared.http.verbs import Call
from dossier_shared.journal.dossier import New
from dossier_shared.problems import IllegalTransition, Invalid, NotFound
from dossier_shared.runtime.directory import Directory

from .support import ASKED, AT, DUE, LEADER, SPECIALIST, Case, decisions, officer

OTHER = "H19.3"
OPINIONATED, SECOND = officer("asked", "specialist", agency=ASKED), officer("second", "leader", agency=OTHER)
LIMIT, AFTER = "2025-07-03T00:00:00.000000Z", "2025-07-03T00:00:01.000000Z"


def asking(limit: str | None = LIMIT) -> Case:
    case = Case().accepted()
    agencies = [ASKED, OTHER, ASKED]
    asked = decisions.consult_agencies(case.state, SPECIALIST, agencies, "Nhà có tranh chấp không?", limit)
    assert case.does(SPECIALIST, asked) == ["consultation-requested"] * 2
    return case


def of_an_earlier_release() -> Case:
    """One question without an id, in a state without the list of questions."""
    case = Case().accepted()
    case.does(SPECIALIST, [New(ConsultationRequested(agency=ASKED), ConsultationRequestedSealed(question="?"))])
    gone = ("consultations", "asked", "questions")
    case.dossier.state = State(**{k: v for k, v in case.state.items() if k not in gone})  # type: ignore[typeddict-item]
    return case


def test_it_waits_until_the_last_opinion_is_in() -> None:
    case = asking()
    assert case.state["asked"] == [ASKED, OTHER]
    assert [one["id"] for one in case.state["consultations"]] == ["q1", "q2"]
    case.does(OPINIONATED, decisions.answer_consultation(case.state, OPINIONATED, "Không."))
    assert (case.state["status"], case.state["waits_for"]["agency"]) == ("awaiting_consultation", OTHER)
    assert from_entry("d-1", "review", case.dossier.journal[-1]).data["awaited"] == 1
    case.does(SECOND, decisions.answer_consultation(case.state, SECOND, "Có."))
    assert (case.state["status"], case.state["stage"]) == ("in_review", "appraisal")
    assert {"waits_for", "consultations", "asked", "act_by"}.isdisjoint(case.state)


def test_who_was_asked_sees_its_own_question_and_answers_that() -> None:
    case = asking()
    with pytest.raises(IllegalTransition) as refused:
        decisions.answer_consultation(case.state, OPINIONATED, "Không.", "q2")
    assert refused.value.code == "question-not-open"
    case.does(SPECIALIST, decisions.note_case(case.state, SPECIALIST, "Hồ sơ giấy ở tủ 3."))
    case.does(SECOND, decisions.answer_consultation(case.state, SECOND, "Có, từ năm 2020."))
    seen = case_detail(case.dossier, OPINIONATED)
    assert (seen["form"], seen["waits_for"]["text"]) == ({"a": 1}, "Nhà có tranh chấp không?")
    assert [one["agency"] for one in seen["consultations"]] == [ASKED]
    assert "2020" not in str(seen)
    assert "tủ 3" not in str(seen)
    assert "2020" in str(case_detail(case.dossier, SPECIALIST))
    POLICY.demand(SECOND, "answer-consultation", case.state, Context(repeats=True))
    with pytest.raises(NotFound):
        POLICY.demand(SECOND, "open", case.state)


def test_a_leader_says_which_opinion_came_on_paper() -> None:
    case = asking()
    with pytest.raises(Invalid) as refused:
        decisions.answer_consultation(case.state, LEADER, "Không.")
    assert refused.value.code == "which-question"
    case.does(LEADER, decisions.answer_consultation(case.state, LEADER, "Không.", "q2"))
    assert case.state["asked"] == [ASKED]


def test_more_are_asked_while_one_is_awaited_but_none_twice() -> None:
    case = asking()
    with pytest.raises(IllegalTransition) as refused:
        decisions.consult_agencies(case.state, SPECIALIST, [OTHER], "?")
    assert refused.value.code == "asked-already"
    case.does(SPECIALIST, decisions.consult_agencies(case.state, SPECIALIST, ["H19.4"], "?"))
    assert [one["id"] for one in case.state["consultations"]] == ["q1", "q2", "q3"]


def test_one_is_withdrawn_and_then_all() -> None:
    case = asking()
    case.does(SPECIALIST, decisions.withdraw_consultation(case.state, SPECIALIST, "q1", "Đã có trong hồ sơ cũ."))
    assert (case.state["asked"], case.state["stage"]) == ([OTHER], "waiting")
    case.does(SPECIALIST, decisions.consult_agencies(case.state, SPECIALIST, [ASKED], "?"))
    gone = case.does(SPECIALIST, decisions.withdraw_request(case.state, SPECIALIST, "Không cần nữa."))
    assert gone == ["consultation-withdrawn"] * 2
    assert [entry["data"]["awaited"] for entry in case.dossier.journal[-2:]] == [1, 0]
    assert (case.state["status"], case.state["stage"]) == ("in_review", "appraisal")


def test_what_waits_since_an_earlier_release_is_answered_and_taken_back_as_then() -> None:
    case = of_an_earlier_release()
    assert decisions.withdraw_request(case.state, SPECIALIST, "?")[0].data == RequestWithdrawn(what="consultation")
    case.does(OPINIONATED, decisions.answer_consultation(case.state, OPINIONATED, "Không."))
    assert (case.state["status"], case.state["answers"][0]["asked"]["agency"]) == ("in_review", ASKED)


def test_a_limit_that_has_passed_is_told_once() -> None:
    case = asking()
    assert case.state["act_by"] == LIMIT
    assert handlers.overdue(case.dossier, AT) == []
    case.does(OPINIONATED, decisions.answer_consultation(case.state, OPINIONATED, "Không."))
    (told,) = handlers.overdue(case.dossier, AFTER)
    assert (told.data.name, getattr(told.data, "agency", "")) == ("consultation-overdue", OTHER)
    case.does(SPECIALIST, [told])
    assert case.state["consultations"][0]["overdue"]
    assert "act_by" not in case.state
    assert handlers.overdue(case.dossier, DUE) == []
    assert "act_by" not in asking(None).state


def test_a_limit_is_in_days_and_somebody_is_asked() -> None:
    case = Case().accepted().dossier
    call = Call(SPECIALIST, FixedClock(AT).now(), Directory())
    (asked,) = consult(call, case, Consult(agencies=[ASKED], question="?", limit_days=5))
    assert getattr(asked.data, "limit", None) == "2025-07-06T01:00:00.000000Z"
    for wish in (Consult(question="?"), Consult(agency=ASKED, agencies=[ASKED], question="?")):
        with pytest.raises(Invalid) as refused:
            consult(call, case, wish)
        assert refused.value.code == "agency-missing"
