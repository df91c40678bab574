"""Wrong tries at a receipt's tracking code, counted in the database: for every process, and over restarts.

Neither the codes nor the addresses tried are kept: a count is found by a keyed hash of them.
"""

from __future__ import annotations

import asyncio
import hmac
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from dossier_shared.adapters.mongo import Database, DuplicateKey

WAIT = timedelta(minutes=15)
OF_ADDRESS, OF_CODE = 60, 20  # a counter's address is many people's


class Tries:
    """A count begins with its first wrong try and ends `WAIT` later; the right code writes nothing.

    Who tries many times at once gets, before the first is counted, as many as one process serves at once.
    """

    def __init__(self, db: Database, key: bytes) -> None:
        self._table, self._key = db["tracking.tries"], key

    async def ensure_indexes(self) -> None:
        await self._table.create_index([("expires", 1)], name="run_out", expireAfterSeconds=0)

    async def wait(self, address: str, code: str, now: datetime) -> timedelta:
        """Until the next try; nothing: now."""
        most = self._most(address, code)
        running = {"_id": {"$in": list(most)}, "expires": {"$gt": now}}  # the index deletes late
        found = [one async for one in self._table.find(running)]
        left = [one["expires"] - now for one in found if one["tries"] >= most[one["_id"]]]
        return max(left, default=timedelta())

    async def failed(self, address: str, code: str, now: datetime) -> None:
        await asyncio.gather(*(self._count(id_, now) for id_ in self._most(address, code)))

    async def _count(self, id_: str, now: datetime) -> None:
        running = {"$gt": ["$expires", now]}
        begun: dict[str, Any] = {
            "tries": {"$cond": [running, {"$add": ["$tries", 1]}, 1]},
            "expires": {"$cond": [running, "$expires", now + WAIT]},
        }
        try:
            await self._table.update_one({"_id": id_}, [{"$set": begun}], upsert=True)
        except DuplicateKey:  # the very first, twice at once: it is there now
            await self._table.update_one({"_id": id_}, [{"$set": begun}])

    def _most(self, address: str, code: str) -> dict[str, int]:
        return {self._id("address", address): OF_ADDRESS, self._id("code", code): OF_CODE}

    def _id(self, kind: str, value: str) -> str:
        return f"{kind}:{hmac.new(self._key, f'tries:{value}'.encode(), sha256).hexdigest()[:32]}"
