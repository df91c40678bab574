"""The case as review sees it: how its state follows from events. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Literal, NotRequired, Unpack, cast

from typing_extensions import TypedDict

from dossier_shared.contracts import lifecycle
from dossier_shared.contracts.envelope import Event
from dossier_shared.contracts.events import whole
from dossier_shared.journal.dossier import CoreState

APPRAISAL: Final = "appraisal"  # a specialist's turn
APPROVAL: Final = "approval"  # a leader's
WAITING: Final = "waiting"  # for what `waits_for` says
What = Literal["supplement", "payment", "consultation"]


class About(TypedDict, total=False):
    agency: str  # the one asked, of a consultation
    amount_vnd: int  # of a payment


class AskedFor(About):
    """`text`: what is missing, the reason, or the question."""

    what: What
    since: str
    text: str | None


class Request(AskedFor):
    """`by`: subject of who asked. `seq`: number of the event that asked; requests of earlier releases have none."""

    by: str
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


class State(CoreState, total=False):
    """Instants are ISO 8601, UTC; who did it is a subject. Empty until the filing is heard."""

    status: str  # of lifecycle.STATES
    stage: Literal["appraisal", "approval", "waiting"] | None  # None: nobody's turn
    code: str
    procedure: str
    procedure_name: str
    result_kind: str
    straight_through: bool  # appraised and approved by rule
    owner: str
    agency_name: str
    overseers: list[str]  # agencies above its agency, the nearest first
    holder: str  # name of the applicant
    summary: list[Row]
    form: dict[str, Any]  # answers, by the procedure's own fields
    submitted_at: str
    accepted_at: str
    due: str  # the appointment
    assigned_to: str
    appraised_by: str
    appraised_at: str
    proposal: Literal["approve", "reject"]
    waits_for: Request  # while it waits
    withdrawn: dict[What, Request]  # the latest of each kind that was taken back
    answers: list[Answer]
    notes: int  # how many
    returned_by: str
    decided_by: str
    decided_at: str


def evolve(state: State, event: Event) -> State:
    apply = _EVOLVE.get(event.type)
    return apply(state, event) if apply else state


def _submitted(state: State, event: Event) -> State:
    data, sealed = whole(event.type, event.data), event.open()
    return {
        **state,
        "status": lifecycle.after(state.get("status", "draft"), event.type),
        "stage": None,
        "agency": event.agency,
        "code": data["code"],
        "procedure": data["procedure"],
        "procedure_name": data["procedure_name"],
        "result_kind": data["result_kind"],
        "straight_through": data["straight_through"],
        "owner": data["owner"],
        "agency_name": data["agency_name"],
        "overseers": data["overseers"],
        "holder": sealed["applicant"]["name"],
        "summary": sealed.get("summary", []),
        "form": sealed.get("form", {}),
        "submitted_at": event.time,
    }


def _accepted(state: State, event: Event) -> State:
    return {
        **_moved(state, event),
        "stage": APPRAISAL,
        "accepted_at": event.time,
        "due": event.data["appointment"],
    }


def _refused(state: State, event: Event) -> State:
    return {**_moved(state, event), "stage": None}


def _assigned(state: State, event: Event) -> State:
    return {**_moved(state, event), "assigned_to": event.data["officer"]}


def _appraised(state: State, event: Event) -> State:
    return {
        **_moved(state, event),
        "stage": APPROVAL,
        "appraised_by": _person(event),
        "appraised_at": event.time,
        "proposal": event.data["proposal"],
    }


def _supplement_requested(state: State, event: Event) -> State:
    return _waits(state, event, "supplement", event.open().get("text"))


def _payment_requested(state: State, event: Event) -> State:
    return _waits(state, event, "payment", event.open().get("reason"), amount_vnd=event.data["amount_vnd"])


def _consultation_requested(state: State, event: Event) -> State:
    return _waits(state, event, "consultation", event.open().get("question"), agency=event.data["agency"])


def _waits(state: State, event: Event, what: What, text: str | None, **about: Unpack[About]) -> State:
    waits: Request = {
        "what": what, "since": event.time, "text": text, "by": _person(event), "seq": event.seq, **about,
    }  # fmt: skip
    return {**_moved(state, event), "stage": WAITING, "waits_for": waits}


def _supplement_received(state: State, event: Event) -> State:
    sealed = event.open()
    return _answered(
        state, event, "supplement", sealed.get("text"),
        documents=[document["id"] for document in event.data.get("documents", [])], names=sealed.get("documents", []),
    )  # fmt: skip


def _payment_confirmed(state: State, event: Event) -> State:
    return _answered(state, event, "payment", event.open().get("receipt"))


def _consultation_answered(state: State, event: Event) -> State:
    return _answered(state, event, "consultation", event.open().get("answer"))


def _answered(state: State, event: Event, what: What, text: str | None, **papers: Unpack[HandedIn]) -> State:
    """Back to appraisal; intake says which appointment holds from now on.

    What answers a request that was taken back meanwhile is kept, and moves nothing.
    """
    asked = state.get("withdrawn", {}).get(what)
    if asked is not None and not _awaited(state, event, what):
        moved = state.copy()
    else:
        moved = {**_moved(state, event), "stage": APPRAISAL}
        asked = moved.pop("waits_for")
    answer: Answer = {"asked": _told(asked), "at": event.time, "text": text, **papers}
    return {
        **moved,
        "answers": [*state.get("answers", ()), answer],
        "due": event.data.get("appointment", state["due"]),
    }


def _awaited(state: State, event: Event, what: What) -> bool:
    """It answers the present request, which its writer had heard of."""
    waits = state.get("waits_for")
    if waits is None or waits["what"] != what:
        return False
    return event.source == "review" or event.heard.get("review", 0) >= waits.get("seq", 0)


def _told(asked: Request) -> AskedFor:
    return cast(AskedFor, {key: value for key, value in asked.items() if key not in ("by", "seq")})


def _request_withdrawn(state: State, event: Event) -> State:
    moved = _moved(state, event)
    waits = moved.pop("waits_for")
    withdrawn = {**state.get("withdrawn", {}), waits["what"]: waits}
    return {**moved, "stage": APPRAISAL, "withdrawn": withdrawn}


def _rescheduled(state: State, event: Event) -> State:
    return {**state, "due": event.data["appointment"]}


def _noted(state: State, event: Event) -> State:
    return {**_moved(state, event), "notes": state.get("notes", 0) + 1}


def _returned(state: State, event: Event) -> State:
    return {**_moved(state, event), "stage": APPRAISAL, "returned_by": _person(event)}


def _decided(state: State, event: Event) -> State:
    return {**_moved(state, event), "stage": None, "decided_by": _person(event), "decided_at": event.time}


def _moved(state: State, event: Event) -> State:
    return {**state, "status": lifecycle.after(state.get("status", "draft"), event.type)}


def _person(event: Event) -> str:
    """The subject of the actor, without the role it acted in: one person may hold two roles."""
    return event.actor.partition(":")[2]


_EVOLVE: Final[dict[str, Callable[[State, Event], State]]] = {
    "submitted": _submitted,
    "accepted": _accepted,
    "refused": _refused,
    "assigned": _assigned,
    "supplement-requested": _supplement_requested,
    "supplement-received": _supplement_received,
    "payment-requested": _payment_requested,
    "payment-confirmed": _payment_confirmed,
    "consultation-requested": _consultation_requested,
    "consultation-answered": _consultation_answered,
    "request-withdrawn": _request_withdrawn,
    "rescheduled": _rescheduled,
    "stopped": _decided,
    "appraised": _appraised,
    "noted": _noted,
    "returned": _returned,
    "approved": _decided,
    "rejected": _decided,
}
