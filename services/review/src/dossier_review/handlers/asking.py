"""What is asked of the citizen, one thing at a time, and of other agencies, several at once; and taken back again."""

from __future__ import annotations

from collections.abc import Sequence

from dossier_review.evolving.waiting import awaited_opinions
from dossier_review.handlers.turns import here, not_here, turn
from dossier_review.state import APPRAISAL, WAITING, Consultation, State
from dossier_shared.contracts.events import (
    ConsultationAnswered,
    ConsultationAnsweredSealed,
    ConsultationOverdue,
    ConsultationRequested,
    ConsultationRequestedSealed,
    ConsultationWithdrawn,
    PaymentRequested,
    ReasonSealed,
    RequestWithdrawn,
    SupplementRequested,
    SupplementRequestedSealed,
)
from dossier_shared.http.tokens import Principal
from dossier_shared.journal.dossier import Dossier, New
from dossier_shared.problems import IllegalTransition, Invalid


def request_supplement(state: State, text: str) -> Sequence[New]:
    turn(state, APPRAISAL)
    return [New(SupplementRequested(), SupplementRequestedSealed(text=text))]


def request_payment(state: State, amount_vnd: int, reason: str) -> Sequence[New]:
    turn(state, APPRAISAL)
    return [New(PaymentRequested(amount_vnd=amount_vnd), ReasonSealed(reason=reason))]


def consult_agencies(state: State, agencies: Sequence[str], question: str, limit: str | None = None) -> Sequence[New]:
    """One question to each of them, also while others' opinions are awaited. `limit`: the instant by which they are to answer."""
    open_ = awaited_opinions(state)
    if open_:
        here(state)
    else:
        turn(state, APPRAISAL)
    if state["agency"] in agencies:
        raise Invalid(
            "consults-itself",
            "Cơ quan được hỏi ý kiến phải là cơ quan khác. Hãy nhập mã cơ quan khác.",
            "The agency asked must be another one. Give another agency's code.",
        )
    if again := [one["agency"] for one in open_ if one["agency"] in agencies]:
        raise IllegalTransition(
            "asked-already",
            f"Đang chờ ý kiến của {again[0]}. Hãy đợi trả lời, hoặc rút câu hỏi cũ trước.",
            f"The opinion of {again[0]} is awaited already. Wait for it, or withdraw that question first.",
        )
    first = state.get("questions", 0) + 1
    return [
        New(
            ConsultationRequested(agency=agency, id=f"q{number}", limit=limit),
            ConsultationRequestedSealed(question=question),
        )
        for number, agency in enumerate(dict.fromkeys(agencies), first)
    ]


def answer_consultation(state: State, who: Principal, answer: str, id_: str | None = None) -> Sequence[New]:
    """By the agency asked, of its own question; what came on paper is entered by a leader of the agency that asked."""
    open_ = awaited_opinions(state)
    own = [one for one in open_ if one["agency"] == who.agency]
    if not own:
        here(state)
    if not open_:
        raise IllegalTransition(
            "nothing-awaited",
            "Hồ sơ không chờ ý kiến cơ quan nào. Hãy tải lại danh sách công việc.",
            "The dossier awaits no agency's opinion. Reload the work list.",
        )
    asked = _one_of(own or open_, id_)
    told = ConsultationAnswered(agency=asked["agency"], id=asked["id"] or None, awaited=len(open_) - 1)
    return [New(told, ConsultationAnsweredSealed(answer=answer))]


def _one_of(questions: Sequence[Consultation], id_: str | None) -> Consultation:
    known = [one for one in questions if id_ in (None, one["id"])]
    if not known:
        raise IllegalTransition(
            "question-not-open",
            "Câu hỏi này không còn chờ trả lời. Hãy tải lại trang.",
            "That question awaits no answer any more. Reload the page.",
        )
    if len(known) > 1:
        raise Invalid(
            "which-question",
            "Hồ sơ đang chờ nhiều cơ quan. Hãy cho biết ý kiến này trả lời câu hỏi nào (id).",
            "Several opinions are awaited. Say which question this one answers (id).",
        )
    return known[0]


def withdraw_consultation(state: State, id_: str, reason: str) -> Sequence[New]:
    """One opinion is not needed after all; the others are awaited on."""
    here(state)
    open_ = awaited_opinions(state)
    asked = _one_of([one for one in open_ if one["id"]], id_)
    return [_withdrawn(asked, len(open_) - 1, reason)]


def _withdrawn(asked: Consultation, awaited: int, reason: str) -> New:
    return New(
        ConsultationWithdrawn(agency=asked["agency"], id=asked["id"], awaited=awaited), ReasonSealed(reason=reason)
    )


def withdraw_request(state: State, reason: str) -> Sequence[New]:
    """What was asked for is not needed after all: the case is at appraisal again."""
    here(state)
    if state["stage"] != WAITING:
        raise IllegalTransition(
            "nothing-awaited",
            "Hồ sơ không chờ gì. Hãy tải lại danh sách công việc.",
            "The dossier awaits nothing. Reload the work list.",
        )
    return taken_back(state, reason)


def taken_back(state: State, reason: str) -> list[New]:
    """All that is awaited, so that nobody answers it any more."""
    open_ = awaited_opinions(state)
    if not open_ or not all(one["id"] for one in open_):
        return [New(RequestWithdrawn(what=state["waits_for"]["what"]), ReasonSealed(reason=reason))]
    return [_withdrawn(one, len(open_) - number, reason) for number, one in enumerate(open_, 1)]


def closing(state: State, reason: str, *stages: str) -> list[New]:
    """At one of these stages, or waiting: then what is awaited is taken back first."""
    if state["stage"] == WAITING:
        return taken_back(state, reason)
    if state["stage"] not in stages:
        raise not_here()
    return []


def overdue(case: Dossier[State], now: str) -> Sequence[New]:
    """By rule: the opinions whose limit has passed, each told once."""
    return [
        New(ConsultationOverdue(agency=one["agency"], id=one["id"], limit=one["limit"]))
        for one in awaited_opinions(case.state)
        if one.get("act_by", "~") <= now
    ]
