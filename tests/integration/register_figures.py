"""What a register says, computed from the file alone: nothing of the project is imported here.

The end of a case is its last event; late is an end after the deadline; granted is a case with a T10; open has none. What is held
(T16) is appraised and granted once it goes on (T20).
"""

from __future__ import annotations

import csv
import gzip
from collections import Counter, defaultdict
from datetime import datetime
from pathlib import Path
from typing import Any

CHANNEL = {"Internet": "online", "e-mail": "online", "Desk": "direct", "Intern": "direct", "Post": "postal"}


def figures(path: Path) -> dict[str, Any]:
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as file:
        cases = defaultdict(list)
        for row in csv.DictReader(file):
            cases[row["case"]].append((datetime.fromisoformat(row["timestamp"]), row))
    for events in cases.values():
        events.sort(key=lambda event: event[0])
    deadline = {case: datetime.fromisoformat(events[0][1]["deadline"]) for case, events in cases.items()}
    granted = {c for c, events in cases.items() if any(_is(row, "T10") for _, row in events)}
    late = {c for c, events in cases.items() if events[-1][0] > deadline[c]}
    appraised = {c: max(t for t, r in e if _is(r, "T06")) for c, e in cases.items() if any(_is(r, "T06") for _, r in e)}
    decided = {c: next(t for t, r in cases[c] if _is(r, "T10")) for c in granted}
    for case in granted:
        if (held := _held(cases[case])) is not None:
            appraised[case] = decided[case] = held
    return {
        "cases": set(cases),
        "granted": granted,
        "late": late,
        "single": {c for c, events in cases.items() if len(events) == 1},
        "events": sum(map(len, cases.values())),
        "channels": Counter(CHANNEL[events[0][1]["channel"]] for events in cases.values()),
        "appraisal": sorted((at - cases[c][0][0]).total_seconds() for c, at in appraised.items()),
        "decision": sorted((at - appraised[c]).total_seconds() for c, at in decided.items()),
    }


EDGES = (900, 3600, 14400, *(days * 86400 for days in (1, 2, 3, 5, 7, 10, 15, 30, 60)))  # seconds; README of monitor


def board(path: Path, now: datetime) -> dict[str, Counter[str]]:
    """What the board must show in the end, per channel: filings, lateness, and how long each passage took, by bucket.

    Signing itself takes this machine's time, not the register's, and is left out.
    """
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as file:
        cases = defaultdict(list)
        for row in csv.DictReader(file):
            cases[row["case"]].append((datetime.fromisoformat(row["timestamp"]), row))
    shown: dict[str, Counter[str]] = defaultdict(Counter)
    for events in cases.values():
        events.sort(key=lambda event: event[0])
        mine, filed, ended = shown[CHANNEL[events[0][1]["channel"]]], events[0][0], events[-1][0]
        due = datetime.fromisoformat(events[0][1]["deadline"])
        granted = next((at for at, line in events if _is(line, "T10")), None)
        appraised = max((at for at, line in events if _is(line, "T06")), default=None)
        if granted is not None and (held := _held(events)) is not None:
            granted = appraised = held
        mine["filed"] += 1
        took = {"appraisal": appraised - filed} if appraised else {}
        if granted is None:
            mine["due:late"] += due < now
        else:
            mine["ended_late" if ended > due else "on_time"] += 1
            took["approval"] = granted - (appraised or filed)
        for name, time in took.items():
            mine[f"took:{name}:{sum(edge <= time.total_seconds() for edge in EDGES)}"] += 1
    return shown


def _held(events: list[tuple[datetime, dict[str, str]]]) -> datetime | None:
    """Until when, where it is."""
    held = any(_is(row, "T16") for _, row in events)
    return max((at for at, row in events if _is(row, "T20")), default=None) if held else None


def _is(row: dict[str, str], activity: str) -> bool:
    return row["activity"].startswith(activity)


def quantile(ordered: list[float], share: float) -> float:
    """The smallest value that at least this share does not exceed."""
    return next(v for n, v in enumerate(ordered, 1) if n >= share * len(ordered) - 1e-9)
