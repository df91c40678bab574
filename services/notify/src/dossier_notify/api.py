"""HTTP of notify: what a citizen was told, and whether the result is in their hands."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from dossier_notify.commands import VERBS
from dossier_notify.policy import POLICY
from dossier_notify.schemas import DeliveryView, delivery_view
from dossier_notify.state import State
from dossier_shared.clock import Clock
from dossier_shared.http.auth import authenticate
from dossier_shared.http.jsonbody import json_response
from dossier_shared.http.openapi import answers
from dossier_shared.http.policy import Context
from dossier_shared.http.verbs import Runner, verb_router
from dossier_shared.journal.dossier import Dossier
from dossier_shared.journal.engine import Collection
from dossier_shared.journal.ledger import Ledger
from dossier_shared.problems import NotFound
from dossier_shared.runtime.directory import Directory


def runner_of(ledger: Ledger[State], clock: Clock, directory: Directory) -> Runner[Directory]:
    def view(dossier: Dossier[State]) -> dict[str, Any]:
        return delivery_view(directory.shown(dossier))

    return Runner(ledger, clock, directory, DeliveryView, view)


def router(dossiers: Collection, directory: Directory, runner: Runner[Directory]) -> APIRouter:
    api = APIRouter(prefix="/api/v1")

    @api.get("/dossiers/{dossier_id}", responses=answers(DeliveryView))
    async def show(request: Request, dossier_id: str) -> Response:
        who = await authenticate(request)
        dossier = (await dossiers.load([dossier_id])).get(dossier_id)
        context = Context(directory)
        if dossier is None or "status" not in dossier.state or not POLICY.may(who, "read", dossier.state, context):
            raise NotFound()
        named = POLICY.may(who, "see-receiver", dossier.state, context)
        return json_response(delivery_view(directory.shown(dossier), named), version=dossier.version)

    api.include_router(verb_router(VERBS, runner))
    return api
