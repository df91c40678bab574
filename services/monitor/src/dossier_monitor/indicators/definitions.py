"""What the registry's indicators count, as queries: the same words count the dossiers and find them again. Pure.

Measures of Quyết định 766/QĐ-TTg as far as events tell them, and what agencies set themselves (targets.json).
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import Field, TypeAdapter, ValidationError

from dossier_monitor.indicators.periods import AskedPeriod
from dossier_monitor.projection.measure import Condition, Indicator
from dossier_monitor.projection.registry import measured
from dossier_shared.vocabulary.text import HumanText
from dossier_shared.vocabulary.yaml import Unreadable, read

Match = dict[str, Any]
Part = Literal["hit", "of"]
FACTS: Final = "state.facts."


_MEASURES: Final = measured("indicator")
INDICATORS: Final = {one.name: one.indicator for one in _MEASURES if one.indicator}
# not a share: one minus the time taken over the time allowed, per dossier
[SAVED] = (one.name for one in _MEASURES if one.unit == "saved")
# measures of 766/QĐ-TTg of which no event speaks yet
WITHOUT_SOURCE: Final = tuple(one.name for one in _MEASURES if one.indicator is None and one.name != SAVED)


@dataclass(frozen=True, slots=True)
class Target:
    value: Annotated[float, Field(strict=True, ge=0, le=1, allow_inf_nan=False)]
    source: HumanText
    grade: Literal["V", "S", "A"]  # V seen in an official text, S second-hand, A assumed or local


_TARGETS: Final = TypeAdapter(dict[str, Target])


class TargetsRefused(ValueError):
    """A file of targets that cannot be used; says where and why."""


def targets(path: Path | None = None) -> dict[str, Target]:
    """The package's own without a path. Raises TargetsRefused."""
    where = path or files(__package__).joinpath("targets.json")
    try:
        found = _TARGETS.validate_python(read(where.read_bytes()).data)
    except OSError as error:
        raise TargetsRefused(f"{where}: cannot be read: {error.strerror}") from error
    except ValidationError as error:
        faults = (f"{', '.join(map(str, f['loc'])) or 'the whole file'}: {f['msg']}" for f in error.errors())
        raise TargetsRefused(f"{where}: {'; '.join(faults)}") from error
    except Unreadable as error:
        raise TargetsRefused(f"{where}: cannot be read: {error}") from None
    if unknown := sorted(found.keys() - INDICATORS.keys() - {SAVED, *WITHOUT_SOURCE}):
        raise TargetsRefused(
            f"{where}: there is no indicator {', '.join(unknown)}: there are {', '.join(INDICATORS)}, {SAVED}"
        )
    return found


def matching(condition: Condition) -> Match:
    return {FACTS + field: _query(value) for field, value in condition.items()}


def counted(condition: Condition) -> dict[str, Any]:
    """The same as an expression: 1 or 0."""
    return {"$cond": [{"$and": [_expression(f"${FACTS}{field}", value) for field, value in condition.items()]}, 1, 0]}


def overdue_at(end: str) -> Match:
    """Not signed by the instant `end`, the appointment before it. A clock that stands now is taken to have stood then."""
    return {
        FACTS + "due": {"$lt": end},
        "$or": [
            {FACTS + "unfinished": True, FACTS + "paused": False},
            {FACTS + "on_time": False, FACTS + "ended": {"$gt": end}},
        ],
    }


def behind(indicator: Indicator, part: Part, asked: AskedPeriod) -> Match:
    """The dossiers a number of the whole time asked for counts."""
    within = {f"{FACTS}{indicator.by}": {"$gte": asked.first.isoformat(), "$lte": asked.last.isoformat()}}
    found = within | matching(indicator.condition(part))
    return {"$or": [found, overdue_at(asked.until)]} if indicator.overdue and part == "of" else found


def behind_saved(asked: AskedPeriod) -> Match:
    return {
        "state.facts.ended_day": {"$gte": asked.first.isoformat(), "$lte": asked.last.isoformat()},
        "state.facts.saved": {"$ne": None},
    }


def _query(value: Any) -> Any:
    return {"$in": value} if isinstance(value, list) else value


def _expression(field: str, value: Any) -> dict[str, Any]:
    return {"$in": [field, value]} if isinstance(value, list) else {"$eq": [field, value]}
