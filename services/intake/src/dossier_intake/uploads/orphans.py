"""Files that neither a dossier nor a draft names: given back a week after they came, and never one that a filing has just named.

A file is judged twice, an hour apart. At the first time its use is marked as leaving: from then on it cannot be attached.
Whoever had looked before has long recorded the filing at the second. Then the bytes are hidden, the use is taken out, and
what nothing needs is removed, so that whatever a process dies at is found again and finished, or put back. Any number of
replicas may do it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

import structlog

from dossier_intake.metrics import ORPHANS_REMOVED
from dossier_intake.store import Uses
from dossier_shared.adapters.files import FileStore
from dossier_shared.adapters.mongo import DossierCollection
from dossier_shared.clock import Clock
from dossier_shared.journal import crash

log = structlog.get_logger()
KEPT = timedelta(days=7)  # what one brought and has not filed
GRACE = timedelta(hours=1)  # far beyond what any filing takes
EVERY = 600.0  # seconds
BATCH = 200
_NAMED = "data.documents.id"  # of an event: journals and segments have an index on it


Naming = Callable[[Iterable[str]], Awaitable[set[str]]]


async def in_no_draft(_: Iterable[str]) -> set[str]:
    return set()


class Opened(Protocol):
    def check_open(self) -> None:
        """Raises while dossiers may be missing: a database that was put back is read from topics first."""


class Orphans:
    def __init__(
        self,
        dossiers: DossierCollection,
        uses: Uses,
        files: FileStore,
        ledger: Opened,
        clock: Clock,
        drafted: Naming = in_no_draft,
    ) -> None:
        """`drafted`: which of some files a draft has."""
        self._dossiers, self._uses, self._files = dossiers, uses, files
        self._ledger, self._clock, self._drafted = ledger, clock, drafted

    async def ensure_indexes(self) -> None:
        await self._dossiers.table.create_index([(f"journal.{_NAMED}", 1)], name="names_file", sparse=True)
        await self._dossiers.segments.create_index([(f"events.{_NAMED}", 1)], name="names_file", sparse=True)

    async def run(self) -> None:
        while True:
            await asyncio.sleep(EVERY)
            try:
                while await self.once() == BATCH:
                    await asyncio.sleep(0)
            except Exception as error:  # the database is away, or not whole yet
                log.warning("orphan files not looked for", error=repr(error)[:200])

    async def once(self) -> int:
        """How much there was to judge."""
        self._ledger.check_open()
        now = self._clock.now()
        for file in await self._files.hidden(BATCH):
            await self._settle(file)
        leaving = await self._uses.leaving(now - GRACE, BATCH)
        for use in await self._not_needed(leaving, now):
            await self._remove(use)
        return len(leaving) + await self._mark(now)

    async def _not_needed(self, uses: Sequence[Mapping[str, Any]], now: datetime) -> list[Mapping[str, Any]]:
        """What a dossier names stays for good; what a draft has is weighed again when it has run out, or a week from now."""
        named = await self._named(one["file"] for one in uses)
        await self._uses.stay([one["_id"] for one in uses if one["file"] in named])
        drafted = await self._drafted(one["file"] for one in uses if one["file"] not in named)
        await self._uses.put_off([one["_id"] for one in uses if one["file"] in drafted], now)
        return [one for one in uses if one["file"] not in named | drafted]

    async def _mark(self, now: datetime) -> int:
        old = await self._uses.unweighed(now - KEPT, BATCH)
        going = await self._not_needed(old, now)
        await self._uses.leave([one["_id"] for one in going], now - KEPT, now)
        return len(old)

    async def _remove(self, use: Mapping[str, Any]) -> None:
        inner = use.get("shown") or {}
        files = [one for one in (use["file"], inner.get("id")) if one]
        needed = [one for one in files if await self._uses.others(one, use["_id"]) or await self._named([one])]
        gone = [one for one in files if one not in needed]
        for file in gone:
            await self._files.hide(file)
        crash.point("orphan.hidden")
        await self._uses.drop(use["_id"], use["leaving"])  # unless it was brought again meanwhile
        crash.point("orphan.dropped")
        for file in gone:
            await self._settle(file)

    async def _settle(self, file: str) -> None:
        """Of one that is hidden: somebody needs it, or it goes."""
        if await self._uses.others(file) or await self._named([file]):
            await self._files.show(file)
        else:
            await self._files.remove_hidden(file)
            ORPHANS_REMOVED.inc()
            log.info("a file that no dossier names was removed", file=file)

    async def _named(self, files: Iterable[str]) -> set[str]:
        """By any dossier. Journals first: an event is in a segment before it leaves its journal."""
        wanted = set(files)
        if not wanted:
            return set()
        within = {"$in": list(wanted)}
        journals = self._dossiers.table.find({f"journal.{_NAMED}": within}, {f"journal.{_NAMED}": 1})
        found = {id_ async for one in journals for id_ in _ids(one["journal"])}
        segments = self._dossiers.segments.find({f"events.{_NAMED}": within}, {f"events.{_NAMED}": 1})
        return wanted & (found | {id_ async for one in segments for id_ in _ids(one["events"])})


def _ids(events: Iterable[Mapping[str, Any]]) -> Iterable[str]:
    return (paper["id"] for event in events for paper in event.get("data", {}).get("documents", ()))
