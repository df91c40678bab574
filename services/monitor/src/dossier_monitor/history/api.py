"""HTTP of the history: the board at a past instant, a span of time as frames, and the page that plays them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from starlette.responses import HTMLResponse, Response

from dossier_monitor.board.board import Board, business_now, sees
from dossier_monitor.board.scopes import WATCHERS, Code, scope_of, widest_of
from dossier_monitor.history import view
from dossier_monitor.history.store import History
from dossier_monitor.history.view import FRAMES, VIETNAM, Film, PastBoard, moment
from dossier_monitor.pages.collation import order
from dossier_monitor.pages.framing import agency_name, framed, guarded
from dossier_monitor.projection.domain import DAY, OPEN_STAGES
from dossier_monitor.projection.dossier import iso, micros
from dossier_shared.http.auth import authenticate
from dossier_shared.http.jsonbody import json_response
from dossier_shared.http.openapi import answers
from dossier_shared.http.root import own_url
from dossier_shared.pages.texts import Lang, number, texts

Instant = Annotated[str | None, Query(max_length=40, description="ISO 8601; without an offset, Vietnam's time")]
USUAL = 30 * DAY


def router(board: Board, history: History) -> APIRouter:
    api = APIRouter()

    @api.get("/api/v1/history", responses=answers(PastBoard))
    async def show_history(request: Request, agency: Code = None, at: Instant = None) -> Response:
        """The board as it was at `at` (now, as a rule): what the events that had happened by then say."""
        scope = scope_of(await authenticate(request, *WATCHERS), board, agency or None)
        now = micros(business_now(board))
        return json_response(await view.board_at(history, board, scope, moment(at, now, now, "at"), now))

    @api.get("/api/v1/history/frames", responses=answers(Film))
    async def show_frames(
        request: Request,
        agency: Code = None,
        first: Annotated[Instant, Query(alias="from")] = None,
        last: Annotated[Instant, Query(alias="to")] = None,
        frames: Annotated[int, Query(ge=10, le=FRAMES)] = FRAMES,
    ) -> Response:
        """A span of time in frames: the board at `from`, and what changed by each frame. At most 1 MB: else fewer frames."""
        scope = scope_of(await authenticate(request, *WATCHERS), board, agency or None)
        now = micros(business_now(board))
        end = moment(last, now, now, "to")
        body = await view.film(history, board, scope, moment(first, end - USUAL, now, "from"), end, frames)
        return Response(body, media_type="application/json")

    async def page(request: Request, lang: Lang) -> Response:
        who = await authenticate(request, *WATCHERS)
        query = request.query_params
        scope = scope_of(who, board, query.get("agency") or None)
        now = micros(business_now(board))
        at = moment(query.get("at"), now, now, "at")
        end = moment(query.get("to"), now, now, "to")
        begin = moment(query.get("from"), max(0, end - USUAL), now, "from")
        shown = await view.board_at(history, board, scope, at, now)
        widest = widest_of(who)
        codes = [agency.code for agency in board.agencies.values() if sees(widest, agency.code, agency.above)]
        choices = sorted(((code, agency_name(board, code, lang)) for code in codes), key=lambda pair: order(pair[1]))
        t = texts(lang)
        narrow = {"agency": scope} if scope else {}
        return framed(
            "history.html", request, lang, who,
            title=t("history.title"), where=agency_name(board, scope, lang), board=shown, scope=scope, agencies=choices,
            rows=_heads(shown, scope), stages=OPEN_STAGES, number=lambda n: number(n, lang),
            row_name=lambda row: row[f"name_{lang}"], field=_field, begin=iso(begin), end=iso(end),
            script={
                "lang": lang, "texts": t.of("history", "board"),
                "frames": own_url(f"/api/v1/history/frames?{urlencode({**narrow, 'from': iso(begin), 'to': iso(end)})}"),
            },
        )  # fmt: skip

    api.add_api_route("/history", guarded(page, WATCHERS), response_class=HTMLResponse, include_in_schema=False)
    return api


def _heads(shown: dict[str, object], scope: str | None) -> list[dict[str, object]]:
    """The agencies right below the scope, as the film has them."""
    rows: list[dict[str, object]] = shown["agencies"]  # type: ignore[assignment]
    codes = {row["code"] for row in rows}
    return sorted(
        (row for row in rows if row["code"] != scope and _over(row, codes) in (scope, None)),
        key=lambda row: str(row["code"]),
    )


def _over(row: dict[str, object], codes: set[object]) -> object:
    above: list[object] = row["above"]  # type: ignore[assignment]
    return next((code for code in above if code in codes), None)


def _field(at: str) -> str:
    """As a browser's field of date and time wants it."""
    return datetime.fromisoformat(at).astimezone(VIETNAM).strftime("%Y-%m-%dT%H:%M")
