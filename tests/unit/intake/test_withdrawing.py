"""The person wants it back."""

from __future__ import annotations

import pytest

from dossier_intake.policy import POLICY
from dossier_intake.withdrawing import withdraw
from dossier_shared.contracts.events import (
    ReasonSealed,
    SupplementRequested,
    SupplementRequestedSealed,
    WithdrawalDeclined,
    WithdrawalGranted,
)
from dossier_shared.errors import Refusal
from dossier_shared.http.tokens import Principal
from dossier_shared.problems import Conflict, NotFound

from .case import CITIZEN, COUNTER, Case, who


def wished(case: Case, by: Principal = CITIZEN) -> Case:
    POLICY.demand(by, "withdraw", case.state)
    return case.does(withdraw(case.state, "Tôi không còn nhu cầu."))


@pytest.mark.parametrize("by", [CITIZEN, COUNTER])
def test_before_acceptance_it_is_withdrawn(by: Principal) -> None:
    state = wished(Case(), by).state
    assert (state["status"], state["portal_status"], state["withdrawal"]["reason"]) == (
        "withdrawn",
        7,
        "Tôi không còn nhu cầu.",
    )
    with pytest.raises(Refusal) as over:
        wished(Case().does(withdraw(Case().state, "x")), by)
    assert over.value.code == "illegal-transition"


def test_a_stranger_withdraws_nothing() -> None:
    with pytest.raises(NotFound):
        wished(Case(), who("citizen", "somebody"))


def test_later_the_agency_is_asked_once_until_it_answers() -> None:
    case = wished(Case().accepted())
    assert (case.state["status"], case.state["portal_status"]) == ("accepted", 7)
    with pytest.raises(Conflict) as twice:
        wished(case)
    assert twice.value.code == "withdrawal-pending"
    case.hears("review", WithdrawalDeclined(), ReasonSealed(reason="Đang xác minh."), intake=3)
    assert (case.state["status"], case.state["portal_status"]) == ("accepted", 2)
    assert case.state["withdrawal"]["answer"] == "Đang xác minh."
    wished(case)
    case.hears("review", WithdrawalGranted(), intake=4)
    assert (case.state["status"], case.state["portal_status"]) == ("withdrawn", 7)


def test_the_portal_shows_the_wish_until_it_is_answered_and_then_where_it_stands() -> None:
    case = wished(Case().accepted())
    case.hears("review", SupplementRequested(), SupplementRequestedSealed(text="Thiếu ảnh."))
    assert (case.state["status"], case.state["portal_status"]) == ("awaiting_supplement", 7)
    case.hears("review", WithdrawalDeclined(), ReasonSealed(reason="Đang xác minh."))
    assert case.state["portal_status"] == 5


def test_what_has_ended_is_not_opened_again() -> None:
    case = wished(Case())
    case.hears("review", SupplementRequested(), SupplementRequestedSealed(text="Thiếu ảnh."))
    assert (case.state["status"], case.state["portal_status"]) == ("withdrawn", 7)
