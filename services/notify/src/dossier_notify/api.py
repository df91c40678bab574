"""HTTP of notify: what a citizen was told, and whether the result is in their hands."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from dossier_notify.commands import VERBS
from dossier_notify.schemas import DeliveryView, delivery_view
from dossier_notify.state import State
from dossier_shared.clock import Clock
from dossier_shared.http.auth import authenticate, owns
from dossier_shared.http.jsonbody import json_response
from dossier_shared.http.openapi import answers
from dossier_shared.http.tokens import Principal
from dossier_shared.http.verbs import Runner, verb_router
from dossier_shared.journal.dossier import Dossier
from dossier_shared.journal.engine import Collection
from dossier_shared.journal.ledger import Ledger
from dossier_shared.problems import NotFound
from dossier_shared.runtime.directory import Directory

OFFICERS = frozenset({"counter", "specialist", "leader", "superior"})


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
        if dossier is None or "status" not in dossier.state:
            raise NotFound()
        named = may_see(who, dossier.state, directory)
        return json_response(delivery_view(directory.shown(dossier), named), version=dossier.version)

    api.include_router(verb_router(VERBS, runner))
    return api


def may_see(who: Principal, state: State, directory: Directory) -> bool:
    """The person, who filed it, officers of the agency, the centre's counter, superiors of the agencies above it; to others it
    does not exist. Answers whether they may also read who took the result: superiors may not."""
    if owns(who, state["owner"], state.get("person")):
        return True
    agency = state["agency"]
    if who.agency == agency and not who.roles.isdisjoint(OFFICERS):
        return True
    if "counter" in who.roles and directory.serves(who.agency, agency, state.get("received_at")):
        return True
    if "superior" in who.roles and who.agency in directory.above(agency, state.get("overseers", ())):
        return False
    raise NotFound()
