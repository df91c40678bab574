"""A stored story as it is shown: with what the board's instant and the catalogue in force make of it."""

from __future__ import annotations

from typing import Any

from dossier_monitor.board.board import Board
from dossier_monitor.projection.domain import STOPS_THE_CLOCK
from dossier_monitor.projection.dossier import ANSWERS, ASKS
from dossier_monitor.timelines.state import Entry, State
from dossier_monitor.timelines.story import finished, in_order
from dossier_shared.journal.dossier import Dossier


def timeline_view(dossier: Dossier[State], board: Board, *, officer: bool) -> dict[str, Any]:
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


def pauses(entries: list[Entry]) -> list[dict[str, Any]]:
    """For whom or what it had to wait, from when until when; `until` None: it still does. `entries` in order."""
    found: list[dict[str, Any]] = []
    asked: list[str | None] = []  # of each pause the question's id, where it is one of several
    for entry in entries:
        if entry["type"] in ASKS:
            waits = ASKS[entry["type"]]
            stops = waits in STOPS_THE_CLOCK
            found.append({"waits": waits, "since": entry["time"], "until": None, "stops_the_clock": stops})
            asked.append(entry["data"].get("id"))
        elif entry["type"] in ANSWERS:
            answered = entry["data"].get("id")
            for pause, question in zip(found, asked, strict=True):
                if answered is None or question in (None, answered):
                    pause["until"] = pause["until"] or entry["time"]
    return found


def _appointment(entry: Entry) -> dict[str, Any]:
    data = entry["data"]
    return {"at": entry["time"], "type": entry["type"], "appointment": data.get("appointment"), "lines": data["lines"]}


def _entry(entry: Entry, *, officer: bool) -> dict[str, Any]:
    role, _, person = entry["actor"].partition(":")
    unseen = ("lines",) if officer else ("lines", "officer")
    data = {name: value for name, value in entry["data"].items() if name not in unseen}
    return {
        **{name: entry[name] for name in ("source", "seq", "type", "time", "recorded", "portal")},
        "role": role,
        "actor": person if officer else None,
        "data": data,
    }
