"""`POST /api/v1/consent-codes`: a code to the phone of whom one wants to file for."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from dossier_intake.consents.code import AskConsent, ConsentCodeView
from dossier_intake.consents.desk import ConsentDesk
from dossier_intake.policy import POLICY
from dossier_shared.http.idempotency import command
from dossier_shared.http.jsonbody import json_response, parse
from dossier_shared.http.openapi import answers, reads


def consent_codes_router(desk: ConsentDesk) -> APIRouter:
    api = APIRouter(prefix="/api/v1")

    @api.post(
        "/consent-codes", status_code=201, openapi_extra=reads(AskConsent), responses=answers(ConsentCodeView, 201)
    )
    async def ask(request: Request) -> Response:
        """Six digits, good for ten minutes, five tries and one filing by this account, of this person with this phone. The person
        tells them to whoever files, who names `id` and `code` in the filing's `consent`."""
        context = await command(request, *POLICY.roles("ask-consent"))
        view = await desk.ask(context, parse(AskConsent, context.body))
        answer = json_response(view.model_dump(), 201)
        answer.headers["cache-control"] = "private, no-store"
        return answer

    return api
