"""`/emergency`: a dossier of others is opened by saying why; who did so, and who reads dossiers of one's own agency.

Works without a script.
"""

from __future__ import annotations

from secrets import token_urlsafe

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from dossier_intake.emergency.api import told_of
from dossier_intake.emergency.desk import EmergencyDesk
from dossier_intake.emergency.opening import LEAST, EmergencyView, OpenInEmergency
from dossier_intake.policy import POLICY
from dossier_shared.clock import instant, parse_instant
from dossier_shared.http.auth import authenticate
from dossier_shared.http.forms import Given, first, form_command
from dossier_shared.http.problems import as_problem, headers_of
from dossier_shared.http.root import own_url
from dossier_shared.http.tokens import Principal
from dossier_shared.http.validation import validated
from dossier_shared.pages.case import wrong_fields
from dossier_shared.pages.notice import refused_page
from dossier_shared.pages.rendering import page
from dossier_shared.pages.texts import Lang, language, texts
from dossier_shared.problems import Problem
from dossier_shared.runtime.service import Runtime
from dossier_shared.vocabulary.codes import plain_code

PATH = "/emergency"
ROLES = POLICY.roles("emergencies")
SHOWN = 50  # of each list


def emergency_page(runtime: Runtime, desk: EmergencyDesk) -> APIRouter:
    router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

    def drawn(
        request: Request, lang: Lang, who: Principal, typed: Given, said: str = "", problem: Problem | None = None
    ) -> HTMLResponse:
        now = instant(runtime.clock.now())

        def may_end(one: EmergencyView) -> bool:
            return one.end > now and POLICY.may(who, "end-emergency", one.model_dump())

        return page(
            "emergency.html",
            lang,
            problem.http_status if problem else 200,
            address=request.url,
            title=texts(lang)("emergency.title"),
            principal=who,
            own=desk.own(who)[:SHOWN],
            here=desk.at(who)[:SHOWN],
            may_end=may_end,
            minutes=round(desk.bounds.lasts.total_seconds() / 60),
            a_day=desk.bounds.a_day,
            least=LEAST,
            agency=lambda code: runtime.directory.agency_name(code, lang=lang) if code else "",
            case=lambda id_: own_url(f"/cases/{id_}?lang={lang}"),
            typed=typed,
            first=first,
            key=token_urlsafe(18),
            said=said,
            problem=problem,
            wrong=wrong_fields(problem, lang) if problem else (),
            parse_instant=parse_instant,
            action=own_url(f"{PATH}?lang={lang}"),
        )

    @router.get(PATH)
    async def show(request: Request) -> Response:
        lang = language(request.query_params.get("lang"))
        try:
            who = await authenticate(request, *ROLES)
        except Exception as error:
            return refused_page(request, lang, texts(lang)("emergency.title"), error, ROLES)
        said = texts(lang)("emergency.ended") if request.query_params.get("done") == "ended" else ""
        return drawn(request, lang, who, {"code": [request.query_params.get("code", "")[:100]]}, said)

    @router.post(PATH)
    async def act(request: Request) -> Response:
        lang = language(request.query_params.get("lang"))
        try:
            context, typed = await form_command(request, *ROLES)
        except Exception as error:
            return refused_page(request, lang, texts(lang)("emergency.title"), error, ROLES)
        try:
            if id_ := first(typed, "end-now"):
                await desk.end(context.principal, id_)
                return RedirectResponse(own_url(f"{PATH}?lang={lang}&done=ended"), 303)
            wish = validated(OpenInEmergency, {"reason": first(typed, "reason")})
            one = await desk.open(context, plain_code(first(typed, "code"))[:100], wish)
        except Exception as error:
            if (problem := as_problem(error)) is None:
                raise
            answer = drawn(request, lang, context.principal, typed, problem=problem)
            answer.headers.update(headers_of(error, problem))
            return answer
        told_of(request, one)
        return RedirectResponse(own_url(f"/cases/{one.dossier}?lang={lang}"), 303)

    return router
