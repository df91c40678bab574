"""A dossier's facts as MongoDB keeps them for lists, searches and indicators: what a mark says, in fields one can query.

They come from the same functions as the board's numbers, so that the dossiers behind a number are as many as it says.
Instants are ISO 8601 UTC with microseconds; days are Vietnam's, `YYYY-MM-DD`. What is not known is None.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from dossier_monitor.projection.domain import (
    OPEN_STAGES,
    SECOND,
    SOON_DAYS,
    day,
    decided,
    holder,
    on_time,
    paused,
    since,
    stage,
    unfinished,
    waits_for,
)
from dossier_monitor.projection.dossier import (
    ACCEPTED,
    APPROVED,
    DELIVERED,
    PEOPLE,
    REFUSED,
    REJECTED,
    SIGNED,
    SUBMITTED,
    DossierProjection,
    iso,
    micros,
)
from dossier_monitor.projection.durations import born, passages

_EPOCH: Final = date(1970, 1, 1).toordinal()
EVERYTHING = "*"  # stands in `under` of every dossier: the scope of who may see all, found by the same index


def facts(projection: DossierProjection, above: Sequence[str]) -> dict[str, Any]:
    """`above`: the agencies above its own, the nearest first."""
    times, at = projection.times, stage(projection)
    without = at if at in ("stopped", "withdrawn") else None  # a result
    ended = times[REFUSED] or times[SIGNED] or (since(projection, at) if without else 0)
    return {
        "agency": projection.agency,
        "under": under(projection.agency, above),
        "procedure": projection.procedure,
        "channel": projection.channel,
        "stage": at,
        "open": at in OPEN_STAGES,
        "unfinished": unfinished(projection),  # late as soon as `due` < now, unless paused
        "since": _at(since(projection, at)),
        "waits": waits_for(projection, at) or None,
        "officer": holder(projection, at) or None,
        "people": {name: who for name, who in zip(PEOPLE, projection.people, strict=True) if who},
        "due": _at(projection.due or 0),
        "due_day": _day(projection.due or 0),
        "paused": paused(projection),
        "born": _at(born(projection)),  # filed, or the earliest thing known of it: never None, so lists can be sorted by it
        "filed": _at(times[SUBMITTED]),
        "filed_day": _day(times[SUBMITTED]),
        "accepted": _at(times[ACCEPTED]),
        "decided": _at(decided(projection)),
        "outcome": "refused" if times[REFUSED] else "approved" if times[APPROVED] else "rejected" if times[REJECTED]
        else without,
        "signed": _at(times[SIGNED]),
        "ended": _at(ended),  # refused, stopped, withdrawn or signed: the citizen awaits no more
        "ended_day": _day(ended),
        "delivered": _at(times[DELIVERED]),
        "on_time": on_time(projection),
        "same_day": _day(times[SUBMITTED]) == _day(times[SIGNED]) if times[SUBMITTED] and times[SIGNED] else None,
        "saved": _saved(projection),
        "seconds": {name: took // SECOND for name, took in passages(projection).items()},
        "last": _at(projection.last),
    }  # fmt: skip


def standing(facts: Mapping[str, Any], now: int) -> str | None:
    """One of DUE, as `due_state` says it of a projection; None for a finished dossier."""
    if not facts["unfinished"]:
        return None
    if not facts["due"]:
        return "none"
    if facts["paused"]:
        return "paused"
    due = micros(facts["due"])
    if due < now:
        return "late"
    days = day(due) - day(now)
    return "today" if days == 0 else "soon" if days <= SOON_DAYS else "later"


def overdue(facts: Mapping[str, Any], now: int) -> int | None:
    """Seconds past the deadline, less than 0 before it; None where no clock runs."""
    if not facts["due"] or not facts["unfinished"] or facts["paused"]:
        return None
    return (now - micros(facts["due"])) // SECOND


def under(agency: str, above: Sequence[str]) -> list[str]:
    """Itself and every agency above: a scope is found in it."""
    return [EVERYTHING, agency, *above]


def _saved(projection: DossierProjection) -> int | None:
    """Thousandths of the time allowed, acceptance to appointment, that filing to signing did not take; below 0: took longer."""
    times, due = projection.times, projection.due
    if not (times[SIGNED] and times[SUBMITTED] and times[ACCEPTED]) or due is None or due <= times[ACCEPTED]:
        return None
    return round(1000 - 1000 * (times[SIGNED] - times[SUBMITTED]) / (due - times[ACCEPTED]))


def _at(at: int) -> str | None:
    return iso(at) if at else None


def _day(at: int) -> str | None:
    return date.fromordinal(_EPOCH + day(at)).isoformat() if at else None
