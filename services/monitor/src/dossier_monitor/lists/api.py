"""HTTP of the lists."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from starlette.responses import Response, StreamingResponse

from dossier_monitor.board.scopes import WATCHERS
from dossier_monitor.lists.export import as_csv, as_json, as_workbook
from dossier_monitor.lists.filters import Due, Filter, LateQuery, ListQuery
from dossier_monitor.lists.reader import Reader
from dossier_monitor.lists.schemas import DossierExport, DossierList, LateList
from dossier_monitor.pages.spreadsheets import XLSX
from dossier_shared.http.auth import authenticate
from dossier_shared.http.jsonbody import json_response
from dossier_shared.http.openapi import answers, sends
from dossier_shared.http.tokens import Principal

HOW: Final[tuple[Due, ...]] = ("late", "today", "soon")


def lists_api(reader: Reader) -> APIRouter:
    api = APIRouter()

    @api.get("/api/v1/dossiers", responses=answers(DossierList))
    async def list_dossiers(request: Request, wanted: Annotated[ListQuery, Query()]) -> Response:
        """The dossiers behind a number: `{scope, now, count, items, next}`, by deadline where `due` is given, else the latest
        filing first. `acts`: the work list it waits in, with `url` for who may act there."""
        asked = reader.ask(await authenticate(request, *WATCHERS), wanted)
        found, count = await asyncio.gather(reader.page(asked, wanted), reader.count(asked))
        return json_response(reader.answer(asked, found, count))

    @api.get("/api/v1/late", responses=answers(LateList))
    async def list_late(request: Request, wanted: Annotated[LateQuery, Query()]) -> Response:
        """Unfinished dossiers late, due today or within three days, by deadline; `counts` of each beside them."""
        who = await authenticate(request, *WATCHERS)
        chosen = wanted.listed()
        asked = reader.ask(who, chosen)
        found, counts = await asyncio.gather(reader.page(asked, chosen), pressing(reader, asked.who, wanted))
        count = counts[wanted.how] if wanted.how else sum(counts.values())
        return json_response({**reader.answer(asked, found, count), "counts": counts})

    async def exported(request: Request, chosen: Filter, kind: str) -> Response:
        rows = reader.each(reader.ask(await authenticate(request, *WATCHERS), chosen))
        body = as_csv(rows) if kind == "csv" else as_json(rows)
        media = "text/csv; charset=utf-8" if kind == "csv" else "application/json"
        headers = {"content-disposition": f'attachment; filename="dossiers.{kind}"', "cache-control": "no-store"}
        return StreamingResponse(await begun(body), media_type=media, headers=headers)

    @api.get("/dossiers.csv", response_class=StreamingResponse, responses=sends("text/csv"))
    async def export_csv(request: Request, chosen: Annotated[Filter, Query()]) -> Response:
        """All that the filter finds; Vietnamese headings, no personal data."""
        return await exported(request, chosen, "csv")

    @api.get("/dossiers.xlsx", response_class=Response, responses=sends(XLSX))
    async def export_workbook(request: Request, chosen: Annotated[Filter, Query()]) -> Response:
        """The same for Excel, up to 20,000 dossiers."""
        response = await as_workbook(reader.each(reader.ask(await authenticate(request, *WATCHERS), chosen)))
        response.headers["cache-control"] = "no-store"
        return response

    @api.get("/dossiers.json", responses=answers(DossierExport))
    async def export_json(request: Request, chosen: Annotated[Filter, Query()]) -> Response:
        """All that the filter finds, as `items` of `/api/v1/dossiers`."""
        return await exported(request, chosen, "json")

    return api


async def pressing(reader: Reader, who: Principal, wanted: LateQuery) -> dict[Due, int]:
    asked = [reader.count(reader.ask(who, wanted.listed(how))) for how in HOW]
    return dict(zip(HOW, await asyncio.gather(*asked), strict=True))


async def begun(parts: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The first part is fetched at once: where the database is away, the answer still says so."""
    first = await anext(parts)

    async def whole() -> AsyncIterator[bytes]:
        yield first
        async for part in parts:
            yield part

    return whole()
