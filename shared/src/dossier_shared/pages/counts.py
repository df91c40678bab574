"""How much waits at a service's desk for whoever asks: what the home page shows of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import NamedTuple

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from dossier_shared.http.auth import authenticate
from dossier_shared.http.jsonbody import json_response
from dossier_shared.http.openapi import answers
from dossier_shared.http.problems import problem_response
from dossier_shared.http.request_context import origin_of
from dossier_shared.http.root import own_url
from dossier_shared.http.tokens import Principal
from dossier_shared.pages.texts import LANGUAGES, Texts, texts
from dossier_shared.problems import Unauthorised


class Count(NamedTuple):
    """One number of a desk. `path`: the page of the service that lists them; `urgent`: shown so where it is not 0."""

    name: str
    titled: Callable[[Texts], str]
    n: int
    path: str
    urgent: bool


class Counts(NamedTuple):
    """What a service says of its desk: whose it is, and how much waits for whoever asks."""

    roles: tuple[str, ...]
    of: Callable[[Principal], Awaitable[Sequence[Count]]]


class Label(BaseModel):
    vi: str
    en: str


class CountView(BaseModel):
    """`page`: where they are listed, an address of this service."""

    name: str
    label: Label
    n: int
    page: str
    urgent: bool


class CountsView(BaseModel):
    items: list[CountView]


def counts_router(counts: Counts, neighbours: Mapping[str, str]) -> APIRouter:
    router = APIRouter(prefix="/api/v1")
    friends = {origin_of(address) for address in neighbours.values()}

    @router.get("/counts", responses=answers(CountsView))
    async def count(request: Request) -> Response:
        """How much waits for whoever asks, for the home page. A home of another service of ours may read it too."""
        try:
            who = await authenticate(request, *counts.roles)
        except Unauthorised as ended:  # which a home of another origin must be able to read, too
            response = problem_response(ended, request.scope.get("request_id"))
        else:
            response = json_response({"items": [_view(one) for one in await counts.of(who)]})
        response.headers["vary"] = "origin"
        if (origin := request.headers.get("origin", "")) in friends:
            response.headers.update({"access-control-allow-origin": origin, "access-control-allow-credentials": "true"})
        return response

    return router


def _view(one: Count) -> dict[str, object]:
    label = {lang: one.titled(texts(lang)) for lang in LANGUAGES}
    return {"name": one.name, "label": label, "n": one.n, "page": own_url(one.path), "urgent": one.urgent}
