"""A page whose forms are posted back to it, without a script: what is refused is shown again with what was typed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from secrets import token_urlsafe
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from dossier_shared.http.auth import authenticate
from dossier_shared.http.forms import Given, first, form_command
from dossier_shared.http.idempotency import CommandContext
from dossier_shared.http.problems import as_problem, headers_of
from dossier_shared.http.root import own_url
from dossier_shared.http.tokens import Principal
from dossier_shared.pages.case import wrong_fields
from dossier_shared.pages.notice import refused_page
from dossier_shared.pages.rendering import page
from dossier_shared.pages.texts import Lang, language
from dossier_shared.problems import Problem

Draw = Callable[[Request, Lang, Principal, Given, Problem | None], HTMLResponse]
Act = Callable[[Request, Lang, CommandContext, Given], Awaitable[str]]


def form_page(
    template: str, request: Request, path: str, lang: Lang, who: Principal, typed: Given, problem: Problem | None = None,
    **context: Any,
) -> HTMLResponse:  # fmt: skip
    """Its forms go to `action`, and have the field `key`."""
    return page(
        template,
        lang,
        problem.http_status if problem else 200,
        address=request.url,
        principal=who,
        typed=typed,
        first=first,
        key=token_urlsafe(18),
        problem=problem,
        wrong=wrong_fields(problem, lang) if problem else (),
        action=own_url(f"{path}?lang={lang}"),
        **context,
    )


def form_router(
    path: str, title: Callable[[Lang], str], readers: Sequence[str], actors: Sequence[str], draw: Draw, act: Act
) -> APIRouter:
    """`act` does what was asked for and says where to go; what it refuses is drawn."""
    router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

    @router.get(path)
    async def show(request: Request) -> Response:
        lang = language(request.query_params.get("lang"))
        try:
            return draw(request, lang, await authenticate(request, *readers), {}, None)
        except Exception as error:
            return refused_page(request, lang, title(lang), error, readers)

    @router.post(path)
    async def post(request: Request) -> Response:
        lang = language(request.query_params.get("lang"))
        try:
            context, typed = await form_command(request, *actors)
        except Exception as error:
            return refused_page(request, lang, title(lang), error, readers)
        try:
            return RedirectResponse(await act(request, lang, context, typed), 303)
        except Exception as error:
            if (problem := as_problem(error)) is None:
                raise
            answer = draw(request, lang, context.principal, typed, problem)
            answer.headers.update(headers_of(error, problem))
            return answer

    return router
