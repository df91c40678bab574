"""The queries of the indicators, on the facts of `dossier_monitor.dossiers`. All are cut to the scope here, not on a page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, get_args

from dossier_monitor.indicators.definitions import FACTS, INDICATORS, Match, Part, counted, overdue_at
from dossier_monitor.indicators.periods import AskedPeriod, Kind
from dossier_monitor.indicators.schemas import CountedFacts
from dossier_monitor.projection.facts import EVERYTHING
from dossier_shared.adapters.mongo import Table
from dossier_shared.runtime.directory import Directory

Row = dict[str, Any]
_SHOWN: Final = {
    "_id": 1, "state.code": 1, "state.procedure_name": 1,
    **{FACTS + name: 1 for name in CountedFacts.model_fields},
}  # fmt: skip
# what is counted by each day: in its index, so that no document need be read
_READ: Final = {
    "filed_day": ("channel", "reuse", "agency", "procedure"),
    "ended_day": (
        "on_time", "result", "same_day", "outcome", "saved", "due_day", "agency", "procedure",
    ),
}  # fmt: skip


# by another name once its fields change: nodes of both versions run side by side
_INDEX: Final = {"filed_day": "indicators_filed_day_2", "ended_day": "indicators_ended_day"}


class Figures:
    def __init__(self, table: Table, directory: Directory | None = None) -> None:
        self._table, self._directory = table, directory or Directory()

    async def ensure_indexes(self) -> None:
        for day, read in _READ.items():
            keys = [("state.facts.under", 1), (FACTS + day, 1), ("_id", 1), *((FACTS + name, 1) for name in read)]
            await self._table.create_index(keys, name=_INDEX[day])

    async def counts(self, scope: str | None, asked: AskedPeriod, *by: str) -> list[Row]:
        """Rows of {period, <by…>, "<indicator>_hit", "<indicator>_of", "filed", "ended"}; without the overdue ones."""
        rows, parts = [], get_args(Part)
        for field in ("filed_day", "ended_day"):
            sums = {
                f"{name}_{part}": {"$sum": counted(one.condition(part))}
                for name, one in INDICATORS.items()
                if one.by == field
                for part in parts
            }
            within = {FACTS + field: {"$gte": asked.first.isoformat(), "$lte": asked.last.isoformat()}}
            group = {"_id": _key(field, asked.kind, by), field.removesuffix("_day"): {"$sum": 1}, **sums}
            rows += await self._aggregate([{"$match": _in(scope) | within}, {"$group": group}], _INDEX[field])
        return rows

    async def overdue(self, scope: str | None, asked: AskedPeriod, *by: str) -> list[Row]:
        """Rows of {period, <by…>, until, n}: n dossiers overdue and unfinished at the end of every period from `period`
        to before `until` (None: to the last)."""
        first, last = asked.first.isoformat(), asked.last.isoformat()
        begun = {"$max": [f"${FACTS}due_day", first]}
        ended = f"${FACTS}ended_day"
        over = {"$cond": [{"$lte": [ended, last]}, _bucket(ended, asked.kind), None]}
        still = {FACTS + "unfinished": True, FACTS + "due": {"$lt": asked.until}, FACTS + "paused": False}
        since = {FACTS + "ended_day": {"$gt": first}, FACTS + "due_day": {"$lte": last}, FACTS + "on_time": False}
        rows = []
        for match, until, index in ((still, None, None), (since, over, _INDEX["ended_day"])):
            key = {"period": _bucket(begun, asked.kind), "until": until, **_by(by)}
            grouped = {"$group": {"_id": key, "n": {"$sum": 1}}}
            rows += await self._aggregate([{"$match": _in(scope) | match}, grouped], index)
        return rows

    async def saved(self, scope: str | None, asked: AskedPeriod) -> list[Row]:
        """Rows of {period, saved, n}: n dossiers that saved so many thousandths of the time allowed."""
        within = {FACTS + "ended_day": {"$gte": asked.first.isoformat(), "$lte": asked.last.isoformat()}}
        key = {"period": _bucket(f"${FACTS}ended_day", asked.kind), "saved": f"${FACTS}saved"}
        grouped = {"$group": {"_id": key, "n": {"$sum": 1}}}
        rows = await self._aggregate([{"$match": _in(scope) | within}, grouped], _INDEX["ended_day"])
        return [row for row in rows if row["saved"] is not None]

    async def longest_overdue(self, scope: str | None, end: str, limit: int) -> tuple[int, list[Row]]:
        """How many are overdue and unfinished at `end`, and the longest of them."""
        match = _in(scope) | overdue_at(end)
        total = await self._table.count_documents(match)
        found = await self._table.find(match, _SHOWN).sort([(FACTS + "due", 1), ("_id", 1)]).limit(limit).to_list(None)
        return total, [self._shown(document) for document in found]

    async def behind(
        self, scope: str | None, match: Match, by: str, after: tuple[str | None, str] | None, limit: int
    ) -> tuple[int, list[Row]]:
        """How many dossiers `match`, and a page of them by day and id, beginning `after` such a pair."""
        wanted = {"$and": [_in(scope), match]}
        total = await self._table.count_documents(wanted)
        page = wanted if after is None else {"$and": [*wanted["$and"], _beyond(FACTS + by, *after)]}
        cursor = self._table.find(page, {**_SHOWN, FACTS + by: 1}).sort([(FACTS + by, 1), ("_id", 1)]).limit(limit)
        return total, [{**self._shown(one), "day": one["state"]["facts"][by]} for one in await cursor.to_list(None)]

    async def monthly(self, before: str) -> list[Row]:
        """Rows of {month, agency, procedure, channel, n} of dossiers filed before the day `before`."""
        key = {"month": _bucket(f"${FACTS}filed_day", "month"), **_by(("agency", "procedure", "channel"))}
        match = _in(None) | {FACTS + "filed_day": {"$lt": before}}
        grouped = {"$group": {"_id": key, "n": {"$sum": 1}}}
        return await self._aggregate([{"$match": match}, grouped], _INDEX["filed_day"])

    def _shown(self, document: Row) -> Row:
        """Its procedure is called as the catalogue in force has it."""
        state = document["state"]
        facts = {name: value for name, value in state.get("facts", {}).items() if not name.endswith("_day")}
        shown = {
            "id": document["_id"],
            "code": state.get("code"),
            "procedure_name": state.get("procedure_name"),
            **facts,
        }
        return self._directory.named(shown)

    async def _aggregate(self, pipeline: Sequence[dict[str, Any]], index: str | None = None) -> list[Row]:
        hinted = {"hint": index} if index else {}
        found = await self._table.aggregate(list(pipeline), **hinted).to_list(None)
        return [{**row.pop("_id"), **row} for row in found]


def _in(scope: str | None) -> Match:
    return {"state.facts.under": EVERYTHING if scope is None else scope}


def _by(fields: Sequence[str]) -> dict[str, str]:
    return {field: f"${FACTS}{field}" for field in fields}


def _key(field: str, kind: Kind, by: Sequence[str]) -> dict[str, Any]:
    return {"period": _bucket(f"${FACTS}{field}", kind), **_by(by)}


def _bucket(day: Any, kind: Kind) -> Any:
    """A period's name from a day's, as periods.name does it."""
    if kind == "day":
        return day
    month = {"$substrBytes": [day, 0, 7]}
    if kind == "month":
        return month
    quarters = ["Q1"] * 3 + ["Q2"] * 3 + ["Q3"] * 3 + ["Q4"] * 3
    number = {"$subtract": [{"$toInt": {"$substrBytes": [day, 5, 2]}}, 1]}
    return {"$concat": [{"$substrBytes": [day, 0, 5]}, {"$arrayElemAt": [quarters, number]}]}


def _beyond(field: str, day: str | None, id_: str) -> Match:
    later = {field: {"$ne": None} if day is None else {"$gt": day}}
    return {"$or": [later, {field: day, "_id": {"$gt": id_}}]}
