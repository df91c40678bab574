"""What a timeline shows, and to whom."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel

from dossier_monitor.board import Board, sees
from dossier_monitor.domain import STOPS_THE_CLOCK
from dossier_monitor.lists.filters import Stage, Waits
from dossier_monitor.marks import ANSWERS, ASKS
from dossier_monitor.story import finished, in_order
from dossier_shared.errors import NotFound
from dossier_shared.http.auth import owns
from dossier_shared.http.tokens import Principal
from dossier_shared.journal.dossier import Dossier

OFFICERS = ("leader", "specialist", "counter")
Source = Literal["intake", "review", "signing", "notify"]
Status = Literal[
    "submitted", "accepted", "refused", "in_review", "awaiting_supplement", "awaiting_payment", "awaiting_consultation",
    "approved", "rejected", "signed", "delivered", "stopped",
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


def demand_sight(who: Principal, dossier: Dossier, board: Board) -> bool:
    """True for officers, who see which colleague acted; False for its owner. Others are told that there is none."""
    state = dossier.state
    agency = state.get("agency", "")
    above = board.above(agency, state.get("overseers", ()))
    if "admin" in who.roles:
        return True
    if who.agency is not None:
        if "superior" in who.roles and sees(who.agency, agency, above):
            return True
        if not who.roles.isdisjoint(OFFICERS) and who.agency == agency:
            return True
    if owns(who, state.get("owner")):
        return False
    raise NotFound()


def timeline_view(dossier: Dossier, board: Board, *, officer: bool) -> dict[str, Any]:
    """Lateness is judged by the board's instant; the procedure is called as in the catalogue in force."""
    state, now = dossier.state, board.meta().now
    entries = in_order(state.get("entries", []))
    ended, due = finished(entries), state.get("due")
    accepted = next((entry for entry in entries if entry["type"] == "accepted"), None)
    known = state.get("facts", {})
    stands = bool(known.get("unfinished") and not known.get("paused"))
    until = ended or (now if stands else None)
    return {
        "id": dossier.id,
        "version": dossier.version,
        "code": state.get("code"),
        "status": state.get("status"),
        "agency": state.get("agency"),
        "procedure": state.get("procedure"),
        "procedure_name": board.procedure_name(state.get("procedure", ""), state.get("procedure_name")) or None,
        "channel": state.get("channel"),
        "due": due,
        "due_lines": accepted["data"].get("lines", []) if accepted else [],
        "appointments": [_appointment(entry) for entry in entries if entry["data"].get("lines")],
        "pauses": pauses(entries),
        "stage": known.get("stage"),
        "since": known.get("since"),
        "waits": known.get("waits"),
        "officer": known.get("officer") if officer else None,
        "passages": known.get("seconds", {}),
        "result": known.get("result"),
        "finished": ended,
        "late": bool(due and until and until > due),
        "entries": [_entry(entry, officer=officer) for entry in entries],
    }


def pauses(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """For whom or what it had to wait, from when until when; `until` None: it still does. `entries` in order."""
    found: list[dict[str, Any]] = []
    for entry in entries:
        if entry["type"] in ASKS:
            waits = ASKS[entry["type"]]
            stops = waits in STOPS_THE_CLOCK
            found.append({"waits": waits, "since": entry["time"], "until": None, "stops_the_clock": stops})
        elif entry["type"] in ANSWERS:
            for pause in found:
                pause["until"] = pause["until"] or entry["time"]
    return found


def _appointment(entry: dict[str, Any]) -> dict[str, Any]:
    data = entry["data"]
    return {"at": entry["time"], "type": entry["type"], "appointment": data.get("appointment"), "lines": data["lines"]}


def _entry(entry: dict[str, Any], *, officer: bool) -> dict[str, Any]:
    role, _, person = entry["actor"].partition(":")
    unseen = ("lines",) if officer else ("lines", "officer")
    data = {name: value for name, value in entry["data"].items() if name not in unseen}
    return {
        **{name: entry[name] for name in ("source", "seq", "type", "time", "recorded", "portal")},
        "role": role,
        "actor": person if officer else None,
        "data": data,
    }
