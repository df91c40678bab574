"""The decision: by another person than who appraised, or by rule where the procedure says so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dossier_review.handlers.asking import closing
from dossier_review.handlers.rights import may_act, turn
from dossier_review.state import APPROVAL, State
from dossier_shared.contracts.envelope import Event
from dossier_shared.contracts.events import Appraised, Approved, DecisionSealed, ReasonSealed, Rejected, Returned
from dossier_shared.http.tokens import Principal
from dossier_shared.journal.dossier import New
from dossier_shared.problems import Forbidden, IllegalTransition
from dossier_shared.vocabulary.printing import PrintedText, check_printed


def approve_case(state: State, who: Principal, note: str | None) -> Sequence[New]:
    turn(state, who, APPROVAL)
    _another_person(state, who)
    _no_wish(state)
    return [New(Approved(**_decision(state)), _sealed(state, note))]


def reject_case(state: State, who: Principal, reason: str) -> Sequence[New]:
    """Also what waits for something that never comes."""
    may_act(state, who)
    taken_back = closing(state, reason, APPROVAL)
    _another_person(state, who)
    _no_wish(state)
    check_printed([PrintedText("/reason", "Lý do", "Reason", reason)])  # the letter says it
    return [*taken_back, New(Rejected(**_decision(state)), _sealed(state, reason))]


def return_case(state: State, who: Principal, reason: str) -> Sequence[New]:
    may_act(state, who)
    return [*closing(state, reason, APPROVAL), New(Returned(), ReasonSealed(reason=reason))]


def on_accepted(state: State, event: Event) -> Sequence[New]:
    """A straight-through procedure is appraised and approved by rule."""
    if not state["straight_through"]:
        return ()
    return [New(Appraised(proposal="approve")), New(Approved(**_decision(state)), _sealed(state, None))]


def _another_person(state: State, who: Principal) -> None:
    asked = [one["by"] for one in state.get("consultations", ())]
    if who.sub in (state.get("appraised_by"), state.get("waits_for", {}).get("by"), *asked):
        raise Forbidden(
            "same-person",
            "Người thẩm định không được tự phê duyệt. Hãy chuyển lãnh đạo khác.",
            "Whoever appraised may not decide. Hand it to another leader.",
        )


def _no_wish(state: State) -> None:
    """Whoever wants it back is answered first."""
    if "withdrawal" in state:
        raise IllegalTransition(
            "withdrawal-unanswered",
            "Người nộp đề nghị rút hồ sơ. Hãy chấp thuận hoặc từ chối đề nghị đó trước.",
            "The person asks to withdraw it. Grant or decline that first.",
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
        "person": state.get("person"),
        "received_at": state.get("received_at"),
        "delivery": state.get("delivery", ""),
    }


def _sealed(state: State, reason: str | None) -> DecisionSealed:
    return DecisionSealed.model_validate({"holder": state["holder"], "summary": state["summary"], "reason": reason})
