"""Counts of the work there is: for each list, and for each officer. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from dossier_review.state import APPRAISAL, WAITING
from dossier_shared.vocabulary.codes import DossierId, Subject

MOST_OFFICERS, MOST_SHARED = 100, 500
Tally = Iterable[Mapping[str, Any]]


class Counts(BaseModel):
    """By list; as in the queue. `closing`: due soon, and the clock runs."""

    appraisal: int
    approval: int
    waiting: int
    mine: int
    group: int
    due: int
    closing: int
    late: int
    withdrawal: int
    consultation: int
    done: int


class Load(BaseModel):
    """`officer`: subject; null: of nobody. `due`: later today."""

    officer: str | None
    open: int
    due: int
    late: int


class Workload(BaseModel):
    items: list[Load]


class ShareOut(BaseModel):
    """`officers`: subjects of those it is shared out among; `dossiers`: ids, in the order in which they are given."""

    model_config = ConfigDict(extra="forbid")
    officers: list[Subject] = Field(min_length=1, max_length=MOST_OFFICERS)
    dossiers: list[DossierId] = Field(min_length=1, max_length=MOST_SHARED)


class KeepAssigning(BaseModel):
    """`officers`: subjects; empty: what arrives is assigned by people."""

    model_config = ConfigDict(extra="forbid")
    officers: list[Subject] = Field(max_length=MOST_OFFICERS)


class Standing(NamedTuple):
    """What arrives at an agency goes to these officers, from an instant on. `by`: subject of the leader."""

    agency: str
    officers: tuple[str, ...]
    since: str
    by: str


class Assigning(BaseModel):
    """`since`, `by`: null where nothing is assigned by itself."""

    officers: list[str]
    since: str | None
    by: str | None


class Release(BaseModel):
    """`to`: subject of who goes on with them; absent: whoever takes them."""

    model_config = ConfigDict(extra="forbid")
    to: Subject | None = None


class Released(BaseModel):
    """`refused`: of those that stayed, which `to` may not have (they filed them), or somebody else changed meanwhile."""

    released: int
    refused: int


def counted(tally: Tally, officer: str) -> dict[str, int]:
    counts = dict.fromkeys(
        ("appraisal", "approval", "waiting", "mine", "group", "due", "closing", "late", "withdrawal"), 0
    )
    for row in tally:
        stage, holder = row["stage"], row.get("officer")
        counts[stage] += row["open"]
        counts["mine"] += row["open"] if holder == officer and stage in (APPRAISAL, WAITING) else 0
        counts["group"] += row["open"] if holder is None and stage == APPRAISAL else 0
        for name in ("due", "closing", "late", "withdrawal"):
            counts[name] += row[name]
    return counts


def open_by(tally: Tally, officers: Iterable[str]) -> dict[str, int]:
    """How many cases each of them has open."""
    found = dict.fromkeys(officers, 0)
    for row in tally:
        if row.get("officer") in found:
            found[row["officer"]] += row["open"]
    return found


def workload(tally: Tally) -> list[dict[str, Any]]:
    """Who has most first; what nobody has is last."""
    loads: dict[str | None, dict[str, Any]] = {}
    for row in tally:
        load = loads.setdefault(row.get("officer"), {"officer": row.get("officer"), "open": 0, "due": 0, "late": 0})
        for name in ("open", "due", "late"):
            load[name] += row[name]
    return sorted(loads.values(), key=lambda load: (load["officer"] is None, -load["open"], load["officer"]))
