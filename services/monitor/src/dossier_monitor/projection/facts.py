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
from dossier_monitor.projection.durations import born, passages
from dossier_monitor.projection.marks import (
    ACCEPTED,
    APPROVED,
    DELIVERED,
    PEOPLE,
    REFUSED,
    REJECTED,
    SIGNED,
    STOPPED,
    SUBMITTED,
    Mark,
    iso,
    micros,
)

_EPOCH: Final = date(1970, 1, 1).toordinal()
EVERYTHING = "*"  # stands in `under` of every dossier: the scope of who may see all, found by the same index


def facts(mark: Mark, above: Sequence[str]) -> dict[str, Any]:
    """`above`: the agencies above its own, the nearest first."""
    times, at = mark.times, stage(mark)
    stopped = at == "stopped"
    ended = times[REFUSED] or times[SIGNED] or (times[STOPPED] if stopped else 0)
    return {
        "agency": mark.agency,
        "under": under(mark.agency, above),
        "procedure": mark.procedure,
        "channel": mark.channel,
        "stage": at,
        "open": at in OPEN_STAGES,
        "unfinished": unfinished(mark),  # late as soon as `due` < now, unless paused
        "since": _at(since(mark, at)),
        "waits": waits_for(mark, at) or None,
        "officer": holder(mark, at) or None,
        "people": {name: who for name, who in zip(PEOPLE, mark.people, strict=True) if who},
        "due": _at(mark.due or 0),
        "due_day": _day(mark.due or 0),
        "paused": paused(mark),
        "born": _at(born(mark)),  # filed, or the earliest thing known of it: never None, so lists can be sorted by it
        "filed": _at(times[SUBMITTED]),
        "filed_day": _day(times[SUBMITTED]),
        "accepted": _at(times[ACCEPTED]),
        "decided": _at(decided(mark)),
        "outcome": "refused" if times[REFUSED] else "approved" if times[APPROVED] else "rejected" if times[REJECTED]
        else "stopped" if stopped else None,
        "signed": _at(times[SIGNED]),
        "ended": _at(ended),  # refused, stopped or signed: the citizen's answer exists
        "ended_day": _day(ended),
        "delivered": _at(times[DELIVERED]),
        "on_time": on_time(mark),
        "same_day": _day(times[SUBMITTED]) == _day(times[SIGNED]) if times[SUBMITTED] and times[SIGNED] else None,
        "saved": _saved(mark),
        "seconds": {name: took // SECOND for name, took in passages(mark).items()},
        "last": _at(mark.last),
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


def _saved(mark: Mark) -> int | None:
    """Thousandths of the time allowed, acceptance to appointment, that filing to signing did not take; below 0: took longer."""
    times, due = mark.times, mark.due
    if not (times[SIGNED] and times[SUBMITTED] and times[ACCEPTED]) or due is None or due <= times[ACCEPTED]:
        return None
    return round(1000 - 1000 * (times[SIGNED] - times[SUBMITTED]) / (due - times[ACCEPTED]))


def _at(at: int) -> str | None:
    return iso(at) if at else None


def _day(at: int) -> str | None:
    return date.fromordinal(_EPOCH + day(at)).isoformat() if at else None
