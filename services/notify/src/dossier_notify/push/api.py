"""A person's own devices over HTTP: which are told, one more, one less."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from dossier_notify.policy import POLICY
from dossier_notify.push.devices import DeviceList, DeviceView, Listed, NewDevice, missing, off
from dossier_notify.push.services import PushServices
from dossier_notify.push.store import Devices
from dossier_shared.clock import instant
from dossier_shared.http.auth import authenticate
from dossier_shared.http.idempotency import command
from dossier_shared.http.jsonbody import json_response, parse
from dossier_shared.http.openapi import answers, reads

ROLES: Final = POLICY.roles("notices")


def devices_router(devices: Devices, services: PushServices, public: str | None) -> APIRouter:
    """`public`: our VAPID key, by which browsers subscribe; None: notices are off."""
    api = APIRouter(prefix="/api/v1")

    @api.get("/me/devices", responses=answers(DeviceList))
    async def own(request: Request) -> Response:
        """Where notices are on, the latest first."""
        who = await authenticate(request, *ROLES)
        return json_response({"devices": [view_of(one).model_dump() for one in await devices.of(who)]})

    @api.post("/me/devices", status_code=201, openapi_extra=reads(NewDevice), responses=answers(DeviceView, 201))
    async def subscribe(request: Request) -> Response:
        """A browser's push subscription becomes a device of whoever is signed in there. The same again is the same device; what
        another account had allowed in this browser is theirs no more."""
        context = await command(request, *ROLES)
        if public is None:
            raise off()
        device = parse(NewDevice, context.body)
        services.allow(device.endpoint)
        listed = await devices.add(context.principal, device, public, request.headers.get("user-agent", ""))
        return json_response(view_of(listed).model_dump(), 201)

    @api.post("/me/devices/{device_id}/end", responses=answers(DeviceView))
    async def end(request: Request, device_id: str) -> Response:
        """Nothing more is sent there."""
        context = await command(request, *ROLES)
        ended = await devices.end(context.principal, device_id)
        if ended is None:
            raise missing()
        return json_response(view_of(ended).model_dump())

    return api


def view_of(one: Listed) -> DeviceView:
    return DeviceView(
        id=one.id, name=one.name, since=instant(one.since), last=instant(one.last) if one.last is not None else None
    )
