"""What a service still has in clear of persons, and its being sealed, batch by batch (`dossier privacy reseal`)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from dossier_shared.adapters.clear_files import ClearFiles
from dossier_shared.contracts import boxes
from dossier_shared.http.auth import authenticate
from dossier_shared.http.jsonbody import json_response, parse
from dossier_shared.runtime.resealing import AT_ONCE, Resealing
from dossier_shared.runtime.service import Runtime
from dossier_shared.runtime.vouching import Statements
from dossier_shared.vocabulary.codes import DossierId

Holder = Annotated[str, Field(pattern=r"^[apdt]-[a-z2-7]{26}(-[0-9]+)?(@[a-z0-9+-]{1,200})?$")]


class ResealRequest(BaseModel):
    """By dossier, whose key is to seal it: as intake has answered."""

    model_config = ConfigDict(extra="forbid")
    holders: dict[DossierId, Holder] = Field(min_length=1, max_length=AT_ONCE)


class FilesRequest(BaseModel):
    """`after`: as the call before has answered."""

    model_config = ConfigDict(extra="forbid")
    after: Annotated[str, Field(pattern=r"^([0-9a-f]{24})?$")] = ""


def resealing_router(runtime: Runtime, *, results: bool = True) -> APIRouter:
    """`results`: the service's files are of dossiers (not papers, which have keys of their own)."""
    router = APIRouter(prefix="/internal/privacy", include_in_schema=False)
    said = Statements(
        runtime.db,
        runtime.rules.source,
        runtime.settings.called,
        runtime.events.vouch,
        runtime.keys.ring,
        runtime.clock,
    )
    runtime.add(prepare=said.ensure_indexes)
    work = Resealing(runtime.dossiers, ClearFiles(runtime.files), runtime.persons.keys, said, results=results)

    @router.get("/clear")
    async def clear(request: Request, after: Annotated[str, Query(max_length=200)] = "") -> Response:
        """One page of dossiers; with the first, what is not of single dossiers. `last`: after which the next page begins."""
        await authenticate(request, "admin")
        page = await work.page(after)
        found = {**page._asdict(), "clear": [one._asdict() for one in page.clear]}
        if not after:
            parked = [
                one
                async for one in runtime.waiting.table.find({}, {"value": 1})
                if boxes.says_in_clear(one.get("value"))
            ]
            found |= {
                "dossiers": await runtime.dossiers.table.estimated_document_count(),
                "files": await work.files.count(),
                "parked": len(parked),
            }
        return json_response(found)

    @router.post("/reseal")
    async def reseal(request: Request) -> Response:
        """What could not be sealed is named, with why; it may be asked for again."""
        await authenticate(request, "admin")
        wanted = parse(ResealRequest, await request.body())
        runtime.ledger.check_open()
        return json_response((await work.seal(wanted.holders))._asdict())

    if results:

        @router.post("/reseal:files")
        async def seal_files(request: Request) -> Response:
            await authenticate(request, "admin")
            wanted = parse(FilesRequest, await request.body())
            return json_response((await work.seal_files(wanted.after))._asdict())

    return router
