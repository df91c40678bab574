"""What intake answers to reading. What one may do to a dossier is in commands.py, filing in filing_api.py."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from dossier_intake.commands import VERBS, World
from dossier_intake.filing_api import FilingApi
from dossier_intake.policy import POLICY
from dossier_intake.schemas import DossierList, DossierView, dossier_view, without_words
from dossier_intake.state import State
from dossier_intake.store import Catalogues, Dossiers
from dossier_shared.adapters.cursors import Page
from dossier_shared.contracts.audit import SEARCH
from dossier_shared.http import audit
from dossier_shared.http.auth import authenticate, own_agency
from dossier_shared.http.jsonbody import json_response
from dossier_shared.http.openapi import answers
from dossier_shared.http.paging import CursorQuery, LimitQuery
from dossier_shared.http.policy import Context
from dossier_shared.http.tokens import Principal
from dossier_shared.http.verbs import Runner, verb_router
from dossier_shared.journal.dossier import Dossier
from dossier_shared.problems import NotFound
from dossier_shared.runtime.service import Runtime


def router(runtime: Runtime, dossiers: Dossiers, catalogues: Catalogues, filing: FilingApi) -> APIRouter:
    api = APIRouter(prefix="/api/v1")
    api.include_router(filing.router())

    def view(dossier: Dossier[State], who: Principal | None = None) -> dict[str, Any]:
        """Whole, or as far as their right goes."""
        shown = dossier_view(catalogues.shown(dossier))
        return shown if who is None or POLICY.may(who, "see-words", dossier.state) else without_words(shown)

    def listed(page: Page) -> Response:
        return json_response({"items": [view(one) for one in page.rows], "next": page.next})

    def may_see(who: Principal, dossier: Dossier[State] | None) -> Dossier[State]:
        """What one may not see does not exist."""
        if dossier is None:
            raise NotFound()
        POLICY.demand(who, "read", dossier.state, Context(catalogues.current))
        return dossier

    @api.get("/dossiers", responses=answers(DossierList))
    async def find(
        request: Request, code: str | None = None, limit: LimitQuery = 100, cursor: CursorQuery = None
    ) -> Response:
        """By code, or one's own, the newest first: filed from one's account, or about oneself."""
        who = await authenticate(request, *POLICY.roles("find"))
        if code is not None:
            audit.note(request.scope, SEARCH)
            one = may_see(who, await dossiers.by_code(code, catalogues.current.agencies))
            audit.note(request.scope, SEARCH, one.id)
            return json_response({"items": [view(one, who)], "next": None})
        return listed(await dossiers.own(who, limit, cursor) if POLICY.may(who, "list-own", {}) else Page([], None))

    @api.get("/dossiers/{dossier_id}", responses=answers(DossierView))
    async def show(request: Request, dossier_id: str) -> Response:
        who = await authenticate(request, *POLICY.roles("read"))
        dossier = may_see(who, (await runtime.dossiers.load([dossier_id])).get(dossier_id))
        return json_response(view(dossier, who), version=dossier.version)

    @api.get("/queue", responses=answers(DossierList))
    async def queue(request: Request, limit: LimitQuery = 100, cursor: CursorQuery = None) -> Response:
        """The counter's: filed, waiting to be accepted or refused."""
        who = await authenticate(request, *POLICY.roles("queue"))
        return listed(await dossiers.queue(catalogues.office(own_agency(who)), limit, cursor))

    api.include_router(verb_router(VERBS, verb_runner(runtime, catalogues, filing)))
    return api


def verb_runner(runtime: Runtime, catalogues: Catalogues, filing: FilingApi) -> Runner[World]:
    def view(dossier: Dossier[State]) -> dict[str, Any]:
        return dossier_view(catalogues.shown(dossier))

    return Runner(runtime.ledger, runtime.clock, World(filing.desk), DossierView, view)
