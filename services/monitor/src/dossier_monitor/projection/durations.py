"""How long a dossier's passages took, how old it is, and the buckets in which durations are counted. Pure.

Instants and durations are microseconds; the buckets' edges, and what a quantile answers, are seconds.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from typing import Final

from dossier_monitor.projection.domain import SECOND
from dossier_monitor.projection.dossier import (
    ACCEPTED,
    APPROVED,
    DELIVERED,
    REFUSED,
    REJECTED,
    SIGNED,
    SUBMITTED,
    DossierProjection,
)

# upper edges of the buckets, in seconds; the last bucket has none
EDGES: Final = (900, 3600, 4 * 3600, *(days * 86400 for days in (1, 2, 3, 5, 7, 10, 15, 30, 60)))
BUCKETS: Final = len(EDGES) + 1
PASSAGES: Final = ("intake", "appraisal", "approval", "signing", "delivery", "whole")
_EDGES: Final = tuple(edge * SECOND for edge in EDGES)


def passages(projection: DossierProjection) -> dict[str, int]:
    """What is behind it, and how long each took, never less than nothing. `whole`: from filing to signing."""
    times, found = projection.times, dict[str, int]()
    filed, accepted, signed, delivered = times[SUBMITTED], times[ACCEPTED], times[SIGNED], times[DELIVERED]
    appraised, ruled = 0 if projection.turn & 1 else projection.turn_at, times[APPROVED] or times[REJECTED]
    taken_in = accepted or times[REFUSED]
    if filed and taken_in:
        found["intake"] = taken_in - filed if taken_in > filed else 0
    if accepted and appraised:
        found["appraisal"] = appraised - accepted if appraised > accepted else 0
    if appraised and ruled:
        found["approval"] = ruled - appraised if ruled > appraised else 0
    if signed:
        if ruled:
            found["signing"] = signed - ruled if signed > ruled else 0
        if delivered:
            found["delivery"] = delivered - signed if delivered > signed else 0
        if filed:
            found["whole"] = signed - filed if signed > filed else 0
    return found


def born(projection: DossierProjection) -> int:
    """When it was filed; the earliest thing known of it where its filing has not been heard."""
    return projection.times[SUBMITTED] or min((at for at in projection.times if at), default=projection.last)


def bucket(took: int) -> int:
    return bisect_right(_EDGES, took)


def next_edge(begun: int, now: int) -> int | None:
    """When what began at `begun` comes to its next bucket; None: it is in the last."""
    index = bisect_right(_EDGES, now - begun)
    return begun + _EDGES[index] if index < len(_EDGES) else None


def quantile(counts: Mapping[str, int], prefix: str, share: float) -> float | None:
    """Seconds below which `share` of what is counted under `prefix:<b>` lies, read evenly within its bucket.

    In the last bucket, which has no end, its beginning. None: nothing counted.
    """
    numbers = [counts.get(f"{prefix}:{number}", 0) for number in range(BUCKETS)]
    total = sum(numbers)
    if total <= 0:
        return None
    wanted, below = share * total, 0
    for place, number in enumerate(numbers):
        if number and below + number >= wanted:
            low = EDGES[place - 1] if place else 0
            high = EDGES[place] if place < len(EDGES) else low
            return low + (high - low) * (wanted - below) / number
        below += number
    return float(EDGES[-1])
