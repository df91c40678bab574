"""An officer's one home, the same whichever service shows it: the desks they may use, each with what waits there.

Every service answers for its own desk (`GET /api/v1/counts`); the browser asks them one by one, with the session it has. So no
service knows another, and one that is away leaves only its own numbers out.
"""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, FastAPI
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from dossier_shared.http.auth import COOKIE, authenticate, demand_same_origin
from dossier_shared.http.root import own_url
from dossier_shared.http.sessions.routes import SIGNED_OUT
from dossier_shared.pages.counts import Counts, counts_router
from dossier_shared.pages.navigation import HOME
from dossier_shared.pages.notice import problem_page, refused_page
from dossier_shared.pages.rendering import navigation, page, set_navigation, static_router
from dossier_shared.pages.shared_machine import CLEARED, shared_machine
from dossier_shared.pages.texts import Lang, language, texts
from dossier_shared.runtime.directory import Directory
from dossier_shared.settings.service import ServiceSettings

SIGN_OUT: Final = "/sign-out"


def serve_pages(app: FastAPI, settings: ServiceSettings, directory: Directory, counts: Counts | None = None) -> None:
    """What a service with pages has beside them: home, signing out, static files, and pages for what is refused."""
    set_navigation(settings.service, settings.neighbours, directory)
    app.state.problem_page = problem_page
    app.include_router(static_router())
    app.include_router(_home_router())
    if counts is not None:
        app.include_router(counts_router(counts, settings.neighbours))


async def sign_out_browser(request: Request, lang: Lang) -> Response:
    """Whoever asks: a session that has ended can be put away too. Ends at `/signed-out`, by way of the issuer."""
    signing_in = getattr(request.app.state, "sign_in", None)
    answer: Response = RedirectResponse(own_url(f"{SIGNED_OUT}?lang={lang}"), 303)
    if signing_in is not None:
        answer = await signing_in.sign_out(request, lang)
    if COOKIE in request.cookies:
        answer.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax")
    return answer


def _home_router() -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get(HOME, response_class=HTMLResponse)
    async def home(request: Request) -> Response:
        lang = language(request.query_params.get("lang"))
        title = texts(lang)("shared.home")
        try:
            who = await authenticate(request)
        except Exception as exc:
            return refused_page(request, lang, title, exc)
        return page(
            "home.html",
            lang,
            address=request.url,
            title=title,
            principal=who,
            desks=navigation().desks(who, lang),
            script={"texts": texts(lang).of("home"), "lang": lang},
        )

    @router.post(SIGN_OUT, response_class=Response)
    async def sign_out(request: Request) -> Response:
        demand_same_origin(dict(request.scope["headers"]))
        return await sign_out_browser(request, language(request.query_params.get("lang")))

    @router.get(SIGNED_OUT, response_class=HTMLResponse)
    async def signed_out(request: Request) -> Response:
        lang = language(request.query_params.get("lang"))
        if (machine := shared_machine.get()) is not None:
            return RedirectResponse(f"{machine.start}?lang={lang}&done=finish", 303, CLEARED)
        return page("signed_out.html", lang, address=request.url, title=texts(lang)("shared.left"))

    return router
