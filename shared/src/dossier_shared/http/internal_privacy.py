"""What a service has of a person, for an administrator who answers the person's question about it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from dossier_shared.http.auth import authenticate
from dossier_shared.http.jsonbody import json_response
from dossier_shared.journal.dossier import Dossier
from dossier_shared.problems import NotFound
from dossier_shared.runtime.purging import of_person
from dossier_shared.runtime.service import Runtime

FileId = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]
Person = Annotated[str, Query(pattern=r"^[apdt]-[a-z2-7]{26}$")]


def personal_router(runtime: Runtime) -> APIRouter:
    router = APIRouter(prefix="/internal/privacy", include_in_schema=False)

    @router.get("/dossiers")
    async def dossiers(request: Request, person: Person) -> Response:
        """Each with its state and, of its journal, what was sealed."""
        await authenticate(request, "admin")
        ids = [one["_id"] async for one in runtime.dossiers.table.find(of_person(person), {"_id": 1})]
        found = await runtime.dossiers.load_whole(ids)
        return json_response({"dossiers": [_all_of(found[id_], runtime.rules.source) for id_ in ids if id_ in found]})

    @router.get("/files/{id_}")
    async def file(request: Request, id_: FileId) -> Response:
        await authenticate(request, "admin")
        content = await runtime.files.get(id_)
        if content is None:
            raise NotFound("file-not-found", "Không có tệp này.", "There is no such file.")
        return Response(content, media_type="application/octet-stream")

    return router


def _all_of(dossier: Dossier[Any], source: str) -> dict[str, Any]:
    events = [
        {"seq": event.seq, "type": event.type, "time": event.time, "data": event.data, "sealed": event.open()}
        for event in (dossier.tail(source, 0) if dossier.journal else ())
    ]
    state = {name: value for name, value in dossier.state.items() if not isinstance(value, bytes)}
    return {"id": dossier.id, "state": state, "events": events}
