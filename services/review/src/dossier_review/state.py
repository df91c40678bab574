"""The case as review keeps it, key by key. How it follows from events is in `evolving/`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal, NotRequired

from typing_extensions import TypedDict

from dossier_shared.journal.dossier import CoreState
from dossier_shared.vocabulary.persons import GONE

APPRAISAL: Final = "appraisal"  # a specialist's turn
APPROVAL: Final = "approval"  # a leader's
# what these say is the person's: of whom is erased it is replaced by this (`journal.forgetting`)
PERSONAL: Final = {
    "holder": GONE, "applicant": {"name": GONE}, "summary": [], "form": {}, "text": GONE, "names": [], "name": GONE,
    "filed_by_name": GONE, "delivery_address": GONE, "reason": GONE, "registers": [],
}  # fmt: skip
WAITING: Final = "waiting"  # for what `waits_for` says
PRIVATE: Final = ("self", "helper")  # ways of filing
Stage = Literal["appraisal", "approval", "waiting"]
What = Literal["supplement", "payment", "consultation"]
Standing = Literal["answered", "awaited", "silent", "not-asked"]


class About(TypedDict, total=False):
    agency: str  # the one asked, of a consultation
    amount_vnd: int  # of a payment


class AskedFor(About):
    """`text`: what is missing, the reason, or the question."""

    what: What
    since: str
    text: str | None


class Request(AskedFor):
    """`by`: subject of who asked. `seq`: number of the event that asked. Requests of earlier releases have neither."""

    by: NotRequired[str]
    seq: NotRequired[int]


class HandedIn(TypedDict, total=False):
    """Of a supplement: SHA-256 of each paper, and their file names in the same order."""

    documents: list[str]
    names: list[str]


class Answer(HandedIn):
    asked: AskedFor
    at: str
    text: str | None


class Row(TypedDict):
    """One answer of the form in words."""

    label_vi: str
    label_en: NotRequired[str]
    value: str


class Consultation(TypedDict):
    """An opinion that is awaited. `act_by`: instant at which the rules say that it is overdue, until they have said so."""

    id: str  # empty: of an earlier release
    agency: str
    text: str | None
    since: str
    by: str
    seq: NotRequired[int]
    limit: NotRequired[str]
    act_by: NotRequired[str]
    overdue: NotRequired[bool]


class Extension(TypedDict):
    """More time, asked of the leader."""

    amount: int
    unit: str
    reason: str
    at: str
    by: str


class Wish(TypedDict):
    """The person wants it back."""

    at: str
    reason: str


class Entry(TypedDict):
    """One line of what was said and done, in order. `by`: a subject, or `rule`; `type`: of the event. The rest as its data."""

    at: str
    by: str
    role: str
    type: str
    text: NotRequired[str]
    names: NotRequired[list[str]]  # of papers
    id: NotRequired[str]  # of a question
    agency: NotRequired[str]
    agency_name: NotRequired[str]
    limit: NotRequired[str]
    what: NotRequired[str]
    officer: NotRequired[str]
    proposal: NotRequired[str]
    amount_vnd: NotRequired[int]
    amount: NotRequired[int]
    unit: NotRequired[str]
    before: NotRequired[str]
    appointment: NotRequired[str]
    fields: NotRequired[list[str]]
    late: NotRequired[bool]  # an apology that came after the appointment


class Paper(TypedDict):
    """`id`: SHA-256 of its bytes; `name`: of the file as given; `at`: when it was handed in."""

    code: str
    id: str
    type: str
    size: int
    name: str
    at: str


class AskedRegister(TypedDict):
    """A register of the State that was asked instead of the person. What it answered is evidence, in intake, and in no state."""

    source: str  # population_db | results_repository
    standing: Standing
    until: NotRequired[str]  # while it is asked again


class State(CoreState, total=False):
    """Instants are ISO 8601, UTC; who did it is a subject. Empty until the filing is heard."""

    status: str  # of lifecycle.STATES
    stage: Stage | None  # None: nobody's turn
    code: str
    procedure: str
    procedure_name: str
    result_kind: str
    straight_through: bool  # appraised and approved by rule
    owner: str
    agency_name: str
    overseers: list[str]  # agencies above its agency, the nearest first
    holder: str  # name of the applicant
    applicant: dict[str, Any]  # as in `submitted`
    summary: list[Row]
    form: dict[str, Any]  # answers, by the procedure's own fields
    documents: list[Paper]  # filed, completed, supplemented
    person: str  # these as in `submitted`
    filed_by: dict[str, Any]
    filed_by_name: str
    consent: dict[str, Any]
    consent_withdrawn: str
    registers: list[AskedRegister]
    received_at: str
    delivery: str
    delivery_address: str
    channel: str
    fee_vnd: int
    submitted_at: str
    accepted_at: str
    due: str  # the appointment
    lines: list[dict[str, Any]]  # how it was reached
    assigned_to: str
    appraised_by: str
    appraised_at: str
    proposal: Literal["approve", "reject"]
    waits_for: Request  # while it waits; of several consultations the earliest
    consultations: list[Consultation]  # that are awaited
    asked: list[str]  # their agencies
    questions: int  # how many were ever asked
    act_by: str  # the earliest of the consultations'
    withdrawn: dict[What, Request]  # the latest of each kind that was taken back
    answers: list[Answer]
    extension: Extension  # asked, not answered yet
    withdrawal: Wish  # not answered yet
    handed_by: list[str]  # agencies that had it before
    thread: list[Entry]
    earlier: int  # how many lines before the thread are not kept here
    notes: int  # how many
    returned_by: str
    decided_by: str
    decided_at: str
    signed_at: str


def filers(state: State | Mapping[str, Any]) -> tuple[str, ...]:
    """Subjects of who filed it for themselves or for another. Taking it in at the counter is work: in a small office one person
    receives and appraises."""
    by = state.get("filed_by", {"sub": "", "kind": ""})
    found = (state.get("owner", ""), by["sub"] if by["kind"] in PRIVATE else "")
    return tuple(one for one in found if one)
