"""Intake's MongoDB queries: lists of dossiers, uses of files, dossier codes, catalogues. Rooms have a store.py of their own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

import structlog

from dossier_intake.catalogue.catalogue import Catalogue
from dossier_intake.rules.calendars import ONE_DAY, WorkCalendar
from dossier_intake.state import State
from dossier_shared.adapters.cursors import Page, Section, page_of
from dossier_shared.adapters.mongo import Database, DossierCollection, majority_increment
from dossier_shared.clock import Clock, instant, parse_instant
from dossier_shared.contracts.lifecycle import OPEN
from dossier_shared.http.tokens import Principal
from dossier_shared.journal.dossier import Dossier
from dossier_shared.problems import Invalid
from dossier_shared.runtime.kept import MANY, Kept
from dossier_shared.vocabulary.codes import spellings
from dossier_shared.vocabulary.moments import VIETNAM
from dossier_shared.vocabulary.persons import GONE

log = structlog.get_logger()
PROMISED = OPEN - {"submitted", "awaiting_completion"}
"""Accepted and not yet ended: somebody waits for the day they were promised."""
DAYS_AT_ONCE = 50


def _midnight(day: date, calendar: WorkCalendar) -> datetime:
    return calendar.at(day + ONE_DAY, time.min)


_LISTS = {  # of the counter: state, in which order
    "filed": ("submitted", "submitted_at"),
    "completing": ("awaiting_completion", "asked.at"),
    "owing": ("awaiting_payment", "asked.at"),
}


class Office(NamedTuple):
    """Whose counter; `centre`: it receives for other agencies, too."""

    code: str
    centre: bool = False


class Dossiers:
    def __init__(self, dossiers: DossierCollection) -> None:
        self._dossiers = dossiers
        self._counts = Kept[Office, dict[str, int]](lambda found: sum(found.values()) > MANY)

    async def ensure_indexes(self) -> None:
        table = self._dossiers.table
        coded = {"state.code": {"$exists": True}}
        await table.create_index([("state.code", 1)], name="code", unique=True, partialFilterExpression=coded)
        await table.create_index([("state.owner", 1), ("state.submitted_at", -1)], name="owner")
        about = {"state.person": {"$exists": True}}
        await table.create_index(
            [("state.person", 1), ("state.submitted_at", -1)], name="person", partialFilterExpression=about
        )
        await table.create_index(
            [("state.act_by", 1)], name="act_by", partialFilterExpression={"state.act_by": {"$exists": True}}
        )
        for office in ("agency", "received_at"):
            await table.create_index([(f"state.{office}", 1), ("state.submitted_at", 1)], name=f"register_{office}")
        # With the id behind what a list is ordered by, so that no page sorts it, and the state, so that it is counted unread.
        # Those without (counter_queue, completing, owing, and of a centre) are of an earlier release.
        for name, (status, fact) in _LISTS.items():
            for office, prefix in (("agency", ""), ("received_at", "centre_")):
                await table.create_index(
                    [(f"state.{office}", 1), ("state.status", 1), (f"state.{fact}", 1), ("_id", 1)],
                    name=f"{prefix}{name}_in_order",
                    partialFilterExpression={"state.status": status},
                )

    async def waiting(
        self, office: Office, limit: int, cursor: str | None, *, part: str | None = None, ascending: bool = True
    ) -> Page:
        """The counter's work: filed and not yet accepted or refused, the oldest first; then what is to be completed, then what
        waits for a payment. `part`: of `counts`, only that."""
        sections = [
            _of(office, status, fact)._replace(ascending=ascending)
            for name, (status, fact) in _LISTS.items()
            if part in (None, name)
        ]
        return await page_of(self._dossiers, sections, limit, cursor)

    async def counts(self, office: Office) -> dict[str, int]:
        """How much each part of the counter's work has; of an office with MANY, a second ago."""

        async def count() -> dict[str, int]:
            count = self._dossiers.table.count_documents
            return {name: await count(dict(_of(office, *what).query)) for name, what in _LISTS.items()}

        return await self._counts.get(office, count)

    async def latest_of(self, agency: str, person: str, office: str) -> Dossier[State] | None:
        """The last that is about this person at the agency, of those that `office` may see: all at its own, of another what it
        took in for it."""
        query = {"state.person": person, "state.agency": agency}
        query |= {} if office == agency else {"state.received_at": office}
        found = await self._dossiers.find(query, sort=[("state.submitted_at", -1)], limit=1)
        return found[0] if found else None

    async def queue(self, office: Office, limit: int, cursor: str | None) -> Page:
        """Filed and not yet accepted or refused, the oldest first."""
        return await page_of(self._dossiers, [_of(office, "submitted", "submitted_at")], limit, cursor)

    async def passed(self, now: str, limit: int) -> list[str]:
        """Ids of dossiers in which a rule is to act by now."""
        found = self._dossiers.table.find({"state.act_by": {"$lte": now}}, {"_id": 1}).limit(limit)
        return [one["_id"] async for one in found]

    async def promised_on(self, days: Sequence[date], calendar: WorkCalendar) -> dict[date, list[str]]:
        """Ids of open dossiers by the day of their appointment, of these days. Rare: no index serves it."""
        found: dict[date, list[str]] = {}
        for first in range(0, len(days), DAYS_AT_ONCE):
            some = days[first : first + DAYS_AT_ONCE]
            within = [
                {
                    "state.appointment": {
                        "$gte": instant(calendar.at(day, time.min)),
                        "$lt": instant(_midnight(day, calendar)),
                    }
                }
                for day in some
            ]
            query = {"state.status": {"$in": list(PROMISED)}, "$or": within}
            async for one in self._dossiers.table.find(query, {"state.appointment": 1}):
                day = calendar.local(parse_instant(one["state"]["appointment"])).date()
                found.setdefault(day, []).append(one["_id"])
        return found

    async def by_code(self, code: str, agencies: Iterable[str] = ()) -> Dossier[State] | None:
        """As it is typed or pasted. `agencies`: the codes there are."""
        found = await self._dossiers.find({"state.code": {"$in": spellings(code, agencies)}}, limit=1)
        return found[0] if found else None

    async def received(self, office: Office, first: date, last: date, limit: int) -> list[Dossier[State]]:
        """Filed in these days, the oldest first, without their journals; of a centre what it took in for others too."""
        span = {"$gte": instant(_begins(first)), "$lt": instant(_begins(last + timedelta(days=1)))}
        here: dict[str, Any] = {"state.agency": office.code, "state.submitted_at": span}
        if office.centre:
            here = {"$or": [here, {"state.received_at": office.code, "state.submitted_at": span}]}
        found = self._dossiers.table.find(here, {"state": 1}).sort("state.submitted_at", 1).limit(limit)
        return [Dossier(one["_id"], state=one["state"]) async for one in found]

    async def own(
        self, who: Principal, limit: int, cursor: str | None, statuses: Collection[str] | None = None
    ) -> Page:
        """Filed from the account, while the consent to that lives, or about the person. `statuses`: None, whatever it is."""
        query: dict[str, Any] = {"state.owner": who.sub, "state.consent_withdrawn": None}
        lives: list[dict[str, Any]] = [{"state.consent_until": None}]
        if who.asked is not None:
            lives.append({"state.consent_until": {"$gt": instant(who.asked)}})
        if who.person is not None:
            about = {"state.person": who.person}
            query, lives = {"$or": [query, about]}, [*lives, about]
        section = Section(query, "submitted_at", ascending=False)
        only = {"state.status": {"$in": list(statuses)}} if statuses is not None else {}
        return await page_of(self._dossiers, [section], limit, cursor, also={"$or": lives, **only})


def _begins(day: date) -> datetime:
    return datetime.combine(day, time.min, VIETNAM)


def _of(office: Office, status: str, fact: str) -> Section:
    """Of an agency, and of a centre what it took in for others."""
    here: dict[str, Any] = {"state.agency": office.code, "state.status": status}
    if office.centre:
        here = {"$or": [here, {"state.received_at": office.code, "state.status": status}]}
    return Section(here, fact)


class Uses:
    """Who uploaded which file, when, under which name: bytes are stored once, a name belongs to its use."""

    def __init__(self, db: Database) -> None:
        self._table = db["uploads"]

    async def ensure_indexes(self) -> None:
        await self._table.create_index([("file", 1)], name="file")
        await self._table.create_index([("shown.id", 1)], name="shown", sparse=True)
        await self._table.create_index([("named", 1), ("leaving", 1), ("at", 1)], name="to_weigh")

    async def keep(
        self,
        file: str,
        by: str,
        type_: str,
        size: int,
        name: str,
        at: datetime,
        found: Mapping[str, Any],
    ) -> None:
        """`found` in the bytes, whoever brought them: `pages`, `signatures`, `signs` (of a signature alone: whose hash) and
        `shown` (of one with its paper in it: that paper's `id` and `size`)."""
        used = {"file": file, "by": by, "type": type_, "size": size, "name": name, "at": at}
        change = {"$set": used | dict(found), "$unset": {"leaving": ""}}
        await self._table.update_one({"_id": f"{file}:{by}"}, change, upsert=True)

    async def forget(self, files: Sequence[str]) -> None:
        await self._table.delete_many({"file": {"$in": list(files)}})

    async def forget_names(self, handed_in: Collection[tuple[str, str]]) -> None:
        """How these accounts called these files."""
        uses = [f"{file}:{by}" for file, by in handed_in]
        await self._table.update_many({"_id": {"$in": uses}}, {"$set": {"name": GONE}})

    async def within(self, files: Sequence[str]) -> set[str]:
        """Papers that are kept only because they are in these signatures."""
        gone = list(files)
        signatures = {"file": {"$in": gone}, "shown.id": {"$exists": True}}
        shown = {one["shown"]["id"] async for one in self._table.find(signatures, {"shown.id": 1})}
        inside = {"$in": list(shown)}
        others = {"file": {"$nin": gone}, "$or": [{"file": inside}, {"shown.id": inside}]}
        async for use in self._table.find(others, {"file": 1, "shown.id": 1}):
            shown -= {use["file"], (use.get("shown") or {}).get("id")}
        return shown

    async def looked_into(self, files: Iterable[str]) -> dict[str, dict[str, Any]]:
        """What was `found` in them, by file; nothing of what came before it was looked for."""
        query = {"file": {"$in": list(files)}, "signatures": {"$exists": True}}
        return {one["file"]: one async for one in self._table.find(query, {"_id": 0, "by": 0, "name": 0})}

    async def of(self, by: str, files: Iterable[str]) -> dict[str, dict[str, Any]]:
        """Type, size and name, by file; of a signature alone what it `signs`."""
        wanted = [f"{file}:{by}" for file in files]
        found = await self._table.find({"_id": {"$in": wanted}, "leaving": None}).to_list(None)
        return {
            one["file"]: {key: one[key] for key in ("type", "size", "name", "signs") if key in one} for one in found
        }

    # -- what no dossier names (uploads/orphans.py): `named`, once one does; `leaving`, since when it cannot be attached

    async def unweighed(self, before: datetime, limit: int) -> list[dict[str, Any]]:
        query = {"named": None, "leaving": None, "at": {"$lt": before}}
        found: list[dict[str, Any]] = await self._table.find(query, {"file": 1}).limit(limit).to_list(None)
        return found

    async def leaving(self, before: datetime, limit: int) -> list[dict[str, Any]]:
        query = {"named": None, "leaving": {"$lt": before}}
        found: list[dict[str, Any]] = await self._table.find(query).limit(limit).to_list(None)
        return found

    async def leave(self, ids: Sequence[str], before: datetime, now: datetime) -> None:
        """But for those brought again since."""
        await self._table.update_many({"_id": {"$in": list(ids)}, "at": {"$lt": before}}, {"$set": {"leaving": now}})

    async def stay(self, ids: Sequence[str]) -> None:
        change = {"$set": {"named": True}, "$unset": {"leaving": ""}}
        await self._table.update_many({"_id": {"$in": list(ids)}}, change)

    async def put_off(self, ids: Sequence[str], now: datetime) -> None:
        """As if they were brought now: a draft has them."""
        change = {"$set": {"at": now}, "$unset": {"leaving": ""}}
        await self._table.update_many({"_id": {"$in": list(ids)}}, change)

    async def drop(self, id_: str, leaving: datetime) -> None:
        await self._table.delete_one({"_id": id_, "leaving": leaving})

    async def others(self, file: str, than: str | None = None) -> bool:
        """Whether a use, other than one, is of this file, alone or in a signature."""
        query = {"_id": {"$ne": than}, "$or": [{"file": file}, {"shown.id": file}]}
        return await self._table.find_one(query, {"_id": 1}) is not None


class Codes:
    """Dossier codes, `<agency>-<yyyymmdd>-<number>`: numbers are leased from the database in blocks that grow with use.

    Two replicas never hold the same number; what a stopped process had left of its block is never issued.
    """

    FIRST_BLOCK, LARGEST_BLOCK = 8, 1024

    def __init__(self, db: Database) -> None:
        self._counters, self._dossiers = db["counters"], db["dossiers"]
        self._left: dict[str, tuple[int, int, int]] = {}  # name -> next, end, size of the block
        self._lock = asyncio.Lock()

    async def next(self, agency: str, day: date) -> str:
        name = f"{agency}-{day:%Y%m%d}"
        held = self._left.get(name)
        if held is None or held[0] >= held[1]:
            async with self._lock:
                held = self._left.get(name)
                if held is None or held[0] >= held[1]:
                    size = min(held[2] * 2, self.LARGEST_BLOCK) if held else self.FIRST_BLOCK
                    end = await majority_increment(self._counters, name, size)
                    held = (end - size + 1, end + 1, size)
        number, end, size = held
        self._left[name] = (number + 1, end, size)
        return f"{name}-{number:07d}"

    async def pass_by(self) -> None:
        """After the database was put back: no number is issued again that a dossier has, or may have had."""
        code, number = "$state.code", 8  # characters of "-0000001"
        length = {"$strLenBytes": code}
        name = {"$substrBytes": [code, 0, {"$subtract": [length, number]}]}
        coded: list[dict[str, Any]] = [
            {"$match": {"state.code": {"$type": "string"}}},
            {"$match": {"$expr": {"$gt": [length, number]}}},
            {"$group": {"_id": name, "last": {"$max": code}}},
        ]
        async for found in self._dossiers.aggregate(coded):
            last = found["last"].rpartition("-")[2]
            if last.isdigit():
                beyond = {"$max": {"value": int(last) + self.LARGEST_BLOCK}}
                await self._counters.update_one({"_id": found["_id"]}, beyond, upsert=True)


class Catalogues:
    """Every catalogue ever in force, by version; the newest is current. Replicas look again every few seconds."""

    REFRESH = 5.0

    def __init__(self, db: Database, clock: Clock) -> None:
        self._table = db["catalogues"]
        self._clock = clock
        self.current = Catalogue.load_packaged()
        self._taken = self.current.version  # under which it is stored: not its own where it had to be mended
        self._changing = asyncio.Lock()
        self._kept: dict[str, Catalogue] = {}  # the one of the past asked for last

    @asynccontextmanager
    async def changing(self) -> AsyncIterator[Catalogue]:
        """The newest, and no other import through this process until it is left."""
        async with self._changing:
            await self.refresh()
            yield self.current

    def today(self) -> date:
        return self._clock.now().astimezone(VIETNAM).date()

    def office(self, agency: str) -> Office:
        return Office(agency, bool(self.current.served_by(agency)))

    async def publish(self, catalogue: Catalogue) -> None:
        await self._table.update_one(
            {"_id": catalogue.version},
            {"$set": {"text": catalogue.text, "at": self._clock.now()}},
            upsert=True,
        )
        self.current, self._taken = catalogue, catalogue.version

    def shown(self, dossier: Dossier[State]) -> Dossier[State]:
        """To be shown, never written: with the names its agency and procedure have now."""
        state, today = dossier.state, self._clock.now().astimezone(VIETNAM).date()
        names: State = {}
        if agency := self.current.agencies.get(state.get("agency", "")):
            names["agency_name"] = agency.name_vi
        if procedure := self.current.known(state.get("procedure", ""), today):
            names["procedure_name"] = procedure.name_vi
        return replace(dossier, state={**state, **names})

    async def refresh(self) -> None:
        newest = await self._table.find_one({}, {"_id": 1}, sort=[("at", -1)])
        if newest is not None and newest["_id"] != self._taken:
            found = await self._table.find_one({"_id": newest["_id"]})
            if found is not None:
                self._taken = newest["_id"]
                try:
                    self.current = await asyncio.to_thread(Catalogue.stored, found["text"])
                except Invalid as unusable:  # nothing of it can be used: the one in hand goes on serving
                    log.error("stored catalogue unusable", version=newest["_id"], errors=unusable.errors[:5])
                    return
                for fault in self.current.faults:
                    log.error(
                        "catalogue must be corrected", part=fault.part, key=fault.key, field=fault.field, why=fault.en
                    )

    async def kept(self, version: str) -> Catalogue | None:
        """One that was in force once."""
        for at_hand in (self.current, Catalogue.load_packaged()):
            if at_hand.version == version:
                return at_hand
        if version not in self._kept and (found := await self._table.find_one({"_id": version})) is not None:
            self._kept = {version: await asyncio.to_thread(Catalogue.stored, found["text"])}
        return self._kept.get(version)

    async def follow(self) -> None:
        while True:
            await asyncio.sleep(self.REFRESH)
            try:
                await self.refresh()
            except Exception as error:  # the database is away: the catalogue in hand goes on serving
                log.warning("catalogue not refreshed", error=repr(error)[:200])
