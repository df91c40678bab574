"""What each form says: plain values, cleaned as all text that comes in, and nothing that no calendar has.

`at` dates the paper: a second print of the same form is the same paper. Instants are of the civil calendar, 1900 to 2200.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from dossier_shared.vocabulary.moments import FIRST_DAY, LAST_DAY, Day, Instant
from dossier_shared.vocabulary.money import Dong
from dossier_shared.vocabulary.text import Human, Line, OptionalLine

Kind = Literal["receipt", "supplement", "refusal", "apology", "stop", "control", "register"]
MOST_PAPERS, MOST_STEPS, MOST_ROWS, MOST_REASONS = 500, 1000, 10_000, 50


def _printed_year(instant: datetime) -> datetime:
    if not FIRST_DAY.year < instant.year < LAST_DAY.year:
        raise ValueError(f"the year must be from {FIRST_DAY.year + 1} to {LAST_DAY.year - 1}")
    return instant


Moment = Annotated[Instant, AfterValidator(_printed_year)]
Count = Annotated[int, Field(strict=True, ge=0, le=100_000)]
Words = Annotated[str, Human(10_000)]
OptionalWords = Annotated[str | None, Human(10_000, optional=True)]
Title = Annotated[str, Human(2000, lines=False)]
"""What a procedure or a paper is called: some fill half a page."""
Reasons = Annotated[tuple[Words, ...], Field(min_length=1, max_length=MOST_REASONS)]
Address = Annotated[str, Field(pattern=r"^https?://[\x21-\x7e]+$", max_length=500)]


class Said(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Office(BaseModel):
    """Whose paper it is. Made from the letterhead of an agency (`letterhead.in_force`) by `Office.model_validate(head)`."""

    model_config = ConfigDict(frozen=True, extra="forbid", from_attributes=True)

    agency_name: Line
    parent_name: OptionalLine = None
    title: Line  # of its head
    place: Line
    on_behalf_of: OptionalLine = None
    lines: tuple[Line, ...] = ()  # the agency's name as it is broken at the head


class Person(Said):
    """Whom the dossier is about: a person or an organisation."""

    name: Line
    address: OptionalLine = None
    phone: OptionalLine = None
    email: OptionalLine = None


class Paper(Said):
    name: Title
    originals: Count = 0
    copies: Count = 0
    files: Count = 0
    note: OptionalLine = None


class Fee(Said):
    amount: Dong
    paid: Annotated[bool, Field(strict=True)] = False


class Form(Said):
    """`desk`: the one-stop desk that hands the paper out; `officer`: who does it there. `draft`: not issued: it says so across
    every page, and where its number would be."""

    kind: ClassVar[Kind]

    office: Office
    at: Moment
    desk: OptionalLine = None
    number: OptionalLine = None  # of this paper
    draft: Annotated[bool, Field(strict=True)] = False


class CaseForm(Form):
    """A form of one dossier."""

    code: Line
    person: Person
    procedure: Title


class Receipt(CaseForm):
    """01. `limit`: as people say it, `05 ngày làm việc`; `why`: why the appointment is that day."""

    kind = "receipt"

    papers: Annotated[tuple[Paper, ...], Field(max_length=MOST_PAPERS)]
    received_at: Moment
    appointment: Moment | None = None  # none: the result is given as soon as it is there
    why: OptionalWords = None
    limit: OptionalLine = None
    sets: Annotated[int, Field(strict=True, ge=1, le=1000)] = 1
    fee: Fee | None = None
    delivery: OptionalLine = None
    register_entry: OptionalLine = None  # `Quyển số 01, số thứ tự 42`
    filed_by: OptionalLine = None  # where somebody else filed it
    officer: OptionalLine = None
    tracking_url: Address | None = None  # whole, with code and secret


class Missing(Said):
    what: Words
    why: OptionalWords = None


class SupplementRequest(CaseForm):
    """02: everything that is missing, at once."""

    kind = "supplement"

    missing: Annotated[tuple[Missing, ...], Field(min_length=1, max_length=MOST_PAPERS)]
    until: Moment | None = None
    contact: OptionalLine = None
    contact_phone: OptionalLine = None
    filed_by: OptionalLine = None
    officer: OptionalLine = None


class Refusal(CaseForm):
    """03. `guidance`: where to go, or what to do instead."""

    kind = "refusal"

    reasons: Reasons
    guidance: OptionalWords = None
    filed_by: OptionalLine = None
    officer: OptionalLine = None


class Apology(CaseForm):
    """04, signed by the head of the agency. `new_appointment`: none in a draft: nobody has computed it yet."""

    kind = "apology"

    received_at: Moment
    appointment: Moment
    new_appointment: Moment | None
    reasons: Reasons
    signer: OptionalLine = None
    recipients: tuple[Line, ...] = ()


class StopNotice(CaseForm):
    """05, signed by the head of the agency. `consequence`: what becomes of papers, fee, the right to file again."""

    kind = "stop"

    received_at: Moment
    stopped_at: Moment
    reasons: Reasons
    consequence: OptionalWords = None
    signer: OptionalLine = None
    recipients: tuple[Line, ...] = ()


class Step(Said):
    """`result`: before, in or after its time, as it is said; `until`: none while they have it."""

    who: Line
    agency: OptionalLine = None
    work: Line
    since: Moment
    until: Moment | None = None
    result: OptionalLine = None
    note: OptionalLine = None


class ControlSlip(CaseForm):
    """06: who had the dossier, from when to when."""

    kind = "control"

    steps: Annotated[tuple[Step, ...], Field(max_length=MOST_STEPS)]
    received_at: Moment
    appointment: Moment | None = None
    deciding: OptionalLine = None  # the agency that decides, where a centre hands the paper out
    cooperating: tuple[Line, ...] = ()
    handed_by: OptionalLine = None
    taken_by: OptionalLine = None


class RegisterRow(Said):
    """One dossier of the register."""

    code: Line
    procedure: Title
    person: Line
    reached_at: OptionalLine = None  # address, phone
    agency: OptionalLine = None
    sets: Count = 1
    received_at: Moment
    appointment: Moment | None = None
    forwarded_at: Moment | None = None
    result_at: Moment | None = None
    returned_at: Moment | None = None
    returned_by: OptionalLine = None  # at the counter, by post, online
    note: OptionalLine = None


class Register(Form):
    """07: what was received in a span, both days in it."""

    kind = "register"

    first: Day
    last: Day
    rows: Annotated[tuple[RegisterRow, ...], Field(max_length=MOST_ROWS)]
    kept_by: OptionalLine = None
    headed_by: OptionalLine = None
