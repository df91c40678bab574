"""Keeps a service whose database was put back from taking commands before it is whole.

A running service notes every half minute how far its own topic went. All that is on the topic was in the database before; so a
database that lacks an event behind that note has been put back, and whoever records on it would use numbers for a second time.
Looking costs a start the few records since the last note. `recovery` holds one document per topic, and one while a recovery
is due.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from aiokafka.errors import KafkaError

from dossier_shared.broker import Broker
from dossier_shared.clock import Clock, instant
from dossier_shared.envelope import RawRecord, decode
from dossier_shared.errors import BadRecord
from dossier_shared.journal import Rules
from dossier_shared.mongo import Database, DossierCollection
from dossier_shared.recovery import topics
from dossier_shared.topics import BY_SOURCE

log = structlog.get_logger()
EVERY = 30.0  # seconds between two notes
PATIENCE = 5.0  # seconds a start waits for the broker: commands are taken while it is away
_AWAY = (KafkaError, TimeoutError, OSError)


@dataclass(frozen=True, slots=True)
class Owned:
    """Journals a service keeps and publishes: on the topic of `rules.source`."""

    rules: Rules
    journals: DossierCollection

    @property
    def topic(self) -> str:
        return BY_SOURCE[self.rules.source].name


class Guard:
    def __init__(self, db: Database, broker: Broker, clock: Clock) -> None:
        self.table = db["recovery"]
        self.broker, self.clock = broker, clock
        self.owned: list[Owned] = []
        self._looked = False

    async def due(self) -> str | None:
        """Why a recovery must come before anything else."""
        found = await self.table.find_one({"_id": "due"})
        return None if found is None else str(found["why"])

    async def demand(self, why: str) -> None:
        await self.table.update_one(
            {"_id": "due"}, {"$setOnInsert": {"why": why, "at": instant(self.clock.now())}}, upsert=True
        )

    async def done(self) -> None:
        await self.note()
        await self.table.delete_one({"_id": "due"})

    async def look(self) -> str | None:
        """Compares with what came on the own topics since the last note; answers (and keeps) why a recovery is due."""
        why = await self.due()
        if why is None:
            try:
                why = next(filter(None, [await self._ahead(owned) for owned in self.owned]), None)
            except _AWAY as error:
                log.warning("own topic not compared with the journals yet: the broker is away", error=repr(error)[:200])
                return None
            self._looked = True
            if why is not None:
                await self.demand(why)
        return why

    async def _ahead(self, owned: Owned) -> str | None:
        note = await self.table.find_one({"_id": owned.topic})
        if note is None:
            return None  # a new database: nothing says that there was ever more in it
        last = await asyncio.wait_for(topics.ends(self.broker, [owned.topic]), PATIENCE)
        noted = {place: int(note["ends"].get(str(place.partition), 0)) for place in last}
        if any(first > last[place] for place, first in noted.items()):
            log.warning("own topic is shorter than it was: publish the journals again", topic=owned.topic)
        new = [(place.partition, first) for place, first in noted.items() if first < last[place]]
        found = await asyncio.gather(*(self._ahead_in(owned, partition, first) for partition, first in new))
        return next(filter(None, found), None)

    async def _ahead_in(self, owned: Owned, partition: int, first: int) -> str | None:
        async for records in topics.read(self.broker, owned.topic, partition, first=first):
            lacking = await self._lacking(owned.journals, records)
            if lacking is not None:
                return f"{owned.topic} holds event {lacking[1]} of {lacking[0]}, and the database does not"
        return None

    async def _lacking(self, journals: DossierCollection, records: Sequence[RawRecord]) -> tuple[str, int] | None:
        last: dict[str, int] = {}
        for event in decoded(records):
            last[event.dossier] = max(event.seq, last.get(event.dossier, 0))
        known = await journals.load(last, journal=False)
        return next(((id_, n) for id_, n in last.items() if id_ not in known or known[id_].seq < n), None)

    async def note(self) -> None:
        """What has been published until now is in the database."""
        for owned in self.owned:
            last = await topics.ends(self.broker, [owned.topic])
            fields: dict[str, Any] = {"ends": {str(place.partition): end for place, end in last.items()}}
            await self.table.update_one({"_id": owned.topic}, {"$set": fields}, upsert=True)

    async def run(self) -> None:
        """Raises where the broker came back after the start, and shows that a recovery is due: it must not go on."""
        while True:
            try:
                why = None if self._looked else await self.look()
                if self._looked and why is None:
                    await self.note()
            except Exception as error:
                log.warning("own topic's end not noted", error=repr(error)[:200])
            else:
                if why is not None:
                    raise RuntimeError(why)
            await asyncio.sleep(EVERY)


def decoded(records: Iterable[RawRecord]) -> Iterable[Any]:
    """The events among them; what cannot be read was never the service's own."""
    for record in records:
        try:
            yield decode(record)
        except BadRecord as why:
            log.warning("unreadable record passed over", topic=record.topic, offset=record.offset, why=str(why)[:200])
