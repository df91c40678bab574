"""Devices and attempts in the database; a device nobody has reached for long goes by itself, an attempt after two days."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from dossier_notify.push.devices import (
    MOST,
    UNUSED,
    Device,
    Listed,
    NewDevice,
    id_of,
    name_of,
    proof_of,
    taken,
    too_many,
)
from dossier_notify.push.sealing import DeviceBoxes
from dossier_shared.adapters.mongo import BulkWriteFailed, Database, Document, DuplicateKey
from dossier_shared.clock import Clock
from dossier_shared.contracts.person_keys import holder_of_other, person_of_holder
from dossier_shared.http.tokens import Principal
from dossier_shared.journal.outages import DUPLICATE_KEY

ATTEMPTS_KEPT: Final = timedelta(days=2)  # longer than anybody is told anything (`noticing.EXPIRES`)


class Devices:
    """A device is of the person who last allowed it there. `key`: PERSON_KEY."""

    def __init__(self, db: Database, clock: Clock, key: bytes, boxes: DeviceBoxes) -> None:
        self.table = db["devices"]
        self._clock, self._key, self._boxes = clock, key, boxes

    async def ensure_indexes(self) -> None:
        await self.table.create_index([("gone", 1)], name="run_out", expireAfterSeconds=0)
        await self.table.create_index([("owner", 1)], name="owner")
        await self.table.create_index([("person", 1)], name="person", sparse=True)

    async def add(self, who: Principal, device: NewDevice, public: str, user_agent: str) -> Listed:
        """The same again is the same device; allowed by somebody else in the same browser it is theirs from now on. Raises
        Conflict. `public`: our VAPID key."""
        id_, now = id_of(self._key, device.endpoint), self._clock.now()
        proof = proof_of(self._key, device)
        holder = who.person or holder_of_other(self._key or b"none", "account", who.sub)
        name = name_of(user_agent)
        content = {"endpoint": device.endpoint, **device.keys.model_dump(), "name": name}
        kept: Document = {
            "_id": id_, "owner": who.sub, "holder": holder, "lang": device.lang, "key": public, "proof": proof,
            "since": now, "gone": now + UNUSED, "box": self._boxes.seal(holder, id_, content),
        }  # fmt: skip
        if who.person is not None:
            kept["person"] = who.person
        known = await self.table.find_one({"_id": id_, **_of(who)}, {"_id": 1})
        if known is None and await self.table.count_documents(_of(who)) >= MOST:
            raise too_many()
        try:
            await self.table.replace_one({"_id": id_, "proof": proof}, kept, upsert=True)
        except DuplicateKey:
            raise taken() from None
        if known is None and await self.table.count_documents(_of(who)) > MOST:  # several at once
            await self.table.delete_one({"_id": id_, "owner": who.sub})
            raise too_many()
        return Listed(id_, name, now, None)

    async def of(self, who: Principal) -> list[Listed]:
        """The latest first."""
        found = await self.table.find(_of(who)).sort("since", -1).to_list(None)
        opened = [(one, self._boxes.open(one["_id"], bytes(one["box"]))) for one in found]
        return [
            Listed(one["_id"], box["name"], one["since"], one.get("last")) for one, box in opened if box is not None
        ]

    async def end(self, who: Principal, id_: str) -> Listed | None:
        found: Document | None = await self.table.find_one_and_delete({"_id": id_, **_of(who)})
        if found is None:
            return None
        box = self._boxes.open(id_, bytes(found["box"])) or {"name": ""}
        return Listed(id_, box["name"], found["since"], found.get("last"))

    async def any(self) -> bool:
        return await self.table.estimated_document_count() > 0

    async def ids_of(
        self, persons: Collection[str], accounts: Collection[str]
    ) -> Sequence[tuple[str, str | None, str]]:
        """Of whoever is among these: id, person, account."""
        query = {"$or": [{"person": {"$in": [*persons]}}, {"owner": {"$in": [*accounts]}}]}
        found = self.table.find(query, {"person": 1, "owner": 1})
        return [(one["_id"], one.get("person"), one["owner"]) async for one in found]

    async def load(self, ids: Collection[str]) -> Mapping[str, Device]:
        """Raises KeyUnknown."""
        found: dict[str, Device] = {}
        async for one in self.table.find({"_id": {"$in": [*ids]}}):
            box = self._boxes.open(one["_id"], bytes(one["box"]))
            if box is not None:
                found[one["_id"]] = Device(
                    one["_id"], box["endpoint"], box["p256dh"], box["auth"], one["lang"], one["key"]
                )
        return found

    async def reached(self, ids: Collection[str]) -> None:
        now = self._clock.now()
        await self.table.update_many({"_id": {"$in": [*ids]}}, {"$set": {"last": now, "gone": now + UNUSED}})

    async def drop(self, ids: Collection[str]) -> None:
        """The push service has them no more."""
        await self.table.delete_many({"_id": {"$in": [*ids]}})

    async def forget(self, holder: str) -> None:
        """Of a person who is erased."""
        await self.table.delete_many({"$or": [{"holder": holder}, {"person": person_of_holder(holder)}]})

    async def of_person(self, person: str) -> list[dict[str, Any]]:
        """For who answers the person's question about their data: without what lets one send."""
        found = await self.table.find({"$or": [{"person": person}, {"holder": person}]}).to_list(None)
        opened = [(one, self._boxes.open(one["_id"], bytes(one["box"]))) for one in found]
        return [
            {"id": one["_id"], "name": box["name"], "since": one["since"], "last": one.get("last")}
            for one, box in opened
            if box is not None
        ]


class Attempts:
    """Which notices were on their way: written before a push service is called, and taken back only where it took nothing."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self.table = db["push_attempts"]
        self._clock = clock

    async def ensure_indexes(self) -> None:
        await self.table.create_index([("gone", 1)], name="run_out", expireAfterSeconds=0)

    async def begin(self, references: Sequence[str]) -> set[str]:
        """Those that nobody has begun before."""
        if not references:
            return set()
        gone = self._clock.now() + ATTEMPTS_KEPT
        try:
            await self.table.insert_many([{"_id": one, "gone": gone} for one in references], ordered=False)
        except BulkWriteFailed as error:
            errors = (error.details or {}).get("writeErrors", [])
            if any(one.get("code") != DUPLICATE_KEY for one in errors) or (error.details or {}).get(
                "writeConcernErrors"
            ):
                raise
            return set(references) - {references[one["index"]] for one in errors}
        return set(references)

    async def take_back(self, references: Sequence[str]) -> None:
        if references:
            await self.table.delete_many({"_id": {"$in": [*references]}})


def _of(who: Principal) -> Document:
    """By person where there is one: a person's accounts share their devices."""
    own: Document = {"owner": who.sub}
    return {"$or": [own, {"person": who.person}]} if who.person else own
