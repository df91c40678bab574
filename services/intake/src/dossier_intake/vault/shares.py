"""A paper of the person's that the office of one dossier may look at, until they take it back.

No event tells of it: it is the person's, and none of the dossier's papers. Whoever may read those reads it, while it is shared.
"""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple

from dossier_shared.adapters.mongo import Database
from dossier_shared.clock import instant
from dossier_shared.contracts.person_keys import person_of_holder


class Share(NamedTuple):
    """`file`: SHA-256 of the paper."""

    id: str
    dossier: str
    code: str
    file: str
    name: str
    type: str
    size: int
    at: datetime


class Shares:
    def __init__(self, db: Database) -> None:
        self._table = db["shares"]

    async def ensure_indexes(self) -> None:
        await self._table.create_index([("dossier", 1)], name="of_dossier")
        await self._table.create_index([("owner", 1), ("at", -1)], name="of_owner")
        await self._table.create_index([("person", 1)], name="of_person", sparse=True)
        await self._table.create_index([("file", 1)], name="of_file")

    async def give(
        self, owner: str, person: str | None, dossier: str, code: str, file: str, about: dict[str, Any], at: datetime
    ) -> str:
        """Its id. Given twice it is given once; what was taken back is given again."""
        id_ = sha256(f"{owner}:{dossier}:{file}".encode()).hexdigest()[:32]
        said = {"owner": owner, "dossier": dossier, "code": code, "file": file, "at": at, **about}
        if person is not None:
            said["person"] = person
        await self._table.update_one(
            {"_id": id_}, {"$set": said, "$unset": {"ended": ""}, "$inc": {"given": 1}}, upsert=True
        )
        return id_

    async def take_back(self, owner: str, id_: str, at: datetime) -> bool:
        """Twice is as once. False: none of theirs."""
        mine = {"_id": id_, "owner": owner}
        await self._table.update_one({**mine, "ended": None}, {"$set": {"ended": at}})
        return await self._table.find_one(mine, {"_id": 1}) is not None

    async def of_dossier(self, dossier: str) -> list[Share]:
        found = self._table.find({"dossier": dossier, "ended": None}).sort("at", 1)
        return [_share(one) async for one in found]

    async def of_owner(self, owner: str) -> list[Share]:
        """The latest first."""
        found = self._table.find({"owner": owner, "ended": None}).sort("at", -1).limit(200)
        return [_share(one) async for one in found]

    async def find(self, dossier: str, id_: str) -> Share | None:
        """None once it was taken back."""
        found = await self._table.find_one({"_id": id_, "dossier": dossier, "ended": None})
        return _share(found) if found is not None else None

    async def of_person(self, person: str) -> list[dict[str, Any]]:
        """Also those taken back: for who answers the person's question about their data."""
        return [
            {
                "id": one["_id"], "dossier": one["dossier"], "file": one["file"], "name": one["name"], "at": instant(one["at"]),
                "ended": instant(one["ended"]) if one.get("ended") else None,
            }
            async for one in self._table.find({"person": person}).sort("at", -1)
        ]  # fmt: skip

    async def forget(self, holder: str) -> None:
        await self._table.delete_many({"person": person_of_holder(holder)})


def _share(one: dict[str, Any]) -> Share:
    return Share(one["_id"], one["dossier"], one["code"], one["file"], one["name"], one["type"], one["size"], one["at"])
