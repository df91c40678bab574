"""Numbers worked out from counts: what the board shows of a row beside what is counted. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from dossier_monitor.projection.domain import OPEN_STAGES
from dossier_monitor.projection.durations import BUCKETS, PASSAGES, quantile

Counts = Mapping[str, int]
# of what is in hand late: from here on an agency is red; below, one late dossier makes it amber
RED_SHARE: Final = 0.10
_STAGES: Final = tuple(f"stage:{stage}" for stage in OPEN_STAGES)


def open_of(counts: Counts) -> int:
    return sum([counts.get(name, 0) for name in _STAGES])


def late_of(counts: Counts) -> int:
    return counts.get("due:late", 0)


def level(counts: Counts) -> str:
    """idle, good, warn or bad: by what is late, and what must go out today."""
    in_hand, late = open_of(counts), late_of(counts)
    if not in_hand:
        return "idle"
    if late >= RED_SHARE * in_hand and late:
        return "bad"
    return "warn" if late or counts.get("due:today") else "good"


def judged_of(counts: Counts) -> int:
    """Finished dossiers that had an appointment."""
    return counts.get("on_time", 0) + counts.get("ended_late", 0)


def share_of(counts: Counts) -> float | None:
    """On time, of those finished that had an appointment."""
    judged = judged_of(counts)
    return counts.get("on_time", 0) / judged if judged else None


def away_of(counts: Counts) -> int:
    """In an officer's hands, but waiting for somebody else."""
    return sum(counts.get(f"wait:{other}", 0) for other in ("citizen", "payment", "agency"))


def took_of(counts: Counts, share: float) -> float | None:
    """How long an officer's own step takes: of the passage they finished most often."""
    own = max(PASSAGES, key=lambda passage: _finished(counts, passage))
    return quantile(counts, f"took:{own}", share)


def _finished(counts: Counts, passage: str) -> int:
    return sum(counts.get(f"took:{passage}:{bucket}", 0) for bucket in range(BUCKETS))
