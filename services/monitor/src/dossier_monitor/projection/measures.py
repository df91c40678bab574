"""What one dossier adds to the numbers of its cell and of its officers, at an instant. Pure: the board is the sum of these.

A measure is a name and a number; the registry has them all. Parts of a name are joined by `:`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final

from dossier_monitor.projection.domain import (
    OPEN_STAGES,
    SECOND,
    SOON_DAYS,
    day,
    day_begins,
    holder,
    since,
    stage,
    unfinished,
)
from dossier_monitor.projection.dossier import MILESTONES, DossierProjection
from dossier_monitor.projection.durations import born, bucket, next_edge, passages
from dossier_monitor.projection.measure import Key
from dossier_monitor.projection.registry import measured
from dossier_monitor.projection.standing import Standing, standing

Rows = tuple[tuple[Callable[[Standing], Key | None], dict[Key, str]], ...]
_CELL: Final = measured("cell")
_MILESTONES: Final = {one.reached: one.name for one in _CELL if one.reached is not None}
_REACHED: Final = tuple(_MILESTONES.get(number) for number in range(len(MILESTONES)))
_CHOSEN: Final[Rows] = tuple((one.choose, one.names()) for one in _CELL if one.choose)
[_TOOK] = (one.names() for one in _CELL if one.took == "bucket")
[_SECS] = (one.names() for one in _CELL if one.took == "seconds")
_AMOUNTS: Final = tuple((one.amount, one.name) for one in _CELL if one.amount)
_OFFICER: Final = measured("officer")
_HAND: Final[Rows] = tuple((one.choose, one.names()) for one in _OFFICER if one.choose)
_DONE: Final = tuple(
    (one.by, one.name, one.reached or 0, one.done, one.passage) for one in _OFFICER if one.by is not None
)
_FLOWS: Final = tuple((one.reached or 0, one.done) for one in measured("flow"))
_DEEDS: Final = tuple(
    (one.by, one.reached or 0, one.moment or one.done) for one in measured("deeds") if one.by is not None
)


def counted(projection: DossierProjection, now: int) -> tuple[dict[str, int], dict[str, dict[str, int]]]:
    """What this dossier adds to its cell; and by subject to the officers: what they did, how long their step took, what they
    have in hand."""
    stands, took = standing(projection, now), passages(projection)
    return _measures(projection, stands, took), _officers(projection, stands, took)


def _measures(projection: DossierProjection, stands: Standing, took: Mapping[str, int]) -> dict[str, int]:
    found = _chosen(stands).copy()
    for name, at in zip(_REACHED, projection.times, strict=False):
        if at and name is not None:
            found[name] = 1
    for passage, spent in took.items():
        found[_TOOK[passage, bucket(spent)]] = 1
        found[_SECS[passage]] = spent // SECOND
    for amount, name in _AMOUNTS:
        number = amount(projection)
        if number:
            found[name] = number
    return found


def _officers(projection: DossierProjection, stands: Standing, took: Mapping[str, int]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    times, people = projection.times, projection.people
    holds = holder(projection, stands.stage)
    if holds:
        found[holds] = _held(stands).copy()
    for person, name, milestone, done, passage in _DONE:
        who = people[person]
        if who and (done(projection) if done else times[milestone]):
            mine = found.setdefault(who, {})
            mine[name] = 1
            if passage in took:
                mine[_TOOK[passage, bucket(took[passage])]] = 1
    return found


# A Standing is one of a few thousand; which measures choose it is asked once of each.
@lru_cache(maxsize=8192)
def _chosen(stands: Standing) -> dict[str, int]:
    return _counts(_CHOSEN, stands)


@lru_cache(maxsize=8192)
def _held(stands: Standing) -> dict[str, int]:
    return _counts(_HAND, stands)


def _counts(rows: Rows, stands: Standing) -> dict[str, int]:
    chosen = ((names, choose(stands)) for choose, names in rows)
    return {names[key]: 1 for names, key in chosen if key is not None}


def flows(projection: DossierProjection) -> list[int]:
    """As FLOWS: when it passed; 0: not yet."""
    times = projection.times
    return [done(projection) if done else times[milestone] for milestone, done in _FLOWS]


def deeds(projection: DossierProjection) -> list[tuple[str, int]]:
    """As DEEDS: by whom (empty: nobody known, or a rule), and when (0: not yet); of several appraisals the latest."""
    times, people = projection.times, projection.people
    return [(people[person], done(projection) if done else times[milestone]) for person, milestone, done in _DEEDS]


def next_change(projection: DossierProjection, now: int) -> int | None:
    """The next instant at which `measures` differ though nothing happens; None: never."""
    at = stage(projection)
    if at not in OPEN_STAGES:
        return None
    moments = [next_edge(born(projection), now), next_edge(since(projection, at), now)]
    if projection.due is not None and unfinished(projection):
        due_day = day(projection.due)
        moments += [day_begins(due_day - SOON_DAYS), day_begins(due_day), projection.due + 1]
    later = [moment for moment in moments if moment is not None and moment > now]
    return min(later) if later else None
