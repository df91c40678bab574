"""Emergency access over HTTP: take it, give it back, see whose and why."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from dossier_intake.emergency.desk import EmergencyDesk
from dossier_intake.emergency.opening import EmergenciesView, OpenInEmergency
from dossier_intake.policy import POLICY
from dossier_shared.clock import parse_instant
from dossier_shared.contracts.audit import EMERGENCY
from dossier_shared.contracts.entries import EmergencyEntry
from dossier_shared.http import audit
from dossier_shared.http.auth import WHO, authenticate
from dossier_shared.http.idempotency import command
from dossier_shared.http.jsonbody import json_response, parse
from dossier_shared.http.openapi import answers, reads
from dossier_shared.runtime.emergencies import Emergency, EmergencyView

_OPEN = POLICY.roles("open-in-emergency")


def emergency_router(desk: EmergencyDesk) -> APIRouter:
    api = APIRouter(prefix="/api/v1")

    @api.get("/emergencies", responses=answers(EmergenciesView))
    async def every(request: Request) -> Response:
        """Those taken by oneself, then those by which others read dossiers of one's agency; the latest first."""
        who = await authenticate(request, *POLICY.roles("emergencies"))
        return json_response({"items": [one.model_dump() for one in (*desk.own(who), *desk.at(who))]})

    @api.post(
        "/dossiers/{dossier_id}/emergency", openapi_extra=reads(OpenInEmergency), responses=answers(EmergencyView)
    )
    async def take(request: Request, dossier_id: Annotated[str, Path(max_length=200)]) -> Response:
        """One reads that dossier, named by id or code, for a while: its page, its papers, what the API says of it; in every
        service within a second. The person, its agency and those above are told, with the reason."""
        context = await command(request, *_OPEN)
        one = await desk.open(context, dossier_id, parse(OpenInEmergency, context.body))
        told_of(request, one)
        return json_response(desk.shown(one).model_dump())

    @api.post("/emergencies/{emergency_id}/end", responses=answers(EmergencyView))
    async def end(request: Request, emergency_id: Annotated[str, Path(max_length=40)]) -> Response:
        """From now on: by who took it, or a leader of the agency that has the dossier. A repeat changes nothing."""
        context = await command(request, *POLICY.roles("end-emergency"))
        return json_response(desk.shown(await desk.end(context.principal, emergency_id)).model_dump())

    return api


def told_of(request: Request, one: EmergencyEntry) -> None:
    """The audit says of which dossier this was, and by which access."""
    scope = request.scope
    audit.note(scope, EMERGENCY, one.dossier)
    taken = Emergency(one.id, one.dossier, one.code, parse_instant(one.end), "")
    scope[WHO] = replace(scope[WHO], emergencies=(*scope[WHO].emergencies, taken))
