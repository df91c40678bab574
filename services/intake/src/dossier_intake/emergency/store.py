"""Emergency accesses in the database: each stays; how many an account has taken lately is counted beside them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from pymongo import ReturnDocument, UpdateOne

from dossier_shared.adapters.mongo import Database
from dossier_shared.contracts.entries import EmergencyEntry


class EmergencyStore:
    """One write for each; the topic is written behind it."""

    def __init__(self, db: Database) -> None:
        self._table, self._accounts = db["emergencies"], db["emergency_accounts"]

    async def ensure_indexes(self) -> None:
        await self._table.create_index("told", name="untold", partialFilterExpression={"told": False})
        await self._table.create_index("entry.end", name="end")

    async def find(self, id_: str) -> tuple[EmergencyEntry, str] | None:
        """With the fingerprint of what asked for it."""
        found = await self._table.find_one({"_id": id_})
        return (EmergencyEntry.model_validate(found["entry"]), found["fingerprint"]) if found else None

    async def count(self, subject: str, now: datetime, most: int, span: timedelta) -> datetime | None:
        """Counts one more of the account's, in one write; where there are `most` within the span, when the next may be."""
        recent = {"$filter": {"input": {"$ifNull": ["$at", []]}, "cond": {"$gt": ["$$this", now - span]}}}
        steps: list[dict[str, Any]] = [
            {"$set": {"at": recent}},
            {"$set": {"counted": {"$lt": [{"$size": "$at"}, most]}}},
            {"$set": {"at": {"$cond": ["$counted", {"$concatArrays": ["$at", [now]]}, "$at"]}}},
        ]
        found = await self._accounts.find_one_and_update(
            {"_id": subject}, steps, upsert=True, return_document=ReturnDocument.AFTER
        )
        if found["counted"]:
            return None
        return (found["at"][0] if found["at"] else now) + span

    async def keep(self, one: EmergencyEntry, fingerprint: str) -> EmergencyEntry:
        """As it is kept: of two at once with one key, the first."""
        fresh = {"_id": one.id, "told": False, "fingerprint": fingerprint, "entry": one.model_dump()}
        kept = await self._table.find_one_and_update(
            {"_id": one.id}, {"$setOnInsert": fresh}, upsert=True, return_document=ReturnDocument.AFTER
        )
        return EmergencyEntry.model_validate(kept["entry"])

    async def end(self, id_: str, now: str) -> None:
        """From now on; one that has ended stays as it was."""
        await self._table.update_one(
            {"_id": id_, "entry.end": {"$gt": now}}, {"$set": {"entry.end": now, "told": False}}
        )

    async def untold(self, limit: int) -> list[EmergencyEntry]:
        found = self._table.find({"told": False}).limit(limit)
        return [EmergencyEntry.model_validate(one["entry"]) for one in await found.to_list(None)]

    async def tell_again(self, since: str) -> None:
        """Those that ended after it, at each start: the topic may have been lost meanwhile."""
        await self._table.update_many({"entry.end": {"$gt": since}}, {"$set": {"told": False}})

    async def told(self, entries: Sequence[EmergencyEntry]) -> None:
        """Unless it has changed meanwhile."""
        await self._table.bulk_write(
            [UpdateOne({"_id": one.id, "entry.end": one.end}, {"$set": {"told": True}}) for one in entries]
        )
