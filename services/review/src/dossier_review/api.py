"""What review answers about one case. What one may do to it is in commands.py; lists and counts are in desk_api.py."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from dossier_review.assigning import Assigner
from dossier_review.commands import VERBS
from dossier_review.desk_api import desk_router
from dossier_review.policy import POLICY
from dossier_review.schemas import CaseDetail, CaseView, case_detail, case_view
from dossier_review.store import Cases
from dossier_shared.http.auth import authenticate
from dossier_shared.http.jsonbody import json_response
from dossier_shared.http.openapi import answers
from dossier_shared.http.policy import Context
from dossier_shared.http.verbs import Runner, verb_router
from dossier_shared.problems import NotFound
from dossier_shared.runtime.service import Runtime


def router(runtime: Runtime, cases: Cases, assigner: Assigner, ahead: int) -> APIRouter:
    api = APIRouter(prefix="/api/v1")
    directory = runtime.directory

    api.include_router(desk_router(runtime, cases, assigner, ahead))

    @api.get("/dossiers/{dossier_id}", responses=answers(CaseDetail))
    async def show(request: Request, dossier_id: str) -> Response:
        who = await authenticate(request, *POLICY.roles("read"))
        dossier = (await runtime.dossiers.load([dossier_id])).get(dossier_id)
        if dossier is None:
            raise NotFound()
        POLICY.demand(who, "read", dossier.state, Context(directory))
        return json_response(case_detail(directory.shown(dossier), who), version=dossier.version)

    runner = Runner(runtime.ledger, runtime.clock, directory, CaseView, lambda case: case_view(directory.shown(case)))
    api.include_router(verb_router(VERBS, runner))
    return api
