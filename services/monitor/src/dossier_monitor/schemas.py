"""What a timeline shows, and to whom."""

from __future__ import annotations

from typing import Any

from dossier_monitor.board import sees
from dossier_monitor.domain import STOPS_THE_CLOCK
from dossier_monitor.marks import ANSWERS, ASKS
from dossier_monitor.story import finished, in_order
from dossier_shared.errors import NotFound
from dossier_shared.journal import Dossier
from dossier_shared.tokens import Principal

OFFICERS = ("leader", "specialist", "counter")


def demand_sight(who: Principal, dossier: Dossier) -> bool:
    """True for officers, who see which colleague acted; False for its owner. Others are told that there is none."""
    state = dossier.state
    agency, above = state.get("agency", ""), state.get("overseers", ())
    if "admin" in who.roles:
        return True
    if who.agency is not None:
        if "superior" in who.roles and sees(who.agency, agency, above):
            return True
        if not who.roles.isdisjoint(OFFICERS) and who.agency == agency:
            return True
    if state.get("owner") == who.sub and not who.roles.isdisjoint(("citizen", "agent")):
        return False
    raise NotFound()


def timeline_view(dossier: Dossier, *, officer: bool, now: str | None) -> dict[str, Any]:
    """`now`: the instant by which lateness is judged."""
    state = dossier.state
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
        "procedure_name": state.get("procedure_name"),
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


def pauses(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """For whom or what it had to wait, from when until when; `until` None: it still does. `entries` in order."""
    found: list[dict[str, Any]] = []
    for entry in entries:
        if entry["type"] in ASKS:
            waits = ASKS[entry["type"]]
            stops = waits in STOPS_THE_CLOCK
            found.append({"waits": waits, "since": entry["time"], "until": None, "stops_the_clock": stops})
        elif entry["type"] in ANSWERS:
            for pause in found:
                pause["until"] = pause["until"] or entry["time"]
    return found


def _appointment(entry: dict[str, Any]) -> dict[str, Any]:
    data = entry["data"]
    return {"at": entry["time"], "type": entry["type"], "appointment": data.get("appointment"), "lines": data["lines"]}


def _entry(entry: dict[str, Any], *, officer: bool) -> dict[str, Any]:
    role, _, person = entry["actor"].partition(":")
    data = {name: value for name, value in entry["data"].items() if name != "lines"}
    return {
        **{name: entry[name] for name in ("source", "seq", "type", "time", "recorded", "portal")},
        "role": role,
        "actor": person if officer else None,
        "data": data,
    }
