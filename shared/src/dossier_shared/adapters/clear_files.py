"""Files stored in clear, and how each is encrypted after the fact: the encrypted one beside it first, then the clear one goes.

The clear one is renamed before its pieces are deleted, and its entry is deleted last: whoever is killed between finds it again.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from hashlib import sha256
from typing import Any, Final, NamedTuple

from bson import ObjectId
from pymongo import ASCENDING, DESCENDING

from dossier_shared.adapters.files import FileStore
from dossier_shared.adapters.mongo import Document

_GOING: Final = "resealed:"  # before an id
_OF_A_FILE: Final = {"$regex": r"^(resealed:)?[0-9a-f]{64}$"}  # not of one that is on its way out
_CLEAR: Final[Document] = {"holder": {"$exists": False}, "filename": _OF_A_FILE}


class ClearFile(NamedTuple):
    """`key`: of its entry; in an order in which pages can be asked for."""

    key: ObjectId
    id: str
    metadata: dict[str, Any]
    stored: datetime
    going: bool


class SpoiltFile(Exception):
    """Its bytes are not those of its name: it stays as it is, for a person to look at."""


class ClearFiles:
    def __init__(self, files: FileStore) -> None:
        self._files = files

    async def count(self) -> Document:
        """How many, and when the first and the last of them was stored."""
        first = await self._edge(ASCENDING)
        last = await self._edge(DESCENDING)
        return {"files": await self._files.entries.count_documents(_CLEAR), "first": first, "last": last}

    async def _edge(self, order: int) -> str | None:
        found = await self._files.entries.find_one(_CLEAR, {"uploadDate": 1}, sort=[("uploadDate", order)])
        return found["uploadDate"].isoformat() if found else None

    async def page(self, after: str, limit: int) -> list[ClearFile]:
        query = _CLEAR | ({"_id": {"$gt": ObjectId(after)}} if after else {})
        return await self._found(query, limit)

    async def named(self, ids: list[str]) -> list[ClearFile]:
        wanted = [name for id_ in ids for name in (id_, _GOING + id_)]
        return await self._found({"holder": {"$exists": False}, "filename": {"$in": wanted}}, len(wanted))

    async def _found(self, query: Document, limit: int) -> list[ClearFile]:
        found = self._files.entries.find(query).sort("_id", ASCENDING).limit(limit)
        return [
            ClearFile(
                one["_id"], one["filename"].removeprefix(_GOING), one.get("metadata") or {}, one["uploadDate"],
                one["filename"].startswith(_GOING),
            )
            async for one in found
        ]  # fmt: skip

    async def seal(self, file: ClearFile, holder: str) -> None:
        """Of an erased person nothing is kept. Raises KeyUnknown, SpoiltFile."""
        erased = self._files.persons is not None and self._files.persons.erased(holder)
        if not erased and not file.going:
            content = await self._files.read(file.key)
            if await asyncio.to_thread(lambda: sha256(content).hexdigest()) != file.id:
                raise SpoiltFile(f"file {file.id} is not what its name says")
            await self._files.put_many([(content, file.metadata)], [holder], stored=file.stored)
        going: Document = {"$set": {"filename": _GOING + file.id}, "$unset": {"metadata.reference": ""}}
        await self._files.entries.update_one({"_id": file.key}, going)
        await self._files.chunks.delete_many({"files_id": file.key})
        await self._files.entries.delete_one({"_id": file.key})
