"""The only file of review with MongoDB queries."""

from __future__ import annotations

from dossier_shared.journal import Dossier
from dossier_shared.mongo import DossierCollection


class Cases:
    def __init__(self, dossiers: DossierCollection) -> None:
        self._dossiers = dossiers

    async def ensure_indexes(self) -> None:
        await self._dossiers.table.create_index(
            [("state.agency", 1), ("state.stage", 1), ("state.due", 1)],
            name="work_queue",
            partialFilterExpression={"state.stage": {"$type": "string"}},
        )

    async def queue(self, agency: str, stage: str, limit: int) -> list[Dossier]:
        """The agency's open cases at a stage, the earliest appointment first."""
        query = {"state.agency": agency, "state.stage": stage}
        return await self._dossiers.find(query, limit=limit, sort=(("state.due", 1), ("_id", 1)))
