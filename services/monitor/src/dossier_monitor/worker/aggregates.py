"""Folds batches of raw records into marks and cells.

A batch is stored (acknowledged by the marks' topic) before memory follows and before its offsets may be committed: a worker
killed anywhere reads again what it had not stored, and drops what it had.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, MutableMapping, Sequence
from typing import Any, Protocol

import structlog

from dossier_monitor import metrics
from dossier_monitor.projection.cells import BoardPlace, Cells
from dossier_monitor.projection.domain import FAR
from dossier_monitor.projection.dossier import SUBMITTED, DossierProjection, micros, take
from dossier_monitor.projection.records import place_of
from dossier_shared.contracts.envelope import RawRecord, Record, partition_of
from dossier_shared.contracts.topics import MARKS
from dossier_shared.errors import BadRecord
from dossier_shared.journal.keyring import Keyring
from dossier_shared.journal.registry import Registry
from dossier_shared.journal.stream import hear_event
from dossier_shared.telemetry import tracing

log = structlog.get_logger()

Table = MutableMapping[bytes, bytes]


class Sender(Protocol):
    async def send(self, topic: str, records: Sequence[Record]) -> list[bool]: ...


class Aggregates:
    """`table`: dossier -> mark, as bytes. `by_events`: the latest event's time is the time by which lateness is judged."""

    def __init__(
        self,
        sender: Sender,
        *,
        by_events: bool,
        wall: Callable[[], int],
        keys: Keyring | None = None,
        registry: Registry | None = None,
    ) -> None:
        self.table: Table = {}
        self.cells = Cells()
        self.names: dict[str, str] = {}
        self.new_agencies: set[str] = set()
        self.procedures: dict[str, str] = {}  # code -> name
        self.new_procedures: set[str] = set()
        self.positions: dict[tuple[str, int], int] = {}
        self.last = 0
        self.last_recorded = 0
        self.folded = 0
        self.skipped = 0
        self.ahead = 0
        self._sender, self._by_events, self._wall = sender, by_events, wall
        self._keys, self._registry = keys, registry

    async def take(self, records: Sequence[RawRecord]) -> None:
        projections: dict[bytes, DossierProjection] = {}
        traced: list[str] = []
        folded = 0
        latest, recorded, names = self.last, self.last_recorded, dict[str, str]()
        called: dict[str, str] = {}
        believed = self._wall() + FAR
        for record in records:
            try:
                event = await hear_event(record, self._keys, self._registry)
                id_ = event.dossier.encode()
                projection = projections.get(id_) or self._mark(id_) or DossierProjection()
                if not take(projection, event):
                    metrics.EVENTS_REPEATED.inc()
                    continue
                projections[id_] = projection
                if event.traceparent is not None:
                    traced.append(event.traceparent)
                latest = max(latest, self._clock_of(projection, believed))
                recorded = max(recorded, micros(event.recorded))
                folded += 1
                if event.data.get("agency_name"):
                    names[event.data.get("to") or event.agency] = event.data["agency_name"]
                if event.data.get("procedure_name"):
                    called[event.data["procedure"]] = event.data["procedure_name"]
            except BadRecord as why:
                self._skip(record, why)
            except (
                Exception
            ) as error:  # a fault of ours must not stop the board at this record for ever; a recount finds it
                log.exception("event cannot be folded", topic=record.topic, offset=record.offset)
                self._skip(record, BadRecord("invalid-data", type(error).__name__))
        if projections:
            with tracing.folding(traced):
                await self._store(projections)
        for record in records:
            self.positions[record.topic, record.partition] = record.offset + 1
        self.last, self.last_recorded, self.folded = latest, recorded, self.folded + folded
        metrics.EVENTS_FOLDED.inc(folded)
        self.new_agencies |= {agency for agency, name in names.items() if self.names.get(agency) != name}
        self.names.update(names)
        self.new_procedures |= {code for code, name in called.items() if self.procedures.get(code) != name}
        self.procedures.update(called)
        self.tick()

    def tick(self) -> None:
        """Deadlines pass without any event too."""
        self.cells.advance(self.last if self._by_events else self._wall(), self._find)

    async def _store(self, projections: dict[bytes, DossierProjection]) -> None:
        values = {id_: projection.encode() for id_, projection in projections.items()}
        left = [Record(id_, value, []) for id_, value in values.items()]
        pause = 0.1
        while True:
            acked = await self._sender.send(MARKS.name, left)
            left = [record for record, done in zip(left, acked, strict=True) if not done]
            if not left:
                break
            log.warning("marks not stored yet", projections=len(left))
            await asyncio.sleep(pause)
            pause = min(pause * 2, 3.0)
        for id_, projection in projections.items():
            before = self._mark(id_)
            self.table[id_] = values[id_]
            self.cells.put(_partition(id_), id_, before, projection)
            if projection.times[SUBMITTED] and projection.agency not in self.names:
                self.new_agencies.add(projection.agency)
        metrics.DOSSIERS.set(len(self.table))
        metrics.CELLS.set(len(self.cells.counts))

    def recovered(
        self,
        table: Table,
        committed: Mapping[tuple[str, int], int],
        owned: Iterable[int],
        published: Iterable[dict[str, Any]] = (),
    ) -> None:
        """`table` as it was stored, of the partitions `owned`.

        `published` is the board as it stands: cells on it that no mark stands behind any more are set to zero.
        """
        mine = set(owned)
        self.table, self.positions = table, dict(committed)
        self.last = 0
        known: list[BoardPlace] = []
        reached = 0
        for body in published:
            place = place_of(body)
            if place is not None:
                if place.partition in mine:
                    known.append(place)
            elif body["kind"] == "agency" and body["name"]:
                self.names.setdefault(body["agency"], body["name"])
            elif body["kind"] == "procedure":
                self.procedures.setdefault(body["procedure"], body["name"])
            elif body["kind"] == "pulse" and body["last_recorded"]:
                self.last_recorded = max(self.last_recorded, micros(body["last_recorded"]))
                reached = max(reached, micros(body["now"]) if body["now"] else 0)
        self.cells.rebuild(self._recovered_marks(), reached)
        self.cells.expect(known)
        self.new_agencies = set(self.cells.overseers)
        metrics.DOSSIERS.set(len(table))
        metrics.CELLS.set(len(self.cells.counts))
        self.tick()

    def _recovered_marks(self) -> Iterable[tuple[int, bytes, DossierProjection]]:
        believed = self._wall() + FAR
        for id_, value in self.table.items():
            projection = DossierProjection.decode(value)
            self.last = max(self.last, self._clock_of(projection, believed))
            yield _partition(id_), id_, projection

    def _clock_of(self, projection: DossierProjection, believed: int) -> int:
        """What a mark says of the time; one clock set wrong must not make every dossier late."""
        if projection.last <= believed:
            return projection.last
        self.ahead += 1
        metrics.EVENTS_AHEAD.inc()
        return 0

    def _mark(self, id_: bytes) -> DossierProjection | None:
        value = self.table.get(id_)
        return DossierProjection.decode(value) if value is not None else None

    def _find(self, id_: bytes) -> tuple[int, DossierProjection] | None:
        projection = self._mark(id_)
        return (_partition(id_), projection) if projection is not None else None

    def _skip(self, record: RawRecord, why: BadRecord) -> None:
        self.skipped += 1
        metrics.RECORDS_SKIPPED.labels(why.reason).inc()
        log.warning(
            "record skipped",
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            reason=why.reason,
        )


def _partition(id_: bytes) -> int:
    return partition_of(id_.decode(), MARKS.partitions)
