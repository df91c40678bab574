"""Which agencies run a review or a signing of their own, from when to when, and how far each of them and the common ones are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.responses import HTMLResponse, Response

from dossier_monitor.alarms.offsets import Offsets, Reading
from dossier_monitor.board.board import Board, sees
from dossier_monitor.board.scopes import scope_of
from dossier_monitor.pages.framing import guarded, of_agencies
from dossier_shared.clock import instant
from dossier_shared.contracts.deployments import DEPLOYABLE, DeploymentEntry, called
from dossier_shared.http.auth import authenticate
from dossier_shared.http.jsonbody import json_response
from dossier_shared.http.openapi import answers
from dossier_shared.http.tokens import Principal
from dossier_shared.pages.texts import Lang, texts
from dossier_shared.runtime.service import Runtime

ROLES: Final = ("superior", "admin")


class Served(BaseModel):
    """An agency it serves. `in_force`: what is filed there now is its own."""

    agency: str
    valid_from: str
    valid_until: str | None
    in_force: bool


class Deployed(BaseModel):
    """`name`: empty for the one that serves whom no other does. `lag`: events not taken up yet; `behind`: for how many minutes
    it has had some; `dead_letters`: records ever put aside. Absent where the broker does not answer."""

    service: str
    name: str
    agencies: list[Served]
    lag: int | None
    behind: float | None
    dead_letters: int | None


class DeploymentList(BaseModel):
    items: list[Deployed]


class Overview:
    def __init__(self, runtime: Runtime, board: Board, offsets: Offsets) -> None:
        self.runtime, self.board, self.offsets = runtime, board, offsets

    async def below(self, who: Principal) -> Sequence[Deployed]:
        """The common one of each service first. Of the others those that serve an agency whom the reader watches, with these."""
        scope, wall = scope_of(who, self.board), self.runtime.clock.now()
        reading, now = await self.offsets.lately(wall), instant(wall)
        found = []
        for service in DEPLOYABLE:
            found.append(_row(service, "", [], reading))
            for entry in sorted(self._entries(service), key=lambda entry: entry.name):
                served = [
                    Served(
                        **tenure.model_dump(),
                        in_force=tenure.valid_from <= now and (tenure.valid_until is None or now < tenure.valid_until),
                    )
                    for tenure in entry.agencies
                    if sees(scope, tenure.agency, self.board.above(tenure.agency))
                ]
                if served:
                    found.append(_row(service, entry.name, served, reading))
        return found

    def _entries(self, service: str) -> Iterable[DeploymentEntry]:
        return (entry for entry in self.runtime.registry.entries if entry.service == service)


def _row(service: str, name: str, served: list[Served], reading: Reading | None) -> Deployed:
    who = called(service, name)
    told = reading or Reading({}, {}, {})
    return Deployed(
        service=service, name=name, agencies=served,
        lag=told.lag.get(who), behind=told.behind.get(who), dead_letters=told.dead_letters.get(who),
    )  # fmt: skip


def deployments_router(overview: Overview) -> APIRouter:
    router = APIRouter()

    @router.get("/api/v1/deployments", responses=answers(DeploymentList))
    async def every(request: Request) -> Response:
        """The one that serves everybody else first; those that have ended, too."""
        items = await overview.below(await authenticate(request, *ROLES))
        return json_response({"items": [one.model_dump() for one in items]})

    async def page(request: Request, lang: Lang) -> Response:
        who = await authenticate(request, *ROLES)
        return of_agencies(
            "deployments.html",
            request,
            lang,
            who,
            overview.board,
            scope_of(who, overview.board),
            title=texts(lang)("deployments.title"),
            items=await overview.below(who),
        )

    router.add_api_route("/deployments", guarded(page, ROLES), response_class=HTMLResponse, include_in_schema=False)
    return router
