"""The queries behind lists and search, on the facts of `dossier_monitor.dossiers`; the indexes that serve them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Any, Final

from dossier_monitor.projection.facts import EVERYTHING
from dossier_shared.adapters.mongo import Document, DossierCollection
from dossier_shared.runtime.directory import Directory

_SHOWN: Final = {"state.code": 1, "state.procedure_name": 1, "state.facts": 1}
# Lists are read in the order of an index: a page costs what it shows, wherever it begins.
_UNDER: Final = ("state.facts.under", 1)
_KEYS: Final = "state.search.keys"
SEARCH: Final = "search"  # named where it is used: the planner would at times rather read a whole agency
_BY_AGE: Final = (("state.facts.born", -1), ("_id", -1))


class Lists:
    """Documents `{_id, state: {code, procedure_name, facts}}` by a query of `filters.py`."""

    def __init__(self, dossiers: DossierCollection, directory: Directory | None = None) -> None:
        self._table, self._directory = dossiers.table, directory or Directory()
        self._names: dict[str, str] = {}  # of procedures the directory does not have

    async def ensure_indexes(self) -> None:
        create = self._table.create_index
        await create(
            [_UNDER, ("state.facts.unfinished", 1), ("state.facts.due", 1), ("_id", 1), ("state.facts.paused", 1)],
            name="deadlines",
            partialFilterExpression={"state.facts.unfinished": True},
        )
        await create([_UNDER, *_BY_AGE], name="by_age")
        await create([_UNDER, ("state.facts.stage", 1), *_BY_AGE], name="by_stage")
        await create([_UNDER, ("state.facts.procedure", 1), *_BY_AGE], name="by_procedure")
        await create([("state.facts.agency", 1), (_KEYS, 1)], name=SEARCH)
        await create(
            [("state.facts.officer", 1), *_BY_AGE],
            name="by_officer",
            partialFilterExpression={"state.facts.officer": {"$type": "string"}},
        )

    async def page(
        self, query: Mapping[str, Any], place: Mapping[str, Any] | None, sort: Sequence[tuple[str, int]], limit: int
    ) -> list[Document]:
        """`place`: the condition of what comes after the page before."""
        whole = {"$and": [query, place]} if place else dict(query)
        return await self._table.find(whole, _SHOWN).sort(list(sort)).limit(limit).to_list(None)

    async def count(self, query: Mapping[str, Any]) -> int:
        return int(await self._table.count_documents(dict(query)))

    async def each(self, query: Mapping[str, Any], sort: Sequence[tuple[str, int]]) -> AsyncIterator[Document]:
        async for document in self._table.find(dict(query), _SHOWN).sort(list(sort)).batch_size(1000):
            yield document

    async def search(
        self, agencies: Sequence[str], beginnings: Sequence[str], among: int, limit: int
    ) -> list[Document]:
        """Of these agencies, what has a key for each beginning: of the first `among`, the latest filings."""
        whole = self.search_query(agencies, beginnings)
        told = {**_SHOWN, "state.search.name": 1, "state.search.phone": 1}  # the keys are many
        latest: list[Document] = [{"$sort": dict(_BY_AGE)}, {"$limit": limit}, {"$project": told}]
        stages: list[Document] = [{"$match": whole}, {"$limit": among}, *latest]
        return await self._table.aggregate(stages, hint=SEARCH).to_list(None)

    @staticmethod
    def search_query(agencies: Sequence[str], beginnings: Sequence[str]) -> dict[str, Any]:
        """`$elemMatch`, so that both ends of a range bound the index: else one of them would be read to the end."""
        ranges = [{_KEYS: {"$elemMatch": {"$gte": text, "$lt": f"{text}\uffff"}}} for text in beginnings]
        return {"$and": [{"state.facts.agency": {"$in": list(agencies)}}, *ranges]}

    async def procedure_names(self, codes: Iterable[str]) -> dict[str, str]:
        """As the directory has them, else as some dossier calls them; those nobody names are left out."""
        wanted, known = list(codes), self._directory.procedures
        unknown = [code for code in wanted if code not in known and code not in self._names]
        asked = [self._named(code) for code in unknown]
        for code, name in zip(unknown, await asyncio.gather(*asked), strict=True):
            if name:
                self._names[code] = name
        named = {code: known[code].name_vi for code in wanted if code in known}
        return {code: self._names[code] for code in wanted if code in self._names} | named

    async def _named(self, code: str) -> str | None:
        query = {"state.facts.under": EVERYTHING, "state.facts.procedure": code}
        found = await self._table.find_one(query, {"state.procedure_name": 1}, sort=list(_BY_AGE))
        return found["state"].get("procedure_name") if found else None

    async def plan(self, query: Mapping[str, Any], sort: Sequence[tuple[str, int]]) -> Document:
        """How the database would find it."""
        explained: Document = await self._table.find(dict(query)).sort(list(sort)).explain()
        winner: Document = explained["queryPlanner"]["winningPlan"]
        return winner
