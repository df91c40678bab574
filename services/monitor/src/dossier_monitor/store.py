"""The only file of monitor with MongoDB queries."""

from __future__ import annotations

from dossier_shared.journal import Dossier
from dossier_shared.mongo import DossierCollection


class Timelines:
    def __init__(self, dossiers: DossierCollection) -> None:
        self._dossiers = dossiers

    async def ensure_indexes(self) -> None:
        await self._dossiers.table.create_index([("state.code", 1)], name="code")

    async def find(self, code_or_id: str) -> Dossier | None:
        by_id = (await self._dossiers.load([code_or_id])).get(code_or_id)
        if by_id is not None:
            return by_id
        found = await self._dossiers.find({"state.code": code_or_id}, limit=1)
        return found[0] if found else None
