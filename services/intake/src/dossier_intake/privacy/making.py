"""Makes persons' keys, keeps them in intake's database, and tells them on `privacy.keys`.

A key is in the database, for certain, before anything encrypted with it is; on the topic it comes as soon as the broker takes it.
Who files at the same time as others has their key made in the same write.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

import structlog

from dossier_intake.privacy.entitlement import readers_of
from dossier_intake.privacy.holders import holder_of_file, next_holder, own_alone
from dossier_intake.privacy.readers import Readers
from dossier_shared.adapters.kafka import KafkaSender
from dossier_shared.adapters.mongo import BulkWriteFailed, Database, Document
from dossier_shared.clock import Clock, instant
from dossier_shared.contracts.deployments import Filed
from dossier_shared.contracts.envelope import Record
from dossier_shared.contracts.person_keys import PersonKey
from dossier_shared.contracts.topics import PERSON_KEYS
from dossier_shared.errors import KeyUnknown
from dossier_shared.journal.outages import DUPLICATE_KEY
from dossier_shared.journal.persons import PersonKeys

log = structlog.get_logger()
LENGTH: Final = 32  # bytes of a data key: AES-256
TELL_EVERY: Final = 2.0  # seconds between two looks for keys that are not on the topic yet
_AT_ONCE: Final = 1000
BREATH: Final = 50  # keys wrapped between two turns of the event loop


class Rewrapped(NamedTuple):
    """How many keys, and for whom."""

    keys: int
    readers: Sequence[str]


class KeyMaker:
    def __init__(self, db: Database, keys: PersonKeys, sender: KafkaSender, clock: Clock, readers: Readers) -> None:
        self.table, self.keys, self.readers = db["person_keys"], keys, readers
        self._dossiers = db["dossiers"]
        self._sender, self._clock = sender, clock
        self._wanted: set[str] = set()
        self._making: asyncio.Task[None] | None = None
        self._untold = asyncio.Event()

    async def prepare(self) -> None:
        """Those of the database, for whom the topic is not read yet."""
        await self.table.create_index([("told", 1)], partialFilterExpression={"told": False})
        async for document in self.table.find():
            self.keys.put(_record(document))

    async def ensure(self, holders: Iterable[str]) -> dict[str, str]:
        """Under which holder each has a key now. Raises where the database is away."""
        found = {holder: self._living(holder) for holder in holders}
        missing = {holder for holder in found.values() if not self.keys.has(holder)}
        while missing:
            self._wanted |= missing
            if self._making is None or self._making.done():
                self._making = asyncio.get_running_loop().create_task(self._make())
            await asyncio.shield(self._making)
            missing = {holder for holder in missing if not self.keys.has(holder)}
        return {asked: self._living(holder) for asked, holder in found.items()}

    async def of_file(self, key: bytes, id_: str) -> str:
        """Under which holder a paper is kept: there is a key for it."""
        holder = holder_of_file(id_, key)
        return (await self.ensure([holder]))[holder]

    async def forget_files(self, key: bytes, ids: Sequence[str]) -> None:
        """With the files, also of those in a backup."""
        wanted = [holder_of_file(id_, key) for id_ in ids]
        found = self.table.find({"_id": {"$in": wanted}, "record.erased": {"$exists": False}}, {"_id": 1})
        await self.erase([one["_id"] async for one in found])

    def _living(self, holder: str) -> str:
        while self.keys.erased(holder):
            holder = next_holder(holder)
        return holder

    async def _make(self) -> None:
        wanted, self._wanted = sorted(self._wanted), set()
        made = [self.wrapped(holder, os.urandom(LENGTH)) for holder in wanted]
        try:
            await self.table.insert_many([_document(record) for record in made], ordered=False)
        except BulkWriteFailed as error:
            if any(one["code"] != DUPLICATE_KEY for one in error.details["writeErrors"]):
                raise
            # another replica was first: its key counts
            found = await self.table.find({"_id": {"$in": wanted}}).to_list(None)
            made = [_record(document) for document in found]
        for record in made:
            self.keys.put(record)
        if unreadable := [record.holder for record in made if not self.keys.has(record.holder)]:
            log.error("persons' keys in the database are not for this service's wrapping key", count=len(unreadable))
            raise KeyUnknown()
        self._untold.set()

    def wrapped(self, holder: str, key: bytes, more: Iterable[str] = ()) -> PersonKey:
        """`more`: readers beside those its holder tells of."""
        if self.keys.wrapper is None:
            raise KeyUnknown()
        names = {self.keys.name} if own_alone(holder) else {*readers_of(holder), *more}
        return self.keys.wrapper.wrap(holder, key, self.readers.named(sorted(names)), instant(self._clock.now()))

    async def erase(self, holders: Iterable[str]) -> None:
        """There is no way back: what is encrypted with these keys nobody opens any more."""
        for holder in holders:
            gone = PersonKey(holder=holder, erased=instant(self._clock.now()))
            change = {"$set": {"record": gone.model_dump(mode="json"), "told": False}, "$inc": {"version": 1}}
            await self.table.update_one({"_id": holder}, change, upsert=True)
            self.keys.put(gone)
        self._untold.set()

    async def erased_at(self, holder: str) -> str | None:
        """The instant; None: it is not."""
        found = await self.table.find_one({"_id": holder}, {"record.erased": 1})
        return found["record"].get("erased") if found is not None else None

    async def rewrap(self) -> Rewrapped:
        """Every living key, for those entitled to it. Who is erased is told again, too, and stays so."""
        holders, count, readers = self.keys.holders(), 0, set[str]()
        for first in range(0, len(holders), BREATH):
            some = holders[first : first + BREATH]
            owning = await self._owning(some) if self.readers.deployments.entries else {}
            records = [self.wrapped(holder, self.keys.key(holder), owning.get(holder, ())) for holder in some]
            count += sum(await asyncio.gather(*map(self._replace, records)))
            readers.update(*(record.wrappings for record in records))
        await self.table.update_many({"record.erased": {"$exists": True}}, {"$set": {"told": False}})
        self._untold.set()
        return Rewrapped(count, sorted(readers))

    async def _owning(self, holders: Collection[str]) -> Mapping[str, set[str]]:
        """By holder, whose the dossiers are that were filed with its key: also those of which nobody knew it, then."""
        found: dict[str, set[str]] = {}
        filed = self._dossiers.find({"holder": {"$in": list(holders)}}, {"holder": 1, "state.filed": 1})
        async for document in filed:
            if told := document["state"].get("filed"):
                found.setdefault(document["holder"], set()).update(self.readers.owning(Filed(**told)))
        return found

    async def _replace(self, record: PersonKey) -> int:
        change = {"$set": {"record": record.model_dump(mode="json"), "told": False}, "$inc": {"version": 1}}
        living = {"_id": record.holder, "record.erased": {"$exists": False}}  # one erased meanwhile stays erased
        return int((await self.table.update_one(living, change)).modified_count)

    async def run(self) -> None:
        """Tells what is not told yet."""
        try:
            while True:
                try:
                    while await self.tell():
                        pass
                except Exception as error:
                    log.warning("persons' keys not told", error=repr(error)[:200])
                self._untold.clear()
                try:
                    await asyncio.wait_for(self._untold.wait(), TELL_EVERY)
                except TimeoutError:
                    continue
        finally:
            await self._sender.stop()

    async def tell(self) -> int:
        """One batch; answers how many the broker took."""
        found = await self.table.find({"told": False}).limit(_AT_ONCE).to_list(None)
        acked = await self._sender.send(PERSON_KEYS.name, [_told(document) for document in found]) if found else []
        for version in {document["version"] for document in found}:
            taken = [
                document["_id"]
                for document, ok in zip(found, acked, strict=True)
                if ok and document["version"] == version
            ]
            await self.table.update_many({"_id": {"$in": taken}, "version": version}, {"$set": {"told": True}})
        return sum(acked)


def _document(record: PersonKey) -> Document:
    """`version` counts what is to be told of it."""
    return {"_id": record.holder, "record": record.model_dump(mode="json"), "told": False, "version": 1}


def _record(document: Document) -> PersonKey:
    return PersonKey.model_validate(document["record"])


def _told(document: Document) -> Record:
    return Record(document["_id"].encode(), _record(document).model_dump_json().encode(), [])
