"""Who stands in for whom at the agency: a leader gives and takes back, its officers see it. Works without a script."""

from __future__ import annotations

from secrets import token_urlsafe

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from dossier_review.delegating import Delegate
from dossier_review.delegations_api import Delegating
from dossier_review.policy import POLICY
from dossier_shared.clock import instant, parse_instant
from dossier_shared.http.auth import authenticate, own_agency
from dossier_shared.http.forms import Given, first, form_command
from dossier_shared.http.problems import as_problem
from dossier_shared.http.root import own_url
from dossier_shared.http.tokens import Principal
from dossier_shared.http.validation import validated
from dossier_shared.pages.case import wrong_fields
from dossier_shared.pages.notice import refused_page
from dossier_shared.pages.rendering import page
from dossier_shared.pages.texts import Lang, language, texts
from dossier_shared.problems import Problem
from dossier_shared.runtime.officers import LISTED
from dossier_shared.runtime.service import Runtime
from dossier_shared.vocabulary.moments import typed_moment

PATH = "/delegations"
ROLES = POLICY.roles("delegations")
LENT = ("leader", "specialist", "counter")


def delegations_page(runtime: Runtime, delegating: Delegating) -> APIRouter:
    router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
    known = runtime.directory

    def drawn(
        request: Request, lang: Lang, who: Principal, typed: Given, said: str = "", problem: Problem | None = None
    ) -> HTMLResponse:
        agency, now = own_agency(who), runtime.clock.now()
        listed = delegating.of(agency)
        own = [role for role in LENT if role in who.roles - who.lent]
        return page(
            "delegations.html",
            lang,
            problem.http_status if problem else 200,
            address=request.url,
            title=texts(lang)("delegations.title"),
            principal=who,
            may_end={one.id for one in listed if POLICY.may(who, "end-delegation", one.model_dump())},
            items=listed,
            now=instant(now),
            may_give=POLICY.may(who, "delegate", {}),
            roles=own,
            officers=[
                (one.subject, one.name) for one in known.officers.of(agency, now, LISTED) if one.subject != who.sub
            ],
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
            t = texts(lang)
            said = {"given": t("delegations.given"), "ended": t("delegations.ended")}
            return drawn(request, lang, who, {}, said.get(request.query_params.get("done", ""), ""))
        except Exception as error:
            return refused_page(request, lang, texts(lang)("delegations.title"), error, ROLES)

    @router.post(PATH)
    async def act(request: Request) -> Response:
        lang = language(request.query_params.get("lang"))
        try:
            context, typed = await form_command(request, *POLICY.roles("delegate", "end-delegation"))
        except Exception as error:
            return refused_page(request, lang, texts(lang)("delegations.title"), error, ROLES)
        try:
            if id_ := first(typed, "end-now"):
                await delegating.end(context.principal, id_)
            else:
                POLICY.demand(context.principal, "delegate", {})
                await delegating.give(context, validated(Delegate, _wish(typed)))
        except Exception as error:
            if (problem := as_problem(error)) is None:
                raise
            return drawn(request, lang, context.principal, typed, problem=problem)
        done = "ended" if first(typed, "end-now") else "given"
        return RedirectResponse(own_url(f"{PATH}?lang={lang}&done={done}"), 303)

    return router


def _wish(typed: Given) -> dict[str, object]:
    """Moments as people type them, by the clock of Vietnam. Raises Invalid."""
    wish: dict[str, object] = {
        "deputy": first(typed, "deputy"), "roles": list(typed.get("roles", ())), "reason": first(typed, "reason"),
    }  # fmt: skip
    moments = {name: text for name in ("start", "end") if (text := first(typed, name).strip())}
    return wish | {name: typed_moment(text) for name, text in moments.items()}
