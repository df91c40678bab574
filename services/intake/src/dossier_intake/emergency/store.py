"""Emergency accesses in the database: each stays; how many an account has taken lately is counted beside them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from pymongo import ReturnDocument

from dossier_shared.adapters.entry_store import EntryStore
from dossier_shared.adapters.mongo import Database
from dossier_shared.contracts.entries import EmergencyEntry


class EmergencyStore(EntryStore[EmergencyEntry]):
    def __init__(self, db: Database) -> None:
        super().__init__(db["emergencies"], EmergencyEntry)
        self._accounts = db["emergency_accounts"]

    async def ensure_indexes(self) -> None:
        await super().ensure_indexes()
        await self.table.create_index("entry.end", name="end")

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
