"""Drafts in the database: sealed under the person's key where personal data are, gone by an index that lets them run out."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta
from typing import Any

from pymongo import ReturnDocument

from dossier_intake.drafts.draft import MOST, Begun, Content, Draft, SavedBy, Saving, too_many, unpacked
from dossier_intake.privacy.holders import holder_of
from dossier_intake.privacy.making import KeyMaker
from dossier_shared.adapters.mongo import Database, Document, DuplicateKey
from dossier_shared.clock import Clock, instant
from dossier_shared.contracts.boxes import is_box
from dossier_shared.contracts.person_keys import every_holder, person_of_holder
from dossier_shared.http.tokens import Principal
from dossier_shared.journal.persons import PersonKeys

_LISTED = {"procedure": 1, "agency": 1, "saved": 1, "expires": 1}


class Drafts:
    """Only the account that began a draft finds it. `makes`: None, what is personal is kept in clear."""

    def __init__(
        self, db: Database, clock: Clock, kept_for: timedelta, key: bytes, keys: PersonKeys, makes: KeyMaker | None
    ) -> None:
        self.table = db["drafts"]
        self._clock, self._kept_for, self._key = clock, kept_for, key
        self._keys, self._makes = keys, makes

    async def ensure_indexes(self) -> None:
        await self.table.create_index([("expires", 1)], name="run_out", expireAfterSeconds=0)
        await self.table.create_index([("owner", 1), ("saved", -1)], name="owner")
        await self.table.create_index([("files", 1)], name="names_file", sparse=True)
        await self.table.create_index([("holder", 1)], name="holder", sparse=True)
        await self.table.create_index([("person", 1)], name="person", sparse=True)

    async def begin(
        self, who: Principal, id_: str, procedure: str, agency: str, catalogue: str, content: Content
    ) -> Draft:
        """The same `id_` again finds what was begun. Raises Conflict for one too many, NotFound never."""
        if (known := await self.find(who, id_)) is not None:
            return known
        mine = {"owner": who.sub, "expires": {"$gt": self._clock.now()}}
        if await self.table.count_documents(mine, limit=MOST) >= MOST:
            raise too_many()
        fresh = {"_id": id_, "owner": who.sub, "procedure": procedure, "revision": 1, "began": self._clock.now()}
        with suppress(DuplicateKey):  # pressed twice
            await self.table.insert_one(fresh | await self._kept(who, id_, agency, catalogue, content, ()))
        found = await self.find(who, id_)
        if found is None:
            raise too_many()  # an id that another account has: as if there were no more room
        return found

    async def find(self, who: Principal, id_: str) -> Draft | None:
        found = await self.table.find_one({"_id": id_, "owner": who.sub, "expires": {"$gt": self._clock.now()}})
        return self._read(found) if found else None

    async def save(
        self, who: Principal, draft: Draft, agency: str, catalogue: str, content: Content, files: Iterable[str],
        saving: Saving | None = None,
    ) -> Draft | None:  # fmt: skip
        """None where it was saved elsewhere since `draft` was read, or is gone."""
        guarded = {"_id": draft.id, "owner": who.sub, "revision": draft.revision, "expires": {"$gt": self._clock.now()}}
        kept = await self._kept(who, draft.id, agency, catalogue, content, files)
        change = {"$set": kept | {"by": draft.saved_by(saving)}, "$inc": {"revision": 1}}
        found = await self.table.find_one_and_update(guarded, change, return_document=ReturnDocument.AFTER)
        return self._read(found) if found else None

    async def drop(self, who: Principal, id_: str) -> bool:
        return bool((await self.table.delete_one({"_id": id_, "owner": who.sub})).deleted_count)

    async def of(self, who: Principal) -> list[Begun]:
        """The latest first."""
        query = {"owner": who.sub, "expires": {"$gt": self._clock.now()}}
        found = self.table.find(query, _LISTED).sort("saved", -1).limit(MOST)
        return [Begun(one.pop("_id"), **one) async for one in found]

    async def naming(self, files: Iterable[str]) -> set[str]:
        """Which of these files a draft has among its papers."""
        wanted = set(files)
        found = self.table.find({"files": {"$in": list(wanted)}, "expires": {"$gt": self._clock.now()}}, {"files": 1})
        return wanted & {file async for one in found for file in one["files"]}

    async def forget(self, holder: str) -> None:
        """Of a person who is erased."""
        in_clear = {"holder": {"$exists": False}, "person": person_of_holder(holder)}
        await self.table.delete_many({"$or": [{"holder": holder}, in_clear]})

    async def knows(self, person: str) -> bool:
        """Whether it has any of them."""
        query = {"$or": [{"person": person}, {"holder": {"$regex": every_holder(person)}}]}
        return await self.table.find_one(query, {"_id": 1}) is not None

    async def of_person(self, person: str) -> list[Document]:
        """For who answers the person's question about their data."""
        query = {"$or": [{"person": person}, {"holder": {"$regex": every_holder(person)}}]}
        drafts = [self._read(one) async for one in self.table.find(query)]
        return [
            {"id": one.id, "procedure": one.procedure, "agency": one.agency, "saved": instant(one.saved),
             "files": list(one.files), "content": {"typed": one.content.typed, "left": [list(x) for x in one.content.left]}}
            for one in drafts if one is not None
        ]  # fmt: skip

    async def _kept(
        self, who: Principal, id_: str, agency: str, catalogue: str, content: Content, files: Iterable[str]
    ) -> Document:
        now = self._clock.now()
        kept: Document = {
            "agency": agency, "catalogue": catalogue, "saved": now, "expires": now + self._kept_for,
            "files": sorted(set(files)), "content": content.packed(),
        }  # fmt: skip
        if who.person is not None:
            kept["person"] = who.person
        if self._makes is not None:
            asked = holder_of(who.person, who.sub, None, id_, self._key)
            kept["holder"] = (await self._makes.ensure([asked]))[asked]
            kept["content"] = self._keys.seal(kept["holder"], kept["content"], _place(id_))
        return kept

    def _read(self, found: Document) -> Draft | None:
        """None: it is of a person who is erased. Raises KeyUnknown."""
        packed: bytes | None = bytes(found["content"])
        if packed is not None and is_box(packed):
            packed = self._keys.open(packed, _place(found["_id"]))
        if packed is None:
            return None
        fields: dict[str, Any] = {name: found[name] for name in Draft._fields if name not in ("id", "content", "by")}
        by = SavedBy(*found["by"]) if found.get("by") else None
        return Draft(id=found["_id"], content=unpacked(packed), by=by, **fields)


def _place(id_: str) -> bytes:
    """What a box is bound to."""
    return b"draft:" + id_.encode()
