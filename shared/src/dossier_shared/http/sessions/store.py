"""Sessions and logout tokens heard, in the service's own database: the only file with their queries.

A document is found by the digest of its secret, of the issuer's session (`sid`) or of the person (`sub`). It goes by itself when
it has ended (`gone`).
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from dossier_shared.adapters.mongo import Database, DuplicateKey


def _at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


class SessionStore:
    """Times are seconds since 1970."""

    def __init__(self, db: Database) -> None:
        self._sessions: Any = db["sessions"]
        self._heard: Any = db["logouts_heard"]

    async def ensure_indexes(self) -> None:
        for table in (self._sessions, self._heard):
            await table.create_index("gone", expireAfterSeconds=0)
        for name in ("sid", "sub"):
            await self._sessions.create_index(name)

    async def insert(self, document: Mapping[str, Any], gone: float) -> None:
        await self._sessions.insert_one({**document, "gone": _at(gone)})

    async def find(self, key: str) -> dict[str, Any] | None:
        found: dict[str, Any] | None = await self._sessions.find_one({"_id": key})
        return found

    async def touch(self, key: str, now: float, gone: float) -> None:
        await self._sessions.update_one({"_id": key}, {"$set": {"used": now, "gone": _at(gone)}})

    async def claim(self, key: str, version: int, now: float, until: float) -> bool:
        """To renew the tokens of this version: one process at a time may."""
        claimed = {"_id": key, "version": version, "claimed": {"$lt": now}}
        return bool((await self._sessions.update_one(claimed, {"$set": {"claimed": until}})).modified_count)

    async def release(self, key: str, version: int) -> None:
        await self._sessions.update_one({"_id": key, "version": version}, {"$set": {"claimed": 0.0}})

    async def renew(self, key: str, version: int, sealed: bytes) -> bool:
        """False where it has ended meanwhile."""
        change = {"$set": {"sealed": sealed, "version": version + 1, "claimed": 0.0}}
        return bool((await self._sessions.update_one({"_id": key, "version": version}, change)).modified_count)

    async def end(self, key: str) -> None:
        await self._sessions.delete_one({"_id": key})

    async def end_of(self, **by: str) -> list[str]:
        """Of an issuer's session and person, by their digests; the keys of what ended."""
        keys = [found["_id"] async for found in self._sessions.find(by, {"_id": 1})]
        await self._sessions.delete_many({"_id": {"$in": keys}})
        return keys

    async def was_heard(self, token: str) -> bool:
        return await self._heard.find_one({"_id": token}) is not None

    async def hear(self, token: str, gone: float) -> None:
        with suppress(DuplicateKey):
            await self._heard.insert_one({"_id": token, "gone": _at(gone)})
