"""The stored stories, found by code or id."""

from __future__ import annotations

from dossier_shared.adapters.mongo import DossierCollection
from dossier_shared.journal.dossier import Dossier
from dossier_shared.runtime.directory import Directory
from dossier_shared.vocabulary.codes import spellings


class Timelines:
    def __init__(self, dossiers: DossierCollection, directory: Directory | None = None) -> None:
        self._dossiers, self._directory = dossiers, directory or Directory()

    async def ensure_indexes(self) -> None:
        await self._dossiers.table.create_index([("state.code", 1)], name="code")

    async def find(self, code_or_id: str) -> Dossier | None:
        """As it is typed or pasted."""
        by_id = (await self._dossiers.load([code_or_id])).get(code_or_id)
        if by_id is not None:
            return by_id
        typed = spellings(code_or_id, self._directory.agencies)
        found = await self._dossiers.find({"$or": [{"state.code": {"$in": typed}}, {"_id": typed[0].lower()}]}, limit=1)
        return found[0] if found else None

    async def heard(self, id_: str) -> tuple[int, dict[str, int]]:
        """The timeline's version, and how far it has heard each source."""
        found = await self._dossiers.table.find_one({"_id": id_}, {"version": 1, "heard": 1})
        return (
            (found["version"], {name: position["seq"] for name, position in found["heard"].items()})
            if found
            else (0, {})
        )
