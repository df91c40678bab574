"""The catalogue over HTTP: anyone reads it, an administrator publishes an agency's own."""

from __future__ import annotations

import asyncio

import orjson
from fastapi import APIRouter, Request
from starlette.responses import Response

from dossier_intake.catalogue import Catalogue
from dossier_intake.schemas import AgencyList, CatalogueCounts, ProcedureList, procedure_view
from dossier_intake.store import Catalogues
from dossier_shared.auth import authenticate
from dossier_shared.jsonbody import json_response
from dossier_shared.openapi import answers, takes


def catalogue_router(catalogues: Catalogues) -> APIRouter:
    api = APIRouter(prefix="/api/v1")
    rendered: dict[tuple[str, str], bytes] = {}

    def answer(part: str) -> Response:
        catalogue = catalogues.current
        key = (part, catalogue.version)
        if key not in rendered:
            rendered.clear()
            rendered[key] = orjson.dumps({"version": catalogue.version, "items": _items(catalogue, part)})
        return Response(rendered[key], media_type="application/json")

    @api.get("/procedures", responses=answers(ProcedureList))
    async def procedures() -> Response:
        return answer("procedures")

    @api.get("/agencies", responses=answers(AgencyList))
    async def agencies() -> Response:
        return answer("agencies")

    @api.put(
        "/catalogue", responses=answers(CatalogueCounts), openapi_extra=takes("application/yaml", "application/json")
    )
    async def publish(request: Request) -> Response:
        """YAML or JSON; entries add to the catalogue in force or replace its own. Dossiers in flight keep theirs."""
        await authenticate(request, "admin")
        body = await request.body()
        catalogue = await asyncio.to_thread(Catalogue.parse, body, catalogues.current)
        await catalogues.publish(catalogue)
        counts = {"procedures": len(catalogue.procedures), "agencies": len(catalogue.agencies)}
        return json_response({"version": catalogue.version, **counts})

    return api


def _items(catalogue: Catalogue, part: str) -> list[dict[str, object]]:
    if part == "agencies":
        return [agency.model_dump(mode="json", exclude={"source"}) for agency in catalogue.agencies.values()]
    return [
        procedure_view(versions[0], catalogue.agencies_of(versions[0])) for versions in catalogue.procedures.values()
    ]
