"""The thread of a case: every word and deed on it, in order, as its page shows them."""

from __future__ import annotations

from typing import Any, Final, cast

from dossier_review.state import Entry, State
from dossier_shared.contracts.envelope import Event

KEPT = 200  # a case of more has a story to be read elsewhere (the journal); the page says how many lines are not shown
TEXTS = ("text", "reason", "question", "answer", "note", "receipt")  # whichever an event seals
# Which events are lines, and what of their data is in them; intake's acceptance is on the page by itself.
SHOWN: Final[dict[str, tuple[str, ...]]] = {
    "completion-requested": (),
    "completed": (),
    "refused": (),
    "withdrawn": (),
    "supplement-received": (),
    "payment-confirmed": ("amount_vnd",),
    "rescheduled": ("appointment",),
    "withdrawal-requested": (),
    "corrected": ("fields",),
    "consent-withdrawn": (),
    "evidence-received": (),
    "assigned": ("officer",),
    "supplement-requested": (),
    "payment-requested": ("amount_vnd",),
    "consultation-requested": ("id", "agency", "limit"),
    "consultation-answered": ("id", "agency"),
    "consultation-withdrawn": ("id", "agency"),
    "consultation-overdue": ("id", "agency", "limit"),
    "request-withdrawn": ("what",),
    "extension-requested": ("amount", "unit"),
    "extended": ("amount", "unit", "before"),
    "withdrawal-granted": (),
    "withdrawal-declined": (),
    "handed-over": ("agency_name",),
    "stopped": (),
    "appraised": ("proposal",),
    "noted": (),
    "returned": (),
    "approved": (),
    "rejected": (),
    "sent-back": (),
}


def told(state: State, event: Event) -> State:
    """The state with one line more, if the event is one."""
    facts = SHOWN.get(event.type)
    if facts is None:
        return state
    thread = [*state.get("thread", ()), entry_of(event, facts)]
    over = len(thread) - KEPT
    if over <= 0:
        return {**state, "thread": thread}
    return {**state, "thread": thread[over:], "earlier": state.get("earlier", 0) + over}


def entry_of(event: Event, facts: tuple[str, ...]) -> Entry:
    role, _, sub = event.actor.partition(":")
    data, sealed = event.data, event.open()
    line: dict[str, Any] = {
        "at": event.time, "by": "rule" if role == "rule" else sub, "role": role, "type": event.type,
        **{fact: data[fact] for fact in facts if data.get(fact) not in (None, "", [])},
    }  # fmt: skip
    text = next((sealed[name] for name in TEXTS if sealed.get(name)), None)
    if text is not None:
        line["text"] = text
    if sealed.get("documents"):
        line["names"] = sealed["documents"]
    if event.type == "handed-over":
        line["agency"] = data["to"]
    if event.type == "extended" and event.time > data["before"]:
        line["late"] = True
    return cast(Entry, line)
