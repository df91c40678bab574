"""Which cases are in which list of an officer's, as queries. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple

from dossier_review.state import APPRAISAL, APPROVAL, WAITING, State
from dossier_shared.clock import instant
from dossier_shared.contracts.lifecycle import PAUSED
from dossier_shared.vocabulary.moments import VIETNAM, Works, monday_to_friday

Query = dict[str, Any]
OPEN = (APPRAISAL, APPROVAL, WAITING)
ListName = Literal[
    "appraisal", "approval", "waiting", "consultation", "mine", "group", "due", "closing", "late", "withdrawal", "done"
]
AHEAD = 2


class Day(NamedTuple):
    """A moment and the day it is in, in Vietnam; instants. `soon`: the end of the last of the working days ahead within which an
    appointment is near."""

    now: str
    begins: str
    ends: str
    soon: str

    @classmethod
    def of(cls, at: datetime, ahead: int = AHEAD, works: Works = monday_to_friday) -> Day:
        """`ahead`: days on which the office `works`."""
        begins = at.astimezone(VIETNAM).replace(hour=0, minute=0, second=0, microsecond=0)
        last = begins
        while ahead > 0:
            last += timedelta(days=1)
            ahead -= works(last.date())
        return cls(instant(at), instant(begins), instant(begins + timedelta(days=1)), instant(last + timedelta(days=1)))


def closing(state: State, day: Day) -> bool:
    """Its appointment is near or past and the clock runs: without more time (form 04) it will be late, or is."""
    running = state.get("stage") is not None and state["status"] not in PAUSED
    return running and state.get("due", "~") < day.soon


class Listed(NamedTuple):
    """Queries of a list, one part after the other; `now`: what changes with the time."""

    queries: Sequence[Query]
    now: Query | None = None


def listed(name: ListName, officer: str, agency: str, day: Day) -> Listed:
    """`mine`: assigned to the officer; `group`: to nobody; `due`: later today; `closing`: within the working days ahead, and the
    clock runs; `done`: appraised or decided by them today."""
    query, now = _LISTS[name](officer, agency, day)
    if name in ("consultation", "withdrawal", "done"):
        return Listed([query], now)
    wished = {"state.withdrawal.at": TEXT}
    return Listed([{**query, **wished}, {**query, "state.withdrawal": None}], now)


# Beside what is looked for: without it MongoDB does not see that an index with this condition has all of them.
TEXT: Query = {"$type": "string"}


def at_stage(agency: str, *stages: str) -> Query:
    return {"state.agency": agency, "state.stage": {"$in": list(stages), **TEXT}}


def asked_of(agency: str) -> Query:
    return {"$or": [{key: {"$eq": agency, **TEXT}} for key in ("state.asked", "state.waits_for.agency")]}


def wanted_back(agency: str) -> Query:
    return {**at_stage(agency, *OPEN), "state.withdrawal.at": TEXT}


def _done(officer: str, agency: str, day: Day) -> Query:
    since = {"$gte": day.begins, **TEXT}
    return {
        "$or": [
            {"state.agency": agency, f"state.{did}_by": officer, f"state.{did}_at": since}
            for did in ("appraised", "decided")
        ]
    }


_List = Callable[[str, str, Day], tuple[Query, Query | None]]
_LISTS: Mapping[ListName, _List] = {
    "appraisal": lambda officer, agency, day: (at_stage(agency, APPRAISAL), None),
    "approval": lambda officer, agency, day: (at_stage(agency, APPROVAL), None),
    "waiting": lambda officer, agency, day: (at_stage(agency, WAITING), None),
    "consultation": lambda officer, agency, day: (asked_of(agency), None),
    "mine": lambda officer, agency, day: (
        {**at_stage(agency, APPRAISAL, WAITING), "state.assigned_to": officer}, None,
    ),
    "group": lambda officer, agency, day: ({**at_stage(agency, APPRAISAL), "state.assigned_to": None}, None),
    "due": lambda officer, agency, day: (at_stage(agency, *OPEN), {"state.due": {"$gte": day.now, "$lt": day.ends}}),
    "closing": lambda officer, agency, day: (
        at_stage(agency, *OPEN),
        {"state.due": {"$gte": day.now, "$lt": day.soon}, "state.status": {"$nin": sorted(PAUSED)}},
    ),
    "late": lambda officer, agency, day: (at_stage(agency, *OPEN), {"state.due": {"$lt": day.now}}),
    "withdrawal": lambda officer, agency, day: (wanted_back(agency), None),
    "done": lambda officer, agency, day: (_done(officer, agency, day), None),
}  # fmt: skip
