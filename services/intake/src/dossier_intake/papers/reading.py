"""Which papers of which dossier somebody may read: where every address of papers begins."""

from __future__ import annotations

from typing import Any

from dossier_intake.filing.documents import P7M, PDF, safe_name
from dossier_intake.papers.listing import FiledPaper, papers_of
from dossier_intake.papers.view import paper_name, paper_view, signed_beside
from dossier_intake.policy import Reader, reader_of
from dossier_intake.state import State
from dossier_intake.store import Catalogues, Uses
from dossier_shared.adapters.mongo import DossierCollection
from dossier_shared.http.tokens import Principal
from dossier_shared.journal.dossier import Dossier
from dossier_shared.problems import NotFound


class Papers:
    """What somebody may not read does not exist: NotFound."""

    def __init__(self, dossiers: DossierCollection, catalogues: Catalogues, uses: Uses) -> None:
        self._dossiers, self._catalogues, self._uses = dossiers, catalogues, uses

    async def of(self, dossier_id: str, who: Principal) -> tuple[Reader, Dossier[State], list[FiledPaper]]:
        dossier = (await self._dossiers.load_whole([dossier_id])).get(dossier_id)
        if dossier is None or (reader := reader_of(who, "read-papers", dossier.state)) is None:
            raise NotFound()
        return reader, self._catalogues.shown(dossier), papers_of(dossier)

    async def openings_of(self, dossier_id: str, who: Principal) -> Reader:
        dossier = (await self._dossiers.load([dossier_id], journal=False)).get(dossier_id)
        if dossier is None or (reader := reader_of(who, "read-openings", dossier.state)) is None:
            raise NotFound()
        return reader

    async def listed(self, dossier: Dossier[State], papers: list[FiledPaper]) -> list[dict[str, Any]]:
        found = await self._uses.looked_into(paper.id for paper in papers)
        catalogue, procedure = self._catalogues.current, dossier.state["procedure"]
        if any(catalogue.paper_name(procedure, paper.code) is None for paper in papers):
            catalogue = await self._catalogues.kept(dossier.state["catalogue"]) or catalogue
        views = [paper_view(one, paper_name(catalogue, procedure, one.code), found.get(one.id)) for one in papers]
        return signed_beside(views, {id_: signs for id_, one in found.items() if (signs := one.get("signs"))})

    async def shown(self, paper: FiledPaper) -> FiledPaper:
        """What is looked at: of a signature with its paper in it, the paper."""
        if paper.type != P7M:
            return paper
        found = (await self._uses.looked_into([paper.id])).get(paper.id) or {}
        inner = found.get("shown")
        if inner is None:
            return paper
        name = safe_name(paper.name.rpartition(".")[0], PDF)
        return paper._replace(id=inner["id"], type=PDF, size=inner["size"], name=name)
