"""Publishing again all that was recorded in a span of time: an administrator's job, one at a time, that starves nobody.

Journals go whole, 1..seq, with a cursor of their own, a lot at a time; the job rests as long as each lot took. How far it
has come is a document that any replica can show and cancel. It survives nothing: whoever is in doubt starts it again,
readers drop what they have.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

import structlog

from dossier_shared import metrics
from dossier_shared.clock import Clock, instant
from dossier_shared.errors import Conflict, NotFound
from dossier_shared.mongo import Database, Document, DossierCollection, DriverError
from dossier_shared.publisher import Sender, republish
from dossier_shared.recovery.guard import Owned

log = structlog.get_logger()
_AT_ONCE = 100  # journals in memory
_DEAD_AFTER = timedelta(seconds=60)  # without a sign of life
_AGAIN = 5  # tries of what the broker did not take
_ID = "republish"


class Republishing:
    def __init__(self, db: Database, sender: Sender, owned: Sequence[Owned], clock: Clock, member: str) -> None:
        self.table = db["recovery"]
        self.sender, self.owned, self.clock, self.member = sender, owned, clock, member
        self._task: asyncio.Task[None] | None = None

    async def begin(self, since: str, until: str | None, *, dry_run: bool) -> dict[str, Any]:
        """`since`, `until`: instants. A dry run only counts, and is done when this returns."""
        if not self.owned:
            raise NotFound("nothing-published", "Dịch vụ này không phát hành sự kiện nào.", "It publishes no events.")
        dossiers, events = 0, 0
        for owned in self.owned:
            counted = await _count(owned.journals, recorded_in(since, until))
            dossiers, events = dossiers + counted[0], events + counted[1]
        job: dict[str, Any] = {
            "state": "counted" if dry_run else "running", "since": since, "until": until,
            "total": {"dossiers": dossiers, "events": events}, "dossiers": 0, "events": 0, "failed": 0,
        }  # fmt: skip
        if not dry_run:
            await self._take(job)
            self._task = asyncio.create_task(self._run(recorded_in(since, until)))
        return job

    async def _take(self, job: Document) -> None:
        now = self.clock.now()
        free = {"$or": [{"state": {"$ne": "running"}}, {"alive": {"$lt": now - _DEAD_AFTER}}]}
        fields = {**job, "by": self.member, "alive": now, "cancelled": False}
        await self.table.update_one({"_id": _ID}, {"$setOnInsert": {"state": "none"}}, upsert=True)
        taken = await self.table.update_one({"_id": _ID, **free}, {"$set": fields})
        if not taken.matched_count:
            raise Conflict(
                "republishing-already",
                "Đang phát hành lại. Hãy chờ xong hoặc hủy.",
                "Journals are being published again already. Wait, or cancel that.",
            )

    async def view(self) -> dict[str, Any]:
        found = await self.table.find_one({"_id": _ID}, {"_id": 0})
        if found is None:
            return {"state": "none"}
        if found["state"] == "running" and found["alive"] < self.clock.now() - _DEAD_AFTER:
            found["state"] = "died"
        return {name: value for name, value in found.items() if name not in ("alive", "cancelled")}

    async def cancel(self) -> dict[str, Any]:
        await self.table.update_one({"_id": _ID, "state": "running"}, {"$set": {"cancelled": True}})
        return await self.view()

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self, query: Document) -> None:
        try:
            ended = "finished"
            for owned in self.owned:
                if not await self._all(owned, query):
                    ended = "cancelled"
                    break
            await self._note({"state": ended})
        except asyncio.CancelledError:
            await self._note({"state": "died"})
            raise
        except Exception as error:
            log.exception("journals not published again")
            await self._note({"state": "failed", "problem": repr(error)[:300]})

    async def _all(self, owned: Owned, query: Document) -> bool:
        """False: cancelled."""
        after = ""
        while True:
            began = monotonic()
            page = {"$and": [{"_id": {"$gt": after}}, query]}
            found = await owned.journals.table.find(page, {"_id": 1}).sort("_id", 1).limit(_AT_ONCE).to_list(None)
            if not found:
                return True
            ids = [document["_id"] for document in found]
            sent, failed = await self._send(owned, ids)
            metrics.RESENT.inc(sent)
            after = ids[-1]
            if not await self._note({"alive": self.clock.now()}, dossiers=len(ids), events=sent, failed=failed):
                return False
            await asyncio.sleep(max(monotonic() - began, 0.02))

    async def _send(self, owned: Owned, ids: Sequence[str]) -> tuple[int, int]:
        """Events sent, and dossiers that could not be sent whole."""
        journals = await owned.journals.load_whole(ids)
        expected = sum(dossier.seq for dossier in journals.values())
        sent = 0
        for attempt in range(_AGAIN):
            sent = await republish(owned.rules.source, self.sender, list(journals.values()))
            if sent == expected:
                return sent, 0
            await asyncio.sleep(0.2 * 2**attempt)
        log.warning("not all published again", events=expected - sent)
        return sent, len(ids)

    async def _note(self, fields: Document, **more: int) -> bool:
        """False: it is to end, or somebody else has taken it over."""
        change: Document = {"$set": fields} | ({"$inc": more} if more else {})
        try:
            found = await self.table.find_one_and_update({"_id": _ID, "by": self.member, "state": "running"}, change)
        except DriverError as error:
            log.warning("progress not noted", error=repr(error)[:200])
            return True
        return found is not None and not found["cancelled"]


def recorded_in(since: str, until: str | None) -> Document:
    """Those with an event recorded in the span. What has moved to segments is not looked at: rather too many are sent."""
    span = {"$gte": since} | ({"$lt": until} if until else {})
    within = {"journal": {"$elemMatch": {"recorded": span}}}
    if until is None:
        return within  # the last event is always in the document
    return {"$or": [within, {"base": {"$gt": 0}, "journal.recorded": {"$gte": since}}]}


async def _count(journals: DossierCollection, query: Document) -> tuple[int, int]:
    stages: list[Document] = [
        {"$match": query},
        {"$group": {"_id": None, "dossiers": {"$sum": 1}, "events": {"$sum": "$seq"}}},
    ]
    found = await journals.table.aggregate(stages).to_list(None)
    return (found[0]["dossiers"], found[0]["events"]) if found else (0, 0)


def spans(since: datetime, until: datetime | None) -> tuple[str, str | None]:
    return instant(since), instant(until) if until is not None else None
