"""The result as signing sees it: decided elsewhere, signed here. Pure.

stage: `signature` while it waits for a leader, None otherwise. intent: the signature asked for and not yet made.
"""

from __future__ import annotations

from dossier_shared.contracts import lifecycle
from dossier_shared.contracts.envelope import Event
from dossier_shared.contracts.events import whole
from dossier_shared.journal.dossier import State
from dossier_shared.problems import IllegalTransition

SIGNATURE = "signature"


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
    return bool(state["status"] == "approved" and state["result_kind"] == "database_update")


def _decided(state: State, event: Event) -> State:
    if "status" in state:
        raise IllegalTransition(en=f"Decided already ({state['status']}); '{event.type}' cannot follow.")
    data, sealed = whole(event.type, event.data), event.open()
    return {
        **state,
        **{key: data[key] for key in _KEPT},
        "status": event.type,
        "stage": SIGNATURE,
        "agency": event.agency,
        "decided_at": event.time,
        "holder": sealed["holder"],
        "summary": sealed.get("summary", []),
        "reason": sealed.get("reason"),
    }


_KEPT = ("code", "procedure", "procedure_name", "agency_name", "overseers", "result_kind", "owner", "appointment")


def _requested(state: State, event: Event) -> State:
    lifecycle.after(state.get("status", "draft"), event.type)
    intent = {
        "reference": event.data["reference"],
        "number": event.data["number"],
        "leader": event.actor.partition(":")[2],
        "leader_name": event.open()["leader_name"],
        "at": event.recorded,
        "substitute": event.data.get("substitute", False),
        "letterhead": event.data.get("letterhead"),
    }
    return {**state, "stage": None, "intent": intent, "failure": None}


def _failed(state: State, event: Event) -> State:
    left = {key: value for key, value in state.items() if key != "intent"}
    return {**left, "stage": SIGNATURE, "failure": event.data["reason"]}


def _signed(state: State, event: Event) -> State:
    left = {key: value for key, value in state.items() if key != "intent"}
    data = whole(event.type, event.data)
    return {
        **left,
        "status": lifecycle.after(state.get("status", "draft"), event.type),
        "stage": None,
        "signed_at": event.time,
        "signed_by": state.get("intent", {}).get("leader"),
        "result": {key: data[key] for key in ("reference", "number", "kind", "file", "size", "certificate")},
    }


_EVOLVE = {
    "approved": _decided,
    "rejected": _decided,
    "signing-requested": _requested,
    "signing-failed": _failed,
    "signed": _signed,
}
