"""The dossier as intake sees it: filed, accepted or refused here; the rest heard, for the citizen's view. Pure.

Between topics there is no order, so what others report may come in any: the furthest state wins. Only under review a dossier
goes to and fro: review's requests come in their order, and the answer to one is recorded here after it was heard.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Literal, NotRequired, Unpack

from typing_extensions import TypedDict

from dossier_shared.contracts import lifecycle
from dossier_shared.contracts.envelope import Event
from dossier_shared.contracts.events import whole
from dossier_shared.journal.dossier import CoreState

What = Literal["supplement", "payment", "consultation"]


class Applicant(TypedDict):
    """As in `submitted`: what was not given is not there."""

    name: str
    citizen_id: NotRequired[str | None]
    phone: NotRequired[str | None]
    address: NotRequired[str | None]
    kind: NotRequired[str | None]
    tax_code: NotRequired[str | None]
    representative: NotRequired[str | None]


class Paper(TypedDict):
    """`id`: SHA-256 of its bytes in the file store."""

    code: str
    id: str
    type: str
    size: int


class AskedOfCitizen(TypedDict):
    """What review waits for, and since when. What another agency is asked has no `text` here."""

    what: What
    at: str
    text: NotRequired[str | None]
    amount_vnd: NotRequired[int]


class StoodStill(TypedDict):
    """A pause of the legal clock. `taken_back`: number of the event of review that ended it, where no answer did."""

    what: What
    start: str
    end: str
    taken_back: NotRequired[int]


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
    limit: dict[str, Any]  # as in `submitted`: what rules.deadlines.Limit reads
    documents: list[Paper]
    fee_vnd: int
    accepted_at: str
    refused_at: str
    appointment: str
    appointment_lines: list[dict[str, Any]]  # how it was reached: {vi, en, basis}, as the event has them
    asked: AskedOfCitizen  # while it waits
    consulted: list[str]  # agencies whose opinion is awaited: they may read the papers
    pauses: list[StoodStill]
    reason: str | None  # of a refusal, a rejection, a stop
    stopped_at: str
    outcome: str  # approved | rejected
    decided_at: str
    signed_at: str
    result_number: str
    result_file: str | None
    delivered_at: str


_RANK = {name: rank for rank, name in enumerate(lifecycle.STATES)}
_ASKS: Final[dict[str, What]] = {  # what a request waits for
    "supplement-requested": "supplement",
    "payment-requested": "payment",
    "consultation-requested": "consultation",
}


def evolve(state: State, event: Event) -> State:
    apply = _EVOLVE.get(event.type)
    return apply(state, event) if apply else state


def _submitted(state: State, event: Event) -> State:
    data = whole(event.type, event.data)
    return {
        **state,
        "status": lifecycle.after(state.get("status", "draft"), event.type),
        "portal_status": event.portal,
        "agency": event.agency,
        "submitted_at": event.time,
        "applicant": event.open()["applicant"],
        "code": data["code"],
        "procedure": data["procedure"],
        "procedure_name": data["procedure_name"],
        "agency_name": data["agency_name"],
        "catalogue": data["catalogue"],
        "channel": data["channel"],
        "owner": data["owner"],
        "limit": data["limit"],
        "documents": data["documents"],
        "fee_vnd": data["fee_vnd"],
    }


def _accepted(state: State, event: Event) -> State:
    return {
        **_own(state, event),
        "accepted_at": event.time,
        "appointment": event.data["appointment"],
        "appointment_lines": event.data.get("lines", []),
        **_corrected(event),
    }


def _corrected(event: Event) -> State:
    corrected = event.data.get("corrected")
    return {"limit": corrected["limit"]} if corrected else {}


def _refused(state: State, event: Event) -> State:
    return {**_own(state, event), "refused_at": event.time, "reason": event.open().get("reason")}


def _answered(state: State, event: Event) -> State:
    """The clock runs again: the pause is known, and the appointment it led to."""
    moved = _own(state, event)
    asked = moved.pop("asked")
    return {
        **moved,
        "pauses": [*state.get("pauses", ()), {"what": asked["what"], "start": asked["at"], "end": event.time}],
        "appointment": event.data["appointment"],
        "appointment_lines": event.data.get("lines", []),
        **_corrected(event),
    }


def _requested(state: State, event: Event) -> State:
    """What another agency is asked is between the offices."""
    what, sealed = _ASKS[event.type], event.open()
    asked: AskedOfCitizen = {"what": what, "at": event.time}
    if what != "consultation":
        asked["text"] = sealed.get("text") or sealed.get("reason")
    if what == "payment":
        asked["amount_vnd"] = event.data["amount_vnd"]
    if what == "consultation":
        others = [agency for agency in state.get("consulted", ()) if agency != event.data["agency"]]
        return _reported(state, event, asked=asked, consulted=[*others, event.data["agency"]])
    return _reported(state, event, asked=asked)


def _opinion_came(state: State, event: Event) -> State:
    kept = _unasked(state)
    kept["consulted"] = [agency for agency in state.get("consulted", ()) if agency != event.data["agency"]]
    return _reported(kept, event)


def _request_withdrawn(state: State, event: Event) -> State:
    """What was asked is not awaited any more; where the clock stood still for it, that was a pause."""
    asked = state.get("asked")
    kept = _unasked(state)
    if asked is None or asked["what"] != event.data["what"]:
        return _reported(state, event)  # answered here before: the answer was under way
    if asked["what"] in ("supplement", "payment"):
        pause: StoodStill = {"what": asked["what"], "start": asked["at"], "end": event.time, "taken_back": event.seq}
        kept["pauses"] = [*state.get("pauses", ()), pause]
    else:
        kept["consulted"] = []
    return _reported(kept, event)


def _unasked(state: State) -> State:
    kept = state.copy()
    kept.pop("asked", None)
    return kept


def _rescheduled(state: State, event: Event) -> State:
    return {**state, "appointment": event.data["appointment"], "appointment_lines": event.data.get("lines", [])}


def _stopped(state: State, event: Event) -> State:
    kept = _unasked(state)
    return _reported(kept, event, stopped_at=event.time, reason=event.open().get("reason"))


def _own(state: State, event: Event) -> State:
    status = lifecycle.after(state.get("status", "draft"), event.type)
    return {**state, "status": status, "portal_status": event.portal}


def _reported(state: State, event: Event, **more: Unpack[State]) -> State:
    """What another service says happened; never moves the status back."""
    status = lifecycle.MOVES[event.type].to
    before = state.get("status", "draft")
    if status and (_RANK[status] > _RANK[before] or {status, before} <= lifecycle.UNDER_REVIEW):
        return {**state, "status": status, "portal_status": event.portal, **more}
    return {**state, **more} if more else state


def _approved(state: State, event: Event) -> State:
    """What the leader wrote beside an approval is the office's own."""
    return _reported(state, event, outcome=event.type, decided_at=event.time)


def _rejected(state: State, event: Event) -> State:
    return _reported(state, event, outcome=event.type, decided_at=event.time, reason=event.open().get("reason"))


def _signed(state: State, event: Event) -> State:
    return _reported(
        state, event, signed_at=event.time, result_number=event.data["number"], result_file=event.data.get("file")
    )


def _delivered(state: State, event: Event) -> State:
    return _reported(state, event, delivered_at=event.time)


_EVOLVE: Final[dict[str, Callable[[State, Event], State]]] = {
    "submitted": _submitted,
    "accepted": _accepted,
    "refused": _refused,
    "supplement-received": _answered,
    "payment-confirmed": _answered,
    "supplement-requested": _requested,
    "payment-requested": _requested,
    "consultation-requested": _requested,
    "consultation-answered": _opinion_came,
    "request-withdrawn": _request_withdrawn,
    "rescheduled": _rescheduled,
    "stopped": _stopped,
    "appraised": _reported,
    "returned": _reported,
    "approved": _approved,
    "rejected": _rejected,
    "signed": _signed,
    "delivered": _delivered,
}
