"""What signing answers to reading: the queue, results, their documents. What one may do is in commands.py."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from dossier_shared.http.auth import authenticate, own_agency, owns
from dossier_shared.http.jsonbody import json_response
from dossier_shared.http.openapi import answers, sends
from dossier_shared.http.paging import CursorQuery, LimitQuery
from dossier_shared.http.tokens import Principal
from dossier_shared.http.verbs import Runner, verb_router
from dossier_shared.journal.dossier import Dossier
from dossier_shared.problems import NotFound, NotReady
from dossier_shared.runtime.directory import Directory
from dossier_shared.runtime.service import Runtime
from dossier_signing.commands import VERBS
from dossier_signing.schemas import QueueView, ResultView, result_view
from dossier_signing.state import State
from dossier_signing.store import ResultList

OFFICERS = ("leader", "specialist", "counter", "superior")
READERS = (*OFFICERS, "citizen", "agent")


def router(runtime: Runtime, results: ResultList) -> APIRouter:
    api = APIRouter(prefix="/api/v1")
    directory = runtime.directory

    def view(dossier: Dossier[State]) -> dict[str, Any]:
        return result_view(directory.shown(dossier))

    async def readable(request: Request, dossier_id: str) -> tuple[Principal, Dossier]:
        who = await authenticate(request, *READERS)
        dossier = (await runtime.dossiers.load([dossier_id])).get(dossier_id)
        if dossier is None or not may_read(who, dossier, directory):
            raise NotFound()
        return who, dossier

    @api.get("/queue", responses=answers(QueueView))
    async def queue(request: Request, limit: LimitQuery = 100, cursor: CursorQuery = None) -> Response:
        who = await authenticate(request, "leader")
        found = await results.queue(own_agency(who), limit, cursor)
        return json_response({"items": [view(one) for one in found.rows], "next": found.next})

    @api.get("/dossiers/{dossier_id}", responses=answers(ResultView))
    async def show(request: Request, dossier_id: str) -> Response:
        who, dossier = await readable(request, dossier_id)
        shown = view(dossier) if officer(who, dossier, directory) else {**view(dossier), "signed_by": None}
        return json_response(shown, version=dossier.version)

    @api.get("/dossiers/{dossier_id}/result", response_class=Response, responses=sends("application/pdf"))
    async def result(request: Request, dossier_id: str) -> Response:
        """The signed PDF itself."""
        _, dossier = await readable(request, dossier_id)
        made = dossier.state.get("result")
        if made is None:
            raise NotReady("result-not-ready", "Kết quả chưa được ký.", "The result is not signed yet.")
        content = await runtime.files.get(made["file"]) if made["file"] else None
        if content is None:
            raise NotFound(
                "no-document",
                "Kết quả là một mục trong cơ sở dữ liệu, không có văn bản.",
                "The result is an entry in a register; there is no document.",
            )
        name = dossier.state["code"].encode("ascii", "ignore").decode()
        headers = {"content-disposition": f'inline; filename="{name}.pdf"', "etag": f'"{made["file"]}"'}
        return Response(content, media_type="application/pdf", headers=headers)

    api.include_router(verb_router(VERBS, Runner(runtime.ledger, runtime.clock, directory, ResultView, view)))
    return api


def may_read(who: Principal, dossier: Dossier[State], directory: Directory) -> bool:
    """The owner, officers of the agency, superiors of the agencies above it."""
    return officer(who, dossier, directory) or owns(who, dossier.state.get("owner"))


def officer(who: Principal, dossier: Dossier[State], directory: Directory) -> bool:
    """Who sees it for an office, and with it which colleague signed."""
    agency = dossier.state.get("agency")
    if agency is None:
        return False
    if who.agency == agency and not who.roles.isdisjoint(OFFICERS):
        return True
    return "superior" in who.roles and who.agency in directory.above(agency, dossier.state["overseers"])
