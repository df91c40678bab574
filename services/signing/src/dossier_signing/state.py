"""The result as signing sees it: decided elsewhere, signed here. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Literal, NotRequired

from typing_extensions import TypedDict

from dossier_shared.contracts import lifecycle
from dossier_shared.contracts.envelope import Event
from dossier_shared.contracts.events import whole
from dossier_shared.journal.dossier import CoreState
from dossier_shared.problems import IllegalTransition
from dossier_shared.vocabulary.persons import GONE

# what these say is the person's: of whom is erased it is replaced by this (`journal.forgetting`)
PERSONAL: Final = {"holder": GONE, "summary": [], "reason": GONE}
SIGNATURE: Final = "signature"


class Wish(TypedDict):
    """A signature asked for and not yet made. `leader`: subject of who signs. `at`: when it was recorded, or previewed."""

    reference: str
    number: str
    leader: str
    leader_name: str
    at: str
    substitute: NotRequired[bool]  # letters that no font has become code points
    letterhead: NotRequired[dict[str, Any] | None]  # as in `signing-requested`
    preview: NotRequired[str | None]  # SHA-256 of what the leader was shown


class Result(TypedDict):
    """`file`: SHA-256 of the PDF, None of a registry entry. `size`: bytes. `certificate`: its serial."""

    reference: str
    number: str
    kind: str
    file: str | None
    size: int
    certificate: str | None


class State(CoreState, total=False):
    """Instants are ISO 8601, UTC."""

    status: str  # approved | rejected | in_review | signed; of what was sent back also stopped | withdrawn
    stage: Literal["signature"] | None  # None: no leader's turn
    code: str
    procedure: str
    procedure_name: str
    agency_name: str
    overseers: list[str]  # agencies above its agency, the nearest first
    result_kind: str
    owner: str
    person: str | None  # whom it is about
    consent_until: str | None  # from then on who filed for the person may see nothing of it
    consent_withdrawn: str
    received_at: str | None  # code of the centre that took it in
    delivery: str  # how the result is wished for
    appointment: str | None
    decided_at: str
    decided_by: (
        str  # subject of who approved or rejected; of what was decided before this was kept, and by a rule, none
    )
    holder: str  # name of the applicant
    summary: Any  # rows of the form, {label_vi, label_en, value}; of old events whatever they said
    reason: str | None  # of a rejection
    run: str | None  # the leader's name for what was signed together with it, at the latest word
    intent: Wish  # while it is being signed
    failure: str | None  # code of why the latest signature could not be made
    signed_at: str
    signed_by: str | None  # the leader's subject; None of a registry entry
    result: Result
    downloaded_at: str  # by the person it is for, the first time


def evolve(state: State, event: Event) -> State:
    apply = _EVOLVE.get(event.type)
    return apply(state, event) if apply else state


def reference_of(dossier: str) -> str:
    """A dossier has one result, and the result one reference."""
    return f"{dossier}:result"


def number_of(state: State) -> str:
    return f"{state['code']}/KQ"


def registry_entry(state: State) -> bool:
    """Granted, and nothing to print: the result is the entry itself."""
    return state["status"] == "approved" and state["result_kind"] == "database_update"


def _decided(state: State, event: Event) -> State:
    """For the first time, or anew after it was sent back."""
    if state.get("status", "in_review") != "in_review":
        raise IllegalTransition(en=f"Decided already ({state['status']}); '{event.type}' cannot follow.")
    data, sealed = whole(event.type, event.data), event.open()
    return {
        **state,
        "code": data["code"],
        "procedure": data["procedure"],
        "procedure_name": data["procedure_name"],
        "agency_name": data["agency_name"],
        "overseers": data["overseers"],
        "result_kind": data["result_kind"],
        "owner": data["owner"],
        "person": data["person"],
        "consent_until": data["consent_until"],
        "received_at": data["received_at"],
        "delivery": data["delivery"],
        "appointment": data["appointment"],
        "status": event.type,
        "stage": SIGNATURE,
        "agency": event.agency,
        "decided_at": event.time,
        "decided_by": _subject(event),
        "holder": sealed["holder"],
        "summary": sealed.get("summary", []),
        "reason": sealed.get("reason"),
    }


def _subject(event: Event) -> str:
    role, _, sub = event.actor.partition(":")
    return "" if role == "rule" else sub


def _requested(state: State, event: Event) -> State:
    lifecycle.after(state.get("status", "draft"), event.type)
    intent: Wish = {
        "reference": event.data["reference"],
        "number": event.data["number"],
        "leader": event.actor.partition(":")[2],
        "leader_name": event.open()["leader_name"],
        "at": event.data.get("preview_at") or event.recorded,
        "preview": event.data.get("preview"),
        "substitute": event.data.get("substitute", False),
        "letterhead": event.data.get("letterhead"),
    }
    return {**state, "stage": None, "intent": intent, "failure": None, "run": event.data.get("run")}


def _failed(state: State, event: Event) -> State:
    left = state.copy()
    left.pop("intent", None)
    return {**left, "stage": SIGNATURE, "failure": event.data["reason"]}


def _sent_back(state: State, event: Event) -> State:
    """What was wrong with it goes with the old contents."""
    left = state.copy()
    left.pop("failure", None)
    left.pop("run", None)
    return {**left, "status": lifecycle.after(state.get("status", "draft"), event.type), "stage": None}


def _consent_ended(state: State, event: Event) -> State:
    """Also before there is a decision: it stands when one comes."""
    return {**state, "consent_withdrawn": event.time}


def _ended(state: State, event: Event) -> State:
    """By review, of what was sent back; of all others signing knows nothing yet."""
    if state.get("status") != "in_review":
        return state
    return {**state, "status": lifecycle.after(state["status"], event.type)}


def _signed(state: State, event: Event) -> State:
    left = state.copy()
    left.pop("intent", None)
    data = whole(event.type, event.data)
    return {
        **left,
        "status": lifecycle.after(state.get("status", "draft"), event.type),
        "stage": None,
        "signed_at": event.time,
        "signed_by": state.get("intent", {}).get("leader"),
        "result": {
            "reference": data["reference"],
            "number": data["number"],
            "kind": data["kind"],
            "file": data["file"],
            "size": data["size"],
            "certificate": data["certificate"],
        },
    }


def _downloaded(state: State, event: Event) -> State:
    lifecycle.after(state.get("status", "draft"), event.type)
    return {**state, "downloaded_at": event.time}


_EVOLVE: Final[dict[str, Callable[[State, Event], State]]] = {
    "approved": _decided,
    "rejected": _decided,
    "signing-requested": _requested,
    "signing-failed": _failed,
    "sent-back": _sent_back,
    "consent-ended": _consent_ended,
    "stopped": _ended,
    "withdrawal-granted": _ended,
    "signed": _signed,
    "downloaded": _downloaded,
}
