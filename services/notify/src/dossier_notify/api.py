"""HTTP of notify: what a citizen was told, and whether the result is in their hands."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from dossier_notify.schemas import DeliveryView, delivery_view
from dossier_notify.state import State
from dossier_shared.http.auth import authenticate, owns, same_agency
from dossier_shared.http.jsonbody import json_response
from dossier_shared.http.openapi import answers
from dossier_shared.http.tokens import Principal
from dossier_shared.journal.engine import Collection
from dossier_shared.problems import NotFound
from dossier_shared.runtime.directory import Directory

OFFICERS = frozenset({"counter", "specialist", "leader", "superior"})


def router(dossiers: Collection, directory: Directory) -> APIRouter:
    api = APIRouter(prefix="/api/v1")

    @api.get("/dossiers/{dossier_id}", responses=answers(DeliveryView))
    async def show(request: Request, dossier_id: str) -> Response:
        who = await authenticate(request)
        dossier = (await dossiers.load([dossier_id])).get(dossier_id)
        if dossier is None or "status" not in dossier.state:
            raise NotFound()
        may_see(who, dossier.state, directory)
        return json_response(delivery_view(directory.shown(dossier)), version=dossier.version)

    return api


def may_see(who: Principal, state: State, directory: Directory) -> None:
    """The citizen who filed, officers of the agency, superiors of the agencies above it; to others it does not exist."""
    if owns(who, state["owner"]):
        return
    if "superior" in who.roles and who.agency in directory.above(state["agency"], state.get("overseers", ())):
        return
    if who.roles.isdisjoint(OFFICERS):
        raise NotFound()
    same_agency(who, state["agency"])
