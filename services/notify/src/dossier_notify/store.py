"""The only file of notify with MongoDB queries. Its one index, on open claims, is the core's own."""

from __future__ import annotations

from dossier_shared.mongo import DossierCollection


class Outbox:
    def __init__(self, dossiers: DossierCollection) -> None:
        self._dossiers = dossiers

    async def size(self) -> int:
        """Messages requested whose outcome is not recorded yet."""
        return await self._dossiers.table.count_documents({"claim.until": {"$exists": True}}, hint="open_claims")
