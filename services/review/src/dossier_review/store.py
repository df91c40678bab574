"""The only file of review with MongoDB queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from dossier_review.lists import OPEN, TEXT, Day, Listed, asked_of, at_stage, listed, wanted_back
from dossier_review.state import APPRAISAL, APPROVAL, State
from dossier_review.workload import Standing, counted
from dossier_shared.adapters.cursors import Page, Section, page_of
from dossier_shared.adapters.mongo import Database, DossierCollection
from dossier_shared.contracts.lifecycle import PAUSED
from dossier_shared.journal.dossier import Dossier
from dossier_shared.runtime.kept import MANY, Kept

DESK: Final = "desk_counted"
_MINE: Final = ("state.agency", "state.stage", "state.assigned_to")


class Cases:
    def __init__(self, dossiers: DossierCollection) -> None:
        self._dossiers = dossiers
        self._tallies = Kept[tuple[str, str], list[dict[str, Any]]](
            lambda found: sum(row["open"] for row in found) > MANY
        )

    async def ensure_indexes(self) -> None:
        # with the id behind what a list is ordered by: without it all that is open would be sorted for each page. Those without
        # it (work_queue, consulted, asked, wanted_back, desk) are of an earlier release, whose replicas may still name them.
        for name, keys, kept in (
            ("queue_in_order", ("state.agency", "state.stage", "state.due", "_id"), "state.stage"),
            # one question at a time: what waits since an earlier release
            ("consulted_in_order", ("state.waits_for.agency", "state.due", "_id"), "state.waits_for.agency"),
            ("asked_in_order", ("state.asked", "state.due", "_id"), "state.asked"),
            ("wanted_back_in_order", ("state.agency", "state.due", "_id"), "state.withdrawal.at"),
            ("act_by", ("state.act_by",), "state.act_by"),
            # counts and workload are answered from it alone, and it has the order of an officer's own
            (DESK, (*_MINE, "state.due", "_id", "state.withdrawal.at", "state.status"), "state.stage"),
            ("appraised", ("state.agency", "state.appraised_by", "state.appraised_at"), "state.appraised_at"),
            ("decided", ("state.agency", "state.decided_by", "state.decided_at"), "state.decided_at"),
        ):
            await self._dossiers.table.create_index(
                [(key, 1) for key in keys], name=name, partialFilterExpression={kept: TEXT}
            )

    async def passed(self, now: str, limit: int) -> Sequence[str]:
        """Those whose limit has passed."""
        return await self._ids({"state.act_by": {**TEXT, "$lte": now}}, "state.act_by", limit)

    async def of_officer(self, officer: str, agency: str, after: str, limit: int) -> Sequence[str]:
        """Open cases an officer has, in the order of their ids, after one of them."""
        query = {**at_stage(agency, *OPEN), "state.assigned_to": officer, "_id": {"$gt": after}}
        return await self._ids(query, "_id", limit)

    async def arrived(self, agency: str, since: str, limit: int, seen: Sequence[str]) -> list[Dossier[State]]:
        """Accepted since then, and nobody has touched whose they are; the earliest appointment first. Without those `seen`."""
        query = {
            "_id": {"$nin": list(seen)},
            **at_stage(agency, APPRAISAL),
            "state.assigned_to": None,
            "state.due": {"$gt": since},  # as what is accepted later has it: the index begins there
            "state.accepted_at": {"$gt": since},
            "state.appraised_by": None,
            "state.thread.type": {"$ne": "assigned"},
        }
        return await self._dossiers.find(query, limit=limit, sort=(("state.due", 1), ("_id", 1)))

    async def at_work(self, agency: str, since: str) -> Sequence[str]:
        """Who has appraised something since then."""
        query = {"state.agency": agency, "state.appraised_at": {"$gte": since, **TEXT}}
        found = await self._dossiers.table.distinct("state.appraised_by", query)
        return sorted(one for one in found if one)

    async def _ids(self, query: Mapping[str, Any], order: str, limit: int) -> Sequence[str]:
        found = self._dossiers.table.find(dict(query), {"_id": 1}).sort(order).limit(limit)
        return [document["_id"] for document in await found.to_list(None)]

    async def queue(self, wanted: Listed, limit: int, cursor: str | None, *, ascending: bool = True) -> Page:
        """A list of the agency's, the earliest appointment first; but what the person wants back before that."""
        sections = [Section(query, "due", ascending) for query in wanted.queries]
        return await page_of(self._dossiers, sections, limit, cursor, also=wanted.now)

    async def tally(self, agency: str, day: Day) -> list[dict[str, Any]]:
        """For each officer (None: nobody) and stage how many are open, due later today, closing, late, and wanted back."""
        due = "$state.due"
        later = [{"$gte": [due, day.now]}, {"$lt": [due, day.ends]}]
        soon = [
            {"$gte": [due, day.now]},
            {"$lt": [due, day.soon]},
            {"$not": {"$in": ["$state.status", sorted(PAUSED)]}},
        ]
        group = {
            "_id": {"stage": "$state.stage", "officer": "$state.assigned_to"},
            "open": {"$sum": 1},
            "due": _sum({"$and": later}),
            "closing": _sum({"$and": soon}),
            "late": _sum({"$lt": [due, day.now]}),
            "withdrawal": _sum({"$gt": ["$state.withdrawal.at", None]}),
        }
        found = self._dossiers.table.aggregate([{"$match": at_stage(agency, *OPEN)}, {"$group": group}], hint=DESK)
        return [{**row.pop("_id"), **row} for row in await found.to_list(None)]

    async def shown_tally(self, agency: str, day: Day) -> list[dict[str, Any]]:
        """As `tally`; of an agency with MANY open some seconds old, so that its size costs those who look at it nothing."""
        return await self._tallies.get((agency, day.soon), lambda: self.tally(agency, day))

    async def count(self, wanted: Listed) -> int:
        query = {"$or": list(wanted.queries)}
        return await self._dossiers.table.count_documents({"$and": [query, wanted.now]} if wanted.now else query)

    async def counts(self, officer: str, agency: str, day: Day) -> dict[str, int]:
        """How many cases each list has."""
        found = counted(await self.shown_tally(agency, day), officer)
        for name in ("consultation", "done"):
            found[name] = await self.count(listed(name, officer, agency, day))
        return found

    async def work(
        self,
        officer: str,
        agency: str,
        stages: Sequence[str],
        limit: int,
        cursor: str | None,
        *,
        ascending: bool = True,
    ) -> Page:
        """What is assigned to this officer for appraisal comes first; then the rest of the stages and what others ask."""
        own = {**at_stage(agency, APPRAISAL), "state.assigned_to": officer}
        rest = [
            {**at_stage(agency, stage), **({"state.assigned_to": {"$ne": officer}} if stage == APPRAISAL else {})}
            for stage in stages
        ]
        found = [own] if APPRAISAL in stages else []
        queries: list[dict[str, Any]] = [*found, {"$or": [*rest, asked_of(agency)]}]
        if APPROVAL in stages:  # whom the person's wish to withdraw is for sees it first
            queries = [wanted_back(agency), *({"$and": [one, {"state.withdrawal": None}]} for one in queries)]
        return await page_of(self._dossiers, [Section(query, "due", ascending) for query in queries], limit, cursor)


class Desks:
    """How an agency wants what arrives to be assigned; those that have said nothing are not here."""

    def __init__(self, db: Database) -> None:
        self._table = db["desks"]

    async def standing(self, agency: str) -> Standing | None:
        found = await self._table.find_one({"_id": agency})
        return _standing(found) if found else None

    async def all(self) -> list[Standing]:
        return [_standing(found) for found in await self._table.find().sort("_id", 1).to_list(None)]

    async def keep(self, wish: Standing) -> None:
        """No officers: what arrives is assigned by people."""
        if not wish.officers:
            await self._table.delete_one({"_id": wish.agency})
            return
        await self._table.replace_one({"_id": wish.agency}, wish._asdict(), upsert=True)

    async def leave(self, agency: str, officer: str) -> None:
        """Nothing more goes to who has left."""
        await self._table.update_one({"_id": agency}, {"$pull": {"officers": officer}})


def _standing(found: Mapping[str, Any]) -> Standing:
    return Standing(found["agency"], tuple(found["officers"]), found["since"], found["by"])


def _sum(condition: Mapping[str, Any]) -> dict[str, Any]:
    return {"$sum": {"$cond": [condition, 1, 0]}}
