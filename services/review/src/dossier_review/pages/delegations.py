"""Who stands in for whom at the agency: a leader gives and takes back, its officers see it. Works without a script."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from dossier_review.delegating import Delegate
from dossier_review.delegations_api import Delegating
from dossier_review.policy import POLICY
from dossier_shared.clock import instant
from dossier_shared.http.auth import own_agency
from dossier_shared.http.forms import Given, first
from dossier_shared.http.idempotency import CommandContext
from dossier_shared.http.root import own_url
from dossier_shared.http.tokens import Principal
from dossier_shared.http.validation import validated
from dossier_shared.pages.posted import form_page, form_router
from dossier_shared.pages.texts import Lang, texts
from dossier_shared.problems import Problem
from dossier_shared.runtime.officers import LISTED
from dossier_shared.runtime.service import Runtime
from dossier_shared.vocabulary.moments import typed_moment

PATH = "/delegations"
ROLES = POLICY.roles("delegations")
LENT = ("leader", "specialist", "counter")


def delegations_page(runtime: Runtime, delegating: Delegating) -> APIRouter:
    known = runtime.directory

    def title(lang: Lang) -> str:
        return texts(lang)("delegations.title")

    def draw(request: Request, lang: Lang, who: Principal, typed: Given, problem: Problem | None) -> HTMLResponse:
        agency, now, t = own_agency(who), runtime.clock.now(), texts(lang)
        listed = delegating.of(agency)
        said = {"given": t("delegations.given"), "ended": t("delegations.ended")}
        return form_page(
            "delegations.html",
            request,
            PATH,
            lang,
            who,
            typed,
            problem,
            title=title(lang),
            may_end={one.id for one in listed if POLICY.may(who, "end-delegation", one.model_dump())},
            items=listed,
            now=instant(now),
            may_give=POLICY.may(who, "delegate", {}),
            roles=[role for role in LENT if role in who.roles - who.lent],
            officers=[
                (one.subject, one.name) for one in known.officers.of(agency, now, LISTED) if one.subject != who.sub
            ],
            said=said.get(request.query_params.get("done", ""), ""),
        )

    async def act(_: Request, lang: Lang, context: CommandContext, typed: Given) -> str:
        if id_ := first(typed, "end-now"):
            await delegating.end(context.principal, id_)
            return own_url(f"{PATH}?lang={lang}&done=ended")
        POLICY.demand(context.principal, "delegate", {})
        await delegating.give(context, validated(Delegate, _wish(typed)))
        return own_url(f"{PATH}?lang={lang}&done=given")

    return form_router(PATH, title, ROLES, POLICY.roles("delegate", "end-delegation"), draw, act)


def _wish(typed: Given) -> dict[str, object]:
    """Moments as people type them, by the clock of Vietnam. Raises Invalid."""
    wish: dict[str, object] = {
        "deputy": first(typed, "deputy"), "roles": list(typed.get("roles", ())), "reason": first(typed, "reason"),
    }  # fmt: skip
    moments = {name: text for name in ("start", "end") if (text := first(typed, name).strip())}
    return wish | {name: typed_moment(text) for name, text in moments.items()}
