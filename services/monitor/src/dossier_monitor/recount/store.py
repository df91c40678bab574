"""Recounts in monitor's MongoDB: one document each, and the lease by which there is only one at a time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from pymongo import ReturnDocument

from dossier_shared.adapters.cursors import page_by_time
from dossier_shared.adapters.mongo import Database
from dossier_shared.clock import Clock, instant

LEASE_FOR: Final = timedelta(seconds=60)
_LEASE: Final = "recount"
_NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Recounts:
    def __init__(self, db: Database, clock: Clock) -> None:
        self._runs, self._leases, self._clock = db["recounts"], db["leases"], clock

    async def begin(self, run: str, by: str, night: str | None = None) -> bool:
        """False: another one runs, or (`night`, a date) that night's has been."""
        now = self._clock.now()
        lease = await self._leases.find_one_and_update(
            {"_id": _LEASE}, {"$setOnInsert": {"until": _NEVER}}, upsert=True, return_document=ReturnDocument.AFTER
        )
        free: dict[str, Any] = {"_id": _LEASE, "until": {"$lt": now}}
        if await self._runs.find_one({"_id": lease.get("run"), "state": {"$ne": "running"}}) is not None:
            free = {"_id": _LEASE, "run": lease["run"]}  # it has ended, and is about to let go
        taken: dict[str, Any] = {"until": now + LEASE_FOR, "run": run}
        if night is not None:
            free["night"], taken["night"] = {"$ne": night}, night
        if not (await self._leases.update_one(free, {"$set": taken})).modified_count:
            return False
        lost = {"state": "failed", "finished": now, "problem": "its process ended"}
        await self._runs.update_many({"state": "running"}, {"$set": lost})
        await self._runs.update_one(
            {"_id": run}, {"$setOnInsert": {"state": "running", "by": by, "started": now}}, upsert=True
        )
        return True

    async def hold(self, run: str) -> None:
        await self._leases.update_one({"_id": _LEASE, "run": run}, {"$set": {"until": self._clock.now() + LEASE_FOR}})

    async def finish(self, run: str, report: Mapping[str, Any]) -> None:
        await self._end(run, {"state": "finished", "report": dict(report)})

    async def fail(self, run: str, problem: str) -> None:
        """Where it has not ended otherwise."""
        await self._end(run, {"state": "failed", "problem": problem})

    async def _end(self, run: str, outcome: dict[str, Any]) -> None:
        ended = {**outcome, "finished": self._clock.now()}
        await self._runs.update_one({"_id": run, "state": "running"}, {"$set": ended})
        await self._leases.update_one({"_id": _LEASE, "run": run}, {"$set": {"until": _NEVER}})

    async def find(self, run: str) -> dict[str, Any] | None:
        found = await self._runs.find_one({"_id": run})
        return recount_view(found) if found is not None else None

    async def newest(self, limit: int, cursor: str | None = None) -> tuple[list[dict[str, Any]], str | None]:
        """The latest begun first, and the cursor of what follows."""
        found, following = await page_by_time(self._runs, "started", limit, cursor, ascending=False)
        return [recount_view(document) for document in found], following


def recount_view(document: Mapping[str, Any]) -> dict[str, Any]:
    ended = document.get("finished")
    return {
        "id": document["_id"],
        "state": document["state"],
        "by": document["by"],
        "started": instant(document["started"]),
        "finished": instant(ended) if ended is not None else None,
        "problem": document.get("problem"),
        **(document.get("report") or {}),
    }
