"""The only module that speaks to MongoDB's driver: dossiers (one document each), parked events; files and entries stand on it.

Writes use majority concern and journal, reads majority. A dossier's write is an upsert filtered by `{_id, version}` (optimistic
lock); the loser of a race gets E11000 on `_id`. Marking as published compares with `seq`. Outages come as the driver's errors;
`journal/outages.py` tells them from others.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import datetime
from re import escape
from typing import Any

os.environ.setdefault("MOTOR_MAX_WORKERS", "4")  # read at import: a batch is one call; more were slower under load

import structlog
from bson.codec_options import CodecOptions
from bson.errors import BSONError
from motor.motor_asyncio import (
    AsyncIOMotorClient,
    AsyncIOMotorCollection,
    AsyncIOMotorDatabase,
)
from pymongo import ASCENDING, InsertOne, ReturnDocument, UpdateMany, UpdateOne
from pymongo.errors import AutoReconnect, BulkWriteError, DuplicateKeyError, OperationFailure, PyMongoError
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from dossier_shared.adapters.cursors import page_by_time
from dossier_shared.contracts.envelope import decode, encode
from dossier_shared.contracts.topics import BY_SOURCE
from dossier_shared.errors import BadRecord, Refusal, Unavailable, Unstorable
from dossier_shared.journal.consumer import ParkedEvent
from dossier_shared.journal.dead_letters import StoredRecord
from dossier_shared.journal.dossier import Dossier, state_changes
from dossier_shared.journal.outages import DUPLICATE_KEY, UNSTORABLE_CODES
from dossier_shared.journal.persons import PersonKeys

log = structlog.get_logger()
Document = dict[str, Any]
Client = AsyncIOMotorClient[Document]
Database = AsyncIOMotorDatabase[Document]
Table = AsyncIOMotorCollection[Document]
DriverError = PyMongoError
DuplicateKey = DuplicateKeyError
BulkWriteFailed = BulkWriteError


def connect(url: str) -> Client:
    return AsyncIOMotorClient(
        url,
        serverSelectionTimeoutMS=1500,  # a thread each while it lasts: loops that wait must leave some to requests
        connectTimeoutMS=3000,
        socketTimeoutMS=20000,
        tz_aware=True,
        uuidRepresentation="standard",
        retryWrites=True,
    )


def database(client: Client, name: str) -> Database:
    return client.get_database(
        name,
        codec_options=CodecOptions(tz_aware=True),
        write_concern=WriteConcern(w="majority", j=True, wtimeout=15000),
        read_concern=ReadConcern("majority"),
    )


class DossierCollection:
    """The collection `dossiers` of one service, or another one in which it keeps journals (alarms)."""

    def __init__(self, db: Database, source: str, name: str = "dossiers") -> None:
        self.table: Table = db[name]
        self.segments: Table = db["segments" if name == "dossiers" else f"{name}.segments"]
        self.source = source
        self.persons: PersonKeys | None = None

    async def ensure_indexes(self) -> None:
        await self.segments.create_index([("dossier", ASCENDING), ("first", ASCENDING)])
        await self.table.create_index([("pending", ASCENDING)], partialFilterExpression={"pending": {"$exists": True}})
        await self.table.create_index(
            [("claim.until", ASCENDING)], partialFilterExpression={"claim.until": {"$exists": True}}, name="open_claims"
        )
        await self.table.create_index([("holder", ASCENDING)], partialFilterExpression={"holder": {"$exists": True}})

    async def load(self, ids: Iterable[str], *, journal: bool = True) -> dict[str, Dossier]:
        wanted = list(ids)
        if not wanted:
            return {}
        found = await self.table.find({"_id": {"$in": wanted}}, None if journal else {"journal": 0}).to_list(None)
        return {document["_id"]: self._loaded(document) for document in found}

    async def load_whole(self, ids: Iterable[str]) -> dict[str, Dossier]:
        """With all events, also those that have moved to segments; for reading only."""
        found = await self.load(ids)
        cut = [id_ for id_, dossier in found.items() if dossier.base]
        if cut:
            moved: dict[str, list[Document]] = {}
            async for segment in self.segments.find({"dossier": {"$in": cut}}).sort("first", ASCENDING):
                moved.setdefault(segment["dossier"], []).extend(segment["events"])
            for id_ in cut:
                if id_ not in moved:  # a journal with a hole is nobody's to read; the others are whole
                    log.error("segments of a journal are missing", dossier=found.pop(id_).id)
                    continue
                dossier = found[id_]  # what is copied may be longer than what is cut
                dossier.journal, dossier.base = [*moved[id_][: dossier.base], *dossier.journal], 0
        return found

    async def copy(self, dossier: Dossier, count: int) -> int:
        first = dossier.base + 1
        segment = {
            "_id": f"{dossier.id}:{first}", "dossier": dossier.id, "first": first, "events": dossier.journal[:count],
        }  # fmt: skip
        try:
            await self.segments.insert_one(segment)
        except DuplicateKeyError:
            earlier = await self.segments.find_one({"_id": segment["_id"]})
            return len(earlier["events"]) if earlier else count
        return count

    async def cut(self, dossier: Dossier, count: int) -> bool:
        change = {
            "$push": {"journal": {"$each": [], "$slice": count - len(dossier.journal)}},
            "$set": {"base": dossier.base + count},
            "$inc": {"version": 1},
        }
        result = await self.table.update_one({"_id": dossier.id, "version": dossier.version}, change)
        return result.modified_count == 1

    async def find(
        self, query: Mapping[str, Any], *, limit: int, sort: Sequence[tuple[str, int]] = (("_id", 1),)
    ) -> list[Dossier]:
        found = await self.table.find(dict(query)).sort(list(sort)).limit(limit).to_list(None)
        return [self._loaded(document) for document in found]

    async def write(self, dossiers: Sequence[Dossier], recorded: datetime) -> dict[str, Refusal | None]:
        ops = [_op(dossier, recorded) for dossier in dossiers]
        try:
            await self.table.bulk_write(ops, ordered=False)
        except BulkWriteError as error:
            if error.details.get("writeConcernErrors"):
                raise AutoReconnect("majority not reached") from error
            return {dossiers[e["index"]].id: _why(e) for e in error.details["writeErrors"]}
        except (BSONError, OverflowError, UnicodeError, RecursionError, OperationFailure) as error:
            if isinstance(error, OperationFailure) and error.code not in UNSTORABLE_CODES:
                raise
            return await self._write_apart(dossiers, recorded, error)
        return {}

    async def _write_apart(
        self, dossiers: Sequence[Dossier], recorded: datetime, error: Exception
    ) -> dict[str, Refusal | None]:
        """One that cannot be stored spoils a whole bulk: halved until it stands alone. Writing again is guarded as ever."""
        if len(dossiers) == 1:
            log.error("cannot be stored", dossier=dossiers[0].id, error=repr(error)[:300])
            return {dossiers[0].id: Unstorable()}
        half = len(dossiers) // 2
        return {**await self.write(dossiers[:half], recorded), **await self.write(dossiers[half:], recorded)}

    async def mark(self, full: Mapping[int, Sequence[str]], partial: Mapping[int, Sequence[str]]) -> None:
        exact = [
            UpdateMany({"_id": {"$in": list(ids)}, "seq": k}, {"$set": {"published": k}, "$unset": {"pending": ""}})
            for k, ids in full.items()
        ]
        raised = [UpdateMany({"_id": {"$in": list(ids)}}, {"$max": {"published": k}}) for k, ids in partial.items()]
        if exact:
            result = await self.table.bulk_write(exact, ordered=False)
            if result.matched_count < sum(len(ids) for ids in full.values()):
                raised += [
                    UpdateMany({"_id": {"$in": list(ids)}}, {"$max": {"published": k}}) for k, ids in full.items()
                ]
        if raised:
            await self.table.bulk_write(raised, ordered=False)

    async def pending_before(self, instant: datetime) -> AsyncIterator[list[Dossier]]:
        cursor = self.table.find({"pending": {"$lt": instant}}).sort("pending", ASCENDING)
        batch: list[Dossier] = []
        async for document in cursor:
            batch.append(self._loaded(document))
            if len(batch) == 500:
                yield batch
                batch = []
        if batch:
            yield batch

    async def oldest_pending(self) -> datetime | None:
        found = await self.table.find_one({"pending": {"$exists": True}}, {"pending": 1}, sort=[("pending", ASCENDING)])
        return found["pending"] if found else None

    async def open_claims(self, until: str, claimant: str, limit: int) -> list[Dossier]:
        """Dossiers with an open intent whose claim has run out, or is of an earlier run of the instance (`instance@boot`)."""
        instance = claimant.partition("@")[0]
        overdue = {"claim.until": {"$lt": until}}
        past_life = {"claim.until": {"$exists": True}, "claim.by": {"$regex": f"^{escape(instance)}@", "$ne": claimant}}
        return await self.find({"$or": [overdue, past_life]}, limit=limit, sort=(("claim.until", 1),))

    def _loaded(self, document: Document) -> Dossier:
        dossier = Dossier.from_document(document)
        dossier.before = dossier.state
        dossier.claimed_before = dossier.claim is not None
        dossier.persons = self.persons
        return dossier


def _op(dossier: Dossier, recorded: datetime) -> InsertOne[Document] | UpdateOne:
    if dossier.version == 0:
        document: Document = {
            "_id": dossier.id, "version": 1, "seq": dossier.seq, "published": 0,
            "heard": dossier.heard, "state": dossier.state, "journal": dossier.journal,
        }  # fmt: skip
        if dossier.fresh:
            document["pending"] = recorded
        if dossier.claim:
            document["claim"] = dossier.claim
        if dossier.holder:
            document["holder"] = dossier.holder
        return InsertOne(document)
    fields: Document = {f"heard.{source}": dossier.heard[source] for source in dossier.newly_heard}
    new, lost = state_changes(dossier)
    fields |= {f"state.{key}": value for key, value in new.items()}
    gone = {f"state.{key}": "" for key in lost}
    update: Document = {"$inc": {"version": 1}}
    if dossier.fresh:
        fields |= {"seq": dossier.seq, "pending": recorded}
        update["$push"] = {"journal": {"$each": dossier.fresh}}
    if dossier.holder != dossier.held_before:
        fields["holder"] = dossier.holder
    if dossier.claim:
        fields["claim"] = dossier.claim
    elif dossier.claimed_before:
        gone["claim"] = ""
    if gone:
        update["$unset"] = gone
    if fields:
        update["$set"] = fields
    return UpdateOne({"_id": dossier.id, "version": dossier.version}, update, upsert=True)


def _why(error: Mapping[str, Any]) -> Refusal | None:
    if error["code"] == DUPLICATE_KEY and "_id" in error.get("keyPattern", {"_id": 1}):
        return None
    if error["code"] in UNSTORABLE_CODES:
        return Unstorable()
    return Unavailable("write-refused", number=error["code"])


class WaitingTable:
    """Parked events: `_id` is dossier:source:seq, the content is the record they came in."""

    def __init__(self, db: Database) -> None:
        self.table: Table = db["waiting"]

    async def ensure_indexes(self) -> None:
        await self.table.create_index([("dossier", ASCENDING)])
        await self.table.create_index([("since", ASCENDING)])

    async def of(self, dossiers: Sequence[str]) -> list[ParkedEvent]:
        if not dossiers:
            return []
        found = self.table.find({"dossier": {"$in": list(dossiers)}}).sort("seq", 1)
        return _readable(await found.to_list(None))

    async def put(self, items: Sequence[ParkedEvent]) -> None:
        ops = [
            UpdateOne(
                {"_id": item.id},
                {"$setOnInsert": {
                    "dossier": item.event.dossier, "source": item.event.source, "seq": item.event.seq,
                    "since": item.since, "topic": BY_SOURCE[item.event.source].name, **encode(item.event)._asdict(),
                }, "$set": {"reason": item.reason}},
                upsert=True,
            )
            for item in items
        ]  # fmt: skip
        await self.table.bulk_write(ops, ordered=False)

    async def drop(self, ids: Sequence[str]) -> None:
        await self.table.delete_many({"_id": {"$in": list(ids)}})

    async def older_than(self, instant: datetime, limit: int, *, after: str | None = None) -> list[ParkedEvent]:
        query: Document = {"since": {"$lt": instant}} | ({} if after is None else {"_id": {"$gt": after}})
        order = "since" if after is None else "_id"
        found = await self.table.find(query).sort(order, ASCENDING).limit(limit).to_list(None)
        return _readable(found)

    async def page(self, limit: int, cursor: str | None) -> tuple[list[ParkedEvent], str | None]:
        """The oldest first, and the cursor of the next page."""
        found, following = await page_by_time(self.table, "since", limit, cursor)
        return _readable(found), following

    async def count(self) -> int:
        return await self.table.estimated_document_count()


def _readable(documents: Sequence[Document]) -> list[ParkedEvent]:
    """One that this version cannot read, parked by a later one, waits on and keeps nobody else."""
    found: list[ParkedEvent] = []
    for document in documents:
        try:
            found.append(_waiting(document))
        except (BadRecord, KeyError, TypeError, ValueError) as error:
            log.error("parked event cannot be read", id=str(document["_id"])[:200], error=type(error).__name__)
    return found


def _waiting(document: Document) -> ParkedEvent:
    headers = [(name, value) for name, value in document["headers"]]
    record = StoredRecord(document["topic"], -1, -1, document["key"], document["value"], headers)
    return ParkedEvent(document["_id"], decode(record), document["reason"], document["since"])


async def majority_increment(table: Table, name: str, by: int) -> int:
    """Adds to a named counter; answers its new value. If the answer is lost, numbers are skipped; none is given twice."""
    found = await table.find_one_and_update(
        {"_id": name}, {"$inc": {"value": by}}, upsert=True, return_document=ReturnDocument.AFTER
    )
    return int(found["value"])
