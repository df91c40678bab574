"""`GET /helpers`: how much who files for others has filed over a span, for those above the agencies. No person's name."""

from __future__ import annotations

from datetime import date, timedelta

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from dossier_intake.consents.helped import HelpedCounts
from dossier_intake.policy import POLICY
from dossier_intake.store import Catalogues
from dossier_shared.clock import Clock
from dossier_shared.http.auth import authenticate
from dossier_shared.http.root import own_url
from dossier_shared.pages.notice import refused_page
from dossier_shared.pages.rendering import page
from dossier_shared.pages.texts import language, texts
from dossier_shared.problems import Invalid
from dossier_shared.vocabulary.moments import VIETNAM

ROLES = POLICY.roles("see-helpers")
MONTH = timedelta(days=30)
LONGEST = timedelta(days=366)


def helpers_page(counts: HelpedCounts, catalogues: Catalogues, clock: Clock) -> APIRouter:
    api = APIRouter(include_in_schema=False)

    @api.get("/helpers", response_class=HTMLResponse)
    async def shown(request: Request) -> Response:
        lang = language(request.query_params.get("lang"))
        title = texts(lang)("helpers.title")
        try:
            who = await authenticate(request, *ROLES)
            today = clock.now().astimezone(VIETNAM).date()
            last = _day(request.query_params.get("last"), today)
            first = _day(request.query_params.get("first"), last - MONTH)
            if not first <= last <= first + LONGEST:
                raise _no_span()
            agencies = catalogues.current.subtree(who.agency or "")
            helpers = await counts.of(sorted(agencies), first, last) if agencies else []
        except Exception as error:
            return refused_page(request, lang, title, error, ROLES)
        return page(
            "helpers.html",
            lang,
            address=request.url,
            title=title,
            principal=who,
            helpers=helpers,
            first=first.isoformat(),
            last=last.isoformat(),
            action=own_url("/helpers"),
        )

    return api


def _day(given: str | None, otherwise: date) -> date:
    try:
        return date.fromisoformat(given) if given else otherwise
    except ValueError:
        raise _no_span() from None


def _no_span() -> Invalid:
    return Invalid(
        "span-invalid",
        "Khoảng ngày không hợp lệ: từ ngày đến ngày, nhiều nhất một năm.",
        "The span of days is not valid: from a day to a day, a year at most.",
    )
