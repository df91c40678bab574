"""Who stands in for whom, for those who watch: all delegations of an agency and of those below it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.responses import HTMLResponse, Response

from dossier_monitor.board.board import Board
from dossier_monitor.board.scopes import WATCHERS, Code, scope_of
from dossier_monitor.pages.framing import guarded, of_agencies
from dossier_shared.clock import instant
from dossier_shared.http.auth import authenticate
from dossier_shared.http.jsonbody import json_response
from dossier_shared.http.openapi import answers
from dossier_shared.http.tokens import Principal
from dossier_shared.pages.texts import Lang, texts
from dossier_shared.runtime.service import Runtime

MOST: Final = 500


class Delegation(BaseModel):
    """As it was given in review. `in_force`: now."""

    id: str
    agency: str
    giver: str
    deputy: str
    roles: list[str]
    start: str
    end: str
    reason: str
    given_at: str
    in_force: bool


class DelegationList(BaseModel):
    items: list[Delegation]
    more: bool


class Lent:
    def __init__(self, runtime: Runtime, board: Board) -> None:
        self.runtime, self.board = runtime, board

    def below(self, who: Principal, agency: str | None) -> tuple[Sequence[Delegation], bool]:
        """The latest first, and whether there are more."""
        scope = scope_of(who, self.board, agency)
        agencies = {row.code for row in self.board.rows(scope)} | ({scope} if scope else set())
        now = instant(self.runtime.clock.now())
        found = self.runtime.directory.delegations.of(agencies)
        items = [Delegation(**one.model_dump(), in_force=one.in_force(now)) for one in found[:MOST]]
        return items, len(found) > MOST


def delegations_router(lent: Lent) -> APIRouter:
    router = APIRouter()

    @router.get("/api/v1/delegations", responses=answers(DelegationList))
    async def every(request: Request, agency: Code = None) -> Response:
        """The latest first, at most 500; those that have ended, too."""
        items, more = lent.below(await authenticate(request, *WATCHERS), agency)
        return json_response({"items": [one.model_dump() for one in items], "more": more})

    async def page(request: Request, lang: Lang) -> Response:
        who = await authenticate(request, *WATCHERS)
        items, more = lent.below(who, request.query_params.get("agency"))
        return of_agencies(
            "lent.html",
            request,
            lang,
            who,
            lent.board,
            scope_of(who, lent.board),
            title=texts(lang)("lent.title"),
            items=items,
            more=more,
        )

    router.add_api_route("/delegations", guarded(page, WATCHERS), response_class=HTMLResponse, include_in_schema=False)
    return router
