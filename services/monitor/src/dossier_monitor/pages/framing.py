"""What every page of monitor shares: its frame, who may see it, and refusals that say what to do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from dossier_monitor.board.board import Board
from dossier_shared.http.root import own_url
from dossier_shared.http.tokens import Principal
from dossier_shared.pages.notice import refused_page
from dossier_shared.pages.rendering import page
from dossier_shared.pages.texts import Lang, language, texts

Render = Callable[[Request, Lang], Awaitable[Response]]
Tally = Callable[[str | None], int | None]  # how many alarms are raised in a scope; None: not known
# from what is now, over what to do about it, to what was; the overview is at the root
NAV: Final = ("overview", "late", "alarms", "dossiers", "search", "indicators", "history", "stream", "wall")

_WATCHERS: Final = ("superior", "leader", "admin")  # whose the other pages are; a dossier's own page is for more


def framed(
    template: str, request: Request, lang: Lang, who: Principal, status: int = 200, **context: Any
) -> HTMLResponse:
    """A page in monitor's frame: `frame.html` shows who is signed in and the way to the other pages."""
    at = request.url.path
    watches = not who.roles.isdisjoint(_WATCHERS)
    nav = [
        {
            "href": own_url(path),
            "name": texts(lang).label("nav", name),
            "here": at == path or (path != "/" and at.startswith(f"{path}/")),
            "tally": raised_alarms(request, who) if path == "/alarms" else None,
        }
        for name in NAV
        if watches and (path := "/" if name == "overview" else f"/{name}")
    ]
    return page(
        template,
        lang,
        status,
        address=request.url,
        principal=who,
        nav=nav,
        suffix="?lang=en" if lang == "en" else "",
        **context,
    )


def of_agencies(
    template: str, request: Request, lang: Lang, who: Principal, board: Board, scope: str | None, **context: Any
) -> HTMLResponse:
    """A list over agencies: `where` names the one whose it is, and those below; `named` any of them."""
    return framed(
        template,
        request,
        lang,
        who,
        where=agency_name(board, scope, lang),
        named=lambda code: agency_name(board, code, lang),
        **context,
    )


def raised_alarms(request: Request, who: Principal) -> int | None:
    """Of those `who` may see; None where it is not known."""
    everything = "admin" in who.roles
    if not everything and who.agency is None:
        return None
    tally: Tally = request.app.state.raised_alarms
    return tally(None if everything else who.agency)


def agency_name(board: Board, code: str | None, lang: Lang) -> str:
    """As the catalogue in force has it; else as its events call it; else its code. None: everything."""
    if not code:
        return texts(lang)("board.everything")
    known = board.agencies.get(code)
    return board.directory.agency_name(code, known.name if known else "", lang)


def guarded(render: Render, roles: tuple[str, ...]) -> Callable[[Request], Awaitable[Response]]:
    """A refusal is a page that says what to do."""

    async def show(request: Request) -> Response:
        lang = language(request.query_params.get("lang"))
        try:
            return await render(request, lang)
        except Exception as exc:
            return refused_page(request, lang, texts(lang)("board.title"), exc, roles)

    return show
