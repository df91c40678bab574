"""What the API of the timelines answers; the endpoints render it themselves."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from dossier_monitor.projection.domain import Stage, Waits

Source = Literal["intake", "review", "signing", "notify"]
Status = Literal[
    "submitted", "awaiting_completion", "accepted", "refused",
    "in_review", "awaiting_supplement", "awaiting_payment", "awaiting_consultation",
    "approved", "rejected", "signed", "delivered", "stopped", "withdrawn",
]  # fmt: skip


class AppointmentLine(BaseModel):
    """One step of the reasoning; `basis`: the law it rests on."""

    vi: str
    en: str
    basis: str | None


class AppointmentView(BaseModel):
    """As `type` set it, at the instant `at`."""

    at: str
    type: Literal["accepted", "supplement-received", "payment-confirmed", "rescheduled"]
    appointment: str
    lines: list[AppointmentLine]


class PauseView(BaseModel):
    """`until` None: it still waits."""

    waits: Literal["citizen", "payment", "agency"]
    since: str
    until: str | None
    stops_the_clock: bool


class PassageSeconds(BaseModel):
    """Missing: not behind it yet. `whole`: from filing to signing."""

    intake: int | None = None
    appraisal: int | None = None
    approval: int | None = None
    signing: int | None = None
    delivery: int | None = None
    whole: int | None = None


class EntryData(BaseModel):
    """What a story needs of an event's data; each type of event has some of these."""

    channel: str | None = None
    procedure: str | None = None
    procedure_name: str | None = None
    fee_vnd: int | None = None
    appointment: str | None = None
    amount_vnd: int | None = None
    until: str | None = None
    id: str | None = None
    limit: str | None = None
    awaited: int | None = None
    amount: int | None = None
    unit: str | None = None
    before: str | None = None
    to: str | None = None
    officer: str | None = None
    agency: str | None = None
    proposal: str | None = None
    number: str | None = None
    kind: str | None = None
    outcome: str | None = None
    reason: str | None = None
    what: str | None = None
    how: str | None = None
    informed: bool | None = None
    identified_by: str | None = None
    signed_on: str | None = None


class EntryView(BaseModel):
    """`recorded`: when its service wrote it down. `role` is `rule` where `actor` is a service; the owner sees no `actor`."""

    source: Source
    seq: int
    type: str
    time: str
    recorded: str
    portal: int | None
    role: str
    actor: str | None
    data: EntryData


class TimelineView(BaseModel):
    """None: not heard of, or not so far yet. `since`: when it came to its stage. `finished`: when it was signed.

    `late`: judged at the board's instant, or at the signature. The owner does not see `officer`.
    """

    id: str
    version: int
    code: str | None
    status: Status | None
    agency: str | None
    procedure: str | None
    procedure_name: str | None
    channel: str | None
    due: str | None
    due_lines: list[AppointmentLine]
    appointments: list[AppointmentView]
    pauses: list[PauseView]
    stage: Stage | None
    since: str | None
    waits: Waits | None
    officer: str | None
    passages: PassageSeconds
    result: Literal["file", "paper", "register"] | None
    finished: str | None
    late: bool
    entries: list[EntryView]
