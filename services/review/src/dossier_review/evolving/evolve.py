"""The table: what each event does to a case, and the line it leaves in the thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from dossier_review.evolving import deciding, filing, waiting
from dossier_review.evolving.moves import appraised_anew, moved
from dossier_review.evolving.thread import told
from dossier_review.state import State
from dossier_shared.contracts.envelope import Event


def evolve(state: State, event: Event) -> State:
    apply = _EVOLVE.get(event.type)
    return told(apply(state, event), event) if apply else state


_EVOLVE: Final[dict[str, Callable[[State, Event], State]]] = {
    "submitted": filing.submitted,
    "completion-requested": moved,
    "completed": filing.completed,
    "accepted": filing.accepted,
    "refused": filing.over,
    "withdrawn": filing.over,
    "rescheduled": filing.rescheduled,
    "withdrawal-requested": filing.withdrawal_requested,
    "corrected": filing.corrected,
    "consent-withdrawn": filing.consent_withdrawn,
    "evidence-received": filing.evidence_received,
    "supplement-received": waiting.supplement_received,
    "payment-confirmed": waiting.payment_confirmed,
    "assigned": deciding.assigned,
    "supplement-requested": waiting.supplement_requested,
    "payment-requested": waiting.payment_requested,
    "consultation-requested": waiting.consultation_requested,
    "consultation-answered": waiting.consultation_answered,
    "consultation-withdrawn": waiting.consultation_withdrawn,
    "consultation-overdue": waiting.consultation_overdue,
    "request-withdrawn": waiting.request_withdrawn,
    "extension-requested": deciding.extension_requested,
    "extended": deciding.extended,
    "withdrawal-granted": deciding.withdrawal_granted,
    "withdrawal-declined": deciding.withdrawal_declined,
    "handed-over": deciding.handed_over,
    "stopped": deciding.decided,
    "appraised": deciding.appraised,
    "noted": deciding.noted,
    "returned": appraised_anew,
    "approved": deciding.decided,
    "rejected": deciding.decided,
    "consent-ended": moved,
    "sent-back": deciding.sent_back,
    "signed": filing.signed,
}
