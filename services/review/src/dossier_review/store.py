"""The only file of review with MongoDB queries."""

from __future__ import annotations

from typing import Any

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

        await self._dossiers.table.create_index(
            [("state.waits_for.agency", 1), ("state.due", 1)],
            name="consulted",
            partialFilterExpression={"state.waits_for.agency": {"$type": "string"}},
        )

    async def asked(self, agency: str, limit: int) -> list[Dossier]:
        """Other agencies' cases that wait for this one's opinion, the earliest appointment first."""
        return await self._found({"state.waits_for.agency": agency}, limit)

    async def queue(self, agency: str, stage: str, limit: int) -> list[Dossier]:
        """The agency's open cases at a stage, the earliest appointment first."""
        return await self._found({"state.agency": agency, "state.stage": stage}, limit)

    async def queue_for(self, officer: str, agency: str, stage: str, limit: int) -> list[Dossier]:
        """The same, but what is assigned to this officer comes before everything else."""
        at = {"state.agency": agency, "state.stage": stage}
        own = await self._found({**at, "state.assigned_to": officer}, limit)
        rest = (
            await self._found({**at, "state.assigned_to": {"$ne": officer}}, limit - len(own))
            if len(own) < limit
            else []
        )
        return [*own, *rest]

    async def _found(self, query: dict[str, Any], limit: int) -> list[Dossier]:
        return await self._dossiers.find(query, limit=limit, sort=(("state.due", 1), ("_id", 1)))
