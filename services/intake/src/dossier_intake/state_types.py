"""What intake keeps of a dossier, key by key. What becomes of it with each event: state.py."""

from __future__ import annotations

from typing import Any, Final, Literal, NotRequired

from typing_extensions import TypedDict

from dossier_shared.journal.dossier import CoreState
from dossier_shared.vocabulary.persons import GONE

# what these say is the person's: of whom is erased it is replaced by this (`journal.forgetting`)
PERSONAL: Final = {
    "applicant": {"name": GONE},
    "filed_by_name": GONE,
    "text": GONE,
    "papers": [],
    "reason": GONE,
    "answer": GONE,
}
What = Literal["supplement", "payment", "consultation", "completion"]


class Applicant(TypedDict):
    """As in `submitted`: what was not given is not there."""

    name: str
    citizen_id: NotRequired[str | None]
    phone: NotRequired[str | None]
    address: NotRequired[str | None]
    kind: NotRequired[str | None]
    tax_code: NotRequired[str | None]
    representative: NotRequired[str | None]


class FiledBy(TypedDict):
    sub: str
    kind: str  # self | helper | counter | post | bulk


class Paper(TypedDict):
    """`id`: SHA-256 of its bytes in the file store."""

    code: str
    id: str
    type: str
    size: int


class AskedOfCitizen(TypedDict):
    """What is waited for, and since when: asked by review, or before acceptance by the counter (a completion, `until` when). What
    another agency is asked has no `text` here."""

    what: What
    at: str
    text: NotRequired[str | None]
    amount_vnd: NotRequired[int]
    until: NotRequired[str | None]


class Brought(TypedDict):
    """What the citizen sent after the filing: `papers` by their file names."""

    what: Literal["supplement", "completion"]
    at: str
    text: str | None
    papers: list[str]


class StoodStill(TypedDict):
    """A pause of the legal clock. `taken_back`: number of the event of review that ended it, where no answer did."""

    what: What
    start: str
    end: str
    taken_back: NotRequired[int]


class MoreTime(TypedDict):
    """Granted by the leader, with form 04."""

    amount: int
    unit: str
    at: str


class HandOver(TypedDict):
    agency_name: str
    at: str


class Withdrawal(TypedDict):
    """The person's last wish to have it back; without `declined_at` it waits for its answer."""

    at: str
    reason: str
    declined_at: NotRequired[str]
    answer: NotRequired[str]


class Awaited(TypedDict):
    """A register that did not answer at filing and is asked again, until then at the latest. As in `submitted`."""

    source: str
    papers: list[str]
    until: str


class Heard(TypedDict):
    """What a register answered later is evidence, and in no state; here only that it did, or that it was given up."""

    source: str
    at: str
    answered: bool


class State(CoreState, total=False):
    """Instants are ISO 8601, UTC. Nothing is certain to be there: what others report may come before the filing."""

    status: str  # of lifecycle.STATES
    portal_status: int | None
    submitted_at: str
    applicant: Applicant
    code: str
    procedure: str
    procedure_name: str
    agency_name: str
    catalogue: str  # version it was filed under
    channel: str
    owner: str  # subject of the account it was filed from; empty: at the counter
    person: str  # whom it is about: `p-…`
    filed_by: FiledBy
    filed_by_name: str  # of who filed for another: the person reads who it was
    consent_until: str  # from then on it holds no more, to whoever filed for the person; missing: until it is withdrawn
    consent_withdrawn: str
    received_at: str  # the one-stop centre that took it in for its agency
    delivery: str  # online | counter | post
    limit: dict[str, Any]  # as in `submitted`: what rules.deadlines.Limit reads
    documents: list[Paper]
    fee_vnd: int
    awaits: list[Awaited]
    heard_later: list[Heard]
    accepted_at: str
    refused_at: str
    withdrawn_at: str
    appointment: str
    promised: str  # the first appointment, where an older register gave it
    appointment_lines: list[dict[str, Any]]  # how it was reached: {vi, en, basis}, as the event has them
    asked: AskedOfCitizen  # while it waits
    consulted: list[str]  # agencies whose opinion is awaited: they may read the papers
    act_by: str  # instant at which a rule acts, if nobody has
    brought: list[Brought]
    pauses: list[StoodStill]
    extensions: list[MoreTime]
    handed_over: list[HandOver]
    withdrawal: Withdrawal
    reason: str | None  # of a refusal, a rejection, a stop
    stopped_at: str
    outcome: str  # approved | rejected
    decided_at: str
    decided_by: int  # number of the event of review that decided
    sent_back: int  # number of the last decision that came back unsigned
    signed_at: str
    result_number: str
    result_file: str | None
    delivered_at: str
    downloaded_at: str  # the signed document, by the person it is for
