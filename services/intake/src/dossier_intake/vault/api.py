"""The vault, for a page and as `GET /api/v1/me/papers`."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from dossier_intake.filing.documents import VIEWED
from dossier_intake.papers.api import SEALED_OFF, SENT
from dossier_intake.papers.listing import papers_of
from dossier_intake.papers.ranges import disposition
from dossier_intake.papers.store import Openings, Shelf
from dossier_intake.policy import POLICY
from dossier_intake.registers.asking import StateData
from dossier_intake.registers.subjects import oneself
from dossier_intake.store import Catalogues, Dossiers, Uses
from dossier_intake.vault.earlier import Earlier, earlier_papers
from dossier_intake.vault.sharing import SHARED, Sharing
from dossier_intake.vault.view import Vault, of_oneself, of_repository, own_papers, own_result
from dossier_shared.adapters.mongo import DossierCollection
from dossier_shared.clock import Clock
from dossier_shared.http.auth import authenticate
from dossier_shared.http.jsonbody import json_response
from dossier_shared.http.openapi import answers
from dossier_shared.http.paging import CursorQuery
from dossier_shared.http.tokens import Principal
from dossier_shared.vocabulary.moments import VIETNAM

DOSSIERS = 20  # of a page: their journals are read whole
LATEST = 10  # as many are looked into for papers to use again
RepositoryQuery = Annotated[
    bool, Query(description="Ask the repository of results, too. The person finds in `/me/questions` that it was asked")
]


class Vaults:
    """`signing`: that service's public address, where it is known."""

    def __init__(
        self,
        dossiers: Dossiers,
        table: DossierCollection,
        uses: Uses,
        catalogues: Catalogues,
        data: StateData,
        clock: Clock,
        signing: str | None,
    ) -> None:
        self._dossiers, self._table, self._uses, self._catalogues = dossiers, table, uses, catalogues
        self._data, self._clock, self._signing = data, clock, signing

    async def of(self, who: Principal, cursor: str | None, *, repository: bool) -> dict[str, Any]:
        listed = await self._dossiers.own(who, DOSSIERS, cursor)
        mine = [one.id for one in listed.rows if of_oneself(who, one.state)]
        whole = await self._table.load_whole(mine)
        found = [whole[id_] for id_ in mine if id_ in whole]
        filed = [(dossier, papers_of(dossier)) for dossier in found]
        brought = await self._uses.of(who.sub, {paper.id for _, papers in filed for paper in papers})
        catalogue, subject = self._catalogues.current, oneself(who)
        asked = repository and not isinstance(subject, str)
        outcome, held = await self._data.results(subject) if asked else ("not-asked", [])  # type: ignore[arg-type]
        results = (own_result(one, catalogue, self._signing) for one in found)
        return {
            "papers": own_papers(filed, brought.keys(), catalogue),
            "results": [one for one in results if one is not None],
            "repository": of_repository(outcome, held, self._clock.now().astimezone(VIETNAM).date()),
            "next": listed.next,
        }

    async def earlier(self, who: Principal, codes: Collection[str]) -> dict[str, list[Earlier]]:
        """What the reader handed in of late as one of these papers, and may name again."""
        listed = await self._dossiers.own(who, LATEST, None)
        mine = [one.id for one in listed.rows if of_oneself(who, one.state)]
        whole = await self._table.load_whole(mine) if mine else {}
        filed = [(whole[id_], papers_of(whole[id_])) for id_ in mine if id_ in whole]
        brought = await self._uses.of(who.sub, {paper.id for _, papers in filed for paper in papers})
        return earlier_papers(own_papers(filed, brought.keys(), self._catalogues.current), codes)


def shared_router(sharing: Sharing, shelf: Shelf, openings: Openings, clock: Clock) -> APIRouter:
    api = APIRouter(prefix="/api/v1/dossiers/{dossier_id}")

    @api.get("/shared/{share}", response_class=Response, responses=SENT)
    async def shared(request: Request, dossier_id: str, share: str) -> Response:
        """A paper that the person lets the office look at for this dossier. Every opening is noted; once they have taken it back,
        or the dossier is over, there is none."""
        who = await authenticate(request, *POLICY.roles("read-papers"))
        reader, paper = await sharing.read(who, dossier_id, share)
        await openings.note(dossier_id, SHARED, "open", who.sub, reader, clock.now())
        content = await shelf.whole(paper)
        headers = {**SEALED_OFF, "content-disposition": disposition(paper.name, attached=paper.type not in VIEWED)}
        return Response(content, media_type=paper.type, headers=headers)

    return api


def vault_router(vaults: Vaults) -> APIRouter:
    api = APIRouter(prefix="/api/v1/me")

    @api.get("/papers", responses=answers(Vault))
    async def papers(request: Request, repository: RepositoryQuery = False, cursor: CursorQuery = None) -> Response:
        """One's own papers and results, the newest first."""
        who = await authenticate(request, *POLICY.roles("see-vault"))
        answer = json_response(await vaults.of(who, cursor, repository=repository))
        answer.headers["cache-control"] = "private, no-store"
        return answer

    return api
