"""The decision: by another person than who appraised, or by rule where the procedure says so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dossier_review.handlers.asking import closing
from dossier_review.handlers.turns import here, turn
from dossier_review.state import APPROVAL, State
from dossier_shared.contracts.envelope import Event
from dossier_shared.contracts.events import Appraised, Approved, DecisionSealed, ReasonSealed, Rejected, Returned
from dossier_shared.journal.dossier import New
from dossier_shared.problems import IllegalTransition
from dossier_shared.vocabulary.printing import PrintedText, check_printed


def approve_case(state: State, note: str | None) -> Sequence[New]:
    turn(state, APPROVAL)
    _no_wish(state)
    return [New(Approved(**_decision(state)), _sealed(state, note))]


def reject_case(state: State, reason: str) -> Sequence[New]:
    """Also what waits for something that never comes."""
    here(state)
    taken_back = closing(state, reason, APPROVAL)
    _no_wish(state)
    check_printed([PrintedText("/reason", "Lý do", "Reason", reason)])  # the letter says it
    return [*taken_back, New(Rejected(**_decision(state)), _sealed(state, reason))]


def return_case(state: State, reason: str) -> Sequence[New]:
    here(state)
    return [*closing(state, reason, APPROVAL), New(Returned(), ReasonSealed(reason=reason))]


def on_accepted(state: State, event: Event) -> Sequence[New]:
    """A straight-through procedure is appraised and approved by rule."""
    if not state["straight_through"]:
        return ()
    return [New(Appraised(proposal="approve")), New(Approved(**_decision(state)), _sealed(state, None))]


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
        "consent_until": state.get("consent", {}).get("until"),
    }


def _sealed(state: State, reason: str | None) -> DecisionSealed:
    return DecisionSealed.model_validate({"holder": state["holder"], "summary": state["summary"], "reason": reason})
