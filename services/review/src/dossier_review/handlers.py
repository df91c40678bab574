"""What review does on each command and on each event it hears; the tables are at the bottom."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dossier_review.state import APPRAISAL, APPROVAL, WAITING, State, What, evolve
from dossier_shared.contracts.envelope import Event
from dossier_shared.contracts.events import (
    Appraised,
    Approved,
    Assigned,
    ConsultationAnswered,
    ConsultationAnsweredSealed,
    ConsultationRequested,
    ConsultationRequestedSealed,
    DecisionSealed,
    Noted,
    NotedSealed,
    NoteSealed,
    PaymentRequested,
    ReasonSealed,
    Rejected,
    RequestWithdrawn,
    Returned,
    Stopped,
    SupplementRequested,
    SupplementRequestedSealed,
)
from dossier_shared.http.auth import same_agency
from dossier_shared.http.tokens import Principal
from dossier_shared.journal.dossier import Handler, New, Rules
from dossier_shared.problems import Forbidden, IllegalTransition, Invalid, NotReady
from dossier_shared.vocabulary.printing import PrintedText, check_printed

# -- commands: (state, who, what they wrote) -> events -------------------------------------------------------------------


def assign_case(state: State, who: Principal, officer: str | None) -> Sequence[New]:
    """A specialist takes what nobody has; a leader gives it to anyone of the agency, or takes it over."""
    _mine(state, who)
    holder = state.get("assigned_to")
    if "leader" not in who.roles and (officer not in (None, who.sub) or holder not in (None, who.sub)):
        raise Forbidden(
            "assigned-by-leader",
            "Chuyên viên chỉ tự nhận hồ sơ chưa giao cho ai. Hãy đề nghị lãnh đạo giao lại.",
            "A specialist only takes what is assigned to nobody. Ask a leader to assign it.",
        )
    return [New(Assigned(officer=officer or who.sub))]


def appraise_case(state: State, who: Principal, proposal: str, note: str | None) -> Sequence[New]:
    _turn(state, who, APPRAISAL)
    _assignee(state, who)
    return [New(Appraised(proposal=proposal), NoteSealed(note=note) if note else None)]


def request_supplement(state: State, who: Principal, text: str) -> Sequence[New]:
    _turn(state, who, APPRAISAL)
    _assignee(state, who)
    return [New(SupplementRequested(), SupplementRequestedSealed(text=text))]


def request_payment(state: State, who: Principal, amount_vnd: int, reason: str) -> Sequence[New]:
    _turn(state, who, APPRAISAL)
    _assignee(state, who)
    return [New(PaymentRequested(amount_vnd=amount_vnd), ReasonSealed(reason=reason))]


def consult_agency(state: State, who: Principal, agency: str, question: str) -> Sequence[New]:
    _turn(state, who, APPRAISAL)
    _assignee(state, who)
    if agency == state["agency"]:
        raise Invalid(
            "consults-itself",
            "Cơ quan được hỏi ý kiến phải là cơ quan khác. Hãy nhập mã cơ quan khác.",
            "The agency asked must be another one. Give another agency's code.",
        )
    return [New(ConsultationRequested(agency=agency), ConsultationRequestedSealed(question=question))]


def answer_consultation(state: State, who: Principal, answer: str) -> Sequence[New]:
    """By the agency asked; what came on paper is entered by a leader of the agency that asked."""
    asked = state.get("waits_for", {}).get("agency")
    if asked is None or who.agency != asked:
        _mine(state, who)
    if asked is None:
        raise IllegalTransition(
            "nothing-awaited",
            "Hồ sơ không chờ ý kiến cơ quan nào. Hãy tải lại danh sách công việc.",
            "The dossier awaits no agency's opinion. Reload the work list.",
        )
    if who.agency != asked and "leader" not in who.roles:
        raise Forbidden(
            "answered-by-agency-asked",
            "Cơ quan được hỏi trả lời; ý kiến nhận bằng văn bản do lãnh đạo nhập. Hãy đề nghị lãnh đạo.",
            "The agency asked answers; what came on paper is entered by a leader. Ask a leader.",
        )
    return [New(ConsultationAnswered(agency=asked), ConsultationAnsweredSealed(answer=answer))]


def approve_case(state: State, who: Principal, note: str | None) -> Sequence[New]:
    _turn(state, who, APPROVAL)
    _another_person(state, who)
    return [New(Approved(**_decision(state)), _sealed(state, note))]


def reject_case(state: State, who: Principal, reason: str) -> Sequence[New]:
    """Also what waits for something that never comes."""
    taken_back = _closing(state, who, reason, APPROVAL)
    _another_person(state, who)
    check_printed([PrintedText("/reason", "Lý do", "Reason", reason)])  # the letter says it
    return [*taken_back, New(Rejected(**_decision(state)), _sealed(state, reason))]


def return_case(state: State, who: Principal, reason: str) -> Sequence[New]:
    return [*_closing(state, who, reason, APPROVAL), New(Returned(), ReasonSealed(reason=reason))]


def withdraw_request(state: State, who: Principal, reason: str) -> Sequence[New]:
    """What was asked for is not needed after all: the case is at appraisal again."""
    _mine(state, who)
    if state["stage"] != WAITING:
        raise IllegalTransition(
            "nothing-awaited",
            "Hồ sơ không chờ gì. Hãy tải lại danh sách công việc.",
            "The dossier awaits nothing. Reload the work list.",
        )
    _assignee(state, who)
    return _taken_back(state, reason)


def stop_case(state: State, who: Principal, reason: str) -> Sequence[New]:
    """Ended without a result (form 05), whatever it waits for; before it is decided."""
    taken_back = _closing(state, who, reason, APPRAISAL, APPROVAL)
    return [*taken_back, New(Stopped(), ReasonSealed(reason=reason))]


def _closing(state: State, who: Principal, reason: str, *stages: str) -> Sequence[New]:
    """At one of these stages, or waiting: then the request is taken back first, so that nobody answers it any more."""
    _mine(state, who)
    if state["stage"] == WAITING:
        return _taken_back(state, reason)
    if state["stage"] not in stages:
        raise _not_here()
    return []


def _taken_back(state: State, reason: str) -> list[New]:
    return [New(RequestWithdrawn(what=state["waits_for"]["what"]), ReasonSealed(reason=reason))]


def note_case(state: State, who: Principal, text: str) -> Sequence[New]:
    _mine(state, who)
    return [New(Noted(), NotedSealed(text=text))]


# -- events heard ----------------------------------------------------------------------------------------------------------


def on_accepted(state: State, event: Event) -> Sequence[New]:
    """A straight-through procedure is appraised and approved by rule."""
    if not state["straight_through"]:
        return ()
    return [New(Appraised(proposal="approve")), New(Approved(**_decision(state)), _sealed(state, None))]


# -- what they share ---------------------------------------------------------------------------------------------------------


def demand_sight(state: State, who: Principal, repeats: bool = False) -> None:
    """The agency's officers, and those of an agency whose opinion is awaited; who gave it may repeat having given it."""
    asked = [state["waits_for"].get("agency")] if "waits_for" in state else []
    if repeats:
        asked += [answer["asked"].get("agency") for answer in state.get("answers", ())]
    if who.agency is None or who.agency not in asked:
        same_agency(who, state.get("agency"))


def _mine(state: State, who: Principal) -> None:
    if "agency" in state:
        same_agency(who, state["agency"])
    if state.get("status") in (None, "submitted"):
        raise NotReady()


def _turn(state: State, who: Principal, stage: str) -> None:
    _mine(state, who)
    if state["stage"] == WAITING:
        vi, en = AWAITED[state["waits_for"]["what"]]
        raise IllegalTransition(
            "dossier-waits",
            f"Hồ sơ đang chờ {vi}. Hãy làm tiếp khi đã có.",
            f"The dossier waits for {en}. Go on once it is here.",
        )
    if state["stage"] != stage:
        raise _not_here()


def _not_here() -> IllegalTransition:
    return IllegalTransition(
        vi="Hồ sơ không ở bước này. Hãy tải lại danh sách công việc.",
        en="The dossier is not at this step. Reload the work list.",
    )


def _assignee(state: State, who: Principal) -> None:
    """What is assigned is appraised by its officer, or by a leader."""
    if state.get("assigned_to") not in (None, who.sub) and "leader" not in who.roles:
        raise Forbidden(
            "assigned-to-another",
            "Hồ sơ đã giao cho cán bộ khác. Hãy để cán bộ đó thẩm định, hoặc đề nghị lãnh đạo giao lại cho bạn.",
            "The case is assigned to another officer. Leave it to them, or ask a leader to assign it to you.",
        )


AWAITED: dict[What, tuple[str, str]] = {
    "supplement": ("người dân bổ sung", "a supplement by the citizen"),
    "payment": ("người dân nộp nghĩa vụ tài chính", "a payment by the citizen"),
    "consultation": ("ý kiến cơ quan khác", "another agency's opinion"),
}


def _another_person(state: State, who: Principal) -> None:
    if who.sub in (state.get("appraised_by"), state.get("waits_for", {}).get("by")):
        raise Forbidden(
            "same-person",
            "Người thẩm định không được tự phê duyệt. Hãy chuyển lãnh đạo khác.",
            "Whoever appraised may not decide. Hand it to another leader.",
        )


def _decision(state: State) -> dict[str, Any]:
    return {
        "code": state["code"],
        "procedure": state["procedure"],
        "procedure_name": state["procedure_name"],
        "agency_name": state["agency_name"],
        "overseers": state["overseers"],
        "result_kind": state["result_kind"],
        "owner": state["owner"],
        "appointment": state["due"],
    }


def _sealed(state: State, reason: str | None) -> DecisionSealed:
    return DecisionSealed.model_validate({"holder": state["holder"], "summary": state["summary"], "reason": reason})


HEARD: dict[str, Handler[State]] = {"accepted": on_accepted}
RULES = Rules(source="review", evolve=evolve, hear=HEARD, causal_sources=frozenset({"intake"}))
