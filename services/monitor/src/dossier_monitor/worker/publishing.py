"""Publishes what changed to `monitor.board`, and a sign of life every second."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import UTC, datetime
from time import monotonic

import structlog

from dossier_monitor import metrics
from dossier_monitor.projection.dossier import iso
from dossier_monitor.projection.records import (
    Heartbeat,
    agency_record,
    heartbeat_record,
    place_record,
    procedure_record,
)
from dossier_monitor.worker.aggregates import Aggregates, Sender
from dossier_shared.adapters.lag import FORGOTTEN
from dossier_shared.clock import instant
from dossier_shared.contracts.topics import BOARD
from dossier_shared.telemetry.metrics import CONSUMER_LAG
from dossier_shared.telemetry.metrics_registry import Sample

log = structlog.get_logger()
GROUP = "monitor-worker"  # the consumer group
EVERY = 0.02  # seconds between two rounds at least
CELLS_PER_SECOND = 5000  # at most: readers need the latest, not every version
PULSE_EVERY = 1.0

Ends = Callable[[frozenset[int]], Awaitable[dict[tuple[str, int], int]]]


class Publishing:
    """`ends(partitions)`: per topic and partition, the next offset the broker will give. `heard`: the topics it folds."""

    def __init__(self, aggregates: Aggregates, sender: Sender, ends: Ends, worker: str, heard: Sequence[str]) -> None:
        self.aggregates, self.sender, self.ends, self.worker, self.heard = aggregates, sender, ends, worker, heard
        self.owned: frozenset[int] = frozenset()  # source partitions this worker answers for; none while rebalancing
        self._behind: dict[tuple[str, int], int] = {}
        self._behind_at = 0.0
        CONSUMER_LAG.reads(self, Publishing.lags)
        metrics.LAG.reads(self, Publishing.lag)

    def lags(self) -> Iterator[Sample]:
        """By group, topic and partition; nothing once the broker has not said for a while where the ends are."""
        if self.owned and monotonic() - self._behind_at <= FORGOTTEN:
            for (topic, partition), lag in self._behind.items():
                yield (GROUP, topic, str(partition)), lag

    def lag(self) -> list[Sample]:
        known = [lag for _, lag in self.lags()]
        return [((), sum(known))] if known else []

    async def run(self) -> None:
        pulse_at = 0.0
        while True:
            sent = await self._round()
            if monotonic() >= pulse_at:
                pulse_at = monotonic() + PULSE_EVERY
                try:
                    await self.heartbeat()
                except Exception as error:  # the broker is away, or partitions are moving
                    log.warning("no sign of life sent", error=repr(error)[:200])
            await asyncio.sleep(max(EVERY, sent / CELLS_PER_SECOND))

    async def drain(self) -> None:
        while self.aggregates.cells.dirty and await self._round():
            pass

    async def _round(self) -> int:
        """How many cells were sent and acknowledged."""
        self.aggregates.tick()
        await self._agencies()
        await self._procedures()
        cells = self.aggregates.cells
        taken = [cell for cell in cells.take_dirty(CELLS_PER_SECOND) if cell.partition in self.owned]
        if not taken:
            return 0
        acked = await self.sender.send(BOARD.name, [place_record(cell, cells.counts.get(cell, {})) for cell in taken])
        failed = [cell for cell, done in zip(taken, acked, strict=True) if not done]
        cells.dirty.update(failed)
        metrics.CELLS_PUBLISHED.inc(len(taken) - len(failed))
        return len(taken) - len(failed)

    async def _agencies(self) -> None:
        new = self.aggregates.new_agencies
        if not new or not self.owned:
            return
        self.aggregates.new_agencies = set()
        partition = min(self.owned)
        records = [
            agency_record(
                partition, agency, self.aggregates.names.get(agency, ""), self.aggregates.cells.overseers[agency][1]
            )
            for agency in new
            if agency in self.aggregates.cells.overseers
        ]
        if records and not all(await self.sender.send(BOARD.name, records)):
            self.aggregates.new_agencies |= new

    async def _procedures(self) -> None:
        new = self.aggregates.new_procedures
        if not new or not self.owned:
            return
        self.aggregates.new_procedures = set()
        partition = min(self.owned)
        records = [procedure_record(partition, code, self.aggregates.procedures[code]) for code in new]
        if not all(await self.sender.send(BOARD.name, records)):
            self.aggregates.new_procedures |= new

    async def heartbeat(self) -> None:
        if not self.owned:
            return
        state, owned = self.aggregates, self.owned
        ends = await self.ends(owned)
        at, behind = instant(datetime.now(UTC)), dict[tuple[str, int], int]()
        records = []
        for partition in sorted(owned):
            positions = {name: state.positions.get((name, partition), 0) for name in self.heard}
            lags = {name: max(0, ends.get((name, partition), 0) - position) for name, position in positions.items()}
            behind.update({(name, partition): lag for name, lag in lags.items()})
            records.append(
                heartbeat_record(
                    Heartbeat(
                        partition=partition,
                        at=at,
                        now=iso(state.cells.now) if state.cells.now else None,
                        last_time=iso(state.last) if state.last else None,
                        last_recorded=iso(state.last_recorded) if state.last_recorded else None,
                        lag=sum(lags.values()),
                        positions=positions,
                        folded=state.folded,
                        skipped=state.skipped,
                        ahead=state.ahead,
                        worker=self.worker,
                    )
                )
            )
        self._behind, self._behind_at = behind, monotonic()
        await self.sender.send(BOARD.name, records)
