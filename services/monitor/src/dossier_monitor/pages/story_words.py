"""A dossier's story in words: Vietnamese first, English second."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import SimpleNamespace
from typing import Any, Final

from dossier_monitor.pages.texts import EVENTS, ROLES, STATUS, VALUES, board_texts, label, span
from dossier_monitor.pages.words import DUE, PASSAGES, STAGES, WAITS, clock_words, said
from dossier_monitor.projection.domain import OPEN_STAGES, SECOND
from dossier_monitor.projection.facts import overdue, standing
from dossier_monitor.projection.marks import micros
from dossier_shared.pages.texts import Lang

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "live": ("Tự cập nhật", "Updates by itself"),
    "connecting": ("Đang kết nối", "Connecting"),
    "lost": ("Mất kết nối, đang nối lại", "Connection lost, trying again"),
    "changed": ("Có diễn biến mới", "Something new has happened"),
    "now": ("Hiện đang", "Now"),
    "waits": ("Đang chờ", "Waiting for"),
    "holder": ("Người đang giữ", "In the hands of"),
    "nobody": ("chưa giao cho ai", "not assigned"),
    "stands": ("Ở bước này", "In this step"),
    "steps": ("Từng bước mất bao lâu", "How long each step took"),
    "step": ("Bước", "Step"),
    "took": ("Thời gian", "Time"),
    "still": ("{age}, chưa xong", "{age} so far"),
    "not_yet": ("chưa tới", "not yet"),
    "given": ("Hẹn lúc {at}", "Given on {at}"),
    "given_anew": ("{why}, tính lại lúc {at}", "{why}, reckoned anew on {at}"),
    "pauses": ("Thời gian phải chờ", "Times of waiting"),
    "from_until": ("từ {since} đến {until}", "from {since} to {until}"),
    "from_on": ("từ {since}, chưa xong", "since {since}"),
    "stops": ("không tính vào thời hạn", "not counted in the time limit"),
    "result": ("Mở kết quả đã ký (PDF)", "Open the signed result (PDF)"),
}
_MOMENTS: Final = ("channel", "proposal", "how")


def timeline_texts(lang: Lang) -> SimpleNamespace:
    return SimpleNamespace(**{key: pair[0 if lang == "vi" else 1] for key, pair in TEXTS.items()})


def story_words(view: dict[str, Any], facts: Mapping[str, Any], now: int, lang: Lang) -> dict[str, Any]:
    """`now` in microseconds, by which the board judges."""
    due, stage = standing(facts, now), view["stage"]
    stood = max(0, now - micros(view["since"])) // SECOND if view["since"] and view["waits"] else None
    return {
        "state": label(STATUS, view["status"] or "", lang),
        "stage": said(STAGES, stage or "", lang),
        "waits": said(WAITS, view["waits"], lang) if view["waits"] else "",
        "stood": span(stood, lang) if stood is not None else "",
        "due_state": due,
        "due_words": said(DUE, due, lang) if due not in (None, "none", "later") else "",
        "clock": clock_words(overdue(facts, now), lang),
        "steps": _steps(view, stood, lang),
        "appointments": [_appointment(one, lang) for one in view["appointments"]],
        "pauses": [{**one, "waits": said(WAITS, one["waits"], lang)} for one in view["pauses"]],
        "entries": [
            _entry(entry, before, lang) for before, entry in zip([None, *view["entries"]], view["entries"], strict=False)
        ],
    }  # fmt: skip


def _steps(view: dict[str, Any], stood: int | None, lang: Lang) -> list[dict[str, Any]]:
    """What is behind it, the step it is in, and what is still to come."""
    here = "intake" if view["stage"] == "submitted" else view["stage"]
    found = []
    for name in ("intake", *OPEN_STAGES[1:]):
        took = view["passages"].get(name)
        words = span(took, lang) if took is not None else ""
        if name == here and stood is not None:
            words = timeline_texts(lang).still.format(age=span(stood, lang))
        found.append({"name": said(PASSAGES, name, lang), "took": words, "here": name == here and stood is not None})
    whole = view["passages"].get("whole")
    if whole is not None:
        found.append({"name": said(PASSAGES, "whole", lang), "took": span(whole, lang), "here": False})
    return found if view["stage"] not in ("refused", "stopped") else [one for one in found if one["took"]]


def _appointment(one: dict[str, Any], lang: Lang) -> dict[str, Any]:
    lines = [line.get(lang) or line.get("text") or line.get("vi") or "" for line in one["lines"]]
    why = "" if one["type"] == "accepted" else label(EVENTS, one["type"], lang)
    return {**one, "why": why, "lines": [line for line in lines if line]}


def _entry(entry: dict[str, Any], before: dict[str, Any] | None, lang: Lang) -> dict[str, Any]:
    at = datetime.fromisoformat(entry["time"])
    waited = (at - datetime.fromisoformat(before["time"])).total_seconds() if before else 0.0
    data = entry["data"]
    details = [label(VALUES, data[name], lang) for name in _MOMENTS if data.get(name) in VALUES]
    details += [label(VALUES, str(data[name]), lang) for name in ("number", "reason") if data.get(name)]
    by_rule = entry["role"] == "rule"
    return {
        "key": f"{entry['source']}:{entry['seq']}",
        "at": at,
        "what": label(EVENTS, entry["type"], lang),
        "who": board_texts(lang).by_rule if by_rule else label(ROLES, entry["role"], lang),
        "person": None if by_rule else entry["actor"],
        "service": label(VALUES, entry["source"], lang),
        "details": ", ".join(details),
        "consulted": data.get("agency"),
        "officer": data.get("officer") if entry["actor"] is not None else None,
        "waited": span(waited, lang) if waited >= 60 else "",
        "ends": entry["type"] in ("signed", "delivered", "refused", "stopped"),
    }
