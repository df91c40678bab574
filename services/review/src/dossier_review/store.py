"""The only file of review with MongoDB queries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dossier_review.state import APPRAISAL, APPROVAL, WAITING
from dossier_shared.adapters.cursors import Page, Section, page_of
from dossier_shared.adapters.mongo import DossierCollection

OPEN = (APPRAISAL, APPROVAL, WAITING)


class Cases:
    def __init__(self, dossiers: DossierCollection) -> None:
        self._dossiers = dossiers

    async def ensure_indexes(self) -> None:
        await self._dossiers.table.create_index(
            [("state.agency", 1), ("state.stage", 1), ("state.due", 1)],
            name="work_queue",
            partialFilterExpression={"state.stage": {"$type": "string"}},
        )

        await self._dossiers.table.create_index(  # one question at a time: what waits since an earlier release
            [("state.waits_for.agency", 1), ("state.due", 1)],
            name="consulted",
            partialFilterExpression={"state.waits_for.agency": {"$type": "string"}},
        )
        await self._dossiers.table.create_index(
            [("state.asked", 1), ("state.due", 1)],
            name="asked",
            partialFilterExpression={"state.asked": {"$type": "string"}},
        )
        await self._dossiers.table.create_index(
            [("state.agency", 1), ("state.due", 1)],
            name="wanted_back",
            partialFilterExpression={"state.withdrawal.at": {"$type": "string"}},
        )
        await self._dossiers.table.create_index(
            [("state.act_by", 1)], name="act_by", partialFilterExpression={"state.act_by": {"$type": "string"}}
        )

    async def passed(self, now: str, limit: int) -> Sequence[str]:
        """Those whose limit has passed."""
        query = {"state.act_by": {"$type": "string", "$lte": now}}
        found = self._dossiers.table.find(query, {"_id": 1}).sort("state.act_by").limit(limit)
        return [document["_id"] for document in await found.to_list(None)]

    async def asked(self, agency: str, limit: int, cursor: str | None) -> Page:
        """Other agencies' cases that wait for this one's opinion, the earliest appointment first."""
        return await page_of(self._dossiers, [Section(_asked(agency), "due")], limit, cursor)

    async def queue(self, agency: str, stage: str, limit: int, cursor: str | None) -> Page:
        """The agency's open cases at a stage, the earliest appointment first."""
        return await page_of(self._dossiers, [Section(_at(agency, stage), "due")], limit, cursor)

    async def work(self, officer: str, agency: str, stages: Sequence[str], limit: int, cursor: str | None) -> Page:
        """What is assigned to this officer for appraisal comes first; then the rest of the stages and what others ask."""
        own = {**_at(agency, APPRAISAL), "state.assigned_to": officer}
        rest = [
            {**_at(agency, stage), **({"state.assigned_to": {"$ne": officer}} if stage == APPRAISAL else {})}
            for stage in stages
        ]
        found = [own] if APPRAISAL in stages else []
        sections = [Section(query, "due") for query in [*found, {"$or": [*rest, _asked(agency)]}]]
        if APPROVAL in stages:  # whom the person's wish to withdraw is for sees it first
            sections = [Section(_wanted_back(agency), "due")] + [
                Section({"$and": [one.query, {"state.withdrawal": None}]}, "due") for one in sections
            ]
        return await page_of(self._dossiers, sections, limit, cursor)


def _at(agency: str, stage: str) -> dict[str, Any]:
    return {"state.agency": agency, "state.stage": stage}


def _wanted_back(agency: str) -> dict[str, Any]:
    return {"state.agency": agency, "state.stage": {"$in": list(OPEN)}, "state.withdrawal.at": {"$type": "string"}}


def _asked(agency: str) -> dict[str, Any]:
    return {"$or": [{"state.asked": agency}, {"state.waits_for.agency": agency}]}
