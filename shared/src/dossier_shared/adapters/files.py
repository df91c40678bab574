"""Files in MongoDB's GridFS, by the SHA-256 of their bytes.

Encrypted with the key of their holder where they have one: each piece by itself (AES-256-GCM, bound to the file and its
place), so that a part is read without the rest. Name and length are those of the plain bytes.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, NamedTuple

from bson import ObjectId
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pymongo import ASCENDING

from dossier_shared.adapters.mongo import Database, Document, Table
from dossier_shared.errors import KeyUnknown
from dossier_shared.journal.persons import PersonKeys
from dossier_shared.journal.wrapping import NONCE

_PIECE = 255 * 1024  # GridFS's own size of a chunk
_READ_AHEAD = 8  # chunks
_HIDDEN = "leaving:"  # before an id


class StoredFile(NamedTuple):
    """One to be read piece by piece; what its entry says of itself is not checked."""

    key: ObjectId
    chunks: Table
    cipher: AESGCM | None = None

    async def pieces(self, first: int = 0) -> AsyncIterator[bytes]:
        """From number `first` on, a few in memory at a time."""
        query = {"files_id": self.key, "n": {"$gte": first}}
        async for chunk in self.chunks.find(query).sort("n", ASCENDING).batch_size(_READ_AHEAD):
            yield _opened(self.cipher, self.key, chunk)


class FileStore:
    """Files by the SHA-256 of their bytes, in GridFS. Storing twice is harmless; a torn upload is never visible."""

    def __init__(self, db: Database) -> None:
        self.entries: Table = db["files.files"]
        self.chunks: Table = db["files.chunks"]
        self.persons: PersonKeys | None = None

    async def exists(self, ids: Iterable[str]) -> set[str]:
        found = self.entries.find({"filename": {"$in": list(ids)}}, {"filename": 1})
        return {document["filename"] async for document in found}

    async def about(self, ids: Iterable[str]) -> dict[str, Document]:
        """Metadata as given to `put`, with `size` and `stored` (when), by id."""
        found = self.entries.find({"filename": {"$in": list(ids)}})
        return {
            d["filename"]: {**(d.get("metadata") or {}), "size": d["length"], "stored": d["uploadDate"]}
            async for d in found
        }

    async def ensure_indexes(self) -> None:
        await self.entries.create_index([("filename", ASCENDING)])
        await self.entries.create_index(
            [("metadata.reference", ASCENDING)],
            partialFilterExpression={"metadata.reference": {"$exists": True}},
        )
        await self.chunks.create_index([("files_id", ASCENDING), ("n", ASCENDING)], unique=True)

    async def by_reference(self, references: Iterable[str]) -> dict[str, Document]:
        """As `about`, by the `reference` in the metadata; `id` is the file's. The first stored wins."""
        found = self.entries.find({"metadata.reference": {"$in": list(references)}}).sort("_id", -1)
        return {
            d["metadata"]["reference"]: {**d["metadata"], "id": d["filename"], "size": d["length"]} async for d in found
        }

    async def put(self, content: bytes, metadata: Mapping[str, Any] | None = None, *, holder: str | None = None) -> str:
        return (await self.put_many([(content, metadata or {})], [holder]))[0]

    async def put_many(
        self,
        items: Sequence[tuple[bytes, Mapping[str, Any]]],
        holders: Sequence[str | None] = (),
        *,
        stored: datetime | None = None,
    ) -> list[str]:
        """Two writes for any number of files: the pieces first, then the entries that make them visible. `holders`: by whose key
        each is encrypted; `stored`: when, if not now. Raises KeyUnknown."""
        ids = await asyncio.to_thread(lambda: [sha256(content).hexdigest() for content, _ in items])  # 10 ms for 10 MB
        of = list(holders) or [None] * len(ids)
        known = await self._kept(ids)
        chunks: list[Document] = []
        entries: list[Document] = []
        for id_, holder, (content, metadata) in zip(ids, of, items, strict=True):
            if (id_, holder) in known:
                continue
            known.add((id_, holder))
            own, cipher = ObjectId(), self._cipher(holder)
            chunks += await asyncio.to_thread(_pieces, own, content, cipher) if cipher else _pieces(own, content, None)
            entry = {"_id": own, "filename": id_, "length": len(content), "chunkSize": _PIECE,
                     "uploadDate": stored or datetime.now(UTC), "metadata": dict(metadata)}  # fmt: skip
            entries.append(entry | ({"holder": holder} if holder is not None else {}))
        if entries:
            await self.chunks.insert_many(chunks, ordered=False)
            await self.entries.insert_many(entries, ordered=False)
        return ids

    async def hide(self, id_: str) -> None:
        """As if it were not stored; what is stored anew under the same id is another entry."""
        await self.entries.update_many({"filename": id_}, {"$set": {"filename": _HIDDEN + id_}})

    async def show(self, id_: str) -> None:
        await self.entries.update_many({"filename": _HIDDEN + id_}, {"$set": {"filename": id_}})

    async def hidden(self, limit: int) -> list[str]:
        found = self.entries.find({"filename": {"$gte": _HIDDEN, "$lt": _HIDDEN + "g"}}, {"filename": 1}).limit(limit)
        return sorted({document["filename"].removeprefix(_HIDDEN) async for document in found})

    async def remove_hidden(self, id_: str) -> None:
        """The entry last: without it nobody would find the rest again."""
        keys = [document["_id"] async for document in self.entries.find({"filename": _HIDDEN + id_}, {"_id": 1})]
        await self.chunks.delete_many({"files_id": {"$in": keys}})
        await self.entries.delete_many({"_id": {"$in": keys}})

    async def _kept(self, ids: Iterable[str]) -> set[tuple[str, str | None]]:
        found = self.entries.find({"filename": {"$in": list(ids)}}, {"filename": 1, "holder": 1})
        return {(document["filename"], document.get("holder")) async for document in found}

    def _cipher(self, holder: str | None) -> AESGCM | None:
        """Raises KeyUnknown; also of who is erased: nothing of theirs is kept in clear instead."""
        if holder is None:
            return None
        cipher = self.persons.cipher(holder) if self.persons is not None else None
        if cipher is None:
            raise KeyUnknown()
        return cipher

    async def delete(self, ids: Iterable[str]) -> int:
        """Answers how many there were. The entries first: a torn deletion leaves pieces that nobody sees."""
        found = await self.entries.find({"filename": {"$in": list(ids)}}, {"_id": 1}).to_list(None)
        keys = [document["_id"] for document in found]
        await self.entries.delete_many({"_id": {"$in": keys}})
        await self.chunks.delete_many({"files_id": {"$in": keys}})
        return len(keys)

    async def open(self, id_: str) -> StoredFile | None:
        """Of several with these bytes one whose holder is not erased. Raises KeyUnknown."""
        async for found in self.entries.find({"filename": id_}, {"_id": 1, "holder": 1}).sort("_id", ASCENDING):
            holder = found.get("holder")
            if holder is None or self.persons is None or not self.persons.erased(holder):
                return StoredFile(found["_id"], self.chunks, self._cipher(holder))
        return None

    async def get(self, id_: str) -> bytes | None:
        file = await self.open(id_)
        return b"".join([piece async for piece in file.pieces()]) if file is not None else None

    async def read(self, key: ObjectId) -> bytes:
        """Of an entry in clear."""
        return b"".join([piece async for piece in StoredFile(key, self.chunks).pieces()])


def _pieces(key: ObjectId, content: bytes, cipher: AESGCM | None) -> list[Document]:
    places = enumerate(range(0, len(content), _PIECE))
    return [{"files_id": key, "n": n, "data": _closed(cipher, key, n, content[at : at + _PIECE])} for n, at in places]


def _closed(cipher: AESGCM | None, key: ObjectId, n: int, plain: bytes) -> bytes:
    if cipher is None:
        return plain
    nonce = os.urandom(NONCE)
    return nonce + cipher.encrypt(nonce, plain, b"%b:%d" % (key.binary, n))


def _opened(cipher: AESGCM | None, key: ObjectId, chunk: Document) -> bytes:
    """What was altered comes as no bytes: whoever reads compares with the file's name."""
    data = bytes(chunk["data"])
    if cipher is None:
        return data
    try:
        return cipher.decrypt(data[:NONCE], data[NONCE:], b"%b:%d" % (key.binary, chunk["n"]))
    except InvalidTag:
        return b""
