"""`/emergency`: a dossier of others is opened by saying why; who did so, and who reads dossiers of one's own agency.

Works without a script.
"""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from dossier_intake.emergency.api import told_of
from dossier_intake.emergency.desk import EmergencyDesk
from dossier_intake.emergency.opening import LEAST, OpenInEmergency
from dossier_intake.policy import POLICY
from dossier_shared.clock import instant
from dossier_shared.http.forms import Given, first
from dossier_shared.http.idempotency import CommandContext
from dossier_shared.http.root import own_url
from dossier_shared.http.tokens import Principal
from dossier_shared.http.validation import validated
from dossier_shared.pages.posted import form_page, form_router
from dossier_shared.pages.texts import Lang, texts
from dossier_shared.problems import Problem
from dossier_shared.runtime.emergencies import EmergencyView
from dossier_shared.runtime.service import Runtime
from dossier_shared.vocabulary.codes import plain_code

PATH = "/emergency"
ROLES = POLICY.roles("emergencies")
SHOWN = 50  # of each list


def emergency_page(runtime: Runtime, desk: EmergencyDesk) -> APIRouter:
    def title(lang: Lang) -> str:
        return texts(lang)("emergency.title")

    def draw(request: Request, lang: Lang, who: Principal, typed: Given, problem: Problem | None) -> HTMLResponse:
        now, asked = instant(runtime.clock.now()), request.query_params

        def may_end(one: EmergencyView) -> bool:
            return one.end > now and POLICY.may(who, "end-emergency", one.model_dump())

        return form_page(
            "emergency.html",
            request,
            PATH,
            lang,
            who,
            typed or {"code": [asked.get("code", "")[:100]]},
            problem,
            title=title(lang),
            own=desk.own(who)[:SHOWN],
            here=desk.at(who)[:SHOWN],
            may_end=may_end,
            minutes=round(desk.bounds.lasts.total_seconds() / 60),
            a_day=desk.bounds.a_day,
            least=LEAST,
            agency=lambda code: runtime.directory.agency_name(code, lang=lang) if code else "",
            case=lambda id_: own_url(f"/cases/{id_}?lang={lang}"),
            said=texts(lang)("emergency.ended") if asked.get("done") == "ended" else "",
        )

    async def act(request: Request, lang: Lang, context: CommandContext, typed: Given) -> str:
        if id_ := first(typed, "end-now"):
            await desk.end(context.principal, id_)
            return own_url(f"{PATH}?lang={lang}&done=ended")
        wish = validated(OpenInEmergency, {"reason": first(typed, "reason")})
        one = await desk.open(context, plain_code(first(typed, "code"))[:100], wish)
        told_of(request, one)
        return own_url(f"/cases/{one.dossier}?lang={lang}")

    return form_router(PATH, title, ROLES, ROLES, draw, act)
