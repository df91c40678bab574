"""More time: asked by who appraises, given by a leader with an apology (form 04). Intake computes the appointment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from dossier_review.handlers.turns import here, not_here
from dossier_review.state import State
from dossier_shared.contracts.events import Extended, ExtensionRequested, ReasonSealed
from dossier_shared.journal.dossier import New
from dossier_shared.problems import Invalid


class MoreTime(NamedTuple):
    """What is left out is as it was asked for."""

    amount: int | None = None
    unit: str | None = None
    reason: str | None = None


def request_extension(state: State, amount: int, unit: str, reason: str) -> Sequence[New]:
    here(state)
    if state["stage"] is None:
        raise not_here()
    return [New(ExtensionRequested(amount=amount, unit=unit), ReasonSealed(reason=reason))]


def extend_case(state: State, wish: MoreTime) -> Sequence[New]:
    """Also once the appointment has passed: late, it still owes an apology and a day. The thread says that it came late."""
    here(state)
    if state["stage"] is None:
        raise not_here()
    asked = state.get("extension")
    amount = wish.amount or (asked["amount"] if asked else None)
    unit = wish.unit or (asked["unit"] if asked else None)
    reason = wish.reason or (asked["reason"] if asked else None)
    if amount is None or unit is None or not reason:
        raise Invalid(
            "extension-unsaid",
            "Chưa có đề nghị gia hạn nào cho hồ sơ này. Hãy nhập thời gian gia hạn và lý do.",
            "Nobody has asked for more time for this dossier. Give the time and the reason.",
        )
    return [New(Extended(amount=amount, unit=unit, before=state["due"]), ReasonSealed(reason=reason))]
