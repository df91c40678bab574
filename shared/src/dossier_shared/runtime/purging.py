"""What a service does once a person's key is gone: it takes out of its dossiers' states what they say of the person, and deletes
the files they brought in or that were made for them.

Journals and topics need nothing: what is sealed there nobody opens any more. A purge that was begun is begun again after a crash;
done twice it does nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Final

import structlog

from dossier_shared.adapters.files import FileStore
from dossier_shared.adapters.mongo import Database, Document, DossierCollection
from dossier_shared.clock import Clock, instant
from dossier_shared.contracts.person_keys import every_holder, person_of_holder
from dossier_shared.journal.dossier import Dossier, Rules
from dossier_shared.journal.ledger import Ledger
from dossier_shared.journal.persons import PersonKeys
from dossier_shared.journal.steps import Moment, Work
from dossier_shared.repair.rebuild import files_named

log = structlog.get_logger()
LOOK_EVERY: Final = 1.0  # seconds
_AT_ONCE: Final = 100
Forget = Callable[[Sequence[str]], Awaitable[None]]
"""What else a service keeps of files that are deleted."""
ForgetNames = Callable[[Collection[tuple[str, str]]], Awaitable[None]]
"""How somebody called a file that stays, since others have handed it in, too: file and account."""
ForgetPerson = Callable[[str], Awaitable[None]]
"""What a service keeps of a person beside dossiers and files, by whose key it is (`holder`)."""
Within = Callable[[Sequence[str]], Awaitable[Collection[str]]]
"""Files that are kept beside these because they were in them, and that nothing else needs."""


class Purging:
    def __init__(
        self,
        db: Database,
        dossiers: DossierCollection,
        files: FileStore,
        ledger: Ledger,
        keys: PersonKeys,
        clock: Clock,
    ) -> None:
        self._done, self._dossiers, self._files = db["purged"], dossiers, files
        self._ledger, self._keys, self._clock = ledger, keys, clock
        self.forget_files: list[Forget] = []
        self.within_files: list[Within] = []
        self.forget_names: list[ForgetNames] = []
        self.forget_persons: list[ForgetPerson] = []

    async def run(self) -> None:
        done: set[str] = {document["_id"] async for document in self._done.find({}, {"_id": 1})}
        while True:
            for holder in self._keys.gone() - done:
                try:
                    count = await self.purge(holder)
                except Exception as error:
                    log.warning("person not purged yet", holder=holder, error=repr(error)[:200])
                else:
                    done.add(holder)
                    log.info("person purged", holder=holder, dossiers=count)
            await asyncio.sleep(LOOK_EVERY)

    async def purge(self, holder: str) -> int:
        """Answers how many dossiers it had of them."""
        ids = [one["_id"] async for one in self._dossiers.table.find(_of(holder), {"_id": 1})]
        for first in range(0, len(ids), _AT_ONCE):
            some = ids[first : first + _AT_ONCE]
            await self._ledger.write({id_: Work([self._forget], bare=True) for id_ in some})
        for forget_person in self.forget_persons:
            await forget_person(holder)
        deleted = await self._delete_files(ids)
        at = instant(self._clock.now())
        await self._done.update_one(
            {"_id": holder}, {"$set": {"at": at, "dossiers": len(ids), "files": deleted}}, upsert=True
        )
        return len(ids)

    async def _delete_files(self, ids: Sequence[str]) -> int:
        """Bytes that somebody else has handed in too are theirs."""
        source, handed_in = self._ledger.rules.source, set[tuple[str, str]]()
        for first in range(0, len(ids), _AT_ONCE):
            for dossier in (await self._dossiers.load_whole(ids[first : first + _AT_ONCE])).values():
                for event in dossier.tail(source, 0) if dossier.journal else ():
                    account = event.actor.partition(":")[2]
                    handed_in.update((id_, account) for id_ in files_named(event))
        named = {file for file, _ in handed_in}
        if not named:
            return 0
        for forget_names in self.forget_names:
            await forget_names(handed_in)
        named -= await self._of_others(ids, named)
        for within in self.within_files:
            named.update(await within(sorted(named)))
        for forget in self.forget_files:
            await forget(sorted(named))
        return await self._files.delete(named)

    async def _of_others(self, ids: Sequence[str], named: Collection[str]) -> set[str]:
        """Of these files, what other dossiers name, in their journals or in what has moved out of them. Journals first: an event
        is in a segment before it leaves its journal."""
        found, own, wanted = set[str](), list(ids), {"$in": list(named)}
        for table, dossier, events in (
            (self._dossiers.table, "_id", "journal"),
            (self._dossiers.segments, "dossier", "events"),
        ):
            field = f"{events}.data.documents.id"
            async for other in table.find({dossier: {"$nin": own}, field: wanted}, {field: 1}):
                for entry in other[events]:
                    found |= {paper["id"] for paper in entry.get("data", {}).get("documents", ())}
        return found

    def _forget(self, dossier: Dossier, _: Moment) -> None:
        forget_in(self._ledger.rules, dossier)


def forget_in(rules: Rules, dossier: Dossier) -> None:
    if rules.forget is None:
        return
    after = rules.forget(dossier.state)
    if after is not dossier.state:
        dossier.state, dossier.touched = after, True


def of_person(person: str) -> Document:
    """By whichever key; those of before keys were made have no holder: of them the person is known."""
    return {
        "$or": [
            {"holder": {"$regex": every_holder(person)}},
            {"holder": {"$exists": False}, "state.person": person},
        ]
    }


def _of(holder: str) -> Document:
    return {"$or": [{"holder": holder}, {"holder": {"$exists": False}, "state.person": person_of_holder(holder)}]}
