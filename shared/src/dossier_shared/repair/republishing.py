"""Publishes again all that was recorded in a span of time: an administrator's job, one at a time, in the background.

Journals are sent whole, batch by batch; the job rests as long as each batch took, so that live traffic goes first. Its progress
is a document that any replica can show and cancel. It does not survive a crash: start it again, readers drop what they have.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from time import monotonic
from typing import Any
from uuid import uuid4

import structlog

from dossier_shared.adapters.mongo import Database, Document, DossierCollection, DriverError
from dossier_shared.clock import Clock, instant
from dossier_shared.journal.publisher import Sender, republish
from dossier_shared.problems import Conflict, NotFound
from dossier_shared.repair.guard import Owned
from dossier_shared.tasks import end
from dossier_shared.telemetry import metrics

log = structlog.get_logger()
_AT_ONCE = 100  # journals in memory
_DEAD_AFTER = timedelta(seconds=60)  # without a sign of life
_AGAIN = 5  # tries of what the broker did not take
_ID = "republish"
PAGE = 2000  # journals looked through at once
COUNTED_FOR = 5.0  # seconds, of the request that asks
PAUSE = 0.2  # seconds before the first other try


class Republishing:
    def __init__(self, db: Database, sender: Sender, owned: Sequence[Owned], clock: Clock, member: str) -> None:
        self.table = db["recovery"]
        self.sender, self.owned, self.clock, self.member = sender, owned, clock, member
        self._task: asyncio.Task[None] | None = None

    async def begin(self, since: str, until: str | None, *, dry_run: bool) -> dict[str, Any]:
        """`since`, `until`: instants. A dry run only counts, and is done when this returns."""
        if not self.owned:
            raise NotFound("nothing-published", "Dịch vụ này không phát hành sự kiện nào.", "It publishes no events.")
        dossiers, events, whole, began = 0, 0, True, monotonic()
        for owned in self.owned:
            async for page in _pages(owned.journals):
                counted = await _count(owned.journals, {"$and": [page, recorded_in(since, until)]})
                dossiers, events = dossiers + counted[0], events + counted[1]
                if monotonic() - began > COUNTED_FOR:
                    whole = False
                    break
        total = {"dossiers": dossiers, "events": events} if whole or dry_run else {"dossiers": None, "events": None}
        job: dict[str, Any] = {
            "state": "counted" if dry_run else "running", "since": since, "until": until,
            "total": total, "at_least": not whole, "dossiers": 0, "events": 0, "failed": 0,
        }  # fmt: skip
        if not dry_run:
            run = await self._take(job)
            self._task = asyncio.create_task(self._run(run, recorded_in(since, until)))
        return job

    async def _take(self, job: Document) -> str:
        """The run's own name: a member whose run was taken for dead must not go on beside its next."""
        now, run = self.clock.now(), uuid4().hex
        free = {"$or": [{"state": {"$ne": "running"}}, {"alive": {"$lt": now - _DEAD_AFTER}}]}
        fields = {**job, "by": self.member, "run": run, "alive": now, "cancelled": False}
        await self.table.update_one({"_id": _ID}, {"$setOnInsert": {"state": "none"}}, upsert=True)
        taken = await self.table.update_one({"_id": _ID, **free}, {"$set": fields})
        if not taken.matched_count:
            raise Conflict(
                "republishing-already",
                "Đang phát hành lại. Hãy chờ xong hoặc hủy.",
                "Journals are being published again already. Wait, or cancel that.",
            )
        return run

    async def view(self) -> dict[str, Any]:
        found = await self.table.find_one({"_id": _ID}, {"_id": 0})
        if found is None:
            return {"state": "none"}
        if found["state"] == "running" and found["alive"] < self.clock.now() - _DEAD_AFTER:
            found["state"] = "died"
        return {name: value for name, value in found.items() if name not in ("alive", "cancelled", "run")}

    async def cancel(self) -> dict[str, Any]:
        await self.table.update_one({"_id": _ID, "state": "running"}, {"$set": {"cancelled": True}})
        return await self.view()

    async def stop(self) -> None:
        if self._task is not None:
            await end([self._task])

    async def _run(self, run: str, query: Document) -> None:
        try:
            ended = "finished"
            for owned in self.owned:
                if not await self._all(run, owned, query):
                    ended = "cancelled"
                    break
            await self._note(run, {"state": ended})
        except asyncio.CancelledError:
            await self._note(run, {"state": "died"})
            raise
        except Exception as error:
            log.exception("journals not published again")
            await self._note(run, {"state": "failed", "problem": repr(error)[:300]})

    async def _all(self, run: str, owned: Owned, query: Document) -> bool:
        """False: cancelled, or somebody else's by now."""
        async for page in _pages(owned.journals):
            found = await owned.journals.table.find({"$and": [page, query]}, {"_id": 1}).to_list(None)
            ids = sorted(document["_id"] for document in found)
            if not ids and not await self._alive(run):
                return False
            for first in range(0, len(ids), _AT_ONCE):
                began, batch = monotonic(), ids[first : first + _AT_ONCE]
                outcome = await self._send(run, owned, batch)
                if outcome is None:
                    return False
                sent, failed = outcome
                metrics.RESENT.inc(sent)
                now = self.clock.now()
                if not await self._note(run, {"alive": now}, dossiers=len(batch), events=sent, failed=failed):
                    return False
                await asyncio.sleep(max(monotonic() - began, 0.02))
        return True

    async def _send(self, run: str, owned: Owned, ids: Sequence[str]) -> tuple[int, int] | None:
        """Events sent, and dossiers that could not be sent whole. None: it is to end.

        Where nothing at all is acknowledged the broker is away: that is waited for, rather than gone past.
        """
        journals = await owned.journals.load_whole(ids)
        expected = sum(dossier.seq for dossier in journals.values())
        sent, attempt = 0, 0
        while attempt < _AGAIN:
            sent = await republish(owned.rules.source, self.sender, list(journals.values()), owned.deployment)
            if sent == expected:
                return sent, 0
            if not await self._alive(run):
                return None
            attempt = attempt + 1 if sent else 0
            await asyncio.sleep(PAUSE * 2**attempt)
        log.warning("not all published again", events=expected - sent)
        return sent, len(ids)

    async def _alive(self, run: str) -> bool:
        return await self._note(run, {"alive": self.clock.now()})

    async def _note(self, run: str, fields: Document, **more: int) -> bool:
        """False: it is to end, or somebody else has taken it over."""
        change: Document = {"$set": fields} | ({"$inc": more} if more else {})
        try:
            found = await self.table.find_one_and_update({"_id": _ID, "run": run, "state": "running"}, change)
        except DriverError as error:
            log.warning("progress not noted", error=repr(error)[:200])
            return True
        return found is not None and not found["cancelled"]


def recorded_in(since: str, until: str | None) -> Document:
    """Dossiers with an event recorded in the span. Segments are not looked at: rather too many dossiers are sent."""
    span = {"$gte": since} | ({"$lt": until} if until else {})
    within = {"journal": {"$elemMatch": {"recorded": span}}}
    if until is None:
        return within  # the last event is always in the document
    return {"$or": [within, {"base": {"$gt": 0}, "journal.recorded": {"$gte": since}}]}


async def _pages(journals: DossierCollection) -> AsyncIterator[Document]:
    """Ranges of ids that are looked through in a moment each, however few are wanted: nothing is indexed by instants."""
    after = ""
    while True:
        ids = journals.table.find({"_id": {"$gt": after}}, {"_id": 1}).sort("_id", 1).skip(PAGE - 1).limit(1)
        last = await ids.to_list(None)
        if not last:
            yield {"_id": {"$gt": after}}
            return
        yield {"_id": {"$gt": after, "$lte": last[0]["_id"]}}
        after = last[0]["_id"]


async def _count(journals: DossierCollection, query: Document) -> tuple[int, int]:
    stages: list[Document] = [
        {"$match": query},
        {"$group": {"_id": None, "dossiers": {"$sum": 1}, "events": {"$sum": "$seq"}}},
    ]
    found = await journals.table.aggregate(stages).to_list(None)
    return (found[0]["dossiers"], found[0]["events"]) if found else (0, 0)


def spans(since: datetime, until: datetime | None) -> tuple[str, str | None]:
    return instant(since), instant(until) if until is not None else None
