"""Uploads that are not whole yet, in the database: any replica takes the next piece, and what nobody finishes goes by itself."""

from __future__ import annotations

from datetime import datetime, timedelta
from secrets import token_hex
from typing import Any, NamedTuple

from dossier_shared.adapters.mongo import Database
from dossier_shared.journal import crash

KEPT_FOR = timedelta(hours=24)
UNFINISHED = 8  # of one person


class Unfinished(NamedTuple):
    """`pieces`: what has come, in order. `document`: the id of the file, once it is whole and looked into."""

    id: str
    by: str
    name: str
    length: int
    offset: int
    pieces: tuple[str, ...]
    expires: datetime
    document: str | None = None


class UnfinishedUploads:
    """A piece is written first and counted after, if nobody else has gone on meanwhile: of two who send at once, one is refused.

    Indexes with an end delete what has run out.
    """

    def __init__(self, db: Database) -> None:
        self._table, self._pieces = db["uploads.unfinished"], db["uploads.pieces"]

    async def ensure_indexes(self) -> None:
        for table in (self._table, self._pieces):
            await table.create_index([("expires", 1)], name="run_out", expireAfterSeconds=0)
        await self._table.create_index([("by", 1)], name="by")

    async def begin(self, by: str, name: str, length: int, at: datetime) -> Unfinished | None:
        """None where this person has too many."""
        mine = {"by": by, "document": None, "expires": {"$gt": at}}
        if await self._table.count_documents(mine, limit=UNFINISHED) == UNFINISHED:
            return None
        upload = Unfinished(token_hex(16), by, name, length, 0, (), at + KEPT_FOR)
        fields = upload._asdict()
        await self._table.insert_one({"_id": fields.pop("id"), **fields, "pieces": []})
        return upload

    async def find(self, id_: str, by: str, at: datetime) -> Unfinished | None:
        found = await self._table.find_one({"_id": id_, "by": by, "expires": {"$gt": at}})
        return _read(found) if found else None

    async def add(self, upload: Unfinished, piece: bytes) -> Unfinished | None:
        """None where it has gone on or gone away meanwhile."""
        key = token_hex(16)
        await self._pieces.insert_one({"_id": key, "data": piece, "expires": upload.expires})
        crash.point("upload.piece")
        more = {"$inc": {"offset": len(piece)}, "$push": {"pieces": key}}
        done = await self._table.update_one({"_id": upload.id, "offset": upload.offset, "document": None}, more)
        if not done.modified_count:
            await self._pieces.delete_one({"_id": key})
            return None
        return upload._replace(offset=upload.offset + len(piece), pieces=(*upload.pieces, key))

    async def content(self, upload: Unfinished) -> bytes:
        found = {one["_id"]: one["data"] async for one in self._pieces.find({"_id": {"$in": list(upload.pieces)}})}
        return b"".join(found.get(key, b"") for key in upload.pieces)

    async def finish(self, upload: Unfinished, document: str) -> Unfinished:
        """Kept until it runs out: who has lost the answer asks again."""
        whole: dict[str, Any] = {"offset": upload.length, "document": document, "pieces": []}
        await self._table.update_one({"_id": upload.id}, {"$set": whole})
        await self._pieces.delete_many({"_id": {"$in": list(upload.pieces)}})
        return upload._replace(offset=upload.length, document=document, pieces=())

    async def drop(self, upload: Unfinished) -> None:
        await self._table.delete_one({"_id": upload.id})
        await self._pieces.delete_many({"_id": {"$in": list(upload.pieces)}})


def _read(found: dict[str, Any]) -> Unfinished:
    fields: dict[str, Any] = {name: found.get(name) for name in Unfinished._fields}
    return Unfinished(**{**fields, "id": found["_id"], "pieces": tuple(found["pieces"])})
