"""Which register was asked about whom, when, for what and by which law: for the person to read. No answer is kept here."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import uuid4

from dossier_intake.registers.ports import Register
from dossier_shared.adapters.cursors import page_by_time
from dossier_shared.adapters.mongo import Database
from dossier_shared.clock import instant
from dossier_shared.contracts.person_keys import person_of_holder

By = Literal["self", "helper", "counter", "post"]
LATEST = 50  # that a page shows
_TOLD = ("source", "purpose", "legal_basis", "by", "outcome")


class Questions:
    def __init__(self, db: Database) -> None:
        self._table = db["questions"]

    async def ensure_indexes(self) -> None:
        await self._table.create_index([("person", 1), ("at", -1), ("_id", -1)], name="of_person")

    async def begin(
        self, person: str, register: Register, purpose: str, legal_basis: tuple[str, ...], by: By, at: datetime
    ) -> str:
        """Its id. Written when it returns: before anybody is asked. Its outcome is `unknown` until it is told."""
        id_ = str(uuid4())
        asked = {"_id": id_, "person": person, "source": register, "purpose": purpose, "by": by, "at": at}
        await self._table.insert_one({**asked, "legal_basis": list(legal_basis), "outcome": "unknown"})
        return id_

    async def end(self, id_: str, outcome: str) -> None:
        await self._table.update_one({"_id": id_}, {"$set": {"outcome": outcome}})

    async def of(self, person: str, limit: int, cursor: str | None = None) -> tuple[list[dict[str, Any]], str | None]:
        """The newest first, and the cursor of the next page."""
        return await page_by_time(self._table, "at", limit, cursor, ascending=False, where={"person": person})

    async def of_person(self, person: str) -> list[dict[str, Any]]:
        """All, the newest first: for who answers the person's question about their data."""
        found = self._table.find({"person": person}).sort([("at", -1), ("_id", -1)])
        return [
            {"id": one["_id"], **{name: one[name] for name in _TOLD}, "at": instant(one["at"])} async for one in found
        ]

    async def knows(self, person: str) -> bool:
        return await self._table.find_one({"person": person}, {"_id": 1}) is not None

    async def forget(self, holder: str) -> None:
        await self._table.delete_many({"person": person_of_holder(holder)})
