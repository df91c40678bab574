"""Events of an office's work on a case: what is asked of the citizen and of other agencies, more time, handed over, sent back.

They are listed with all others in `events.py`.
"""

from __future__ import annotations

from typing import Any

from pydantic import Field

from dossier_shared.contracts.event_parts import EventData, Part, ReasonSealed, SummaryRow


class SupplementRequestedSealed(Part):
    text: str  # everything that is missing


class SupplementRequested(EventData):
    """The citizen is asked for what is missing; the legal clock stands still meanwhile."""

    name = "supplement-requested"
    sealed = SupplementRequestedSealed


class PaymentRequested(EventData):
    """The citizen is asked to pay; the legal clock stands still meanwhile."""

    name = "payment-requested"
    sealed = ReasonSealed
    amount_vnd: int


class ConsultationRequestedSealed(Part):
    question: str


class ConsultationRequested(EventData):
    """Another agency is asked for its opinion; the legal clock runs on. Several may be asked at once."""

    name = "consultation-requested"
    sealed = ConsultationRequestedSealed
    agency: str  # code of the agency asked
    id: str | None = None  # of this question within its dossier; None: the only one, of an earlier release
    limit: str | None = None  # instant, UTC, by which it is to answer


class ConsultationAnsweredSealed(Part):
    answer: str


class ConsultationAnswered(EventData):
    name = "consultation-answered"
    sealed = ConsultationAnsweredSealed
    agency: str  # code of the agency that was asked
    id: str | None = None  # of the question
    awaited: int = 0  # opinions still awaited after this one


class ConsultationWithdrawn(EventData):
    """The opinion is not needed after all."""

    name = "consultation-withdrawn"
    sealed = ReasonSealed
    agency: str
    id: str
    awaited: int = 0


class ConsultationOverdue(EventData):
    """The limit of an opinion has passed without it."""

    name = "consultation-overdue"
    agency: str
    id: str
    limit: str  # instant, UTC


class ExtensionRequested(EventData):
    """The specialist asks the leader for more time."""

    name = "extension-requested"
    sealed = ReasonSealed
    amount: int
    unit: str  # as in a procedure's limit


class Extended(EventData):
    """More time, with the reason and the office's apology (form 04); intake computes the appointment."""

    name = "extended"
    sealed = ReasonSealed
    amount: int
    unit: str  # as in a procedure's limit
    before: str  # the appointment that could not be kept; instant, UTC


class WithdrawalGranted(EventData):
    """The person's wish to withdraw is granted: it ends without a result."""

    name = "withdrawal-granted"


class WithdrawalDeclined(EventData):
    """The person's wish to withdraw cannot be granted, with the reason: the work goes on."""

    name = "withdrawal-declined"
    sealed = ReasonSealed


class HandedOverSealed(Part):
    """Why, and what the agency that goes on needs of it."""

    reason: str
    holder: str
    summary: list[SummaryRow] = Field(default_factory=list)
    form: dict[str, Any] = Field(default_factory=dict)


class HandedOver(EventData):
    """Another agency is competent: from here on the dossier is its own. The event's `agency` is the one that gave it."""

    name = "handed-over"
    sealed = HandedOverSealed
    to: str  # code of the competent agency
    agency_name: str = ""  # its name
    overseers: list[str] = Field(default_factory=list)  # agencies above it, the nearest first


class SentBack(EventData):
    """The leader will not sign this, or it cannot be printed: it is appraised again."""

    name = "sent-back"
    sealed = ReasonSealed


class DecisionSealed(Part):
    """What the result document shows of the citizen, so that signing needs no other source."""

    holder: str
    summary: list[SummaryRow] = Field(default_factory=list)
    reason: str | None = None


class _Decision(EventData):
    sealed = DecisionSealed
    code: str
    procedure: str
    procedure_name: str = ""
    agency_name: str = ""
    overseers: list[str] = Field(default_factory=list)  # agencies above its agency, the nearest first
    result_kind: str
    owner: str
    appointment: str | None = None
    person: str | None = None  # these as in `submitted`
    received_at: str | None = None
    delivery: str = ""
    # of the consent in `submitted`; whether it has been withdrawn is said by `consent-ended`
    consent_until: str | None = Field(default=None, exclude_if=lambda until: until is None)


class Approved(_Decision):
    name = "approved"


class Rejected(_Decision):
    """Rejection also ends in a signed, delivered letter."""

    name = "rejected"
