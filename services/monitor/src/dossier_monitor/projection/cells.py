"""The board's numbers: a pure function of the marks and of `now`, kept up to date mark by mark.

A cell is (source partition, agency, procedure, channel); an officer's numbers, and an hour's throughput of an agency or of
an officer, are cells of their own. Only those that occur exist, and in them only the measures that are not zero. Counts are
absolute, so a reader that misses a hundred versions and reads one is right. Several workers own different partitions;
readers add up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Final, NamedTuple

from dossier_monitor.projection.domain import SECOND
from dossier_monitor.projection.dossier import SUBMITTED, DossierProjection
from dossier_monitor.projection.measures import counted, deeds, flows, next_change
from dossier_monitor.projection.registry import DEEDS, FLOWS

Counts = dict[str, int]
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
KEEP_HOURS: Final = 25  # of throughput: a day's window, and the hour it begins in


class Cell(NamedTuple):
    partition: int
    agency: str
    procedure: str
    channel: str


class Officer(NamedTuple):
    partition: int
    agency: str
    subject: str


class Flow(NamedTuple):
    """One hour of an agency's throughput; its measures are `<flow>:<minute>`. `hour`: hours since 1970."""

    partition: int
    agency: str
    hour: int


class Deeds(NamedTuple):
    """One hour of what an officer did; its measures are `<deed>:<minute>`. `hour`: hours since 1970."""

    partition: int
    agency: str
    subject: str
    hour: int


Hourly = Flow | Deeds  # kept for a day
BoardPlace = Cell | Officer | Hourly


@dataclass(slots=True)
class Cells:
    """`now` never goes back. `dirty`: places changed since they were last taken for publishing."""

    now: int = 0
    counts: dict[BoardPlace, Counts] = field(default_factory=dict)
    overseers: dict[str, tuple[int, list[str]]] = field(default_factory=dict)  # agency -> (since, who is above)
    dirty: set[BoardPlace] = field(default_factory=set)
    _wheel: list[tuple[int, bytes]] = field(default_factory=list)
    _turns: dict[bytes, int] = field(default_factory=dict)  # dossier -> its one live entry in the wheel
    _hours: int = 0  # the first hour of throughput kept

    def put(self, partition: int, dossier: bytes, before: DossierProjection | None, after: DossierProjection) -> None:
        self._recount({} if before is None else self._counted(partition, before), self._counted(partition, after))
        self._passed(partition, before, after)
        self._await(dossier, after)
        known = self.overseers.get(after.agency)
        filed = after.times[SUBMITTED]
        told = after.overseers or not after.handed  # who hands it over may not know who is above there
        if filed and (known is None or (told and (filed, after.overseers) > known)):
            self.overseers[after.agency] = (filed, after.overseers)

    def advance(self, now: int, find: Callable[[bytes], tuple[int, DossierProjection] | None]) -> None:
        """Time passes, with or without events: what is due today, late, a day older moves by itself."""
        if now <= self.now:
            return
        moved: dict[bytes, tuple[int, DossierProjection]] = {}
        while self._wheel and self._wheel[0][0] <= now:
            at, dossier = heappop(self._wheel)
            if self._turns.get(dossier) == at:
                del self._turns[dossier]
                found = find(dossier)
                if found is not None:
                    moved[dossier] = found
        known = [self._counted(partition, projection) for partition, projection in moved.values()]
        self.now = now
        for before, (dossier, (partition, projection)) in zip(known, moved.items(), strict=True):
            self._recount(before, self._counted(partition, projection))
            self._await(dossier, projection)
        self._forget(now // HOUR - KEEP_HOURS)

    def rebuild(self, projections: Iterable[tuple[int, bytes, DossierProjection]], now: int = 0) -> None:
        """Anew from the table, as if no time had passed: `advance` follows. Places that are no more stay, empty.

        `now`: an instant known to have been reached, so that throughput long over is not counted first and forgotten then.
        """
        gone = set(self.counts)
        self.now, self.counts, self.overseers, self._hours = 0, {}, {}, now // HOUR - KEEP_HOURS
        self._wheel, self._turns = [], {}
        for partition, dossier, projection in projections:
            self.put(partition, dossier, None, projection)
        self.expect(gone)

    def expect(self, places: Iterable[BoardPlace]) -> None:
        """Places a reader may know: those that no mark stands behind any more are published once more, as empty."""
        for place in places:
            if not (isinstance(place, Hourly) and place.hour <= self._hours):
                self.counts.setdefault(place, {})
        self.dirty = set(self.counts)

    def take_dirty(self, limit: int) -> list[BoardPlace]:
        taken = list(self.dirty)[:limit]
        self.dirty.difference_update(taken)
        return taken

    def of(self, place: BoardPlace) -> Mapping[str, int]:
        return self.counts.get(place, {})

    @property
    def waiting(self) -> int:
        """Dossiers that will change by the mere passing of time."""
        return len(self._turns)

    def _await(self, dossier: bytes, projection: DossierProjection) -> None:
        at = next_change(projection, self.now)
        if at is None:
            self._turns.pop(dossier, None)
        elif self._turns.get(dossier) != at:
            self._turns[dossier] = at
            heappush(self._wheel, (at, dossier))

    def _counted(self, partition: int, projection: DossierProjection) -> dict[BoardPlace, Counts]:
        """What a dossier adds to each of its places."""
        agency, (cell, officers) = projection.agency, counted(projection, self.now)
        found: dict[BoardPlace, Counts] = {Cell(partition, agency, projection.procedure, projection.channel): cell}
        for subject, numbers in officers.items():
            found[Officer(partition, agency, subject)] = numbers
        return found

    def _recount(self, before: dict[BoardPlace, Counts], after: dict[BoardPlace, Counts]) -> None:
        for place, numbers in after.items():
            self._change(place, before.pop(place, _NONE), numbers)
        for place, numbers in before.items():
            self._change(place, numbers, _NONE)

    def _passed(self, partition: int, before: DossierProjection | None, after: DossierProjection) -> None:
        """What passed when, and who did it. Only what differs is counted anew: most events change one moment, or none."""
        if before is not None and _told(before) == _told(after):
            return
        known = before or _NOTHING
        moved = before is not None and before.agency != after.agency
        for name, was, now in zip(FLOWS, flows(known), flows(after), strict=True):
            if was != now or moved:
                self._count(partition, known.agency, None, name, was, gone=True)
                self._count(partition, after.agency, None, name, now)
        for name, (who, was), (whom, now) in zip(DEEDS, deeds(known), deeds(after), strict=True):
            if was != now or who != whom or moved:
                self._count(partition, known.agency, who, name, was, gone=True)
                self._count(partition, after.agency, whom, name, now)

    def _count(
        self, partition: int, agency: str, subject: str | None, name: str, at: int, *, gone: bool = False
    ) -> None:
        """`subject`: None for the agency, empty for a deed nobody is known to have done."""
        hour = at // HOUR
        if at and subject != "" and hour > self._hours:
            place = Flow(partition, agency, hour) if subject is None else Deeds(partition, agency, subject, hour)
            counted = {f"{name}:{at % HOUR // MINUTE}": 1}
            self._change(place, counted if gone else _NONE, _NONE if gone else counted)

    def _forget(self, until: int) -> None:
        """Throughput older than a day. Readers forget it by themselves."""
        if until <= self._hours:
            return
        self._hours = until
        for place in [place for place in self.counts if isinstance(place, Hourly) and place.hour <= until]:
            del self.counts[place]
            self.dirty.discard(place)

    def _change(self, place: BoardPlace, before: Counts, after: Counts) -> None:
        """`before`, `after`: what one dossier adds. Most events change few of its numbers, and none of most officers'."""
        if before == after:
            return
        counts = self.counts.get(place)
        if counts is None:
            counts = self.counts[place] = {}
        for name, number in after.items():
            was = before.get(name, 0)
            if number != was:
                _add(counts, name, number - was)
        for name, was in before.items():
            if name not in after:
                _add(counts, name, -was)
        self.dirty.add(place)


def _add(counts: Counts, name: str, number: int) -> None:
    count = counts.get(name, 0) + number
    if count:
        counts[name] = count
    else:
        counts.pop(name, None)


_NONE: Final[Counts] = {}
_NOTHING: Final = DossierProjection()


def _told(projection: DossierProjection) -> tuple[str, list[int], list[str], int]:
    """All that moments and deeds follow from."""
    return projection.agency, projection.times, projection.people, projection.appraised_at
