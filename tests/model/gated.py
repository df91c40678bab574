"""The neighbours of a replica, in memory, each call held at a gate before and after it happens."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING

from dossier_local.memory import MemorySource, MemoryWaiting
from dossier_shared.contracts.envelope import RawRecord, Record
from dossier_shared.errors import Refusal
from dossier_shared.journal.consumer import ParkedEvent
from dossier_shared.journal.dossier import Dossier
from dossier_shared.journal.hearing import Position

from ..unit.core.toy import SOURCE  # noqa: TID252
from ..unit.core.world import HEARD  # noqa: TID252

if TYPE_CHECKING:
    from .schedule import Schedule


class GatedStore:
    def __init__(self, schedule: Schedule) -> None:
        self.schedule, self.to, self.gate = schedule, schedule.collection, schedule.gate

    async def load(self, ids: Iterable[str], *, journal: bool = True) -> dict[str, Dossier]:
        await self.gate()
        found = await self.to.load(ids, journal=journal)
        await self.gate()
        return found

    async def write(self, dossiers: Sequence[Dossier], recorded: datetime) -> Mapping[str, Refusal | None]:
        """An unordered bulk: one after the other, and the process may be gone in between."""
        lost: dict[str, Refusal | None] = {}
        for dossier in dossiers:
            await self.gate()
            lost |= await self.to.write([dossier], recorded)
            self.schedule.changed = True
        await self.gate()
        return lost

    async def mark(self, full: Mapping[int, Sequence[str]], partial: Mapping[int, Sequence[str]]) -> None:
        await self.gate()
        await self.to.mark(full, {})
        self.schedule.changed = True
        await self.gate()
        await self.to.mark({}, partial)
        self.schedule.changed = True
        await self.gate()

    async def pending_before(self, instant: datetime) -> AsyncIterator[list[Dossier]]:
        await self.gate()
        async for dossiers in self.to.pending_before(instant):
            await self.gate()
            yield dossiers

    async def oldest_pending(self) -> datetime | None:
        await self.gate()
        return await self.to.oldest_pending()

    async def open_claims(self, until: str, claimant: str, limit: int) -> list[Dossier]:
        await self.gate()
        found = await self.to.open_claims(until, claimant, limit)
        await self.gate()
        return found

    async def copy(self, dossier: Dossier, count: int) -> int:
        await self.gate()
        length = await self.to.copy(dossier, count)
        await self.gate()
        return length

    async def cut(self, dossier: Dossier, count: int) -> bool:
        done = await self.to.cut(dossier, count)
        self.schedule.count["journal cut"] += done
        await self.gate()
        return done


class GatedSender:
    def __init__(self, schedule: Schedule) -> None:
        self.schedule = schedule

    async def send(self, topic: str, records: Sequence[Record]) -> list[bool]:
        """Each dossier's run arrives whole: now, late (reported as failed), or now with its acknowledgement lost."""
        schedule, acked = self.schedule, list[bool]()
        for _, neighbours in groupby(records, lambda record: record.key):
            run = list(neighbours)
            await schedule.gate()
            if schedule.fault("late", 0.15):
                schedule.late.append((topic, run))
                acked += [False] * len(run)
                continue
            schedule.append(topic, run)
            acked += [not schedule.fault("acknowledgement lost", 0.15)] * len(run)
        await schedule.gate()
        return acked


class GatedSource(MemorySource):
    def __init__(self, schedule: Schedule) -> None:
        super().__init__(schedule.broker, HEARD, SOURCE)
        self.schedule = schedule

    async def fetch(self, limit: int) -> list[RawRecord]:
        await self.schedule.gate()
        return await super().fetch(limit)

    async def commit(self, offsets: Mapping[Position, int]) -> bool:
        await self.schedule.gate()
        if self.schedule.fault("commit refused", 0.15):
            self.positions = dict(self.broker.committed[self.group])
            return False
        done = await super().commit(offsets)
        await self.schedule.gate()
        return done


class GatedWaiting(MemoryWaiting):
    def __init__(self, schedule: Schedule) -> None:
        self.items, self.gate = schedule.waiting.items, schedule.gate

    async def of(self, dossiers: Sequence[str]) -> list[ParkedEvent]:
        await self.gate()
        return await super().of(dossiers)

    async def put(self, items: Sequence[ParkedEvent]) -> None:
        await self.gate()
        await super().put(items)
        await self.gate()

    async def drop(self, ids: Sequence[str]) -> None:
        await self.gate()
        await super().drop(ids)
        await self.gate()
