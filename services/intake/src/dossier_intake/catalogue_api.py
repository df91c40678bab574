"""The catalogue over HTTP: anyone reads it, an administrator publishes an agency's own."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from dossier_intake.catalogue.catalogue import Catalogue
from dossier_intake.catalogue.changes import changes, newly_off
from dossier_intake.policy import POLICY
from dossier_intake.schemas import AgencyList, CatalogueImported, ProcedureList, procedure_view
from dossier_intake.store import Catalogues, Dossiers
from dossier_shared.http.auth import authenticate
from dossier_shared.http.jsonbody import json_response
from dossier_shared.http.known_query import PUBLIC
from dossier_shared.http.openapi import answers, takes

SHOWN_IDS = 500


def catalogue_router(catalogues: Catalogues, dossiers: Dossiers) -> APIRouter:
    api = APIRouter(prefix="/api/v1")
    rendered: dict[tuple[str, str], bytes] = {}

    def answer(part: str) -> Response:
        catalogue = catalogues.current
        key = (part, catalogue.version)
        if key not in rendered:
            rendered.clear()
            rendered[key] = orjson.dumps({"version": catalogue.version, "items": _items(catalogue, part)})
        return Response(rendered[key], media_type="application/json")

    @api.get("/procedures", responses=answers(ProcedureList), openapi_extra=PUBLIC)
    async def procedures() -> Response:
        return answer("procedures")

    @api.get("/agencies", responses=answers(AgencyList), openapi_extra=PUBLIC)
    async def agencies() -> Response:
        return answer("agencies")

    @api.put(
        "/catalogue", responses=answers(CatalogueImported), openapi_extra=takes("application/yaml", "application/json")
    )
    async def publish(
        request: Request,
        dry_run: Annotated[bool, Query(description="Check and compare only.")] = False,
        replace: Annotated[bool, Query(description="Each part given takes the place of the whole part.")] = False,
        ids: Annotated[bool, Query(description="Name the dossiers promised for a day that is now off.")] = False,
    ) -> Response:
        """YAML or JSON, merged by key into the catalogue in force; answers what changes. Dossiers in flight keep their limits."""
        await authenticate(request, *POLICY.roles("publish-catalogue"))
        body = await request.body()
        async with catalogues.changing() as before:
            after = await asyncio.to_thread(partial(Catalogue.parse, body, before, replace=replace))
            found = await asyncio.to_thread(changes, before, after)
            off = await _promised(before, after, ids)
            if not dry_run and (after.version != before.version or before.faults):
                await catalogues.publish(after)
        return json_response(
            {
                "version": after.version,
                "procedures": len(after.procedures),
                "agencies": len(after.agencies),
                "dry_run": dry_run,
                "changes": [change._asdict() for change in found],
                "newly_off": off,
            }
        )

    async def _promised(before: Catalogue, after: Catalogue, ids: bool) -> list[dict[str, Any]]:
        days = await asyncio.to_thread(newly_off, before, after, catalogues.today())
        found = await dossiers.promised_on(days, after.calendar)
        named = {day: {"ids": found[day][:SHOWN_IDS]} if ids else {} for day in found}
        return [{"date": day.isoformat(), "dossiers": len(found[day]), **named[day]} for day in sorted(found)]

    return api


def _items(catalogue: Catalogue, part: str) -> list[dict[str, object]]:
    if part == "agencies":
        return [agency.model_dump(mode="json", exclude={"source"}) for agency in catalogue.agencies.values()]
    return [
        procedure_view(versions[0], catalogue.agencies_of(versions[0])) for versions in catalogue.procedures.values()
    ]
