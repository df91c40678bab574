"""Fills an observation: numbers from the board, dossiers from the projection, the rest from broker and services."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from time import monotonic

from dossier_monitor.alarms.observation import AgencyFigures, Observation, Stalled
from dossier_monitor.alarms.offsets import Offsets, Reading
from dossier_monitor.alarms.parked import Parked
from dossier_monitor.alarms.rules import Rule
from dossier_monitor.alarms.store import AlarmStore
from dossier_monitor.board.board import Board
from dossier_monitor.projection.domain import OPEN_STAGES
from dossier_shared.clock import instant

SLOWLY = 30.0  # seconds between two looks at what moves slowly and costs more: dossiers, and the services' metrics
_AT_ONCE = 500  # agencies
_STAGES = [(stage, f"stage:{stage}") for stage in OPEN_STAGES]
_LATE = [f"late:{stage}" for stage in OPEN_STAGES]


class Observer:
    """`wall` answers the wall clock."""

    def __init__(
        self, board: Board, store: AlarmStore, offsets: Offsets, parked: Parked, wall: Callable[[], datetime],
        *, slowly: float = SLOWLY,
    ) -> None:  # fmt: skip
        self.board, self.store, self.offsets, self.parked, self.wall = board, store, offsets, parked, wall
        self.slowly = slowly
        self._looked: float | None = None
        self._stalled: Mapping[str, Mapping[str, Stalled]] = {}
        self._last: Mapping[str, datetime] = {}
        self._waiting: Mapping[str, int] = {}

    async def observe(self, rules: Sequence[Rule]) -> Observation:
        """Raises the driver's error where MongoDB is away."""
        wall, now = self.wall(), self._now()
        if self._looked is None or monotonic() - self._looked >= self.slowly:
            self._looked = None
            await self._look(rules, now)
            self._looked = monotonic()
        read = await self.offsets.read(wall) or Reading({}, {}, {})
        return Observation(
            now=now or wall,
            wall=wall,
            agencies=await agency_figures(self.board, self._last) if now else None,
            works=self.board.directory.works,
            stalled=self._stalled if now else {},
            emergencies=self._read_now(wall),
            parked=self._waiting,
            hearing=self.parked.stopped,
            dead_letters=read.dead_letters,
            lag=read.lag,
            behind=read.behind,
        )

    def _now(self) -> datetime | None:
        """The board's; None while it stands still: figures that do not move prove nothing."""
        meta = self.board.meta()
        return datetime.fromisoformat(meta.now) if meta.now and not meta.frozen else None

    def _read_now(self, wall: datetime) -> Mapping[str, Sequence[str]]:
        """By emergency access, which lasts by the wall clock."""
        at = instant(wall)
        held = self.board.directory.emergencies.where(lambda one: one.start <= at < one.end)
        found: dict[str, set[str]] = {}
        for one in held:
            found.setdefault(one.agency, set()).add(one.code)
        return {agency: sorted(codes) for agency, codes in found.items()}

    async def _look(self, rules: Sequence[Rule], now: datetime | None) -> None:
        self._waiting = await self.parked.count()
        if now is not None:
            self._last = await self.store.last_events()
            self._stalled = {
                rule.id: await self.store.stalled(now, rule.days) for rule in rules if rule.days is not None
            }


async def agency_figures(board: Board, last: Mapping[str, datetime]) -> list[AgencyFigures]:
    """A few hundred at a time, so that ten thousand agencies hold up nobody's stream."""
    found = []
    for number, agency in enumerate(list(board.agencies.values())):
        if number % _AT_ONCE == _AT_ONCE - 1:
            await asyncio.sleep(0)
        own, total = agency.own, agency.total
        stages = {stage: count for stage, name in _STAGES if (count := own.get(name))}
        found.append(
            AgencyFigures(
                code=agency.code,
                open=sum(total.get(name, 0) for _, name in _STAGES),
                late=sum(total.get(name, 0) for name in _LATE),
                own_open=sum(stages.values()),
                stages=stages,
                name=agency.name or agency.code,
                above=agency.above,
                last_event=last.get(agency.code),
            )
        )
    return found
