"""The person takes back the consent by which somebody filed for them. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from dossier_intake.state import State, filed_for_another
from dossier_shared.contracts import lifecycle
from dossier_shared.contracts.events import ConsentWithdrawn
from dossier_shared.journal.dossier import New
from dossier_shared.problems import Conflict


def withdraw_consent(state: State) -> Sequence[New]:
    """Once is enough: what is withdrawn stays so, and withdrawing it again records nothing. The dossier itself goes on."""
    lifecycle.after(state["status"], ConsentWithdrawn.name)
    if not filed_for_another(state):
        raise Conflict(
            "no-consent",
            "Hồ sơ này không do tài khoản khác nộp thay, nên không có sự đồng ý nào để rút lại.",
            "Nobody else's account filed this dossier for the person: there is no consent to withdraw.",
        )
    return [] if "consent_withdrawn" in state else [New(ConsentWithdrawn())]
