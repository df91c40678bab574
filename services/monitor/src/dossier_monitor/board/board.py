"""The whole board in one web node's memory: partials added up over source partitions, summed up the tree of agencies.

Every row carries the number of the change that touched it last (`tick`), so that a reader who knows tick n is told exactly
the rows changed since, whether it was away for a tenth of a second or for an hour.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from dossier_monitor.board.throughput import KEEP, Throughput
from dossier_monitor.projection.cells import HOUR, BoardPlace, Cell, Counts, Deeds, Flow, Hourly, Officer
from dossier_monitor.projection.domain import OPEN_STAGES
from dossier_monitor.projection.dossier import micros
from dossier_monitor.projection.records import Heartbeat, heartbeat_of, place_of, read
from dossier_monitor.projection.registry import DEEDS, TOTALS
from dossier_shared.clock import instant
from dossier_shared.runtime.directory import Directory

Everything = None  # a scope: who may see all agencies


@dataclass(slots=True)
class Part:
    """Numbers of some dossiers: in all, by procedure, by channel, and how many passed when."""

    counts: Counts = field(default_factory=dict)
    procedures: dict[str, Counts] = field(default_factory=dict)
    channels: dict[str, Counts] = field(default_factory=dict)
    flow: Throughput = field(default_factory=Throughput)

    def add(self, procedure: str, channel: str, delta: Mapping[str, int]) -> None:
        _add(self.counts, delta)
        _add(self.procedures.setdefault(procedure, {}), delta)
        _add(self.channels.setdefault(channel, {}), delta)

    def take(self, other: Part, sign: int) -> None:
        """All of another's, or away with it."""
        _add(self.counts, other.counts, sign)
        for mine, theirs in ((self.procedures, other.procedures), (self.channels, other.channels)):
            for name, counts in theirs.items():
                _add(mine.setdefault(name, {}), counts, sign)
        self.flow.take(other.flow, sign)


@dataclass(slots=True)
class Agency:
    """`mine` are its own dossiers, `whole` also those of the agencies below."""

    code: str
    name: str = ""  # as the directory has it, else as events call it
    name_en: str = ""
    above: tuple[str, ...] = ()  # the nearest first
    below: set[str] = field(default_factory=set)  # everything below, near and far
    mine: Part = field(default_factory=Part)
    whole: Part = field(default_factory=Part)
    officers: dict[str, Counts] = field(default_factory=dict)  # subject -> numbers, of its own dossiers
    deeds: dict[str, Throughput] = field(default_factory=dict)  # subject -> what they did when, of the same
    tick: int = 0

    @property
    def own(self) -> Counts:
        return self.mine.counts

    @property
    def total(self) -> Counts:
        return self.whole.counts

    def windows(self, subject: str, now: int) -> dict[str, Counts]:
        """What an officer did in each sliding window, by deed; zeros left out."""
        return self.deeds.get(subject, _IDLE).windows(now)


_IDLE: Final = Throughput(DEEDS)


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
    ahead: int


class Board:
    """`wall` answers the wall clock; injected for tests. Names and the tree are the directory's, of agencies it has: those
    are there without a dossier too. Of others, what events tell."""

    def __init__(
        self, wall: Callable[[], datetime], frozen_after: float, partitions: int, directory: Directory | None = None
    ) -> None:
        self.tick = 0
        self.tree = 0  # grows whenever an agency moves, comes or goes
        self.agencies: dict[str, Agency] = {}
        self.directory = directory or Directory()
        self._told: dict[
            str, tuple[str, tuple[str, ...]]
        ] = {}  # agency -> name and agencies above, as events have them
        self._called: dict[str, str] = {}  # procedure -> name, as events have it
        self.heartbeats: dict[int, Heartbeat] = {}
        self._places: dict[BoardPlace, Counts] = {}
        self._forgotten = 0  # the latest hour of throughput that is no longer kept
        self._wall, self._frozen_after, self._partitions = wall, frozen_after, partitions
        self.directory.on_agencies.append(self.restate)
        self.restate(self.directory.agencies)

    def take(self, values: Sequence[bytes | None]) -> None:
        changed: set[str] = set()
        for value in values:
            body = read(value)
            if body is not None:
                with suppress(
                    KeyError, TypeError, ValueError, AttributeError
                ):  # not of its shape: as if it were not ours
                    self._take(body, changed)
        self._touch(changed)

    def restate(self, codes: Collection[str]) -> None:
        """The directory says something new of these agencies."""
        changed: set[str] = set()
        for code in codes:
            entry, (name, above) = self.directory.agency(code), self._told.get(code, ("", ()))
            agency = self._known(code)
            agency.name, agency.name_en = (entry.name_vi, entry.name_en) if entry else (name, "")
            self._agency(code, "", tuple(entry.above) if entry else above, changed)
            if entry is None and not (code in self._told or agency.below or agency.own):
                del self.agencies[code]
                changed.discard(code)
        self.tree += 1
        self._touch(changed)

    def _touch(self, changed: Collection[str]) -> None:
        if changed:
            self.tick += 1
            for code in changed:
                self.agencies[code].tick = self.tick

    def under(self, scope: str) -> list[str]:
        """An agency and all below it."""
        known = self.agencies.get(scope)
        return [scope, *known.below] if known else [scope]

    def above(self, code: str, told: Sequence[str] = ()) -> Sequence[str]:
        """The agencies above one, the nearest first; of one of which nothing is known what its dossier's events `told`."""
        known = self.agencies.get(code)
        return self.directory.above(code, (known and known.above) or told)

    def procedure_name(self, code: str, told: str | None = None) -> str:
        """As the directory has it, else as a dossier's events `told` it; empty where nobody names it."""
        known = self.directory.procedures.get(code)
        return known.name_vi if known else told or self._called.get(code, "")

    def _take(self, body: dict[str, Any], changed: set[str]) -> None:
        place = place_of(body)
        if place is not None:
            self._put(place, body["counts"], changed)
        elif body["kind"] == "agency":
            code, above = body["agency"], tuple(body["overseers"])
            self._told[code] = (body["name"] or self._told.get(code, ("",))[0], above)
            if self.directory.agency(code) is None:
                self._agency(code, body["name"], above, changed)
        elif body["kind"] == "procedure":
            self._called[body["procedure"]] = body["name"]
        else:
            heartbeat = heartbeat_of(body)
            known = self.heartbeats.get(heartbeat.partition)
            if known is None or heartbeat.at >= known.at:
                self.heartbeats[heartbeat.partition] = heartbeat
                until = self.now // HOUR - KEEP
                if until > self._forgotten:
                    self._forget(until)

    def rows(self, scope: str | None, since: int = 0) -> list[Agency]:
        """The agencies a scope may see that changed after tick `since`."""
        return [a for a in self._seen(scope) if a.tick > since]

    def _seen(self, scope: str | None) -> Iterable[Agency]:
        if scope is Everything:
            return self.agencies.values()
        agency = self.agencies.get(scope)
        return [agency, *(self.agencies[code] for code in agency.below)] if agency else []

    def cells(self, scope: str | None) -> Iterable[tuple[Cell, Counts]]:
        for place, counts in self._places.items():
            if isinstance(place, Cell):
                agency = self.agencies[place.agency]
                if sees(scope, agency.code, agency.above):
                    yield place, counts

    def total(self, scope: str | None) -> Counts:
        if scope is not Everything:
            agency = self.agencies.get(scope)
            return agency.total if agency else {}
        return add_up(agency.total for agency in self._roots())

    def flow(self, scope: str | None) -> Throughput:
        if scope is not Everything:
            agency = self.agencies.get(scope)
            return agency.whole.flow if agency else Throughput()
        whole = Throughput()
        for root in self._roots():
            whole.take(root.whole.flow)
        return whole

    def _roots(self) -> Iterable[Agency]:
        return (agency for agency in self.agencies.values() if not agency.above)

    @property
    def now(self) -> int:
        """By which lateness is judged and windows of throughput end, in microseconds; 0: nothing yet."""
        return max((micros(heartbeat.now) for heartbeat in self.heartbeats.values() if heartbeat.now), default=0)

    def meta(self) -> Meta:
        heartbeats = list(self.heartbeats.values())
        recorded = max((p.last_recorded for p in heartbeats if p.last_recorded), default=None)
        alive = min((p.at for p in heartbeats), default=None)
        age = self._age(alive)
        workers = {p.worker: p for p in heartbeats}.values()
        return Meta(
            now=max((p.now for p in heartbeats if p.now), default=None),
            last_event=max((p.last_time for p in heartbeats if p.last_time), default=None),
            last_event_age=self._age(recorded),
            pulse_age=age,
            frozen=age is None or age > self._frozen_after or len(heartbeats) < self._partitions,
            lag=sum(p.lag for p in heartbeats),
            skipped=sum(p.skipped for p in workers),
            ahead=sum(p.ahead for p in workers),
        )

    def _age(self, at: str | None) -> float | None:
        return None if at is None else max(0.0, round((self._wall() - datetime.fromisoformat(at)).total_seconds(), 3))

    def _put(self, place: BoardPlace, counts: Counts, changed: set[str]) -> None:
        agency = self._known(place.agency)
        changed.update((agency.code, *agency.above))
        if isinstance(place, Hourly) and place.hour <= self._forgotten:
            return
        before = self._places.get(place, {})
        self._places[place] = counts
        delta = difference(before, counts)
        line = (agency, *map(self._known, agency.above))
        if isinstance(place, Flow):
            for part in (agency.mine, *(one.whole for one in line)):
                part.flow.add(place.hour, delta)
        elif isinstance(place, Deeds):
            known = agency.deeds.get(place.subject)
            if known is None:
                known = agency.deeds[place.subject] = Throughput(DEEDS)
            known.add(place.hour, delta)
        elif isinstance(place, Officer):
            _add(agency.officers.setdefault(place.subject, {}), delta)
        else:
            for part in (agency.mine, *(one.whole for one in line)):
                part.add(place.procedure, place.channel, delta)

    def _forget(self, until: int) -> None:
        """Throughput of the hour `until`, and before. By the board's own time: an event may say it happened at any."""
        self._forgotten = until
        for old in [place for place in self._places if isinstance(place, Hourly) and place.hour <= until]:
            del self._places[old]
        for agency in self.agencies.values():
            for flow in (agency.mine.flow, agency.whole.flow, *agency.deeds.values()):
                flow.forget(until)

    def _agency(self, code: str, name: str, above: tuple[str, ...], changed: set[str]) -> None:
        agency = self._known(code)
        if name:
            agency.name = name
        changed.add(code)
        above = tuple(upper for upper in above if upper != code)
        if above == agency.above:
            return
        self.tree += 1
        for upper in agency.above:
            self._known(upper).whole.take(agency.mine, -1)
            self._known(upper).below.discard(code)
            changed.add(upper)
        agency.above = above
        for number, upper in enumerate(above):
            higher = self._known(upper)
            higher.whole.take(agency.mine, 1)
            higher.below.add(code)
            if not higher.above and self.directory.agency(upper) is None:
                self._agency(upper, "", above[number + 1 :], changed)
            changed.add(upper)

    def _known(self, code: str) -> Agency:
        return self.agencies.setdefault(code, Agency(code))


def business_now(board: Board) -> str:
    """By which lateness is judged; the wall clock where the board knows no time yet."""
    return board.meta().now or instant(datetime.now(UTC))


def sees(scope: str | None, agency: str, above: Sequence[str]) -> bool:
    """A scope is an agency and everything below it; None is everything."""
    return scope is Everything or scope == agency or scope in above


def named(counts: Mapping[str, int]) -> dict[str, Any]:
    """The numbers of a row as HTTP gives them: every stage and total, zeros included."""
    stages = {
        name: {"open": counts.get(f"stage:{name}", 0), "late": counts.get(f"late:{name}", 0)} for name in OPEN_STAGES
    }
    return {
        "open": sum(stage["open"] for stage in stages.values()),
        "late": sum(stage["late"] for stage in stages.values()),
        "stages": stages,
        **{name: counts.get(name, 0) for name in TOTALS},
    }


def add_up(many: Iterable[Mapping[str, int]]) -> Counts:
    total: Counts = {}
    for counts in many:
        _add(total, counts)
    return total


def difference(before: Mapping[str, int], after: Mapping[str, int]) -> Counts:
    delta = {name: number - before.get(name, 0) for name, number in after.items() if number != before.get(name, 0)}
    for name, number in before.items():
        if name not in after:
            delta[name] = -number
    return delta


def _add(counts: Counts, delta: Mapping[str, int], sign: int = 1) -> None:
    for name, number in delta.items():
        count = counts.get(name, 0) + sign * number
        if count:
            counts[name] = count
        else:
            counts.pop(name, None)
