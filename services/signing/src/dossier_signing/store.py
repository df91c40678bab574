"""The only file of signing with MongoDB queries."""

from __future__ import annotations

from typing import Any

from dossier_shared.adapters.cursors import Page, Section, page_of
from dossier_shared.adapters.mongo import DossierCollection
from dossier_shared.journal.dossier import Dossier
from dossier_signing.state import SIGNATURE


class ResultList:
    def __init__(self, dossiers: DossierCollection) -> None:
        self._dossiers = dossiers

    async def ensure_indexes(self) -> None:
        await self._dossiers.table.create_index(
            [("state.agency", 1), ("state.stage", 1), ("state.appointment", 1)],
            name="signature_queue",
            partialFilterExpression={"state.stage": SIGNATURE},
        )

        await self._dossiers.table.create_index(
            [("state.agency", 1), ("state.run", 1)],
            name="signing_run",
            partialFilterExpression={"state.run": {"$type": "string"}},
        )

    async def run(self, agency: str, run: str) -> tuple[dict[str, int], list[Dossier]]:
        """How many are signed, failed and remaining, and the first hundred of those failed."""
        mine = {"state.agency": agency, "state.run": run}
        failed: dict[str, Any] = {"state.stage": SIGNATURE, "state.failure": {"$type": "string"}}
        signed = {"$eq": ["$state.status", "signed"]}
        outcome = {
            "$cond": [signed, "signed", {"$cond": [{"$eq": ["$state.stage", SIGNATURE]}, "failed", "remaining"]}]
        }
        steps: list[dict[str, Any]] = [{"$match": mine}, {"$group": {"_id": outcome, "n": {"$sum": 1}}}]
        counts = {row["_id"]: row["n"] async for row in self._dossiers.table.aggregate(steps)}
        return counts, await self._dossiers.find({**mine, **failed}, limit=100)

    async def queue(
        self, agency: str, limit: int, cursor: str | None, *, failed: bool | None = None, ascending: bool = True
    ) -> Page:
        """Decided and waiting for a leader's signature, the earliest appointment first. `failed`: only those, or only others."""
        section = Section(_waiting(agency, failed), "appointment", ascending)
        return await page_of(self._dossiers, [section], limit, cursor)

    async def count(self, agency: str, *, failed: bool) -> int:
        return await self._dossiers.table.count_documents(_waiting(agency, failed))

    async def failed(self, limit: int) -> list[Dossier]:
        """Back in a leader's queue because they could not be signed."""
        query = {"state.stage": SIGNATURE, "state.failure": {"$type": "string"}}
        return await self._dossiers.find(query, limit=limit)


def _waiting(agency: str, failed: bool | None) -> dict[str, Any]:
    failure = {} if failed is None else {"state.failure": {"$type": "string"} if failed else None}
    return {"state.agency": agency, "state.stage": SIGNATURE, **failure}
