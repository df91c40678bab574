"""What this service says on a compacted topic, in its database: each entry stays, and the topic is written behind it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, TypeVar

from pymongo import ReturnDocument, UpdateOne

from dossier_shared.adapters.mongo import Table
from dossier_shared.contracts.entries import SpanEntry

E = TypeVar("E", bound=SpanEntry)


class EntryStore(Generic[E]):
    """One write a command."""

    def __init__(self, table: Table, model: type[E]) -> None:
        self.table, self._model = table, model

    async def ensure_indexes(self) -> None:
        await self.table.create_index("told", name="untold", partialFilterExpression={"told": False})

    async def keep(self, one: E, fingerprint: str) -> tuple[E, str]:
        """As it is kept, and the fingerprint of what asked for it: a repeat, also at the same moment, finds the first."""
        fresh = {"_id": one.id, "told": False, "fingerprint": fingerprint, "entry": one.model_dump()}
        kept = await self.table.find_one_and_update(
            {"_id": one.id}, {"$setOnInsert": fresh}, upsert=True, return_document=ReturnDocument.AFTER
        )
        return self._model.model_validate(kept["entry"]), kept["fingerprint"]

    async def find(self, id_: str) -> tuple[E, str] | None:
        """As `keep`."""
        found = await self.table.find_one({"_id": id_})
        return (self._model.model_validate(found["entry"]), found["fingerprint"]) if found else None

    async def end(self, id_: str, now: str) -> None:
        """From now on; one that has ended stays as it was. One not begun never begins."""
        await self.table.update_one(
            {"_id": id_, "entry.end": {"$gt": now}}, {"$set": {"entry.end": now, "told": False}}
        )

    async def untold(self, limit: int) -> list[E]:
        found = self.table.find({"told": False}).limit(limit)
        return [self._model.model_validate(one["entry"]) for one in await found.to_list(None)]

    async def tell_again(self, since: str) -> None:
        """Those that end after it."""
        await self.table.update_many({"entry.end": {"$gt": since}}, {"$set": {"told": False}})

    async def told(self, entries: Sequence[E]) -> None:
        """Unless it has changed meanwhile."""
        await self.table.bulk_write(
            [UpdateOne({"_id": one.id, "entry.end": one.end}, {"$set": {"told": True}}) for one in entries]
        )
