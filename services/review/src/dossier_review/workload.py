"""Counts of the work there is: for each list, and for each officer. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

from dossier_review.state import APPRAISAL, WAITING
from dossier_shared.vocabulary.codes import Subject

Tally = Iterable[Mapping[str, Any]]


class Counts(BaseModel):
    """By list; as in the queue."""

    appraisal: int
    approval: int
    waiting: int
    mine: int
    group: int
    due: int
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


class Release(BaseModel):
    """`to`: subject of who goes on with them; absent: whoever takes them."""

    model_config = ConfigDict(extra="forbid")
    to: Subject | None = None


class Released(BaseModel):
    """`refused`: of those that stayed, which `to` may not have (they filed them), or somebody else changed meanwhile."""

    released: int
    refused: int


def counted(tally: Tally, officer: str) -> dict[str, int]:
    counts = dict.fromkeys(("appraisal", "approval", "waiting", "mine", "group", "due", "late", "withdrawal"), 0)
    for row in tally:
        stage, holder = row["stage"], row.get("officer")
        counts[stage] += row["open"]
        counts["mine"] += row["open"] if holder == officer and stage in (APPRAISAL, WAITING) else 0
        counts["group"] += row["open"] if holder is None and stage == APPRAISAL else 0
        for name in ("due", "late", "withdrawal"):
            counts[name] += row[name]
    return counts


def workload(tally: Tally) -> list[dict[str, Any]]:
    """Who has most first; what nobody has is last."""
    loads: dict[str | None, dict[str, Any]] = {}
    for row in tally:
        load = loads.setdefault(row.get("officer"), {"officer": row.get("officer"), "open": 0, "due": 0, "late": 0})
        for name in ("open", "due", "late"):
            load[name] += row[name]
    return sorted(loads.values(), key=lambda load: (load["officer"] is None, -load["open"], load["officer"]))
