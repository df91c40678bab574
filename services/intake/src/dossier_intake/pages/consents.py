"""`POST /dossiers/{id}/consent`: the person takes back their consent, from their own page. Works without a script."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from dossier_intake.commands import VERBS, World
from dossier_intake.schemas import WithdrawConsent
from dossier_shared.http.forms import form_command
from dossier_shared.http.root import own_url
from dossier_shared.http.verbs import Runner, carry_out
from dossier_shared.pages.notice import refused_page
from dossier_shared.pages.texts import language, texts

VERB = next(verb for verb in VERBS if verb.name == "withdraw-consent")


def consents_page(runner: Runner[World]) -> APIRouter:
    router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

    @router.post("/dossiers/{dossier_id}/consent")
    async def withdraw(request: Request, dossier_id: str) -> Response:
        lang = language(request.query_params.get("lang"))
        try:
            context, _ = await form_command(request, *VERB.roles)
            await carry_out(VERB, runner, context, dossier_id, WithdrawConsent())
        except Exception as error:
            return refused_page(request, lang, texts(lang)("my.title"), error, VERB.roles)
        return RedirectResponse(own_url(f"/?lang={lang}&done=consent"), 303)

    return router
