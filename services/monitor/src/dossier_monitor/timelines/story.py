"""One dossier's story across the services: what is kept of each event, and what follows from all of them. Pure.

Events of one source come in order (the `heard` mark sees to that); between sources there is none, and any is legal here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, cast

from dossier_monitor.projection.domain import decided
from dossier_monitor.projection.dossier import SOURCES, DossierProjection, micros, take
from dossier_monitor.projection.facts import facts
from dossier_monitor.projection.steps import follow, retell
from dossier_monitor.timelines.search_keys import remembered
from dossier_monitor.timelines.state import Entry, State
from dossier_shared.contracts import lifecycle
from dossier_shared.contracts.envelope import Event

# what a reader of the story needs of each event's data; none of it is personal
SHOWN: Final[dict[str, tuple[str, ...]]] = {
    "submitted": ("channel", "procedure", "procedure_name", "fee_vnd"),
    "completion-requested": ("until",),
    "accepted": ("appointment", "lines"),
    "supplement-received": ("appointment", "lines"),
    "payment-confirmed": ("appointment", "lines", "amount_vnd"),
    "rescheduled": ("appointment", "lines"),
    "request-withdrawn": ("what",),
    "assigned": ("officer",),
    "payment-requested": ("amount_vnd",),
    "consultation-requested": ("agency", "id", "limit"),
    "consultation-answered": ("agency", "id", "awaited"),
    "consultation-withdrawn": ("agency", "id", "awaited"),
    "consultation-overdue": ("agency", "id", "limit"),
    "extension-requested": ("amount", "unit"),
    "extended": ("amount", "unit", "before"),
    "handed-over": ("to",),
    "appraised": ("proposal",),
    "approved": ("appointment",),
    "rejected": ("appointment",),
    "signing-requested": ("number",),
    "signing-failed": ("reason",),
    "signed": ("number", "kind", "outcome"),
    "message-requested": ("kind", "channel"),
    "message-failed": ("reason",),
    "delivered": ("how", "informed", "identified_by", "signed_on"),
}
# of submitted, or a decision
_FACTS: Final = (
    "code",
    "procedure",
    "procedure_name",
    "owner",
    "person",
    "received_at",
    "overseers",
    "channel",
    "consent_until",
)
_CONSENT_OVER: Final = frozenset({"consent-withdrawn", "consent-ended"})
# which of review's events it answers, or sends back
_ANSWERS: Final = frozenset({"supplement-received", "payment-confirmed", "sent-back"})
_RANK: Final = {
    "submitted": 1, "awaiting_completion": 1, "accepted": 2, "refused": 2, **dict.fromkeys(lifecycle.UNDER_REVIEW, 3),
    "approved": 4, "rejected": 4, "stopped": 4, "withdrawn": 4, "signed": 5, "delivered": 6,
}  # fmt: skip


def evolve(state: State, event: Event) -> State:
    entry: Entry = {
        "source": event.source,
        "seq": event.seq,
        "type": event.type,
        "time": event.time,
        "recorded": event.recorded,
        "actor": event.actor,
        "portal": event.portal,
        "data": {name: event.data[name] for name in SHOWN.get(event.type, ()) if name in event.data},
    }
    if event.type in _ANSWERS:
        entry["heard"] = event.heard
    if event.type == "handed-over":
        entry["agency"] = event.agency
    state = {**state, "entries": [*state.get("entries", ()), entry]}
    if event.type in ("submitted", "approved", "rejected"):
        better = event.type == "submitted"
        told = {name: event.data[name] for name in _FACTS if name in event.data and (better or name not in state)}
        state.update(cast(State, told))
    state = remembered(state, event)
    if event.type in _CONSENT_OVER:  # intake says it, review says it on: whichever is heard first
        state["consent_withdrawn"] = min(event.time, state.get("consent_withdrawn", event.time))
    if event.type == "submitted":
        if until := (event.data.get("consent") or {}).get("until"):
            state["consent_until"] = until
        state["reuse"] = bool(event.data.get("reused")) if event.data.get("reusable") else None
    if event.data.get("appointment") and (event.source == "intake" or "due" not in state):
        state["due"] = event.data["appointment"]
    if event.type == "signed":
        state["result"] = _result(event.data)
    reached = lifecycle.MOVES[event.type].to
    if reached is not None and not event.data.get("awaited"):
        state["reached"] = {**state.get("reached", {}), event.source: reached}
    projection = DossierProjection.decode(state["mark"]) if "mark" in state else DossierProjection()
    before, was = projection.last, projection.agency
    take(projection, event)
    state["agency"] = projection.agency
    if projection.handed:
        state["overseers"] = projection.overseers
    if "reached" in state:
        state["status"] = _status(state["reached"], projection)
    at = micros(event.time)
    steps = state.get("steps", ())
    state["steps"] = None if steps is None or at < before else follow(steps, projection, at, was)
    return {**state, "mark": projection.encode()}


Above = Callable[[str, Sequence[str]], Sequence[str]]  # of an agency, and what its dossier's events say is above it


def as_told(_agency: str, told: Sequence[str]) -> Sequence[str]:
    return told


def settle(state: State, above: Above = as_told) -> State:
    """With the facts lists and indicators ask for, and the steps told anew where an event came that happened earlier."""
    projection = DossierProjection.decode(state["mark"])
    if state["steps"] is None:
        state = {**state, "steps": retell(state["entries"], projection.agency)}
    known = facts(projection, above(projection.agency, projection.overseers))
    return {**state, "facts": {**known, "result": state.get("result"), "reuse": state.get("reuse")}}


def _result(data: dict[str, Any]) -> str:
    """What a signed dossier ended in: an electronic file, paper, or an entry in a register, of which there is no document."""
    if data.get("file"):
        return "file"
    return "register" if data.get("kind") == "registry" else "paper"


def _status(by_source: Mapping[str, str], projection: DossierProjection) -> str:
    """The furthest of what the sources reached; who asked and who answered, who decided and who sent that back, are heard in
    any order."""
    reached = set(by_source.values())
    if not decided(projection):
        reached = {"in_review" if status in ("approved", "rejected") else status for status in reached}
    furthest = max(reached, key=lambda status: _RANK[status])
    if furthest not in lifecycle.UNDER_REVIEW:
        return furthest
    awaited = reached & lifecycle.AWAITING
    return awaited.pop() if projection.asked > projection.answered and awaited else "in_review"


def in_order(entries: list[Entry]) -> list[Entry]:
    """As it happened; what happened at the same instant, in the order of the loop."""
    return sorted(entries, key=lambda entry: (entry["time"], SOURCES.index(entry["source"]), entry["seq"]))


def finished(entries: list[Entry]) -> str | None:
    """When it was signed."""
    return next((entry["time"] for entry in entries if entry["type"] == "signed"), None)
