"""The person wants it back: before acceptance it is withdrawn, later they ask whoever holds it. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from dossier_intake.state import State, wish_waits
from dossier_shared.contracts.events import ReasonSealed, WithdrawalRequested, Withdrawn
from dossier_shared.contracts.lifecycle import OPEN
from dossier_shared.journal.dossier import New
from dossier_shared.problems import Conflict

NOT_ACCEPTED = ("submitted", "awaiting_completion")


def withdraw(state: State, reason: str) -> Sequence[New]:
    if state.get("status") in NOT_ACCEPTED:
        return [New(Withdrawn(), ReasonSealed(reason=reason))]
    if wish_waits(state) and state.get("status") in OPEN - {"signed"}:
        raise Conflict(
            "withdrawal-pending",
            "Đề nghị rút hồ sơ đã được gửi và đang chờ cơ quan trả lời. Không cần gửi lại.",
            "The wish to withdraw has been sent and waits for the agency's answer. There is no need to send it again.",
        )
    return [New(WithdrawalRequested(), ReasonSealed(reason=reason))]
