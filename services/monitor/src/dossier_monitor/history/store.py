"""The queries of the history: sums of steps, and what every agency's board was when a Vietnamese day began (snapshots).

`history` holds one document per day asked for, {_id: day, rows: [[agency, code, n, code, n, …]], maker, sound}, and one that
says up to where there have been any, {_id: "reach", newest: day, upset: count}. An event from before the newest, heard late,
raises `upset` and deletes the snapshots it contradicts; a snapshot made meanwhile is never declared sound, and so never read.
The order matters: who hears writes the dossiers first (and does all again where it did not end); who makes a snapshot says so
first, then reads the one before it to build on, and at last looks whether that very one is still there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final
from uuid import uuid4

from dossier_monitor.projection.domain import day, day_begins
from dossier_monitor.projection.dossier import micros
from dossier_shared.adapters.mongo import Database, Table
from dossier_shared.contracts.envelope import Event

Codes = dict[str, dict[int, int]]  # agency -> code -> dossiers
Transition = tuple[int, str, int, int, int]  # frame, agency, code before, code after, dossiers
_REACH: Final = "reach"
_BEGINNING: Final = -(1 << 62)


class History:
    def __init__(self, dossiers: Table, db: Database) -> None:
        self._dossiers, self._days = dossiers, db["history"]

    async def ensure_indexes(self) -> None:
        await self._dossiers.create_index([("state.facts.agency", 1), ("state.steps.t", 1)], name="steps")
        await self._dossiers.create_index([("state.steps.a", 1)], name="handed", sparse=True)

    async def heard(self, events: Sequence[Event]) -> None:
        """Called after every batch is stored: forgets the snapshots that its events come too late for."""
        oldest = day(min(micros(event.time) for event in events))
        reach = await self._days.find_one({"_id": _REACH})
        if reach is None or oldest >= reach["newest"]:
            return
        await self._days.update_one({"_id": _REACH}, {"$inc": {"upset": 1}})
        await self._days.delete_many({"_id": {"$gt": oldest}})

    async def at(self, agencies: Collection[str], instant: int) -> Codes:
        """What each agency's own dossiers were at `instant`."""
        begun, found = await self._day(day(instant))
        found = {agency: dict(codes) for agency, codes in found.items() if agency in set(agencies)}
        for _, agency, before, after, n in await self.transitions(agencies, begun - 1, instant):
            add(found, agency, before, after, n)
        return found

    async def transitions(
        self, agencies: Collection[str], after: int, until: int, width: int | None = None
    ) -> list[Transition]:
        """In (after, until]; with `width`, frame k is (after + (k − 1) × width, after + k × width], else all are frame 0."""
        within = {"$gt": after, "$lte": until}
        frame: Any = {"$literal": 0}
        if width is not None:
            frame = {"$toInt": {"$ceil": {"$divide": [{"$subtract": ["$s.t", after]}, width]}}}
        wanted = sorted(agencies)
        here = {"state.facts.agency": {"$in": wanted}, "state.steps": {"$elemMatch": {"t": within}}}
        before = {"state.steps": {"$elemMatch": {"a": {"$in": wanted}, "t": within}}}  # and handed over since
        inside = {"$and": [{"$gt": ["$$step.t", after]}, {"$lte": ["$$step.t", until]}]}
        pipeline: list[dict[str, Any]] = [
            {"$match": {"$or": [here, before]}},
            {"$project": {
                "_id": 0, "a": "$state.facts.agency",
                "s": {"$filter": {"input": "$state.steps", "as": "step", "cond": inside}},
            }},
            {"$unwind": "$s"},
            {"$group": {
                "_id": {"f": frame, "a": {"$ifNull": ["$s.a", "$a"]}, "b": "$s.b", "c": "$s.c"}, "n": {"$sum": 1},
            }},
        ]  # fmt: skip
        rows = await self._dossiers.aggregate(pipeline).to_list(None)
        found = [(key["f"], key["a"], key["b"], key["c"], row["n"]) for row in rows for key in (row["_id"],)]
        among = set(wanted)
        return [one for one in found if one[1] in among]

    async def _day(self, wanted: int) -> tuple[int, Codes]:
        """The instant at which a day began, and what all was then; made and kept where it is not there yet."""
        kept = await self._days.find_one({"_id": wanted, "sound": True})
        return day_begins(wanted), _unpacked(kept["rows"]) if kept else await self._make(wanted)

    async def _make(self, wanted: int) -> Codes:
        reach = await self._days.find_one_and_update(
            {"_id": _REACH},
            {"$max": {"newest": wanted}, "$setOnInsert": {"upset": 0}},
            upsert=True,
            return_document=True,
        )
        nearest = await self._days.find_one({"_id": {"$lt": wanted}, "sound": True}, sort=[("_id", -1)])
        found = _unpacked(nearest["rows"]) if nearest else {}
        begun = day_begins(nearest["_id"]) if nearest else _BEGINNING
        agencies = {
            code
            for name in ("facts.agency", "steps.a")
            for code in await self._dossiers.distinct(f"state.{name}")
            if code is not None
        }
        for _, agency, before, after, n in await self.transitions(agencies, begun - 1, day_begins(wanted) - 1):
            add(found, agency, before, after, n)
        if not found:
            return found
        made = {"_id": wanted, "rows": _packed(found), "sound": False, "maker": uuid4().hex}
        await self._days.replace_one({"_id": wanted}, made, upsert=True)
        if await self._still(reach, "upset") and (nearest is None or await self._still(nearest, "maker")):
            await self._days.update_one({"_id": wanted, "maker": made["maker"]}, {"$set": {"sound": True}})
        return found

    async def _still(self, known: Mapping[str, Any], field: str) -> bool:
        return await self._days.find_one({"_id": known["_id"], field: known.get(field)}) is not None


def add(found: Codes, agency: str, before: int, after: int, n: int) -> None:
    codes = found.setdefault(agency, defaultdict(int))
    for code, by in ((before, -n), (after, n)):
        if code:
            codes[code] = codes.get(code, 0) + by
            if not codes[code]:
                del codes[code]


def _packed(found: Codes) -> list[list[Any]]:
    return [
        [agency, *(part for pair in sorted(codes.items()) for part in pair)] for agency, codes in found.items() if codes
    ]


def _unpacked(rows: Sequence[Sequence[Any]]) -> Codes:
    return {row[0]: dict(zip(row[1::2], row[2::2], strict=True)) for row in rows}
