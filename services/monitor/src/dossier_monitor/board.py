"""The whole board in one web node's memory: partials added up over source partitions, summed up the tree of agencies.

Every row carries the number of the change that touched it last (`tick`), so that a reader who knows tick n is told exactly
the rows changed since, whether it was away for a tenth of a second or for an hour.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from dossier_monitor.cells import WIDTH, Cell, as_numbers, from_numbers
from dossier_monitor.domain import OPEN_STAGES, TOTALS
from dossier_monitor.records import Pulse, cell_of, pulse_of, read

Everything = None  # a scope: who may see all agencies


@dataclass(slots=True)
class Agency:
    """`own` counts its dossiers, `total` also those of the agencies below."""

    code: str
    name: str = ""
    above: tuple[str, ...] = ()  # the nearest first
    own: list[int] = field(default_factory=lambda: [0] * WIDTH)
    total: list[int] = field(default_factory=lambda: [0] * WIDTH)
    tick: int = 0


@dataclass(frozen=True, slots=True)
class Meta:
    """How old what is shown is. Ages in seconds, None where there is nothing yet to be old."""

    now: str | None  # the instant by which lateness is judged
    last_event: str | None  # business time of the latest event
    last_event_age: float | None
    pulse_age: float | None  # of the oldest sign of life among the source partitions
    frozen: bool
    lag: int
    skipped: int


class Board:
    """`wall` answers the wall clock; injected for tests."""

    def __init__(self, wall: Callable[[], datetime], frozen_after: float, partitions: int) -> None:
        self.tick = 0
        self.agencies: dict[str, Agency] = {}
        self.pulses: dict[int, Pulse] = {}
        self._cells: dict[Cell, list[int]] = {}
        self._wall, self._frozen_after, self._partitions = wall, frozen_after, partitions

    def take(self, values: Sequence[bytes | None]) -> None:
        changed: set[str] = set()
        for value in values:
            body = read(value)
            if body is None:
                continue
            if body["kind"] == "cell":
                self._cell(cell_of(body), from_numbers(body), changed)
            elif body["kind"] == "agency":
                self._agency(body["agency"], body["name"], tuple(body["overseers"]), changed)
            else:
                pulse = pulse_of(body)
                known = self.pulses.get(pulse.partition)
                if known is None or pulse.at >= known.at:
                    self.pulses[pulse.partition] = pulse
        if changed:
            self.tick += 1
            for code in changed:
                self.agencies[code].tick = self.tick

    def rows(self, scope: str | None, since: int = 0) -> list[Agency]:
        """The agencies a scope may see that changed after tick `since`."""
        return [a for a in self.agencies.values() if a.tick > since and sees(scope, a.code, a.above)]

    def cells(self, scope: str | None) -> Iterable[tuple[Cell, list[int]]]:
        for cell, counts in self._cells.items():
            agency = self.agencies[cell.agency]
            if sees(scope, agency.code, agency.above):
                yield cell, counts

    def total(self, scope: str | None) -> list[int]:
        if scope is not Everything:
            agency = self.agencies.get(scope)
            return agency.total if agency else [0] * WIDTH
        return [sum(column) for column in zip([0] * WIDTH, *(a.own for a in self.agencies.values()), strict=True)]

    def meta(self) -> Meta:
        pulses = list(self.pulses.values())
        recorded = max((p.last_recorded for p in pulses if p.last_recorded), default=None)
        alive = min((p.at for p in pulses), default=None)
        age = self._age(alive)
        return Meta(
            now=max((p.now for p in pulses if p.now), default=None),
            last_event=max((p.last_time for p in pulses if p.last_time), default=None),
            last_event_age=self._age(recorded),
            pulse_age=age,
            frozen=age is None or age > self._frozen_after or len(pulses) < self._partitions,
            lag=sum(p.lag for p in pulses),
            skipped=sum({p.worker: p.skipped for p in pulses}.values()),
        )

    def _age(self, at: str | None) -> float | None:
        return None if at is None else max(0.0, round((self._wall() - datetime.fromisoformat(at)).total_seconds(), 3))

    def _cell(self, cell: Cell, counts: list[int], changed: set[str]) -> None:
        before = self._cells.get(cell)
        self._cells[cell] = counts
        agency = self._known(cell.agency)
        delta = counts if before is None else [new - old for new, old in zip(counts, before, strict=True)]
        _add(agency.own, delta)
        for code in (agency.code, *agency.above):
            _add(self._known(code).total, delta)
            changed.add(code)

    def _agency(self, code: str, name: str, above: tuple[str, ...], changed: set[str]) -> None:
        agency = self._known(code)
        if name:
            agency.name = name
        changed.add(code)
        if above == agency.above:
            return
        for upper in agency.above:
            _add(self._known(upper).total, [-number for number in agency.own])
        agency.above = above
        for number, upper in enumerate(above):
            higher = self._known(upper)
            _add(higher.total, agency.own)
            if not higher.above:
                higher.above = above[number + 1 :]
            changed.add(upper)

    def _known(self, code: str) -> Agency:
        return self.agencies.setdefault(code, Agency(code))


def sees(scope: str | None, agency: str, above: Sequence[str]) -> bool:
    """A scope is an agency and everything below it; None is everything."""
    return scope is Everything or scope == agency or scope in above


def named(counts: list[int]) -> dict[str, Any]:
    """The numbers of a row as HTTP gives them: every stage and total, zeros included."""
    short = as_numbers(counts)
    stages = {name: dict(zip(("open", "late"), short["stages"].get(name, (0, 0)), strict=True)) for name in OPEN_STAGES}
    return {
        "open": sum(stage["open"] for stage in stages.values()),
        "late": sum(stage["late"] for stage in stages.values()),
        "stages": stages,
        **{name: short.get(name, 0) for name in TOTALS},
    }


def _add(counts: list[int], delta: Sequence[int]) -> None:
    for index, number in enumerate(delta):
        if number:
            counts[index] += number
