"""A dossier's story in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from dossier_monitor.pages.shapes import clock_words, span
from dossier_monitor.projection.domain import OPEN_STAGES, SECOND
from dossier_monitor.projection.dossier import micros
from dossier_monitor.projection.facts import overdue, standing
from dossier_shared.pages.rendering import local_time
from dossier_shared.pages.texts import Lang, texts

_MOMENTS: Final = ("channel", "proposal", "how", "identified_by", "signed_on")
_UNTIL: Final = ("until", "limit")  # by when what is asked for is to be there
_ENDS: Final = frozenset({"signed", "delivered", "refused", "stopped", "withdrawn", "withdrawal-granted"})


def story_words(view: dict[str, Any], facts: Mapping[str, Any], now: int, lang: Lang) -> dict[str, Any]:
    """`now` in microseconds, by which the board judges."""
    t, due, stage = texts(lang), standing(facts, now), view["stage"]
    stood = max(0, now - micros(view["since"])) // SECOND if view["since"] and view["waits"] else None
    return {
        "state": t.label("status", view["status"] or ""),
        "stage": t.label("stage", stage or ""),
        "waits": t.label("waits", view["waits"]) if view["waits"] else "",
        "stood": span(stood, lang) if stood is not None else "",
        "due_state": due,
        "due_words": t.label("due", due) if due not in (None, "none", "later") else "",
        "clock": clock_words(overdue(facts, now), lang),
        "steps": _steps(view, stood, lang),
        "appointments": [_appointment(one, lang) for one in view["appointments"]],
        "pauses": [{**one, "waits": t.label("waits", one["waits"])} for one in view["pauses"]],
        "entries": [
            _entry(entry, before, lang) for before, entry in zip([None, *view["entries"]], view["entries"], strict=False)
        ],
    }  # fmt: skip


def _steps(view: dict[str, Any], stood: int | None, lang: Lang) -> list[dict[str, Any]]:
    """What is behind it, the step it is in, and what is still to come."""
    t, here = texts(lang), "intake" if view["stage"] == "submitted" else view["stage"]
    found = []
    for name in ("intake", *OPEN_STAGES[1:]):
        took = view["passages"].get(name)
        words = span(took, lang) if took is not None else ""
        if name == here and stood is not None:
            words = t("story.still", age=span(stood, lang))
        found.append({"name": t.label("passage", name), "took": words, "here": name == here and stood is not None})
    whole = view["passages"].get("whole")
    if whole is not None:
        found.append({"name": t.label("passage", "whole"), "took": span(whole, lang), "here": False})
    return found if view["stage"] not in ("refused", "stopped", "withdrawn") else [one for one in found if one["took"]]


def _appointment(one: dict[str, Any], lang: Lang) -> dict[str, Any]:
    lines = [line.get(lang) or line.get("text") or line.get("vi") or "" for line in one["lines"]]
    why = "" if one["type"] == "accepted" else texts(lang).label("event", one["type"])
    return {**one, "why": why, "lines": [line for line in lines if line]}


def _entry(entry: dict[str, Any], before: dict[str, Any] | None, lang: Lang) -> dict[str, Any]:
    t, at = texts(lang), datetime.fromisoformat(entry["time"])
    waited = (at - datetime.fromisoformat(before["time"])).total_seconds() if before else 0.0
    data = entry["data"]
    details = [word for name in _MOMENTS if (word := t.label("value", str(data.get(name)), ""))]
    details += [t.label("value", str(data[name])) for name in ("number", "reason") if data.get(name)]
    if "amount" in data:
        details.append(t("story.more", n=data["amount"], unit=t.label("unit", str(data.get("unit")))))
    details += [
        t("story.until", at=local_time(datetime.fromisoformat(data[name]), lang)) for name in _UNTIL if data.get(name)
    ]
    by_rule = entry["role"] == "rule"
    return {
        "key": f"{entry['source']}:{entry['seq']}",
        "at": at,
        "what": t.label("event", entry["type"]),
        "who": t("board.by_rule") if by_rule else t.label("role", entry["role"]),
        "person": None if by_rule else entry["actor"],
        "service": t.label("value", entry["source"]),
        "details": ", ".join(details),
        "consulted": data.get("agency") or data.get("to"),
        "officer": data.get("officer") if entry["actor"] is not None else None,
        "waited": span(waited, lang) if waited >= 60 else "",
        "ends": entry["type"] in _ENDS,
    }
