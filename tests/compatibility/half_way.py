"""Follows dossiers part of the way, or the rest of it, with whatever code it is run on.

Standard input: `records` (golden ones, in their order), and with `--on` also `states` as another release left them. Answer
without X"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from bson import json_util

sys.path.append(str(Path(__file__).parent))
from reads import journal, read, topics  # type: ignore[import-not-found]

States = dict[str, dict[str, list[tuple[str, Any]]]]
# how the API shows it; notify's is of its messages, which states do not have
SHOWN = {"intake": "dossier_view", "review": "case_view", "signing": "result_view"}


def name(event: Any) -> str:
    return f"{event.dossier}/{event.source}/{event.seq} {event.type}"


def rules_of(service: str) -> Any:
    app = import_module(f"dossier_{service}.app").build(import_module(f"dossier_{service}.settings").Settings())
    return app.state.runtime.rules


def concerning(service: str, events: list[Any]) -> dict[str, list[Any]]:
    """What it hears of each dossier and what it writes itself, in their order."""
    sources = {service, *(topic.source for topic in topics.heard_by(service))}
    found: dict[str, list[Any]] = {}
    for event in events:
        if event.source in sources:
            found.setdefault(event.dossier, []).append(event)
    return found


def half_way(events: list[Any]) -> States:
    states: States = {}
    for service in topics.SERVICES:
        evolve = rules_of(service).evolve
        for dossier, batch in concerning(service, events).items():
            passed = states.setdefault(service, {}).setdefault(dossier, [])
            state: Any = {}
            for event in batch:
                state = evolve(state, event)
                passed.append((name(event), state))
    return states


def show(service: str, dossier: str, state: Any) -> None:
    if service in SHOWN:
        view = getattr(import_module(f"dossier_{service}.schemas"), SHOWN[service])
        view(journal.Dossier(dossier, state=state))


def go_on(events: list[Any], states: States) -> list[str]:
    """A release that hears of more goes on with what it hears from there."""
    found = []
    place = {name(event): n for n, event in enumerate(events)}
    for service, dossiers in states.items():
        evolve, known = rules_of(service).evolve, concerning(service, events)
        for dossier, passed in dossiers.items():
            for last, left in passed:
                try:
                    state = left
                    show(service, dossier, state)
                    for event in known.get(dossier, ()):
                        if place[name(event)] > place[last]:
                            state = evolve(state, event)
                            show(service, dossier, state)
                except Exception as error:  # whatever it is, it is the answer
                    found.append(f"{service}, left at {last}: {type(error).__name__}: {error}")
    return found


if __name__ == "__main__":
    asked = json_util.loads(sys.stdin.read())
    heard = [event for event in map(read, asked["records"]) if event.source != "monitor"]
    print(json_util.dumps(go_on(heard, asked["states"]) if "--on" in sys.argv else half_way(heard)))
