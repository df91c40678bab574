"""Which devices a person has, for an administrator who answers the person's question about their data."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from dossier_notify.push.store import Devices
from dossier_shared.http.auth import authenticate
from dossier_shared.http.jsonbody import json_response

Person = Annotated[str, Query(pattern=r"^[apdt]-[a-z2-7]{26}$")]


def devices_of_person_router(devices: Devices) -> APIRouter:
    router = APIRouter(prefix="/internal/privacy", include_in_schema=False)

    @router.get("/devices")
    async def of_person(request: Request, person: Person) -> Response:
        await authenticate(request, "admin")
        return json_response({"devices": await devices.of_person(person)})

    return router
