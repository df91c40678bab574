"""Before acceptance: what is missing is asked for at once, handed in, or the filing lapses."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dossier_intake import completing, handlers
from dossier_intake.hearing import limit_passed
from dossier_intake.policy import POLICY
from dossier_shared.clock import instant, parse_instant
from dossier_shared.errors import Refusal
from dossier_shared.http.tokens import Principal
from dossier_shared.problems import Conflict, NotFound

from .case import AT, CATALOGUE, CITIZEN, COUNTER, Case, who

UNTIL = "2026-06-15T10:00:00.000000Z"  # 17:00 of the tenth working day after Monday 01/06


def incomplete(days: int | None = None) -> Case:
    case = Case()
    return case.does(completing.request_completion(case.state, AT, CATALOGUE, "Thiếu ảnh.", days))


def completed(case: Case, by: Principal = CITIZEN) -> Case:
    POLICY.demand(by, "complete", case.state)
    return case.does(completing.complete(case.state, "Đây ạ.", (), ()))


def test_what_is_missing_is_asked_for_until_a_day() -> None:
    state = incomplete().state
    asked = {"what": "completion", "at": instant(AT), "text": "Thiếu ảnh.", "until": UNTIL}
    assert (state["status"], state["portal_status"]) == ("awaiting_completion", 5)
    assert (state["asked"], state["act_by"]) == (asked, UNTIL)
    assert incomplete(days=1).state["act_by"] == "2026-06-02T10:00:00.000000Z"


def test_what_is_handed_in_is_kept_and_it_waits_for_acceptance_again() -> None:
    state = completed(incomplete()).state
    assert (state["status"], state["portal_status"]) == ("submitted", 1)
    assert state["brought"] == [{"what": "completion", "at": instant(AT), "text": "Đây ạ.", "papers": []}]
    assert "asked" not in state
    assert "act_by" not in state


def test_it_may_be_asked_for_again_accepted_or_refused() -> None:
    again = completed(incomplete())
    again.does(completing.request_completion(again.state, AT, CATALOGUE, "Ảnh mờ.", 2))
    accepted = again.accepted().state
    assert (accepted["status"], "asked" in accepted, "act_by" in accepted) == ("accepted", False, False)
    refused = incomplete()
    refused.does(handlers.refuse_dossier(refused.state, "Không đủ điều kiện."))
    assert (refused.state["status"], "act_by" in refused.state) == ("refused", False)


def test_who_may_hand_it_in() -> None:
    completed(incomplete(), by=COUNTER)
    with pytest.raises(NotFound):
        completed(incomplete(), by=who("citizen", "somebody"))
    with pytest.raises(Conflict) as refused:
        completed(Case())
    assert refused.value.code == "nothing-awaited"


def test_what_is_not_completed_in_time_is_refused_with_the_reason() -> None:
    case = incomplete()
    assert limit_passed(case.dossier, instant(parse_instant(UNTIL) - timedelta(seconds=1))) == ()
    case.does(limit_passed(case.dossier, UNTIL))
    assert case.state["status"] == "refused"
    assert "17:00 ngày 15/06/2026" in (case.state["reason"] or "")
    assert limit_passed(case.dossier, UNTIL) == (), "once"
    assert limit_passed(completed(incomplete()).dossier, UNTIL) == ()
    assert limit_passed(Case().dossier, UNTIL) == ()


def test_once_accepted_nothing_is_completed() -> None:
    case = Case().accepted()
    with pytest.raises(Refusal) as refused:
        case.does(completing.request_completion(case.state, AT, CATALOGUE, "Thiếu ảnh.", None))
    assert refused.value.code == "illegal-transition"
