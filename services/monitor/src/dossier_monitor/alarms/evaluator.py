"""The one who judges: a round every few seconds, on whichever web node holds the lease. The others only know what is raised."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import monotonic

import structlog

from dossier_monitor import metrics
from dossier_monitor.alarms.judging import Change, Cleared, Memory, Raised, Still, judge
from dossier_monitor.alarms.observation import Observation
from dossier_monitor.alarms.observing import Observer
from dossier_monitor.alarms.recording import at_of, clearing, raising, refreshing
from dossier_monitor.alarms.rules import Rule
from dossier_monitor.alarms.store import AlarmStore
from dossier_monitor.board.board import sees
from dossier_shared.adapters.mongo import DriverError
from dossier_shared.journal.ledger import Ledger
from dossier_shared.journal.steps import Work
from dossier_shared.telemetry.metrics_registry import Sample

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Count:
    """Of the alarms raised that a watcher may see."""

    raised: int
    unacknowledged: int
    critical: int


class Evaluator:
    """`every`: seconds between rounds; the lease lasts for three. `refresh`: how often figures of raised alarms are renewed."""

    def __init__(
        self, rules: Sequence[Rule], observer: Observer, store: AlarmStore, ledger: Ledger, *, every: float,
        refresh: float = 30.0,
    ) -> None:  # fmt: skip
        self.rules, self.observer, self.store, self.ledger = rules, observer, store, ledger
        self.every, self.refresh = every, refresh
        self.memory = Memory()
        self._states: list[tuple[str, Sequence[str], str, bool]] | None = None
        self._refreshed = 0.0
        self._lag: Mapping[str, int] = {}
        metrics.GROUP_LAG.reads(self, Evaluator._lags)

    def _lags(self) -> list[Sample]:
        return [((group,), lag) for group, lag in self._lag.items()]

    def raised(self, scope: str | None) -> Count | None:
        """From memory, seconds old at most; None where it is not known."""
        if self._states is None:
            return None
        above = self.observer.board.above
        own = [state for state in self._states if sees(scope, state[0], above(state[0], state[1]))]
        return Count(
            len(own),
            sum(not acknowledged for *_, acknowledged in own),
            sum(severity == "critical" for _, _, severity, _ in own),
        )

    async def run(self) -> None:
        try:
            while True:
                try:
                    await self.round()
                except Exception as error:
                    self._lag = {}
                    if isinstance(error, DriverError):
                        self._states = None
                    log.warning("alarms not judged this time", error=repr(error)[:300])
                await asyncio.sleep(self.every)
        finally:
            await self.observer.offsets.stop()

    async def round(self) -> list[Change]:
        """Answers what was decided; nothing on a node without the lease."""
        term = await self.store.lease(self.ledger.claimant, self.every * 3)
        await self._recall()
        if term is None:
            self.memory, self._lag = Memory(), {}  # somebody else watches: what was begun here is over
            return []
        seen = await self.observer.observe(self.rules)
        self._lag = seen.lag
        changes = await asyncio.to_thread(judge, self.rules, seen, self.memory)
        if await self.store.lease(self.ledger.claimant, self.every * 3) != term:
            return []
        await self._write(changes, seen, term)
        return changes

    async def _recall(self) -> None:
        found = await self.store.recall(self.memory)
        states = [document["state"] for document in found]
        self._states = [
            (state["agency"], state["overseers"], state["severity"], bool(state["acknowledged"])) for state in states
        ]
        for severity in ("critical", "warning", "info"):
            metrics.ALARMS_RAISED.labels(severity).set(sum(state["severity"] == severity for state in states))

    async def _write(self, changes: Sequence[Change], seen: Observation, term: int) -> None:
        renew = monotonic() - self._refreshed >= self.refresh
        work: dict[str, Work] = {}
        for change in changes:
            match change:
                case Raised(rule=rule):
                    work[change.id] = Work([raising(change, at_of(rule.kind, seen.now, seen.wall), term)])
                case Cleared(rule=gone):
                    at = at_of(gone.kind, seen.now, seen.wall) if gone else seen.wall
                    work[change.id] = Work([clearing(change, at, term)])
                case Still(id=id_, measure=measure):
                    dead_letters = "total" in measure.figures  # what a person acknowledges is what they were shown
                    if measure.value != self.memory.raised[id_].value and (renew or dead_letters):
                        work[id_] = Work([refreshing(change, term)])
        if renew:
            self._refreshed = monotonic()
        if work:
            await self.ledger.write(work)
            log.info("alarms", changed=sorted(work))
