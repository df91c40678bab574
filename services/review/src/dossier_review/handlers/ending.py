"""Ended without a result: stopped, or withdrawn by the person; or handed over to the agency that is competent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from dossier_review.handlers.asking import closing
from dossier_review.handlers.turns import here, not_here
from dossier_review.state import APPRAISAL, APPROVAL, State
from dossier_shared.contracts.events import (
    HandedOver,
    HandedOverSealed,
    ReasonSealed,
    Stopped,
    WithdrawalDeclined,
    WithdrawalGranted,
)
from dossier_shared.journal.dossier import New
from dossier_shared.problems import IllegalTransition, Invalid


class Competent(NamedTuple):
    """The agency a case is handed over to, as the catalogue in force has it."""

    code: str
    name: str = ""
    above: Sequence[str] = ()


def stop_case(state: State, reason: str) -> Sequence[New]:
    """Ended without a result (form 05), whatever it waits for; before it is decided."""
    here(state)
    return [*closing(state, reason, APPRAISAL, APPROVAL), New(Stopped(), ReasonSealed(reason=reason))]


def grant_withdrawal(state: State) -> Sequence[New]:
    _wished(state)
    return [*closing(state, "Người nộp rút hồ sơ.", APPRAISAL, APPROVAL), New(WithdrawalGranted())]


def decline_withdrawal(state: State, reason: str) -> Sequence[New]:
    """The work goes on, and what is awaited is awaited on."""
    _wished(state)
    return [New(WithdrawalDeclined(), ReasonSealed(reason=reason))]


def _wished(state: State) -> None:
    here(state)
    if state["stage"] is None:
        raise not_here()
    if "withdrawal" not in state:
        raise IllegalTransition(
            "no-withdrawal-asked",
            "Người nộp không đề nghị rút hồ sơ này. Hãy tải lại trang.",
            "Nobody has asked to withdraw this dossier. Reload the page.",
        )


def hand_over(state: State, to: Competent, reason: str) -> Sequence[New]:
    """With what the agency needs of it; what is awaited is taken back first."""
    here(state)
    taken_back = closing(state, reason, APPRAISAL, APPROVAL)
    if to.code == state["agency"]:
        raise Invalid(
            "hands-to-itself",
            "Hồ sơ đang ở chính cơ quan này. Hãy nhập mã cơ quan có thẩm quyền.",
            "The dossier is at this very agency. Give the code of the competent one.",
        )
    sealed = HandedOverSealed.model_validate(
        {"reason": reason, "holder": state["holder"], "summary": state["summary"], "form": state["form"]}
    )
    return [*taken_back, New(HandedOver(to=to.code, agency_name=to.name, overseers=list(to.above)), sealed)]
