"""A page of a citizen's filing, asked for: who they are, and where they are led when there is nothing to draw."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fastapi import Request
from starlette.responses import RedirectResponse, Response

from dossier_intake.pages.filing.desk import ROLES, AlreadySent
from dossier_intake.pages.filing.ended import still_here
from dossier_shared.http.auth import authenticate
from dossier_shared.http.problems import as_problem
from dossier_shared.http.root import own_url
from dossier_shared.http.tokens import Principal
from dossier_shared.pages.notice import refused_page
from dossier_shared.pages.texts import Lang, language, texts
from dossier_shared.problems import Forbidden, Unauthorised

Act = Callable[[Request, Lang, Principal], Awaitable[Response]]


async def answered(request: Request, act: Act, *others: str, keeping: bool = False) -> Response:
    """`others`: roles for which `act` has an answer beside those that file here. `keeping`: what is posted to it was typed."""
    lang = language(request.query_params.get("lang"))
    try:
        return await act(request, lang, await authenticate(request, *ROLES, *others))
    except AlreadySent as sent:
        return RedirectResponse(own_url(f"/filed/{sent.dossier}?lang={lang}"), 303)
    except Exception as error:
        if keeping and type(as_problem(error)) is Unauthorised and (here := await _kept(request, lang)):
            return here
        return refused_page(request, lang, texts(lang)("file.title"), error, ROLES)


async def _kept(request: Request, lang: Lang) -> Response | None:
    try:
        return await still_here(request, lang)
    except Forbidden:  # another site's page: nothing of it is shown
        return None
