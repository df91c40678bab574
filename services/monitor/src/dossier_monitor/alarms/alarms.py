"""The alarms of a web node, put together: rules, evaluator, ledger and publisher, on the service's own database and broker."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from dossier_monitor.alarms.evaluator import Count, Evaluator
from dossier_monitor.alarms.observing import Observer
from dossier_monitor.alarms.offsets import Offsets
from dossier_monitor.alarms.parked import Parked
from dossier_monitor.alarms.recording import RULES
from dossier_monitor.alarms.rules import read_rules
from dossier_monitor.alarms.store import AlarmStore
from dossier_monitor.board.board import Board
from dossier_shared.journal.ledger import Ledger
from dossier_shared.journal.publisher import Publisher, Sweeper
from dossier_shared.journal.segments import Segments
from dossier_shared.repair.guard import Owned
from dossier_shared.runtime.service import Runtime


class Alarms:
    """`services`: name -> base URL, for parked events. Raises RulesRefused where the rules cannot be used."""

    def __init__(
        self, runtime: Runtime, board: Board, *, rules: Path | None, services: Mapping[str, str], every: float
    ) -> None:
        self.board, self.store, self.clock = board, AlarmStore(runtime.db), runtime.clock
        clock, settings = runtime.clock, runtime.settings
        alarms = self.store.alarms
        self.publisher = Publisher(RULES.source, runtime.events, alarms, clock)
        self.ledger = Ledger(RULES, alarms, self.publisher, clock, claimant=runtime.ledger.claimant)
        self.segments = Segments(alarms)
        self.ledger.on_written.append(self.segments.notice)
        self.parked = Parked(services)
        self.offsets = Offsets(settings.broker, lambda: runtime.registry.entries)
        observer = Observer(board, self.store, self.offsets, self.parked, clock.now)
        self.evaluator = Evaluator(read_rules(rules), observer, self.store, self.ledger, every=every)
        sweeper = Sweeper(self.publisher, alarms, clock, after=timedelta(seconds=settings.sweep_after_seconds))
        runtime.add(
            ledgers=[self.ledger],
            owned=[Owned(RULES, alarms)],
            tasks=[self.publisher.run, sweeper.run, self.segments.run, self.evaluator.run],
        )

    def raised(self, scope: str | None) -> Count | None:
        """At once, from memory; None where it is not known."""
        return self.evaluator.raised(scope)

    def tally(self, scope: str | None) -> int | None:
        """How many are raised, for the frame of every page."""
        count = self.raised(scope)
        return count.raised if count else None

    async def aclose(self) -> None:
        await self.parked.aclose()
        await self.ledger.close()
