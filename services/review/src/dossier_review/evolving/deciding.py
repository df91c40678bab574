"""Whose the case is, and what is made of it: assigned, appraised, given more time, decided, handed over, ended."""

from __future__ import annotations

from dossier_review.evolving.moves import appraised_anew, moved, person, without
from dossier_review.state import APPRAISAL, APPROVAL, State
from dossier_shared.contracts.envelope import Event


def assigned(state: State, event: Event) -> State:
    """To nobody: whoever had it has left."""
    officer = event.data["officer"]
    after = moved(state, event)
    return {**after, "assigned_to": officer} if officer else without(after, "assigned_to")


def appraised(state: State, event: Event) -> State:
    return {
        **moved(state, event),
        "stage": APPROVAL,
        "appraised_by": person(event),
        "appraised_at": event.time,
        "proposal": event.data["proposal"],
    }


def extension_requested(state: State, event: Event) -> State:
    data = event.data
    return {
        **moved(state, event),
        "extension": {
            "amount": data["amount"], "unit": data["unit"], "reason": event.open().get("reason", ""),
            "at": event.time, "by": person(event),
        },
    }  # fmt: skip


def extended(state: State, event: Event) -> State:
    """Intake says which appointment holds from then on."""
    return without(moved(state, event), "extension")


def noted(state: State, event: Event) -> State:
    return {**moved(state, event), "notes": state.get("notes", 0) + 1}


def sent_back(state: State, event: Event) -> State:
    return without(appraised_anew(state, event), "decided_by", "decided_at")


def decided(state: State, event: Event) -> State:
    return {**moved(state, event), "stage": None, "decided_by": person(event), "decided_at": event.time}


def withdrawal_declined(state: State, event: Event) -> State:
    return without(moved(state, event), "withdrawal")


def withdrawal_granted(state: State, event: Event) -> State:
    return without(decided(state, event), "withdrawal")


def handed_over(state: State, event: Event) -> State:
    """From here on another agency's: it is appraised there by whom they give it to."""
    data = event.data
    after: State = {
        **moved(state, event),
        "agency": data["to"],
        "agency_name": data.get("agency_name", ""),
        "overseers": data.get("overseers", []),
        "stage": APPRAISAL,
        "handed_by": [*state.get("handed_by", ()), event.agency],
    }
    return without(after, "assigned_to", "appraised_by", "appraised_at", "proposal", "returned_by", "extension")
