"""The entries in the database: `audit`, one document each, deleted when its time has come."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from pymongo.errors import BulkWriteError

from dossier_shared.adapters.cursors import page_by_time
from dossier_shared.adapters.mongo import Database
from dossier_shared.clock import parse_instant
from dossier_shared.contracts.audit import DOWNLOAD, LOOK, AuditEntry

Document = dict[str, Any]
_DOUBLED: Final = 11000
_NEWEST: Final = {"at": -1, "_id": -1}
_LOOKED_AT: Final = 200  # entries of a dossier that are looked through for its person


class AuditStore:
    """`days`: how long an entry is kept, from when it happened."""

    def __init__(self, db: Database, days: int) -> None:
        self._table, self._kept = db["audit"], timedelta(days=days)

    async def ensure_indexes(self) -> None:
        newest = list(_NEWEST.items())
        await self._table.create_index(newest, name="newest")
        for field in ("subject", "key", "agency", "kind"):
            await self._table.create_index([(field, 1), *newest], name=f"of_{field}")
        await self._table.create_index([("expires", 1)], name="run_out", expireAfterSeconds=0)

    async def take(self, entries: Sequence[tuple[str, AuditEntry]]) -> None:
        """Of services; one that is there already is left as it is: a topic may bring it twice."""
        try:
            await self._table.insert_many([self._document(*entry) for entry in entries], ordered=False)
        except BulkWriteError as error:
            if any(one["code"] != _DOUBLED for one in error.details["writeErrors"]):
                raise

    def _document(self, service: str, entry: AuditEntry) -> Document:
        at = parse_instant(entry.time)
        told = entry.model_dump(exclude={"id", "time"}, exclude_defaults=True)
        key = {"key": entry.of.lower()} if entry.of else {}
        return {"_id": entry.id, "at": at, "expires": at + self._kept, "service": service, **told, **key}

    async def page(self, query: Mapping[str, Any], limit: int, cursor: str | None) -> tuple[list[Document], str | None]:
        """The latest first, and the cursor of the next page."""
        return await page_by_time(self._table, "at", limit, cursor, ascending=False, where=query)

    async def each(self, query: Mapping[str, Any]) -> AsyncIterator[Document]:
        async for document in self._table.find(dict(query)).sort(list(_NEWEST.items())).batch_size(1000):
            yield document

    async def looks(self, names: Sequence[str], but: str) -> list[Document]:
        """The latest looks at a dossier, which has these id and code, by anybody `but` one account."""
        query = {"key": {"$in": [name.lower() for name in names]}, "kind": {"$in": [LOOK, DOWNLOAD]}}
        seen = {**query, "answered": {"$lt": 400}, "subject": {"$ne": but}}
        found: list[Document] = await self._table.find(seen).sort(list(_NEWEST.items())).limit(_LOOKED_AT).to_list(None)
        return found


def within(since: datetime | None, until: datetime | None) -> dict[str, Any]:
    """From `since` until before `until`."""
    bounds = {name: at for name, at in (("$gte", since), ("$lt", until)) if at is not None}
    return {"at": bounds} if bounds else {}
