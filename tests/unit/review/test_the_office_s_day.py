"""More time, a wish to withdraw, another agency, sent back, put right; and what the case's page then tells."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from dossier_local.memory import Author
from dossier_review import handlers
from dossier_review.commands import hand_over
from dossier_review.evolving.thread import KEPT
from dossier_review.policy import POLICY
from dossier_review.schemas import HandOver, case_detail, case_view
from dossier_shared.clock import FixedClock, parse_instant
from dossier_shared.contracts import events as e
from dossier_shared.contracts.entries import AgencyEntry
from dossier_shared.contracts.envelope import from_entry
from dossier_shared.http.policy import Context
from dossier_shared.http.tokens import Principal
from dossier_shared.http.verbs import Call
from dossier_shared.journal import dossier as journal
from dossier_shared.journal.dossier import New
from dossier_shared.problems import Forbidden, IllegalTransition, Invalid, NotFound, NotReady
from dossier_shared.runtime.directory import Directory

from .support import ASKED, AT, DUE, LATER, LEADER, SPECIALIST, Case, decisions, officer

WHY = e.ReasonSealed(reason="Theo bản gốc.")
WISH = New(e.WithdrawalRequested(), e.ReasonSealed(reason="Không còn nhu cầu."))
MORE = handlers.MoreTime()


def sent_back() -> Case:
    case = Case().approved()
    event = Author("signing", "d-1", agency="H19.1", at=AT).says(e.SentBack(), WHY)
    event = replace(event, actor="leader:signer")
    assert journal.hear(handlers.RULES, case.dossier, event, parse_instant(AT), AT)
    return case


def test_more_time_is_asked_and_given_as_asked() -> None:
    case = Case().assigned()
    with pytest.raises(Invalid) as refused:
        decisions.extend_case(case.state, LEADER, MORE)
    assert refused.value.code == "extension-unsaid"
    case.does(SPECIALIST, decisions.request_extension(case.state, SPECIALIST, 2, "working_day", "Chờ xác minh."))
    assert "xác minh" not in str(case_view(case.dossier))
    (given,) = decisions.extend_case(case.state, LEADER, MORE)
    assert given == New(e.Extended(amount=2, unit="working_day", before=DUE), e.ReasonSealed(reason="Chờ xác minh."))
    (other,) = decisions.extend_case(case.state, LEADER, handlers.MoreTime(amount=3, reason="Mưa lũ."))
    assert other == New(e.Extended(amount=3, unit="working_day", before=DUE), e.ReasonSealed(reason="Mưa lũ."))
    case.does(LEADER, [given])
    assert "extension" not in case.state
    case.hears(New(e.Rescheduled(appointment=LATER, lines=[{"vi": "Gia hạn"}])))
    assert (case.state["due"], case.state["lines"]) == (LATER, [{"vi": "Gia hạn"}])


@pytest.mark.parametrize(("due", "late"), [(DUE, False), ("2025-07-01T00:59:00.000000Z", True)])
def test_an_apology_that_came_late_says_so(due: str, late: bool) -> None:
    case = Case(due=due).accepted()
    case.does(LEADER, decisions.extend_case(case.state, LEADER, handlers.MoreTime(1, "working_day", "Quá tải.")))
    assert case.state["thread"][-1].get("late", False) is late


def test_a_wish_to_withdraw_is_answered_before_a_decision() -> None:
    case = Case().appraised().hears(WISH)
    for decide in (decisions.approve_case, decisions.reject_case):
        with pytest.raises(IllegalTransition) as refused:
            decide(case.state, LEADER, "Đủ.")
        assert refused.value.code == "withdrawal-unanswered"
    case.does(LEADER, decisions.decline_withdrawal(case.state, LEADER, "Đang xác minh."))
    assert case.does(LEADER, decisions.approve_case(case.state, LEADER, None)) == ["approved"]
    with pytest.raises(IllegalTransition):
        decisions.grant_withdrawal(Case().appraised().state, LEADER)


def test_a_wish_is_granted_and_what_was_awaited_is_taken_back_first() -> None:
    case = Case().awaiting("supplement").hears(WISH)
    gone = case.does(LEADER, decisions.grant_withdrawal(case.state, LEADER))
    assert gone == ["request-withdrawn", "withdrawal-granted"]
    assert (case.state["status"], case.state["stage"], "withdrawal" in case.state) == ("withdrawn", None, False)


def test_another_agency_goes_on_with_it() -> None:
    case = Case().awaiting("consultation")
    case.does(LEADER, decisions.assign_case(case.state, LEADER, "specialist"))
    directory = Directory()
    entry = {"name_vi": "Xã Long Phước", "name_en": "Long Phước", "level": "commune", "kind": "x", "catalogue": "v"}
    directory.agencies["H19.5"] = AgencyEntry.model_validate({"code": "H19.5", "above": ["H19"], **entry})
    directory.whole()
    call = Call(LEADER, FixedClock(AT).now(), directory)
    for code, problem in (("H19.1", "hands-to-itself"), ("H77", "agency-unknown")):
        with pytest.raises(Invalid) as refused:
            hand_over(call, case.dossier, HandOver(agency=code, reason="Không thuộc thẩm quyền."))
        assert refused.value.code == problem
    given = hand_over(call, case.dossier, HandOver(agency="H19.5", reason="Không thuộc thẩm quyền."))
    assert case.does(LEADER, given) == ["consultation-withdrawn", "handed-over"]
    event = from_entry("d-1", "review", case.dossier.journal[-1])
    assert (event.agency, event.data) == (
        "H19.1", {"to": "H19.5", "agency_name": "Xã Long Phước", "overseers": ["H19"]},
    )  # fmt: skip
    assert event.open()["form"] == {"a": 1}
    state = case.state
    assert (state["agency"], state["stage"], "assigned_to" in state) == ("H19.5", "appraisal", False)
    POLICY.demand(LEADER, "hand-over", state, Context(repeats=True))
    for who in (LEADER, officer("asked", "specialist", agency=ASKED)):
        with pytest.raises(NotFound):
            POLICY.demand(who, "open", state)
    there = officer("other", "specialist", agency="H19.5")
    assert case.does(there, decisions.appraise_case(state, there, "approve", None)) == ["appraised"]


def test_what_a_leader_sends_back_unsigned_is_appraised_and_decided_again() -> None:
    case = sent_back()
    assert (case.state["status"], case.state["stage"], "decided_by" in case.state) == ("in_review", "appraisal", False)
    assert case.state["thread"][-1] == {
        "at": AT, "by": "signer", "role": "leader", "type": "sent-back", "text": "Theo bản gốc.",
    }  # fmt: skip
    put_right = e.CorrectedSealed(reason="Sai tên.", applicant=e.Applicant(name="Nguyễn Văn Ân"), form={"a": 2})
    case.hears(New(e.Corrected(fields=["/applicant/name"]), put_right))
    assert (case.state["holder"], case.state["form"], case.state["summary"]) == ("Nguyễn Văn Ân", {"a": 2}, [])
    case.does(SPECIALIST, decisions.appraise_case(case.state, SPECIALIST, "approve", None))
    (again,) = decisions.approve_case(case.state, LEADER, None)
    assert isinstance(again.sealed, e.DecisionSealed)
    assert again.sealed.holder == "Nguyễn Văn Ân"


def test_before_acceptance_it_is_completed_or_taken_back() -> None:
    case = Case().submitted().hears(New(e.CompletionRequested(), e.MissingSealed(text="Thiếu tờ khai.")))
    with pytest.raises(NotReady):
        decisions.note_case(case.state, LEADER, "?")
    paper = e.Document(code="p", id="9f" * 32, type="application/pdf", size=9)
    case.hears(New(e.Completed(documents=[paper]), e.CompletedSealed(documents=["tờ khai.pdf"])))
    assert (case.state["status"], case.state["documents"][0]["name"]) == ("submitted", "tờ khai.pdf")
    case.hears(New(e.Withdrawn(), WHY))
    assert case.state["status"] == "withdrawn"
    assert [line["type"] for line in case.state["thread"]] == ["completion-requested", "completed", "withdrawn"]


def test_a_decision_says_whose_it_is_and_how_it_is_wanted() -> None:
    case = Case(person="p-x", received_at="H19.9", delivery="post", straight_through=True).accepted()
    decided = from_entry("d-1", "review", case.dossier.journal[-1]).data
    assert [decided[key] for key in ("person", "received_at", "delivery")] == ["p-x", "H19.9", "post"]


OWN: dict[str, Callable[[Case, Principal], Sequence[New]]] = {
    "assign": lambda case, who: decisions.assign_case(case.state, who, "colleague"),
    "appraise": lambda case, who: decisions.appraise_case(case.state, who, "approve", None),
    "approve": lambda case, who: decisions.approve_case(case.state, who, None),
    "reject": lambda case, who: decisions.reject_case(case.state, who, "Không."),
    "hand over": lambda case, who: decisions.hand_over(case.state, who, handlers.Competent("H19.5"), "Không."),
    "more time": lambda case, who: decisions.request_extension(case.state, who, 1, "hour", "Không."),
    "take back": lambda case, who: decisions.withdraw_request(case.state, who, "Không."),
    "stop": lambda case, who: decisions.stop_case(case.state, who, "Trùng hồ sơ."),
    "note": lambda case, who: decisions.note_case(case.state, who, "Đã gọi."),
    "release": lambda case, who: decisions.release_case(case.state, who, "specialist", "colleague"),
}


@pytest.mark.parametrize("act", OWN)
def test_nobody_works_on_their_own_dossier(act: str) -> None:
    case = Case(person="p-x", filed_by=e.FiledBy(sub="helper", kind="helper")).appraised()
    both = frozenset({"leader", "specialist"})
    for who in (
        Principal("helper", both, "H19.1"), Principal("citizen", both, "H19.1"), Principal("x", both, "H19.1", "", "p-x"),
    ):  # fmt: skip
        with pytest.raises(Forbidden) as refused:
            OWN[act](case, who)
        assert refused.value.code == "own-dossier"


def test_who_took_it_in_at_the_counter_may_appraise_it() -> None:
    case = Case(filed_by=e.FiledBy(sub="specialist", kind="counter"), owner="").accepted()
    assert case.does(SPECIALIST, decisions.appraise_case(case.state, SPECIALIST, "approve", None))


def test_a_case_is_given_to_nobody_who_filed_it() -> None:
    case = Case(filed_by=e.FiledBy(sub="helper", kind="helper")).accepted()
    with pytest.raises(Forbidden) as refused:
        decisions.assign_case(case.state, LEADER, "helper")
    assert refused.value.code == "own-dossier"


def test_the_cases_of_who_left_go_to_another_or_back_to_all() -> None:
    case = Case().assigned()
    assert decisions.release_case(case.state, LEADER, "colleague", None) == ()
    case.does(LEADER, decisions.release_case(case.state, LEADER, "specialist", "colleague"))
    assert case.state["assigned_to"] == "colleague"
    case.does(LEADER, decisions.release_case(case.state, LEADER, "colleague", None))
    assert "assigned_to" not in case.state


def test_the_thread_tells_in_order_what_was_said() -> None:
    case = Case().awaiting("payment").hears(New(e.PaymentConfirmed(appointment=LATER, amount_vnd=20_000)))
    case.does(SPECIALIST, decisions.appraise_case(case.state, SPECIALIST, "reject", "Thiếu điều kiện."))
    case.does(LEADER, decisions.return_case(case.state, LEADER, "Xem lại."))
    told = [(line["type"], line["by"], line.get("text")) for line in case_detail(case.dossier, LEADER)["thread"]]
    assert told == [
        ("payment-requested", "specialist", "Lệ phí."),
        ("payment-confirmed", "rule", None),
        ("appraised", "specialist", "Thiếu điều kiện."),
        ("returned", "leader", "Xem lại."),
    ]
    straight = Case(straight_through=True).accepted().state["thread"]
    assert {(line["by"], line["role"]) for line in straight} == {("rule", "rule")}


def test_a_very_long_thread_keeps_its_end_and_says_so() -> None:
    case = Case().accepted()
    for number in range(KEPT + 3):
        case.does(SPECIALIST, decisions.note_case(case.state, SPECIALIST, f"Lần {number}"))
    seen = case_detail(case.dossier, SPECIALIST)
    assert (len(seen["thread"]), seen["earlier"], seen["thread"][0]["text"]) == (KEPT, 3, "Lần 3")
