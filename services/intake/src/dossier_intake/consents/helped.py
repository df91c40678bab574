"""How much was filed for others, by account: counted in the database, over days and agencies. No person is named."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Final, NamedTuple

from dossier_shared.adapters.mongo import DossierCollection
from dossier_shared.clock import instant
from dossier_shared.vocabulary.moments import VIETNAM

MOST: Final = 500  # accounts


class Helped(NamedTuple):
    """`sent_back`: to be completed before acceptance, or refused."""

    account: str
    filed: int
    completed: int
    sent_back: int
    withdrawn: int


class HelpedCounts:
    def __init__(self, dossiers: DossierCollection) -> None:
        self._dossiers = dossiers

    async def of(self, agencies: Sequence[str], first: date, last: date) -> list[Helped]:
        """Filed in these days at these agencies, who filed most first; by the index that the register has."""
        query = {
            "state.agency": {"$in": list(agencies)},
            "state.submitted_at": {"$gte": _begins(first), "$lt": _begins(last + timedelta(days=1))},
            "state.filed_by.kind": {"$in": ["helper", "bulk"]},
        }
        sent_back = {
            "$or": [
                {"$in": ["$state.status", ["awaiting_completion", "refused"]]},
                {"$in": ["completion", {"$ifNull": ["$state.brought.what", []]}]},
            ]
        }
        counted = {
            "filed": {"$sum": 1},
            "completed": _sum({"$in": ["$state.status", ["signed", "delivered"]]}),
            "sent_back": _sum(sent_back),
            "withdrawn": _sum({"$gt": ["$state.consent_withdrawn", None]}),
        }
        steps: list[dict[str, Any]] = [
            {"$match": query},
            {"$group": {"_id": "$state.filed_by.sub", **counted}},
            {"$sort": {"filed": -1, "_id": 1}},
            {"$limit": MOST},
        ]
        found = self._dossiers.table.aggregate(steps, hint="register_agency")
        return [Helped(one.pop("_id"), **one) async for one in found]


def _sum(wanted: dict[str, Any]) -> dict[str, Any]:
    return {"$sum": {"$cond": [wanted, 1, 0]}}


def _begins(day: date) -> str:
    return instant(datetime.combine(day, time.min, VIETNAM))
