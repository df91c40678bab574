"""Every event, once. A class's docstring is its meaning; `data` fields hold no personal data, `sealed` fields may.

JSON Schemas, golden examples and AsyncAPI are generated from here (`make contracts`). A published version never changes:
a new field is optional, anything else is another event (docs/compatibility.md).
"""

from __future__ import annotations

from typing import Any

from pydantic import Field, ValidationError

from dossier_shared.contracts.case_events import Approved as Approved
from dossier_shared.contracts.case_events import ConsultationAnswered as ConsultationAnswered
from dossier_shared.contracts.case_events import ConsultationAnsweredSealed as ConsultationAnsweredSealed
from dossier_shared.contracts.case_events import ConsultationOverdue as ConsultationOverdue
from dossier_shared.contracts.case_events import ConsultationRequested as ConsultationRequested
from dossier_shared.contracts.case_events import ConsultationRequestedSealed as ConsultationRequestedSealed
from dossier_shared.contracts.case_events import ConsultationWithdrawn as ConsultationWithdrawn
from dossier_shared.contracts.case_events import DecisionSealed as DecisionSealed
from dossier_shared.contracts.case_events import Extended as Extended
from dossier_shared.contracts.case_events import ExtensionRequested as ExtensionRequested
from dossier_shared.contracts.case_events import HandedOver as HandedOver
from dossier_shared.contracts.case_events import HandedOverSealed as HandedOverSealed
from dossier_shared.contracts.case_events import PaymentRequested as PaymentRequested
from dossier_shared.contracts.case_events import Rejected as Rejected
from dossier_shared.contracts.case_events import SentBack as SentBack
from dossier_shared.contracts.case_events import SupplementRequested as SupplementRequested
from dossier_shared.contracts.case_events import SupplementRequestedSealed as SupplementRequestedSealed
from dossier_shared.contracts.case_events import WithdrawalDeclined as WithdrawalDeclined
from dossier_shared.contracts.case_events import WithdrawalGranted as WithdrawalGranted
from dossier_shared.contracts.closing_events import ConsentEnded as ConsentEnded
from dossier_shared.contracts.closing_events import Downloaded as Downloaded
from dossier_shared.contracts.closing_events import RequestWithdrawn as RequestWithdrawn
from dossier_shared.contracts.closing_events import Rescheduled as Rescheduled
from dossier_shared.contracts.closing_events import Stopped as Stopped
from dossier_shared.contracts.event_parts import Applicant as Applicant
from dossier_shared.contracts.event_parts import Document as Document
from dossier_shared.contracts.event_parts import EventData as EventData
from dossier_shared.contracts.event_parts import Part as Part
from dossier_shared.contracts.event_parts import ReasonSealed as ReasonSealed
from dossier_shared.contracts.event_parts import SummaryRow as SummaryRow
from dossier_shared.contracts.filing_events import Awaited as Awaited
from dossier_shared.contracts.filing_events import Completed as Completed
from dossier_shared.contracts.filing_events import CompletedSealed as CompletedSealed
from dossier_shared.contracts.filing_events import CompletionRequested as CompletionRequested
from dossier_shared.contracts.filing_events import Consent as Consent
from dossier_shared.contracts.filing_events import ConsentWithdrawn as ConsentWithdrawn
from dossier_shared.contracts.filing_events import Corrected as Corrected
from dossier_shared.contracts.filing_events import CorrectedSealed as CorrectedSealed
from dossier_shared.contracts.filing_events import Evidence as Evidence
from dossier_shared.contracts.filing_events import EvidenceReceived as EvidenceReceived
from dossier_shared.contracts.filing_events import EvidenceReceivedSealed as EvidenceReceivedSealed
from dossier_shared.contracts.filing_events import FiledBy as FiledBy
from dossier_shared.contracts.filing_events import MissingSealed as MissingSealed
from dossier_shared.contracts.filing_events import WithdrawalRequested as WithdrawalRequested
from dossier_shared.contracts.filing_events import Withdrawn as Withdrawn
from dossier_shared.errors import BadRecord


class SubmittedSealed(Part):
    applicant: Applicant
    summary: list[SummaryRow] = Field(default_factory=list)
    form: dict[str, Any] = Field(default_factory=dict)
    documents: list[str] = Field(default_factory=list)  # file names as given, in the order of data.documents
    filed_by: str | None = None  # name of the helper who filed for the citizen
    delivery_address: str | None = None  # where the post is to bring it
    # what registers of the State answered instead of papers; absent: none was to be asked
    evidence: list[Evidence] = Field(default_factory=list, exclude_if=lambda evidence: not evidence)


class Submitted(EventData):
    """A citizen, or someone for them, has filed; the dossier has its code."""

    name = "submitted"
    sealed = SubmittedSealed
    code: str
    procedure: str
    catalogue: str  # version of the catalogue it was filed under; it keeps this one
    channel: str  # online | direct | postal | agent
    owner: str  # subject of the account it was filed from; empty where an office filed it at its counter
    straight_through: bool = False  # accepted, appraised and approved by rule
    result_kind: str = "decision"  # database_update: a registry entry, no document to sign
    messages: list[str] = Field(default_factory=list)  # moments at which the citizen is told: refused, result; helped
    documents: list[Document] = Field(default_factory=list)
    # codes of papers that had to come, were they not held by an office
    reusable: list[str] = Field(default_factory=list)
    reused: list[str] = Field(default_factory=list)  # those of them taken from there
    fee_vnd: int = 0
    procedure_name: str = ""
    agency_name: str = ""
    overseers: list[str] = Field(default_factory=list)  # agencies above its agency, the nearest first
    # the procedure's time limit at filing: amount, unit, cut_off, same_day
    limit: dict[str, Any] = Field(default_factory=dict)
    person: str | None = None  # whom it is about: `p-…`; None: filed without a number, or before persons were known
    filed_by: FiledBy | None = None
    consent: Consent | None = None  # of everybody who filed for somebody else
    received_at: str | None = None  # agency code of the one-stop centre that took it in, where that is another
    delivery: str = ""  # how the result is wished for: online | counter | post; empty: not said
    # registers that did not answer and are asked again; absent: nobody is
    awaits: list[Awaited] = Field(default_factory=list, exclude_if=lambda awaits: not awaits)


class CorrectedLimit(Part):
    """Stands from now on for the time limit kept at filing, with which nothing could be computed."""

    limit: dict[str, Any]  # as in `submitted`
    catalogue: str  # version of the catalogue it is from


class Accepted(EventData):
    """The counter has accepted; the legal clock runs to `appointment`."""

    name = "accepted"
    appointment: str  # instant, UTC
    lines: list[dict[str, Any]] = Field(default_factory=list)  # how the appointment was reached, with legal basis
    corrected: CorrectedLimit | None = None


class SupplementReceivedSealed(Part):
    text: str | None = None
    documents: list[str] = Field(default_factory=list)  # file names as given, in the order of data.documents


class _Answered(EventData):
    """What was awaited of the citizen is here: the clock runs again, to a later appointment. `heard` says to which request."""

    appointment: str  # instant, UTC
    lines: list[dict[str, Any]] = Field(default_factory=list)
    corrected: CorrectedLimit | None = None


class SupplementReceived(_Answered):
    """The citizen, or someone for them, has handed in what was missing; the legal clock runs on to `appointment`."""

    name = "supplement-received"
    sealed = SupplementReceivedSealed
    documents: list[Document] = Field(default_factory=list)


class PaymentConfirmedSealed(Part):
    receipt: str | None = None


class PaymentConfirmed(_Answered):
    """What was to be paid has been paid; the legal clock runs on to `appointment`."""

    name = "payment-confirmed"
    sealed = PaymentConfirmedSealed
    amount_vnd: int


class RefusedSealed(Part):
    reason: str


class Refused(EventData):
    """Not accepted, with the reason (form 03)."""

    name = "refused"
    sealed = RefusedSealed


class Assigned(EventData):
    """The case is this officer's to appraise; the last of them counts."""

    name = "assigned"
    officer: str  # subject of the officer's account, opaque


class NoteSealed(Part):
    note: str | None = None


class Appraised(EventData):
    name = "appraised"
    sealed = NoteSealed
    proposal: str  # approve | reject


class NotedSealed(Part):
    text: str


class Noted(EventData):
    """A remark in the file; changes nothing."""

    name = "noted"
    sealed = NotedSealed


class Returned(EventData):
    """The leader sends it back to appraisal, with a reason."""

    name = "returned"
    sealed = ReasonSealed


class Letterhead(Part):
    """How the document begins and ends, by the catalogue in force when it was asked for."""

    agency_name: str
    parent_name: str = ""
    title: str
    place: str
    on_behalf_of: str = ""
    lines: list[str] = Field(default_factory=list)


class SigningRequestedSealed(Part):
    leader_name: str


class SigningRequested(EventData):
    """The intent to sign, recorded before the signature is made; `reference` is the result's own."""

    name = "signing-requested"
    sealed = SigningRequestedSealed
    reference: str
    number: str
    substitute: bool = False  # the leader's word: letters no font has are printed as their code points
    letterhead: Letterhead | None = None  # absent: derived from the agency's name
    preview: str | None = None  # SHA-256 of the document the leader was shown: nothing else is signed
    preview_at: str | None = None  # instant of that, printed as the time of signing; absent: when this was recorded
    run: str | None = None  # the leader's name for what was signed together


class SigningFailed(EventData):
    """The document could not be made or signed; it is back in the leader's queue with the reason."""

    name = "signing-failed"
    reference: str
    reason: str  # stable code


class Signed(EventData):
    """The result exists: a signed PDF in the file store, or a registry entry (`file` empty)."""

    name = "signed"
    reference: str
    number: str
    kind: str
    outcome: str  # approved | rejected
    file: str | None = None  # SHA-256 of the PDF
    size: int = 0
    certificate: str | None = None  # serial, hexadecimal
    owner: str = ""
    person: str | None = None  # these as in `submitted`
    received_at: str | None = None
    delivery: str = ""
    # of the consent in `submitted`, and when it was withdrawn, where that was heard before it was signed
    consent_until: str | None = Field(default=None, exclude_if=lambda until: until is None)
    consent_withdrawn: str | None = Field(default=None, exclude_if=lambda at: at is None)


class MessageRequestedSealed(Part):
    to: str
    text: str


class MessageRequested(EventData):
    """The intent to send; `reference` is what the provider is asked by after a crash."""

    name = "message-requested"
    sealed = MessageRequestedSealed
    reference: str
    kind: str  # refused | result | helped
    channel: str  # sms


class MessageSent(EventData):
    name = "message-sent"
    reference: str
    provider_id: str


class MessageFailed(EventData):
    """The provider refused for good; `reason` is its code."""

    name = "message-failed"
    reference: str
    reason: str


class DeliveredSealed(Part):
    """Of a result handed over: who took it, by which paper, and their signature as it was drawn (an SVG path)."""

    receiver: str
    id_number: str | None = None
    authority: str | None = None  # number and day of the paper that lets somebody else take it
    signature: str | None = None


class Delivered(EventData):
    """The result is in the citizen's hands: `how` is online, counter or post."""

    name = "delivered"
    sealed = DeliveredSealed
    how: str
    informed: bool  # a message about it was sent
    identified_by: str | None = None  # citizen_id | passport | authority; of what was handed over
    signed_on: str | None = None  # screen | paper


class _Alarm(EventData):
    """`subject`: what the rule judged: an agency, an agency and a stage, a service. `number` counts the times it was raised."""

    rule: str
    kind: str
    subject: str
    number: int
    severity: str  # info | warning | critical
    name_vi: str
    name_en: str
    agency_name: str = ""
    overseers: list[str] = Field(default_factory=list)  # agencies above its agency, the nearest first
    told: list[str] = Field(default_factory=list)  # agencies whose people are told; `operators`: who runs the services


class AlarmRaised(_Alarm):
    """A rule's threshold was reached and held. The event's `agency` is empty where it concerns a service."""

    name = "alarm-raised"
    value: float
    threshold: float
    figures: dict[str, Any] = Field(default_factory=dict)


class AlarmCleared(_Alarm):
    """Back under the rule's lower threshold."""

    name = "alarm-cleared"
    value: float
    threshold: float
    raised_at: str


class AlarmAcknowledged(_Alarm):
    """A person has seen it and says so; it stays raised until it clears."""

    name = "alarm-acknowledged"
    sealed = NoteSealed


MODELS: dict[str, type[EventData]] = {
    model.name: model
    for model in (
        Submitted, CompletionRequested, Completed, Accepted, Refused, SupplementReceived, PaymentConfirmed, Rescheduled,
        WithdrawalRequested, Withdrawn, Corrected, ConsentWithdrawn, EvidenceReceived,
        Assigned, SupplementRequested, PaymentRequested, ConsultationRequested, ConsultationAnswered, ConsultationWithdrawn,
        ConsultationOverdue, RequestWithdrawn, ExtensionRequested, Extended, WithdrawalGranted, WithdrawalDeclined, HandedOver,
        Stopped, Appraised, Noted, Returned, Approved, Rejected, ConsentEnded,
        SigningRequested, SigningFailed, SentBack, Signed, Downloaded,
        MessageRequested, MessageSent, MessageFailed, Delivered,
        AlarmRaised, AlarmCleared, AlarmAcknowledged,
    )
}  # fmt: skip
_VALIDATORS = {name: model.__pydantic_validator__.validate_python for name, model in MODELS.items()}
_OPTIONAL = {
    name: {one: field for one, field in model.model_fields.items() if not field.is_required()}
    for name, model in MODELS.items()
}


def whole(name: str, data: dict[str, Any]) -> dict[str, Any]:
    """`data` of an event, with the default of what its writer left out: an older version, another's program."""
    missing = _OPTIONAL[name].keys() - data.keys()
    if not missing:
        return data
    return {**data, **{one: _OPTIONAL[name][one].get_default(call_default_factory=True) for one in missing}}


def check_data(name: str, data: dict[str, Any]) -> None:
    """Raises BadRecord `invalid-data` where the data is not of its event's shape."""
    try:
        _VALIDATORS[name](data)
    except MemoryError:
        raise
    except ValidationError as error:  # without what stands there: it goes into headers and logs
        found = error.errors(include_url=False, include_context=False, include_input=False)
        why = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['type']}" for one in found)
        raise BadRecord("invalid-data", why[:500]) from error
    except Exception as error:
        raise BadRecord("invalid-data", type(error).__name__) from error
