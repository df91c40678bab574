"""The only file of the alarms with MongoDB queries: alarms, the evaluator's lease, and what is judged of the dossiers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from dossier_monitor.alarms.judging import Memory, Standing
from dossier_monitor.alarms.observation import Stalled
from dossier_shared.adapters.cursors import Cursor, mark_of
from dossier_shared.adapters.mongo import Database, DossierCollection, Table
from dossier_shared.clock import instant
from dossier_shared.journal.dossier import Dossier

LIMIT = 500
EXAMPLES = 5  # codes of stalled dossiers an alarm names
_BEFORE_ALL = datetime(1970, 1, 1, tzinfo=UTC)
_SECTION = {  # of the list: what is raised before what is cleared, what nobody has taken before what somebody has, by severity
    "$add": [
        {"$cond": [{"$eq": ["$state.status", "cleared"]}, 20, 0]},
        {"$cond": [{"$ne": ["$state.acknowledged", None]}, 10, 0]},
        {"$add": [1, {"$indexOfArray": [["critical", "warning", "info"], "$state.severity"]}]},
    ]
}


class AlarmStore:
    def __init__(self, db: Database) -> None:
        self.alarms = DossierCollection(db, "monitor", "alarms")
        self._dossiers: Table = db["dossiers"]
        self._lease: Table = db["leases"]

    async def ensure_indexes(self) -> None:
        await self.alarms.ensure_indexes()
        await self.alarms.table.create_index([("state.status", 1), ("state.agency", 1)], name="status")
        open_ones = {"state.facts.open": True}
        await self._dossiers.create_index([("state.facts.since", 1)], name="stalled", partialFilterExpression=open_ones)
        await self._dossiers.create_index([("state.facts.agency", 1), ("state.facts.last", -1)], name="last_of_agency")
        first = {"by": "", "until": _BEFORE_ALL, "term": 0}
        await self._lease.update_one({"_id": "alarms"}, {"$setOnInsert": first}, upsert=True)

    # -- the evaluator -------------------------------------------------------------------------------------------------

    async def lease(self, who: str, seconds: float) -> int | None:
        """The term of office, which grows with each change of hands; None while somebody else has it. By the server's clock."""
        free = {"$or": [{"by": who}, {"$expr": {"$lt": ["$until", "$$NOW"]}}]}
        taken = [
            {
                "$set": {
                    "term": {"$cond": [{"$eq": ["$by", who]}, "$term", {"$add": ["$term", 1]}]},
                    "by": who,
                    "until": {"$add": ["$$NOW", int(seconds * 1000)]},
                }
            }
        ]
        found = await self._lease.find_one_and_update({"_id": "alarms", **free}, taken, return_document=True)
        return int(found["term"]) if found else None

    async def recall(self, memory: Memory) -> list[dict[str, Any]]:
        """What is raised, into the memory; the same as documents without journals."""
        query = {"$or": [{"state.status": "raised"}, {"state.kind": "dead-letters"}]}
        found = await self.alarms.table.find(query, {"journal": 0}).to_list(None)
        raised = [document for document in found if document["state"]["status"] == "raised"]
        memory.raised = {
            d["_id"]: Standing(d["state"]["rule"], d["state"]["subject"], d["state"]["agency"], d["state"]["value"])
            for d in raised
        }
        memory.acknowledged = {d["_id"]: d["state"]["seen"] for d in found if "seen" in d["state"]}
        return raised

    # -- what is judged of the dossiers ----------------------------------------------------------------------------------

    async def stalled(self, now: datetime, days: float) -> dict[str, Stalled]:
        """By agency: dossiers without an officer or a deadline where they have stood for more than `days`."""
        cutoff = instant(now - timedelta(days=days))
        found = self._dossiers.aggregate(
            [
                {"$match": {**STALLED, "state.facts.since": {"$lt": cutoff, "$gt": ""}}},
                {"$sort": {"state.facts.since": 1}},
                {
                    "$group": {
                        "_id": "$state.facts.agency",
                        "count": {"$sum": 1},
                        "since": {"$first": "$state.facts.since"},
                        "codes": {"$firstN": {"n": EXAMPLES, "input": {"$ifNull": ["$state.code", "$_id"]}}},
                    }
                },
            ]
        )
        return {d["_id"]: Stalled(d["count"], tuple(d["codes"]), d["since"]) async for d in found}

    async def last_events(self) -> dict[str, datetime]:
        """Business time of the latest event, by agency; one step in the index per agency."""
        found = self._dossiers.aggregate(
            [
                {"$sort": {"state.facts.agency": 1, "state.facts.last": -1}},
                {"$group": {"_id": "$state.facts.agency", "last": {"$first": "$state.facts.last"}}},
            ],
            hint="last_of_agency",
        )
        return {d["_id"]: datetime.fromisoformat(d["last"]) async for d in found if d["_id"] and d["last"]}

    # -- for people ------------------------------------------------------------------------------------------------------

    async def find(
        self, agencies: Collection[str] | None, status: str | None, limit: int = LIMIT, cursor: str | None = None
    ) -> tuple[list[dict[str, Any]], str | None]:
        """Of these agencies (None: of all, and of services), raised first, of these what nobody has acknowledged; then by
        severity and the latest; and the cursor of what follows. Without journals."""
        query: dict[str, Any] = {} if agencies is None else {"state.agency": {"$in": sorted(agencies)}}
        if status is not None:
            query["state.status"] = status
        mark = mark_of("alarms", query)
        steps: list[Mapping[str, Any]] = [
            {"$match": query},
            {"$project": {"journal": 0}},
            {"$set": {"section": _SECTION}},
        ]
        if cursor is not None:
            place = Cursor.decode(cursor, mark)
            here = {"section": place.section}
            behind = [
                {"section": {"$gt": place.section}},
                {**here, "state.since": {"$lt": place.value}},
                {**here, "state.since": place.value, "_id": {"$gt": place.id}},
            ]
            steps.append({"$match": {"$or": behind}})
        steps += [{"$sort": {"section": 1, "state.since": -1, "_id": 1}}, {"$limit": limit + 1}]
        found = await self.alarms.table.aggregate(steps).to_list(None)
        if len(found) <= limit:
            return found, None
        last = found[limit - 1]
        return found[:limit], Cursor(last["section"], last["state"]["since"], last["_id"]).encode(mark)

    async def one(self, alarm: str, *, whole: bool = False) -> Dossier | None:
        """`whole`: with what has moved to segments; for reading only."""
        load = self.alarms.load_whole if whole else self.alarms.load
        return (await load([alarm])).get(alarm)


STALLED: Mapping[str, Any] = {
    "state.facts.open": True,
    "state.facts.paused": {"$ne": True},  # the citizen's turn
    "$or": [{"state.facts.officer": None}, {"state.facts.due": None}],
}
