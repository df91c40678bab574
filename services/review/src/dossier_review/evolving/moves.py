"""What every event does to a state: it moves in the lifecycle, and some keys fall away."""

from __future__ import annotations

from typing import cast

from dossier_review.state import APPRAISAL, State
from dossier_shared.contracts import lifecycle
from dossier_shared.contracts.envelope import Event


def moved(state: State, event: Event) -> State:
    return {**state, "status": lifecycle.after(state.get("status", "draft"), event.type)}


def without(state: State, *keys: str) -> State:
    return cast(State, {key: value for key, value in state.items() if key not in keys})


def appraised_anew(state: State, event: Event) -> State:
    return {**moved(state, event), "stage": APPRAISAL, "returned_by": person(event)}


def person(event: Event) -> str:
    """The subject of the actor, without the role it acted in: one person may hold two roles."""
    return event.actor.partition(":")[2]
