"""What intake does on each command of a filing's own way; completion, withdrawal and corrections have modules of their own."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime

from dossier_intake.catalogue.catalogue import Catalogue
from dossier_intake.catalogue.kept_limits import KeptLimit, kept_limit
from dossier_intake.completing import Documents
from dossier_intake.filing.checks import Checked
from dossier_intake.filing.documents import check_codes
from dossier_intake.hearing import answers
from dossier_intake.promises import acceptance, promise_after
from dossier_intake.state import State, evolve
from dossier_intake.state_types import PERSONAL
from dossier_shared.contracts.events import (
    Accepted,
    PaymentConfirmed,
    PaymentConfirmedSealed,
    Refused,
    RefusedSealed,
    SupplementReceived,
    SupplementReceivedSealed,
)
from dossier_shared.journal.dossier import New, Rules
from dossier_shared.journal.forgetting import forgets
from dossier_shared.vocabulary.printing import PrintedText, check_printed


def submit_dossier(
    checked: Checked, code: str, at: datetime, catalogue: Catalogue, *, marked: bool = False
) -> Sequence[New]:
    """A straight-through procedure is accepted by rule in the same write. `marked`: see `New.files`."""
    filed = New(checked.submitted(code), checked.sealed, files=marked)
    if not checked.procedure.straight_through:
        return [filed]
    return [filed, New(acceptance(KeptLimit(checked.procedure.deadline), at, catalogue), actor="rule:intake")]


def accept_dossier(state: State, at: datetime, catalogue: Catalogue, promised: str | None = None) -> Sequence[New]:
    """`promised`: the appointment of an older register, taken as it is."""
    if promised is not None:
        return [New(Accepted(appointment=promised, lines=[]))]
    return [New(acceptance(kept_limit(state, catalogue), at, catalogue))]


def refuse_dossier(state: State, reason: str) -> Sequence[New]:
    check_printed([PrintedText("/reason", "Lý do", "Reason", reason)])
    return [New(Refused(), RefusedSealed(reason=reason))]


def receive_supplement(
    state: State,
    at: datetime,
    catalogue: Catalogue,
    text: str | None,
    documents: Documents,
    known: Collection[str],
) -> Sequence[New]:
    """`known`: codes of the papers that its procedure has."""
    check_codes([document.code for document, _ in documents], known)
    promise = promise_after(state, "supplement", at, catalogue)
    received = SupplementReceived(**promise, documents=[document for document, _ in documents])
    return [New(received, SupplementReceivedSealed(text=text, documents=[name for _, name in documents]))]


def confirm_payment(state: State, at: datetime, catalogue: Catalogue, receipt: str | None) -> Sequence[New]:
    promise = promise_after(state, "payment", at, catalogue)
    confirmed = PaymentConfirmed(**promise, amount_vnd=state["asked"]["amount_vnd"])
    return [New(confirmed, PaymentConfirmedSealed(receipt=receipt) if receipt else None)]


def rules(catalogue: Callable[[], Catalogue]) -> Rules[State]:
    """`catalogue`: the one in force."""
    return replace(RULES, hear=answers(catalogue))


# the view takes what others report in any order: no cause is waited for
RULES = Rules(source="intake", evolve=evolve, forget=forgets(PERSONAL))
