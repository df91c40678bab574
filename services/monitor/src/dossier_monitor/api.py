"""HTTP of monitor: the board, its stream, timelines."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Annotated, Literal

from fastapi import APIRouter, Header, Path, Query, Request
from starlette.responses import Response

from dossier_monitor.board import Board, sees
from dossier_monitor.schemas import OFFICERS, TimelineView, demand_sight, timeline_view
from dossier_monitor.store import Timelines
from dossier_monitor.streaming import Hub, respond
from dossier_monitor.views import BoardView, body, officers
from dossier_shared.errors import Forbidden, NotFound
from dossier_shared.http.auth import authenticate
from dossier_shared.http.jsonbody import json_response
from dossier_shared.http.openapi import answers, sends
from dossier_shared.http.tokens import Principal

WATCHERS = ("superior", "leader", "admin")
READERS = ("superior", "admin", *OFFICERS, "citizen", "agent")

Code = Annotated[str | None, Query(max_length=100, description="narrower: this agency and those below it")]


UNKNOWN = (
    "Không có cơ quan này trong danh mục. Hãy kiểm tra lại mã cơ quan.",
    "The catalogue has no such agency. Check its code.",
)


def scope_of(who: Principal, board: Board, narrower: str | None = None) -> str | None:
    """The agency whose subtree a watcher sees; None is everything."""
    widest = None if "admin" in who.roles else who.agency
    if widest is None and "admin" not in who.roles:
        raise Forbidden("no-agency", "Tài khoản chưa gắn với cơ quan nào.", "The account belongs to no agency.")
    if narrower is None or narrower == widest:
        return widest
    if narrower not in board.agencies and board.directory.unheard_of(narrower):
        raise NotFound("agency-unknown", *UNKNOWN)
    if not sees(widest, narrower, board.above(narrower)):
        raise Forbidden(
            "other-agency",
            "Cơ quan này không thuộc phạm vi theo dõi của tài khoản.",
            "This agency is outside what the account may watch.",
        )
    return narrower


def router(hub: Hub, timelines: Timelines) -> APIRouter:
    api = APIRouter(prefix="/api/v1")
    board = hub.board

    @api.get("/board", responses=answers(BoardView))
    async def show_board(
        request: Request,
        agency: Code = None,
        detail: Annotated[bool, Query(description="with every cell and officer")] = False,
    ) -> Response:
        """Live numbers per agency and stage. With `detail`, zeros left out: `cells` per procedure and channel, and `officers`."""
        who = await authenticate(request, *WATCHERS)
        hub.demand_whole()
        scope = scope_of(who, board, agency)
        shown = await body(board, scope)
        if detail:
            shown["cells"] = [{**cell._asdict(), "counts": counts} for cell, counts in board.cells(scope)]
            shown["officers"] = officers(board, scope)
        return json_response(shown)

    @api.get("/board/stream", response_class=Response, responses=sends("text/event-stream"))
    async def stream_board(
        request: Request,
        agency: Code = None,
        view: Annotated[Literal["overview", "agency"], Query(description="which page's values")] = "overview",
        last_event_id: Annotated[str | None, Header(max_length=200)] = None,
    ) -> Response:
        """Server-sent events: `snapshot`, then `change` with the values changed since; at least one message a second."""
        who = await authenticate(request, *WATCHERS)
        scope = scope_of(who, board, agency)

        def check() -> Awaitable[object]:
            return authenticate(request, *WATCHERS)

        watched = hub.view(view, scope)
        return respond(hub.stream(watched, watched.since(last_event_id)), check)

    @api.get("/timelines/{code_or_id}", responses=answers(TimelineView))
    async def show_timeline(request: Request, code_or_id: Annotated[str, Path(max_length=200)]) -> Response:
        """The dossier's whole story, to its owner, its agency's officers and those above."""
        who = await authenticate(request, *READERS)
        dossier = await timelines.find(code_or_id)
        if dossier is None:
            raise NotFound()
        officer = demand_sight(who, dossier, board)
        return json_response(timeline_view(dossier, board, officer=officer), version=dossier.version)

    return api
