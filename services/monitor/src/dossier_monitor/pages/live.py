"""The pages that move by themselves: the overview, one agency, and the wall. Drawn whole by the server, kept by `live.js`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from dossier_monitor.board.board import Agency, Board
from dossier_monitor.board.scopes import WATCHERS, scope_of
from dossier_monitor.board.streaming import Hub
from dossier_monitor.board.throughput import WINDOWS
from dossier_monitor.board.values import children, shown
from dossier_monitor.board.views import View
from dossier_monitor.pages.collation import Key, order
from dossier_monitor.pages.framing import agency_name, framed, guarded
from dossier_monitor.pages.shapes import shape, spark
from dossier_monitor.projection.domain import OPEN_STAGES, WAITS
from dossier_monitor.projection.durations import PASSAGES
from dossier_monitor.projection.registry import behind, measured
from dossier_shared.http.auth import authenticate
from dossier_shared.http.root import own_url
from dossier_shared.http.tokens import Principal
from dossier_shared.pages.texts import Lang, texts
from dossier_shared.problems import NotFound

_BEHIND = behind("page") | behind("row")  # number -> what finds the dossiers it counts
_STAFF = behind("staff")  # the same of an officer's numbers, beside the officer
_LARGE = [one.name for one in sorted(measured("row"), key=lambda one: one.column or 0) if one.drawn]
_DID = [one.name for one in measured("deeds") if one.drawn]


def live_router(hub: Hub) -> APIRouter:
    router = APIRouter(include_in_schema=False)
    board = hub.board

    async def overview(request: Request, lang: Lang) -> Response:
        who = await authenticate(request, *WATCHERS)
        narrower = request.query_params.get("agency")
        scope = scope_of(who, board, narrower)
        leaf = None if narrower else leaf_of(board, scope)
        if leaf is not None:
            suffix = "?lang=en" if lang == "en" else ""
            return RedirectResponse(own_url(f"/agencies/{quote(leaf, safe='')}") + suffix, 303)
        rows = _arranged([*shown(board, scope)], lang, board)
        return _live(
            "overview.html", request, lang, who, hub.view("overview", scope), "overview", narrower,
            where=agency_name(board, scope, lang), rows=rows, agency=scope,
        )  # fmt: skip

    async def agency(request: Request, lang: Lang) -> Response:
        who = await authenticate(request, *WATCHERS)
        code = request.path_params["code"]
        scope_of(who, board, code)
        known = board.agencies.get(code)
        if known is None:
            raise NotFound("no-such-agency", "Chưa có hồ sơ nào của cơ quan này.", "No dossier of this agency yet.")
        widest = scope_of(who, board)
        above = [
            upper
            for upper in reversed(known.above)
            if widest is None or upper == widest or widest in _above(board, upper)
        ]
        return _live(
            "agency.html", request, lang, who, hub.view("agency", code), "agency", code,
            where=agency_name(board, code, lang),
            agency=code,
            path=[(upper, agency_name(board, upper, lang)) for upper in above],
            rows=[(child.code, agency_name(board, child.code, lang), 0, bool(child.below)) for child in children(board, code)],
            procedures=sorted(known.whole.procedures, key=lambda p: order(board.procedure_name(p) or p)),
            procedure_name=lambda p: board.procedure_name(p) or p or "–",
            channels=sorted(known.whole.channels),
            officers=sorted(known.officers),
            did=_DID,
            held=_STAFF,
            windows=WINDOWS,
            waits=WAITS,
            passages=PASSAGES,
        )  # fmt: skip

    async def wall(request: Request, lang: Lang) -> Response:
        who = await authenticate(request, *WATCHERS)
        narrower = request.query_params.get("agency")
        scope = scope_of(who, board, narrower)
        rows = _arranged([*shown(board, scope)], lang, board)
        return _live(
            "wall.html", request, lang, who, hub.view("overview", scope), "overview", narrower,
            where=agency_name(board, scope, lang), rows=rows, agency=scope, panels=_panels(rows),
            seconds=_seconds(request.query_params.get("every")),
        )  # fmt: skip

    def _live(
        template: str,
        request: Request,
        lang: Lang,
        who: Principal,
        view: View,
        kind: str,
        narrower: str | None,
        **context: Any,
    ) -> HTMLResponse:
        meta = board.meta()
        query = f"?view={kind}" + (f"&agency={quote(narrower)}" if narrower else "")
        return framed(
            template, request, lang, who, title=texts(lang)("board.title"), meta=meta, values=view.values,
            shape=lambda value, form: shape(value, form, lang),
            spark=spark,
            stages=OPEN_STAGES,
            large=_LARGE,
            behind=_BEHIND,
            clocked=OPEN_STAGES[1:-1],  # the steps in which a dossier can be late
            asked=f"?agency={quote(narrower)}" if narrower else "",
            link=lambda **wanted: _link(lang, wanted),
            script={"lang": lang, "texts": texts(lang).of("board", "level", "span"), "meta": asdict(meta),
                    "values": view.values, "stream": own_url(f"/api/v1/board/stream{query}"), "board": own_url("/api/v1/board")},
            **context,
        )  # fmt: skip

    router.add_api_route("/", guarded(overview, WATCHERS), response_class=HTMLResponse)
    router.add_api_route("/agencies/{code}", guarded(agency, WATCHERS), response_class=HTMLResponse)
    router.add_api_route("/wall", guarded(wall, WATCHERS), response_class=HTMLResponse)
    return router


def leaf_of(board: Board, scope: str | None) -> str | None:
    """The agency of whoever watches just that: there is nothing to look over, and its own page says more. None: more than one,
    or nothing known of it yet."""
    known = board.agencies.get(scope) if scope is not None else None
    return known.code if known is not None and not known.below else None


Row = tuple[str, str, int, bool]  # code, name, depth, whether there are agencies below


def _arranged(agencies: list[Agency], lang: Lang, board: Board) -> list[Row]:
    """Each agency under the one above it, by name among its like."""
    names = {agency.code: agency_name(board, agency.code, lang) for agency in agencies}

    def path(agency: Agency) -> list[Key]:
        return [order(names[upper]) for upper in reversed(agency.above) if upper in names] + [order(names[agency.code])]

    return [
        (agency.code, names[agency.code], min(3, len(path(agency)) - 1), bool(agency.below))
        for agency in sorted(agencies, key=path)
    ]


def _panels(rows: list[Row], size: int = 8) -> list[list[Row]]:
    return [rows[start : start + size] for start in range(0, len(rows), size)]


def _seconds(text: str | None) -> int:
    """How long a panel of the wall stands."""
    return min(300, max(3, int(text))) if text and text.isascii() and text.isdigit() and len(text) < 5 else 12


def _above(board: Board, code: str) -> tuple[str, ...]:
    known = board.agencies.get(code)
    return known.above if known else ()


def _link(lang: Lang, wanted: dict[str, str | None]) -> str:
    """To the dossiers behind a number."""
    query = "&".join(f"{name}={quote(value)}" for name, value in wanted.items() if value)
    return own_url(f"/dossiers?{query}") + ("&lang=en" if lang == "en" else "")
