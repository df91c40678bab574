"""Codes in the database: digests, tries and by which filing one was used; gone by themselves after a day."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from pymongo import ReturnDocument

from dossier_intake.consents.code import KEPT, TRIES
from dossier_shared.adapters.entry_store import EntryStore
from dossier_shared.adapters.mongo import Database
from dossier_shared.clock import parse_instant
from dossier_shared.contracts.entries import ConsentCodeEntry
from dossier_shared.contracts.person_keys import person_of_holder


class Asked(NamedTuple):
    """A code that was sent. `helper`: subject of the account that asked; `phone`, `code`: digests."""

    helper: str
    person: str
    phone: str
    code: str
    sent_to: str
    tries: int = 0
    used: str | None = None  # identity of the filing


class ConsentCodes(EntryStore[ConsentCodeEntry]):
    def __init__(self, db: Database) -> None:
        super().__init__(db["consent_codes"], ConsentCodeEntry)
        self._counts = db["consent_counts"]

    async def ensure_indexes(self) -> None:
        await super().ensure_indexes()
        await self.table.create_index([("gone", 1)], name="run_out", expireAfterSeconds=0)
        await self.table.create_index([("asked.person", 1)], name="person")
        await self._counts.create_index([("gone", 1)], name="run_out", expireAfterSeconds=0)

    async def put(self, one: ConsentCodeEntry, fingerprint: str, asked: Asked) -> None:
        """Told to notify from here on. What another request of this key has put meanwhile stays."""
        fresh = {
            "told": False, "fingerprint": fingerprint, "entry": one.model_dump(), "asked": asked._asdict(),
            "gone": parse_instant(one.end) + KEPT,
        }  # fmt: skip
        await self.table.update_one({"_id": one.id}, {"$setOnInsert": fresh}, upsert=True)

    async def get(self, id_: str) -> tuple[ConsentCodeEntry, str, Asked] | None:
        """With the fingerprint of what asked for it."""
        found = await self.table.find_one({"_id": id_})
        if found is None:
            return None
        return ConsentCodeEntry.model_validate(found["entry"]), found["fingerprint"], Asked(**found["asked"])

    async def tried(self, id_: str) -> Asked | None:
        """Counts a try before it is judged, so that many at once are no more than `TRIES`. None: there were as many."""
        query = {"_id": id_, "asked.tries": {"$lt": TRIES}}
        found = await self.table.find_one_and_update(
            query, {"$inc": {"asked.tries": 1}}, return_document=ReturnDocument.AFTER
        )
        return Asked(**found["asked"]) if found else None

    async def use(self, id_: str, filing: str) -> bool:
        """Whether it is this filing's: of two at once it is one's."""
        query = {"_id": id_, "asked.used": {"$in": [None, filing]}}
        return (await self.table.update_one(query, {"$set": {"asked.used": filing}})).matched_count == 1

    async def count(self, what: str, now: datetime, most: int, span: timedelta) -> datetime | None:
        """Counts one more, in one write; where there are `most` within the span, when the next may be."""
        recent = {"$filter": {"input": {"$ifNull": ["$at", []]}, "cond": {"$gt": ["$$this", now - span]}}}
        steps: list[dict[str, Any]] = [
            {"$set": {"at": recent, "gone": now + span}},
            {"$set": {"counted": {"$lt": [{"$size": "$at"}, most]}}},
            {"$set": {"at": {"$cond": ["$counted", {"$concatArrays": ["$at", [now]]}, "$at"]}}},
        ]
        found = await self._counts.find_one_and_update(
            {"_id": what}, steps, upsert=True, return_document=ReturnDocument.AFTER
        )
        if found["counted"]:
            return None
        return (found["at"][0] if found["at"] else now) + span

    async def forget(self, holder: str) -> None:
        """Of a person who is erased."""
        await self.table.delete_many({"asked.person": person_of_holder(holder)})
