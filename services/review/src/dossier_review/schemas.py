from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from dossier_review.evolving.waiting import awaited_opinions
from dossier_review.policy import POLICY
from dossier_review.state import Standing, State
from dossier_shared.http.paging import Paged
from dossier_shared.http.tokens import Principal
from dossier_shared.journal.dossier import Dossier
from dossier_shared.vocabulary.codes import AgencyCode, Subject, coded
from dossier_shared.vocabulary.money import PositiveDong
from dossier_shared.vocabulary.text import HumanText, OptionalText

Days = Annotated[int, Field(strict=True, gt=0, le=365)]
Amount = Annotated[int, Field(strict=True, gt=0, le=2000)]
Unit = Literal["working_day", "hour", "calendar_day"]  # those of a procedure's limit; an hour of work
QuestionId = Annotated[str, coded(20)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Assign(_Body):
    """`officer`: subject of the account it is given to; absent: whoever asks."""

    officer: Subject | None = None


class RequestSupplement(_Body):
    """Everything that is missing, at once: the citizen reads it."""

    text: HumanText


class RequestPayment(_Body):
    amount_vnd: PositiveDong
    reason: HumanText


class Consult(_Body):
    """`agencies`: codes of those asked, or `agency` of the only one. `limit_days`: within which they are to answer."""

    agency: AgencyCode | None = None
    agencies: Annotated[list[AgencyCode], Field(max_length=20)] = Field(
        default_factory=list, exclude_if=lambda codes: not codes
    )
    question: HumanText
    limit_days: Days | None = Field(default=None, exclude_if=lambda days: days is None)


class AnswerConsultation(_Body):
    """`id`: of the question, where a leader enters one of several opinions."""

    answer: HumanText
    id: QuestionId | None = Field(default=None, exclude_if=lambda id_: id_ is None)


class WithdrawConsultation(_Body):
    id: QuestionId
    reason: HumanText


class RequestExtension(_Body):
    amount: Amount
    unit: Unit
    reason: HumanText


class Extend(_Body):
    """What is left out is as the specialist asked for it."""

    amount: Amount | None = None
    unit: Unit | None = None
    reason: OptionalText = None


class GrantWithdrawal(_Body):
    pass


class DeclineWithdrawal(_Body):
    reason: HumanText


class HandOver(_Body):
    """`agency`: code of the competent one."""

    agency: AgencyCode
    reason: HumanText


class Appraise(_Body):
    proposal: Literal["approve", "reject"]
    note: OptionalText = None


class Approve(_Body):
    note: OptionalText = None


class Reject(_Body):
    reason: HumanText


class Return(_Body):
    reason: HumanText


class WithdrawRequest(_Body):
    """Why what was asked for is not needed any more: the citizen reads it."""

    reason: HumanText


class Stop(_Body):
    reason: HumanText


class Note(_Body):
    text: HumanText


class Awaited(BaseModel):
    """`agency`: the one asked, of a consultation; `amount_vnd`: of a payment."""

    what: Literal["supplement", "payment", "consultation"]
    since: str
    agency: str | None = None
    amount_vnd: int | None = None


class Asked(Awaited):
    """`text`: what is missing, the reason, or the question."""

    text: str


class Answer(BaseModel):
    """`documents`, of a supplement only: SHA-256 of each paper; `names`: their file names, in the same order."""

    asked: Asked
    at: str
    text: str | None
    documents: list[str] | None = None
    names: list[str] | None = None


class AwaitedOpinion(BaseModel):
    """`limit`: instant by which it should be here; `overdue`: it is not. `text`: the question, in a detail view."""

    id: str
    agency: str
    since: str
    limit: str | None = None
    overdue: bool | None = None
    text: str | None = None


class AskedTime(BaseModel):
    """More time, not given yet."""

    amount: int
    unit: str
    at: str


class AskedTimeWhy(AskedTime):
    reason: str


class Wanted(BaseModel):
    """The person wants it back: since when."""

    at: str


class WantedWhy(Wanted):
    reason: str


class Line(BaseModel):
    """One line of the thread. `by`: a subject, or `rule`; `type`: the event's; the rest as far as it is said there."""

    at: str
    by: str
    role: str
    type: str
    text: str | None = None
    names: list[str] | None = None
    id: str | None = None
    agency: str | None = None
    agency_name: str | None = None
    limit: str | None = None
    what: str | None = None
    officer: str | None = None
    proposal: str | None = None
    amount_vnd: int | None = None
    amount: int | None = None
    unit: str | None = None
    before: str | None = None
    appointment: str | None = None
    fields: list[str] | None = None
    late: bool | None = None


class AskedRegisterView(BaseModel):
    """A register of the State that was asked instead of the person; what it answered is at intake. `until`: while it is asked
    again."""

    source: str
    standing: Standing
    until: str | None = None


class HandedInPaper(BaseModel):
    """`id`: SHA-256 of its bytes, under which intake gives it; `at`: when it was handed in."""

    code: str
    id: str
    type: str
    size: int
    name: str
    at: str


class CaseView(BaseModel):
    """Instants are ISO 8601, UTC. `due`: the appointment, once accepted. Who did it is a subject, `review` where a rule
    did. `notes`: how many; null where none."""

    id: str
    version: int
    code: str
    status: Literal[
        "submitted", "awaiting_completion", "accepted", "refused", "in_review",
        "awaiting_supplement", "awaiting_payment", "awaiting_consultation", "approved", "rejected",
        "stopped", "withdrawn",
    ]  # fmt: skip
    stage: Literal["appraisal", "approval", "waiting"] | None
    procedure: str
    procedure_name: str
    agency: str
    submitted_at: str
    accepted_at: str | None
    due: str | None
    assigned_to: str | None
    proposal: Literal["approve", "reject"] | None
    appraised_by: str | None
    appraised_at: str | None
    decided_by: str | None
    decided_at: str | None
    notes: int | None
    waits_for: Awaited | None
    consultations: list[AwaitedOpinion]
    extension: AskedTime | None
    withdrawal: Wanted | None


class CaseDetail(CaseView):
    """What it is more than a CaseView, only specialists and leaders see. `form`: the answers, by the procedure's own fields.

    An agency whose opinion is awaited sees what was filed, its own question and its own answers. `thread`: in order; of a very
    long one the last lines, and `earlier` says how many came before.
    """

    waits_for: Asked | Awaited | None
    extension: AskedTimeWhy | AskedTime | None
    withdrawal: WantedWhy | Wanted | None
    applicant: str | None = None
    applicant_details: dict[str, Any] | None = None
    summary: list[dict[str, Any]] | None = None
    form: dict[str, Any] | None = None
    documents: list[HandedInPaper] | None = None
    answers: list[Answer] | None = None
    thread: list[Line] | None = None
    earlier: int | None = None
    person: str | None = None
    filed_by: dict[str, Any] | None = None
    filed_by_name: str | None = None
    consent: dict[str, Any] | None = None
    consent_withdrawn: str | None = None
    received_at: str | None = None
    delivery: str | None = None
    delivery_address: str | None = None
    channel: str | None = None
    fee_vnd: int | None = None
    registers: list[AskedRegisterView] | None = None
    lines: list[dict[str, Any]] | None = None


class QueueView(Paged):
    items: list[CaseView]


_INSIDE = frozenset({"by", "seq", "act_by"})  # of a request: who asked, and what only review's rules read
_SAID = frozenset({"text", "reason"})  # words people wrote
_MADE = ("id", "version", "waits_for", "consultations", "extension", "withdrawal")
_SHOWN = tuple(name for name in CaseView.model_fields if name not in _MADE)
_FILED = (
    "summary", "form", "filed_by", "filed_by_name", "consent", "consent_withdrawn",
    "received_at", "delivery", "delivery_address", "channel",
    "fee_vnd", "person", "registers",
)  # fmt: skip


def case_view(dossier: Dossier[State]) -> dict[str, Any]:
    """What an officer's list shows; no personal data."""
    state = dossier.state
    return {
        "id": dossier.id,
        "version": dossier.version,
        **{key: state.get(key) for key in _SHOWN},
        "waits_for": _open(state.get("waits_for"), _SAID),
        "consultations": [_open(one, _SAID) for one in awaited_opinions(state)],
        "extension": _open(state.get("extension"), _SAID),
        "withdrawal": _open(state.get("withdrawal"), _SAID),
    }


def _open(asked: Mapping[str, Any] | None, hidden: frozenset[str] = frozenset()) -> dict[str, Any] | None:
    return {key: value for key, value in asked.items() if key not in _INSIDE | hidden} if asked else None


def case_detail(dossier: Dossier[State], who: Principal) -> dict[str, Any]:
    """Who appraises or decides, and who opened it in an emergency, sees what was filed; a superior does not, and is a leader
    elsewhere at most."""
    if not POLICY.may(who, "see-filed", dossier.state):
        return case_view(dossier)
    state = dossier.state
    opinions, answers, thread = awaited_opinions(state), state.get("answers", []), state.get("thread", [])
    seen = {**case_view(dossier), **_as_filed(state)}
    if any(one["agency"] == who.agency for one in opinions) and who.agency != state.get("agency"):
        own = [one for one in opinions if one["agency"] == who.agency]
        return {
            **seen,
            "waits_for": {"what": "consultation", **{key: own[0][key] for key in ("agency", "since", "text")}},
            "consultations": [_open(one) for one in own],
            "answers": [one for one in answers if one["asked"].get("agency") == who.agency],
            "thread": [one for one in thread if one["type"] in _OPINIONS and one.get("agency") == who.agency],
        }
    return {
        **seen,
        "waits_for": _open(state.get("waits_for")),
        "consultations": [_open(one) for one in opinions],
        "extension": _open(state.get("extension")),
        "withdrawal": _open(state.get("withdrawal")),
        "answers": answers,
        "thread": thread,
        "earlier": state.get("earlier", 0),
        "lines": state.get("lines", []),
    }


_OPINIONS = frozenset(
    {"consultation-requested", "consultation-answered", "consultation-withdrawn", "consultation-overdue"}
)


def _as_filed(state: State) -> dict[str, Any]:
    return {
        "applicant": state.get("holder"),
        "applicant_details": state.get("applicant"),
        "documents": state.get("documents", []),
        **{key: state.get(key) for key in _FILED},
    }
