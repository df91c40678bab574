"""Files in MongoDB's GridFS, by the SHA-256 of their bytes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from hashlib import sha256
from typing import Any, NamedTuple

from bson import ObjectId
from pymongo import ASCENDING

from dossier_shared.adapters.mongo import Bucket, Database, Document, Table

_PIECE = 255 * 1024  # GridFS's own size of a chunk
_READ_AHEAD = 8  # chunks
_HIDDEN = "leaving:"  # before an id


class StoredFile(NamedTuple):
    """One to be read piece by piece; what its entry says of itself is not checked."""

    key: ObjectId
    chunks: Table

    async def pieces(self, first: int = 0) -> AsyncIterator[bytes]:
        """From number `first` on, a few in memory at a time."""
        query = {"files_id": self.key, "n": {"$gte": first}}
        async for chunk in self.chunks.find(query).sort("n", ASCENDING).batch_size(_READ_AHEAD):
            yield bytes(chunk["data"])


class FileStore:
    """Files by the SHA-256 of their bytes, in GridFS. Storing twice is harmless; a torn upload is never visible."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._files: Table = db["files.files"]
        self._chunks: Table = db["files.chunks"]

    @cached_property
    def _bucket(self) -> Bucket:
        """It binds to the running loop: not before there is one."""
        return Bucket(self._db, bucket_name="files")

    async def exists(self, ids: Iterable[str]) -> set[str]:
        found = self._files.find({"filename": {"$in": list(ids)}}, {"filename": 1})
        return {document["filename"] async for document in found}

    async def about(self, ids: Iterable[str]) -> dict[str, Document]:
        """Metadata as given to `put`, with `size` and `stored` (when), by id."""
        found = self._files.find({"filename": {"$in": list(ids)}})
        return {
            d["filename"]: {**(d.get("metadata") or {}), "size": d["length"], "stored": d["uploadDate"]}
            async for d in found
        }

    async def ensure_indexes(self) -> None:
        await self._files.create_index([("filename", ASCENDING)])
        await self._files.create_index(
            [("metadata.reference", ASCENDING)],
            partialFilterExpression={"metadata.reference": {"$exists": True}},
        )
        await self._chunks.create_index([("files_id", ASCENDING), ("n", ASCENDING)], unique=True)

    async def by_reference(self, references: Iterable[str]) -> dict[str, Document]:
        """As `about`, by the `reference` in the metadata; `id` is the file's. The first stored wins."""
        found = self._files.find({"metadata.reference": {"$in": list(references)}}).sort("_id", -1)
        return {
            d["metadata"]["reference"]: {**d["metadata"], "id": d["filename"], "size": d["length"]} async for d in found
        }

    async def put(self, content: bytes, metadata: Mapping[str, Any] | None = None) -> str:
        return (await self.put_many([(content, metadata or {})]))[0]

    async def put_many(self, items: Sequence[tuple[bytes, Mapping[str, Any]]]) -> list[str]:
        """Two writes for any number of files: the pieces first, then the entries that make them visible."""
        ids = await asyncio.to_thread(lambda: [sha256(content).hexdigest() for content, _ in items])  # 10 ms for 10 MB
        known = await self.exists(ids)
        chunks: list[Document] = []
        entries: list[Document] = []
        for id_, (content, metadata) in zip(ids, items, strict=True):
            if id_ in known:
                continue
            known.add(id_)
            own = ObjectId()
            pieces = range(0, len(content), _PIECE)
            chunks += [{"files_id": own, "n": n, "data": content[at : at + _PIECE]} for n, at in enumerate(pieces)]
            entries.append(
                {"_id": own, "filename": id_, "length": len(content), "chunkSize": _PIECE,
                 "uploadDate": datetime.now(UTC), "metadata": dict(metadata)}
            )  # fmt: skip
        if entries:
            await self._chunks.insert_many(chunks, ordered=False)
            await self._files.insert_many(entries, ordered=False)
        return ids

    async def hide(self, id_: str) -> None:
        """As if it were not stored; what is stored anew under the same id is another entry."""
        await self._files.update_many({"filename": id_}, {"$set": {"filename": _HIDDEN + id_}})

    async def show(self, id_: str) -> None:
        await self._files.update_many({"filename": _HIDDEN + id_}, {"$set": {"filename": id_}})

    async def hidden(self, limit: int) -> list[str]:
        found = self._files.find({"filename": {"$gte": _HIDDEN, "$lt": _HIDDEN + "g"}}, {"filename": 1}).limit(limit)
        return sorted({document["filename"].removeprefix(_HIDDEN) async for document in found})

    async def remove_hidden(self, id_: str) -> None:
        """The entry last: without it nobody would find the rest again."""
        keys = [document["_id"] async for document in self._files.find({"filename": _HIDDEN + id_}, {"_id": 1})]
        await self._chunks.delete_many({"files_id": {"$in": keys}})
        await self._files.delete_many({"_id": {"$in": keys}})

    async def open(self, id_: str) -> StoredFile | None:
        found = await self._files.find_one({"filename": id_}, {"_id": 1}, sort=[("_id", 1)])
        return StoredFile(found["_id"], self._chunks) if found else None

    async def get(self, id_: str) -> bytes | None:
        if id_ not in await self.exists([id_]):
            return None
        stream = await self._bucket.open_download_stream_by_name(id_)
        return bytes(await stream.read())
