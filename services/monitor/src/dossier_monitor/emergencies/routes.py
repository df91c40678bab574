"""Emergency accesses to dossiers of an agency and those below it, and by their officers: for leaders, superiors, auditors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.responses import HTMLResponse, Response

from dossier_monitor.board.board import Board
from dossier_monitor.board.scopes import Code, scope_of
from dossier_monitor.pages.framing import guarded, of_agencies
from dossier_monitor.policy import POLICY
from dossier_shared.clock import instant
from dossier_shared.contracts.entries import EmergencyEntry
from dossier_shared.http.auth import authenticate
from dossier_shared.http.jsonbody import json_response
from dossier_shared.http.openapi import answers
from dossier_shared.http.tokens import Principal
from dossier_shared.pages.texts import Lang, texts
from dossier_shared.runtime.emergencies import EmergencyView, view
from dossier_shared.runtime.service import Runtime

MOST: Final = 500
READERS: Final = POLICY.roles("emergencies")


class EmergencyList(BaseModel):
    items: list[EmergencyView]
    more: bool


class Taken:
    def __init__(self, runtime: Runtime, board: Board) -> None:
        self.runtime, self.board = runtime, board

    def seen_by(self, who: Principal, agency: str | None) -> tuple[list[EmergencyView], bool]:
        """The latest first, and whether there are more."""
        everything = who.agency is None and agency is None
        scope = scope_of(who, self.board, agency) if who.agency is not None else agency
        agencies = {row.code for row in self.board.rows(scope)} | ({scope} if scope else set())

        def within(one: EmergencyEntry) -> bool:
            return everything or one.agency in agencies or one.officer_agency in agencies

        found = self.runtime.directory.emergencies.where(within)
        return [self._shown(one) for one in found[:MOST]], len(found) > MOST

    def of(self, dossier: str) -> Sequence[EmergencyView]:
        """For the person whose dossier it is."""
        return [self._shown(one) for one in self.runtime.directory.emergencies.of_dossier(dossier)]

    def _shown(self, one: EmergencyEntry) -> EmergencyView:
        return view(one, self.runtime.persons.keys, instant(self.runtime.clock.now()))


def emergencies_router(taken: Taken) -> APIRouter:
    router = APIRouter()

    @router.get("/api/v1/emergencies", responses=answers(EmergencyList))
    async def every(request: Request, agency: Code = None) -> Response:
        """The latest first, at most 500; those that have ended, too."""
        items, more = taken.seen_by(await authenticate(request, *READERS), agency)
        return json_response({"items": [one.model_dump() for one in items], "more": more})

    async def page(request: Request, lang: Lang) -> Response:
        who = await authenticate(request, *READERS)
        items, more = taken.seen_by(who, request.query_params.get("agency"))
        return of_agencies(
            "emergencies.html",
            request,
            lang,
            who,
            taken.board,
            who.agency,
            title=texts(lang)("emergencies.title"),
            items=items,
            more=more,
        )

    router.add_api_route("/emergencies", guarded(page, READERS), response_class=HTMLResponse, include_in_schema=False)
    return router
