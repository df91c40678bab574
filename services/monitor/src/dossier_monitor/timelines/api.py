"""HTTP of the timelines: one dossier's story."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from dossier_monitor.board.board import Board
from dossier_monitor.timelines.schemas import TimelineView
from dossier_monitor.timelines.sight import READERS, demand_sight
from dossier_monitor.timelines.store import Timelines
from dossier_monitor.timelines.view import timeline_view
from dossier_shared.http.auth import authenticate
from dossier_shared.http.jsonbody import json_response
from dossier_shared.http.openapi import answers
from dossier_shared.problems import NotFound


def timelines_router(timelines: Timelines, board: Board) -> APIRouter:
    api = APIRouter(prefix="/api/v1")

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
