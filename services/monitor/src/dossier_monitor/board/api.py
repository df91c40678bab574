"""HTTP of the board: its numbers, and the stream of what changes in them."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Header, Query, Request
from starlette.responses import Response

from dossier_monitor.board.schemas import BoardView
from dossier_monitor.board.scopes import WATCHERS, Code, same_scope, scope_of
from dossier_monitor.board.streaming import Hub, respond
from dossier_monitor.board.views import body, officers
from dossier_shared.http.auth import authenticate
from dossier_shared.http.jsonbody import json_response
from dossier_shared.http.openapi import answers, sends


def board_router(hub: Hub) -> APIRouter:
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

        async def check() -> None:
            same_scope(scope, await authenticate(request, *WATCHERS), board, agency)

        watched = hub.view(view, scope)
        return respond(hub.stream(watched, watched.since(last_event_id)), check)

    return api
