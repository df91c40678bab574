"""What a dossier added to the board at every instant of its life, as the few instants at which that changed. Pure.

At T a dossier counts as the board would have counted it had it heard all events up to T and no other. `code` packs that
into a number (0: nothing known yet); a step {t, b, c} says that at t, in microseconds, code b became code c.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final

from dossier_monitor.projection.domain import STAGES, late, on_time, paused, stage, unfinished
from dossier_monitor.projection.dossier import SOURCES, DossierProjection, micros, take
from dossier_monitor.projection.registry import MEASURES
from dossier_shared.contracts.envelope import Event

Step = dict[str, Any]
_KNOWN: Final = 1
_HIGH: Final = 16  # the bit of the stage beside bits 1 to 3, which were enough for eight
_STAGE: Final = {name: (index & 7) << 1 | index >> 3 << _HIGH for index, name in enumerate(STAGES)}
_LATE: Final = 1 << 4
_BITS: Final = {one.name: 1 << one.bit for one in MEASURES if one.bit is not None}
_REACHED: Final = tuple(
    (_BITS[one.name], one.reached) for one in MEASURES if one.bit is not None and one.reached is not None
)
_MISSING: Final = {"procedure": "", "channel": "", "officer": "", "code": "", "to": ""}  # of data a story does not keep


def code(projection: DossierProjection, now: int) -> int:
    found = _KNOWN | _STAGE[stage(projection)]
    if late(projection, now):
        found |= _LATE
    for bit, milestone in _REACHED:
        if projection.times[milestone]:
            found |= bit
    judged = on_time(projection)
    if judged is not None:
        found |= _BITS["on_time" if judged else "ended_late"]
    return found


@cache
def counts(code: int) -> Mapping[str, int]:
    """The measures of the board one dossier of this code adds one to. There are few codes."""
    if not code & _KNOWN:
        return {}
    at = STAGES[code >> 1 & 7 | (code >> _HIGH & 1) << 3]
    found = {f"stage:{at}": 1}
    if code & _LATE:
        found[f"late:{at}"] = 1
    found |= {name: 1 for name, bit in _BITS.items() if code & bit}
    if "filed" not in found:
        found["unfiled"] = 1
    return found


def follow(steps: Sequence[Step], projection: DossierProjection, time: int, was: str = "") -> list[Step]:
    """After an event at `time`, none being later: `projection` has taken it up, and `was` the agency's before. A deadline ahead
    is a step ahead."""
    kept = [step for step in steps if step["t"] < time]
    if was and was != projection.agency:
        kept = [step if "a" in step else {**step, "a": was} for step in kept]
    if kept and kept[-1]["c"] and "a" in kept[-1]:
        kept.append({"t": time, "b": kept[-1]["c"], "c": 0, "a": kept[-1]["a"]})
    _add(kept, time, code(projection, time))
    if projection.due is not None and projection.due >= time and unfinished(projection) and not paused(projection):
        _add(kept, projection.due + 1, code(projection, projection.due + 1))
    return kept


def retell(entries: Sequence[Mapping[str, Any]], agency: str) -> list[Step]:
    """All steps anew, for when an event has come that happened before one already known."""
    projection, steps = DossierProjection(), list[Step]()
    order = sorted(entries, key=lambda e: (micros(e["time"]), SOURCES.index(e["source"]), e["seq"]))
    agency = next((entry["agency"] for entry in order if "agency" in entry), agency)  # that gave it away first
    for entry in order:
        was = projection.agency
        take(projection, _event(entry, agency))
        steps = follow(steps, projection, micros(entry["time"]), was)
    return steps


def _add(steps: list[Step], at: int, after: int) -> None:
    before = steps[-1]["c"] if steps else 0
    if after != before:
        steps.append({"t": at, "b": before, "c": after})


def _event(entry: Mapping[str, Any], agency: str) -> Event:
    return Event(
        dossier="", source=entry["source"], seq=entry["seq"], type=entry["type"], time=entry["time"],
        recorded=entry["recorded"], agency=agency, actor=entry["actor"], portal=None, heard=entry.get("heard", {}),
        data={**_MISSING, **entry["data"]}, sealed=None, sealed_hash=None, previous="",
    )  # fmt: skip
