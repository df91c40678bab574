"""The board's numbers: a pure function of the marks and of `now`, kept up to date mark by mark.

A cell is (source partition, agency, procedure, channel); only those that occur exist. Its counts are absolute, so a reader
that misses a hundred versions and reads one is right. Several workers own different partitions; readers add up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Any, Final, NamedTuple

from dossier_monitor.domain import OPEN_STAGES, STAGES, TOTALS, Mark, late, may_become_late, stage, totals

_STAGE = {name: index for index, name in enumerate(STAGES)}
_LATE: Final = len(STAGES)
_TOTALS: Final = _LATE + len(OPEN_STAGES)
WIDTH: Final = _TOTALS + len(TOTALS)


class Cell(NamedTuple):
    partition: int
    agency: str
    procedure: str
    channel: str


@dataclass(slots=True)
class Cells:
    """`now` never goes back. `dirty`: cells changed since they were last taken for publishing."""

    now: int = 0
    counts: dict[Cell, list[int]] = field(default_factory=dict)
    overseers: dict[str, tuple[int, list[str]]] = field(default_factory=dict)  # agency -> (since, who is above)
    dirty: set[Cell] = field(default_factory=set)
    _deadlines: list[tuple[int, bytes]] = field(default_factory=list)

    def put(self, partition: int, dossier: bytes, before: Mark | None, after: Mark) -> None:
        if before is not None:
            self._add(partition, before, -1)
        self._add(partition, after, 1)
        if may_become_late(after, self.now) and (before is None or before.due != after.due):
            heappush(self._deadlines, (after.due or 0, dossier))
        known = self.overseers.get(after.agency)
        filed = after.times[0]
        if filed and (known is None or (filed, after.overseers) > known):
            self.overseers[after.agency] = (filed, after.overseers)

    def advance(self, now: int, find: Callable[[bytes], tuple[int, Mark] | None]) -> None:
        """Time passes, with or without events: what was due before `now` and is not finished becomes late."""
        if now <= self.now:
            return
        passed: set[bytes] = set()
        while self._deadlines and self._deadlines[0][0] < now:
            passed.add(heappop(self._deadlines)[1])
        for dossier in passed:
            found = find(dossier)
            if found is None:
                continue
            partition, mark = found
            if late(mark, now) and not late(mark, self.now):
                cell = _cell(partition, mark)
                self.counts[cell][_LATE + _STAGE[stage(mark)]] += 1
                self.dirty.add(cell)
        self.now = now

    def rebuild(self, marks: Iterable[tuple[int, bytes, Mark]]) -> None:
        """Anew from the table, as if no time had passed: `advance` follows. Cells that are no more stay, at zero."""
        gone = set(self.counts)
        self.now, self.counts, self._deadlines, self.overseers = 0, {}, [], {}
        for partition, dossier, mark in marks:
            self.put(partition, dossier, None, mark)
        self.expect(gone)

    def expect(self, cells: Iterable[Cell]) -> None:
        """Cells a reader may know: those that no mark stands behind any more are published once more, as zeros."""
        for cell in cells:
            self.counts.setdefault(cell, [0] * WIDTH)
        self.dirty = set(self.counts)

    def take_dirty(self, limit: int) -> list[Cell]:
        taken = list(self.dirty)[:limit]
        self.dirty.difference_update(taken)
        return taken

    @property
    def waiting_deadlines(self) -> int:
        return len(self._deadlines)

    def _add(self, partition: int, mark: Mark, sign: int) -> None:
        cell = _cell(partition, mark)
        counts = self.counts.get(cell)
        if counts is None:
            counts = self.counts[cell] = [0] * WIDTH
        at = stage(mark)
        counts[_STAGE[at]] += sign
        if late(mark, self.now):
            counts[_LATE + _STAGE[at]] += sign
        for index, number in enumerate(totals(mark), _TOTALS):
            if number:
                counts[index] += sign * number
        self.dirty.add(cell)


def _cell(partition: int, mark: Mark) -> Cell:
    return Cell(partition, mark.agency, mark.procedure, mark.channel)


def as_numbers(counts: list[int]) -> dict[str, Any]:
    """The same counts by name; zeros left out: `{"stages": {"appraisal": [in hand, late]}, "filed": …}`."""
    stages = {
        name: [counts[index], counts[_LATE + index] if index < len(OPEN_STAGES) else 0]
        for index, name in enumerate(STAGES)
        if counts[index]
    }
    return {"stages": stages, **{name: n for name, n in zip(TOTALS, counts[_TOTALS:], strict=True) if n}}


def from_numbers(numbers: dict[str, Any]) -> list[int]:
    """The inverse; what is not named is zero, what is not known is ignored."""
    counts = [0] * WIDTH
    for name, (in_hand, overdue) in numbers.get("stages", {}).items():
        if name in _STAGE:
            counts[_STAGE[name]] = in_hand
            if _STAGE[name] < len(OPEN_STAGES):
                counts[_LATE + _STAGE[name]] = overdue
    for index, name in enumerate(TOTALS, _TOTALS):
        counts[index] = numbers.get(name, 0)
    return counts
