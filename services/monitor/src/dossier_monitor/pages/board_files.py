"""The board's tables and charts as files: workbooks for people, CSV and JSON for programs. Headings are Vietnamese."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, Final

from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.responses import Response

from dossier_monitor.board.board import Agency, Board
from dossier_monitor.board.schemas import OfficerView
from dossier_monitor.board.scopes import WATCHERS, Code, scope_of
from dossier_monitor.board.streaming import Hub
from dossier_monitor.board.throughput import WINDOWS
from dossier_monitor.board.values import done_values, officer_values, row_values
from dossier_monitor.board.views import officers
from dossier_monitor.pages.spreadsheets import XLSX, sheet, workbook
from dossier_monitor.projection.domain import SECOND
from dossier_monitor.projection.registry import exported
from dossier_shared.http.auth import authenticate
from dossier_shared.http.jsonbody import json_response
from dossier_shared.http.openapi import answers, sends
from dossier_shared.pages.rendering import VIETNAM
from dossier_shared.pages.texts import texts

COLUMNS: Final = exported("row")  # name, id of the heading
OFFICER_COLUMNS: Final = exported("staff")
HALF_HOUR: Final = 1800
Rows = Iterator[list[Any]]  # headings first


class OfficerList(BaseModel):
    scope: str | None
    now: str | None
    officers: list[OfficerView]


class ThroughputPoint(BaseModel):
    """The half-hour that ends at `until`, Vietnam's time."""

    until: str
    filed: int
    signed: int


class ThroughputView(BaseModel):
    """The last 24 hours, the oldest first."""

    scope: str | None
    points: list[ThroughputPoint]


def files_router(hub: Hub) -> APIRouter:
    router, board = APIRouter(), hub.board

    async def scope(request: Request, agency: str | None) -> str | None:
        who = await authenticate(request, *WATCHERS)
        hub.demand_whole()
        return scope_of(who, board, agency)

    def offer(name: str, rows: Callable[[Board, str | None], Rows], about: str) -> None:
        async def as_csv(request: Request, agency: Code = None) -> Response:
            return sheet(rows(board, await scope(request, agency)), f"{name}.csv")

        async def as_workbook(request: Request, agency: Code = None) -> Response:
            return await workbook(rows(board, await scope(request, agency)), f"{name}.xlsx")

        for kind, route, media, meaning in (
            ("csv", as_csv, "text/csv", about),
            ("xlsx", as_workbook, XLSX, "The same for Excel."),
        ):
            router.add_api_route(
                f"/api/v1/{name}.{kind}",
                route,
                name=f"{name}_{route.__name__}",
                description=meaning,
                response_class=Response,
                responses=sends(media),
            )

    offer("board", _rows, "A row for every agency of the scope; ages in seconds, `share` a part of one.")
    offer(
        "officers",
        _officers,
        "A row for every officer of the scope: in hand, done so far, and done in the last 5 minutes, hour and day.",
    )

    @router.get("/api/v1/officers.json", response_class=Response, responses=answers(OfficerList))
    async def officers_as_json(request: Request, agency: Code = None) -> Response:
        """The same by deed, zeros left out."""
        seen = await scope(request, agency)
        return json_response({"scope": seen, "now": board.meta().now, "officers": officers(board, seen)})

    offer("throughput", _lines, "The chart of the last 24 hours: filed and signed by half-hours of Vietnam's time.")

    @router.get("/api/v1/throughput.json", response_class=Response, responses=answers(ThroughputView))
    async def throughput_as_json(request: Request, agency: Code = None) -> Response:
        """The same."""
        seen = await scope(request, agency)
        return json_response({"scope": seen, "points": list(_points(board, seen))})

    return router


def _rows(board: Board, scope: str | None) -> Rows:
    t = texts("vi")
    yield [t("board.code_of_agency"), t("board.agency"), *(t(heading) for _, heading in COLUMNS)]
    for agency in sorted(board.rows(scope), key=_place):
        values = dict(row_values(agency.code, agency.total))
        shown = [values[f"{agency.code}/{name}"] for name, _ in COLUMNS]
        yield [
            agency.code,
            agency.name or agency.code,
            *(value for value in shown if not isinstance(value, list)),
        ]


def _officers(board: Board, scope: str | None) -> Rows:
    t = texts("vi")
    heads = [t(heading) for _, heading in OFFICER_COLUMNS]
    heads += [f"{t('officer.done')} {t.label('window', window)}" for window in WINDOWS]
    yield [t("board.code_of_agency"), t("board.agency"), t("board.officer"), *heads]
    for one in officers(board, scope):
        values = dict([*officer_values("", one["counts"]), *done_values("", one["throughput"])])
        agency = board.agencies[one["agency"]].name or one["agency"]
        names = (*(name for name, _ in OFFICER_COLUMNS), *(f"done{window}" for window in WINDOWS))
        shown = [values[f"/{name}"] for name in names]
        yield [one["agency"], agency, one["subject"], *shown]


def _lines(board: Board, scope: str | None) -> Rows:
    t = texts("vi")
    yield [t("board.until"), t("board.line_in"), t("board.line_out")]
    for point in _points(board, scope):
        yield [point["until"], point["filed"], point["signed"]]


def _place(agency: Agency) -> tuple[int, str]:
    return len(agency.above), agency.code


def _points(board: Board, scope: str | None) -> Iterator[dict[str, Any]]:
    now, flow = board.now, board.flow(scope)
    filed, signed = flow.line("filed", now), flow.line("signed", now)
    for back, (came, went) in enumerate(zip(reversed(filed), reversed(signed), strict=True)):
        until = datetime.fromtimestamp(now // SECOND - back * HALF_HOUR, UTC).astimezone(VIETNAM)
        yield {"until": until.isoformat(timespec="minutes"), "filed": came, "signed": went}
