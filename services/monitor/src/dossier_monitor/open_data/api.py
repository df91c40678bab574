"""Open data, for anyone: a page that says what it is, and the same numbers as CSV and JSON. Nobody signs in here."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from typing import Any, Final

from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.responses import HTMLResponse, Response

from dossier_monitor.board.board import Board, business_now
from dossier_monitor.indicators.periods import VIETNAM
from dossier_monitor.indicators.store import Figures
from dossier_monitor.open_data.suppression import ALL, OTHER, K, Path, published
from dossier_monitor.pages.framing import agency_name
from dossier_monitor.pages.spreadsheets import XLSX, sheet, workbook
from dossier_shared.http.jsonbody import json_response
from dossier_shared.http.known_query import PUBLIC
from dossier_shared.http.openapi import Words, answers, sends
from dossier_shared.pages.rendering import page
from dossier_shared.pages.texts import LANGUAGES, language, texts

KEEP: Final = 600.0  # seconds a node answers from what it counted last: anyone may ask, as often as they like
_PUBLIC: Final = {"cache-control": "public, max-age=600", "access-control-allow-origin": "*"}
Names = Callable[[Iterable[str]], Awaitable[dict[str, str]]]


class OpenDataColumns(BaseModel):
    """What each field of a row means."""

    month: Words
    agency: Words
    agency_name: Words
    procedure: Words
    procedure_name: Words
    channel: Words
    filed: Words


COLUMNS: Final = list(OpenDataColumns.model_fields)


class OpenDataRow(BaseModel):
    """`*` is a total, `other` what is put together; both without a name."""

    month: str
    agency: str
    agency_name: str
    procedure: str
    procedure_name: str
    channel: str
    filed: int


class OpenDataView(BaseModel):
    """`before`: the first Vietnamese day not in it; `smallest`: no number is less."""

    before: str
    smallest: int
    columns: OpenDataColumns
    terms: Words
    rows: list[OpenDataRow]


class OpenData:
    """`names`: of procedures, by code."""

    def __init__(self, figures: Figures, board: Board, names: Names) -> None:
        self._figures, self._board, self._names = figures, board, names
        self._lock = asyncio.Lock()
        self._known: tuple[float, str, list[dict[str, Any]]] | None = None

    async def rows(self) -> tuple[str, list[dict[str, Any]]]:
        """The first day not in it, and the rows."""
        today = datetime.fromisoformat(business_now(self._board)).astimezone(VIETNAM).date()
        before = today.replace(day=1).isoformat()
        async with self._lock:
            known = self._known
            if known is None or known[1] != before or time.monotonic() - known[0] > KEEP:
                known = self._known = (time.monotonic(), before, await self._counted(before))
            return known[1], known[2]

    async def _counted(self, before: str) -> list[dict[str, Any]]:
        cells: dict[Path, int] = {
            (row["month"], row["agency"], row["procedure"], row["channel"]): row["n"]
            for row in await self._figures.monthly(before)
        }
        found = await asyncio.to_thread(published, cells)
        procedures = await self._names(sorted({row.path[2] for row in found} - {ALL, OTHER}))
        return [
            {
                "month": month,
                "agency": agency,
                "agency_name": "" if agency in (ALL, OTHER) else agency_name(self._board, agency, "vi"),
                "procedure": procedure,
                "procedure_name": procedures.get(procedure, ""),
                "channel": channel,
                "filed": n,
            }
            for (month, agency, procedure, channel), n in found
        ]


def router(data: OpenData) -> APIRouter:
    api = APIRouter()

    @api.get("/open-data/dossiers.json", responses=answers(OpenDataView), openapi_extra=PUBLIC)
    async def as_json() -> Response:
        """Dossiers filed per month, agency, procedure and channel; for anyone. Small cells are put together."""
        before, rows = await data.rows()
        about = {name: {lang: texts(lang).label("open_data_column", name) for lang in LANGUAGES} for name in COLUMNS}
        terms = {lang: texts(lang)("open_data.free") for lang in LANGUAGES}
        body = {"before": before, "smallest": K, "columns": about, "terms": terms, "rows": rows}
        response = json_response(body)
        response.headers.update(_PUBLIC)
        return response

    @api.get("/open-data/dossiers.csv", response_class=Response, responses=sends("text/csv"), openapi_extra=PUBLIC)
    async def as_csv() -> Response:
        """The same as a table: UTF-8 with a byte order mark."""
        _, rows = await data.rows()
        response = sheet([COLUMNS, *([row[name] for name in COLUMNS] for row in rows)], "dossiers.csv")
        response.headers.update(_PUBLIC)
        return response

    @api.get("/open-data/dossiers.xlsx", response_class=Response, responses=sends(XLSX), openapi_extra=PUBLIC)
    async def as_workbook() -> Response:
        """The same for Excel."""
        _, rows = await data.rows()
        response = await workbook([COLUMNS, *([row[name] for name in COLUMNS] for row in rows)], "dossiers.xlsx")
        response.headers.update(_PUBLIC)
        return response

    @api.get("/open-data", response_class=HTMLResponse, include_in_schema=False)
    async def about(request: Request) -> Response:
        lang = language(request.query_params.get("lang"))
        title = texts(lang)("open_data.title")
        before, rows = await data.rows()
        last = max((row["month"] for row in rows), default=None)
        return page("open_data.html", lang, title=title, columns=COLUMNS, k=K, last=last, before=before)

    return api
