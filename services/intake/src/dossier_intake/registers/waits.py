"""Which filing waits for which register: when it is asked again, and until when. No number and no answer is kept here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from dossier_intake.registers.ports import Register
from dossier_shared.adapters.mongo import Database
from dossier_shared.contracts.person_keys import person_of_holder

LONGEST: Final = timedelta(hours=1)  # between two questions
DOUBLED: Final = 12  # times at most


class Wait(NamedTuple):
    """`person`: about whom it was asked first. `tries`: that were begun since the filing."""

    id: str
    dossier: str
    source: Register
    person: str
    until: datetime
    tries: int


def pause(first: timedelta, tries: int) -> timedelta:
    """Twice as long each time. `first` of nothing: nobody is asked any more, only given up."""
    return min(first * 2 ** min(tries, DOUBLED), max(first, LONGEST)) if first else LONGEST


class Waits:
    def __init__(self, db: Database) -> None:
        self._table = db["register_waits"]

    async def ensure_indexes(self) -> None:
        await self._table.create_index([("source", 1), ("next", 1)], name="due")
        await self._table.create_index([("person", 1)], name="of_person")

    async def begin(self, dossier: str, source: str, person: str, due: datetime, until: datetime) -> None:
        """Before the dossier is written, that none waits for good; once, however often it is filed."""
        fresh = {"dossier": dossier, "source": source, "person": person, "next": due, "until": until, "tries": 0}
        await self._table.update_one({"_id": f"{dossier}:{source}"}, {"$setOnInsert": fresh}, upsert=True)

    async def take(self, source: Register, now: datetime, first: timedelta) -> Wait | None:
        """The one due longest, for this process alone until its next turn: who dies with it leaves it to that."""
        while True:
            due: dict[str, Any] = {"source": source, "next": {"$lte": now}}
            found = await self._table.find_one(due, sort=[("next", 1)])
            if found is None:
                return None
            later = {"$set": {"next": now + pause(first, found["tries"])}, "$inc": {"tries": 1}}
            taken = await self._table.update_one({"_id": found["_id"], "next": found["next"]}, later)
            if taken.modified_count:
                about = {name: found[name] for name in ("dossier", "source", "person", "until", "tries")}
                return Wait(id=found["_id"], **about)

    async def end(self, ids: Sequence[str]) -> None:
        if ids:
            await self._table.delete_many({"_id": {"$in": list(ids)}})

    async def count(self, source: Register) -> int:
        return int(await self._table.count_documents({"source": source}))

    async def forget(self, holder: str) -> None:
        await self._table.delete_many({"person": person_of_holder(holder)})
