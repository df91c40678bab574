"""Keeps a service whose database was put back from taking commands before it is whole.

A running service notes every half minute how far its own topic goes. Every event on the topic was in the database before. So a
database that lacks an event from behind that note has been put back, and new events recorded in it would get numbers that are
taken. The check at a start reads the few records since the last note. The collection `recovery` has one document per topic, and
one more while a recovery is due.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import structlog
from aiokafka.errors import KafkaError

from dossier_shared.adapters.mongo import Database, DossierCollection
from dossier_shared.clock import Clock, instant
from dossier_shared.contracts.envelope import Event, RawRecord, decode
from dossier_shared.contracts.topics import BY_SOURCE, deployed
from dossier_shared.errors import BadRecord
from dossier_shared.journal.dossier import Dossier, Rules
from dossier_shared.journal.hearing import Position
from dossier_shared.journal.keyring import Keyring
from dossier_shared.repair import topics
from dossier_shared.repair.rebuild import differs
from dossier_shared.settings.broker import Broker

log = structlog.get_logger()
EVERY = 30.0  # seconds between two notes
PATIENCE = 5.0  # seconds a start waits for the broker: commands are taken while it is away
_AWAY = (KafkaError, TimeoutError, OSError)
Ends = dict[int, int]  # by partition, the offset behind the last record


class RecoveryDue(RuntimeError):
    """The database under a running process was put back."""


@dataclass(frozen=True, slots=True)
class Owned:
    """Journals of a service that are published, on the topic of `rules.source`."""

    rules: Rules
    journals: DossierCollection
    deployment: str = ""

    @property
    def topic(self) -> str:
        return deployed(BY_SOURCE[self.rules.source], self.deployment).name


class Guard:
    """`keys`: what nobody of the service signed is not its own, whatever topic it is on."""

    def __init__(self, db: Database, broker: Broker, clock: Clock, keys: Keyring | None = None) -> None:
        self.table = db["recovery"]
        self.broker, self.clock, self.keys = broker, clock, keys
        self.owned: list[Owned] = []
        self.looked = False  # compared since the start of this process
        self.trouble: str | None = None  # why it could not be compared
        self._noted: dict[str, Ends] = {}  # by topic, what this process noted last

    async def due(self) -> str | None:
        """Why a recovery is due, if one is."""
        found = await self.table.find_one({"_id": "due"})
        return None if found is None else str(found["why"])

    async def demand(self, why: str, *, unless_running: bool = False) -> bool:
        """False: one was due already. `unless_running`: processes that run may go on until `begun`, none is to be started."""
        fields = {"why": why, "at": instant(self.clock.now()), "unless_running": unless_running}
        result = await self.table.update_one({"_id": "due"}, {"$setOnInsert": fields}, upsert=True)
        return result.upserted_id is not None

    async def begun(self) -> None:
        await self.table.update_one({"_id": "due"}, {"$set": {"unless_running": False}}, upsert=False)

    async def withdraw(self) -> None:
        await self.table.delete_one({"_id": "due"})

    async def done(self) -> None:
        await self.note()
        await self.withdraw()

    async def look(self) -> str | None:
        """Compares with what came on the own topics since the last note; answers (and keeps) why a recovery is due.

        With the broker away nothing is known: `looked` stays false.
        """
        why = await self.due()
        if why is None:
            try:
                if self.keys is not None:
                    await asyncio.wait_for(self.keys.known(), PATIENCE)
                why = await self._first([self._ahead(owned, await self._note_of(owned)) for owned in self.owned])
            except _AWAY as error:
                self.trouble = f"own topic not compared with the journals yet ({error!r:.200})"
                log.warning("own topic not compared with the journals yet: the broker is away", error=repr(error)[:200])
                return None
            self.looked, self.trouble = True, None
            if why is not None:
                await self.demand(why)
        return why

    async def _again(self) -> str | None:
        """The same while it runs: a note lower than one's own is another replica's, or an old database's under its feet."""
        due = await self.table.find_one({"_id": "due"})
        if due is not None and not due.get("unless_running"):
            return str(due["why"])
        for owned in self.owned:
            stored, mine = await self._note_of(owned) or {}, self._noted.get(owned.topic, {})
            if any(stored.get(partition, 0) < end for partition, end in mine.items()):
                why = await self._ahead(owned, stored)
                if why is not None:
                    await self.demand(why)
                    return why
        return None

    async def _first(self, looking: Iterable[Awaitable[str | None]]) -> str | None:
        return next(filter(None, await asyncio.gather(*looking)), None)

    async def _note_of(self, owned: Owned) -> Ends | None:
        note = await self.table.find_one({"_id": owned.topic})
        return None if note is None else {int(partition): int(end) for partition, end in note["ends"].items()}

    async def _ahead(self, owned: Owned, noted: Ends | None) -> str | None:
        if noted is None:
            return None  # a new database: nothing says that there was ever more in it
        last = await asyncio.wait_for(topics.ends(self.broker, [owned.topic]), PATIENCE)
        if any(noted.get(place.partition, 0) > end for place, end in last.items()):
            log.warning("own topic is shorter than it was: publish the journals again", topic=owned.topic)
        starts = {place.partition: noted.get(place.partition, 0) for place in last}
        new = [p for p, first in starts.items() if first < last[Position(owned.topic, p)]]
        return await self._first([self._ahead_in(owned, partition, starts[partition]) for partition in new])

    async def _ahead_in(self, owned: Owned, partition: int, first: int) -> str | None:
        void: set[str] = set()
        async with aclosing(topics.read(self.broker, owned.topic, partition, first=first)) as read:
            async for records in read:
                events = list(decoded(records, self.keys))
                known = await owned.journals.load({event.dossier for event in events})
                for event in events:
                    why = _lacks(known.get(event.dossier), event, void)
                    if why is not None:
                        return f"{owned.topic} holds event {event.seq} of {event.dossier}, and the database {why}"
        return None

    async def note(self) -> None:
        """Notes how far the topics go now: everything on them is in the database."""
        for owned in self.owned:
            last = {p.partition: end for p, end in (await topics.ends(self.broker, [owned.topic])).items()}
            fields: dict[str, Any] = {"ends": {str(partition): end for partition, end in last.items()}}
            await self.table.update_one({"_id": owned.topic}, {"$set": fields}, upsert=True)
            self._noted[owned.topic] = last

    async def run(self) -> None:
        """Raises RecoveryDue where the database was put back while this process runs on it: it must not go on."""
        while True:
            try:
                why = await self._again()
                if why is None:
                    await self.note()
            except Exception as error:
                log.warning("own topic's end not noted", error=repr(error)[:200])
            else:
                if why is not None:
                    raise RecoveryDue(why)
            await asyncio.sleep(EVERY)


def _lacks(dossier: Dossier | None, event: Event, void: set[str]) -> str | None:
    """What is wrong with the journal, where the event is one it should hold. Adds to `void` (rebuild.chained)."""
    if event.previous in void:
        void.add(event.hash)
        return None
    if dossier is None or dossier.seq < event.seq:
        return "does not"
    match differs(dossier, event):
        case "forked":
            return "another under this number"
        case "void":
            void.add(event.hash)
    return None


def decoded(records: Iterable[RawRecord], keys: Keyring | None = None) -> Iterable[Event]:
    """The events among them; what cannot be read, or nobody of its service signed, was never anybody's own."""
    for record in records:
        try:
            event = decode(record)
            if keys is not None:
                keys.check(record, event.hash)
            yield event
        except BadRecord as why:
            log.warning("unreadable record passed over", topic=record.topic, offset=record.offset, why=str(why)[:200])
