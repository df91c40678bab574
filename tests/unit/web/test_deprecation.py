from __future__ import annotations

from datetime import date

import httpx
import pytest
from fastapi import APIRouter, FastAPI
from starlette.responses import Response

from dossier_shared.http.deprecation import deprecated
from dossier_shared.http.jsonbody import json_response
from dossier_shared.http.openapi import reads
from dossier_shared.problems import NotFound

from .support import Note

GOES = deprecated(date(2027, 1, 1), date(2027, 7, 1), "/api/v2/things", reads(Note))
SAID = {
    "deprecation": "@1798761600",
    "sunset": "Thu, 01 Jul 2027 00:00:00 GMT",
    "link": '</api/v2/things>; rel="successor-version"',
}


@pytest.fixture(autouse=True)
def routes(app: FastAPI) -> None:
    nested = APIRouter(prefix="/api/v1")

    @nested.get("/things/{thing}", **GOES)
    async def old(thing: str) -> Response:
        if thing == "none":
            raise NotFound()
        return json_response({"thing": thing})

    @nested.get("/others")
    async def new() -> Response:
        return json_response({})

    app.include_router(nested)


@pytest.mark.parametrize(("thing", "status"), [("one", 200), ("none", 404)])
async def test_every_answer_of_a_route_that_will_go_says_so(client: httpx.AsyncClient, thing: str, status: int) -> None:
    answer = await client.get(f"/api/v1/things/{thing}")
    assert answer.status_code == status
    assert {name: answer.headers.get(name) for name in SAID} == SAID


async def test_no_other_answer_does(client: httpx.AsyncClient) -> None:
    for path in ("/api/v1/others", "/nowhere", "/health/live"):
        assert SAID.keys().isdisjoint((await client.get(path)).headers.keys())


async def test_the_document_says_it_too(client: httpx.AsyncClient) -> None:
    operation = (await client.get("/openapi.json")).json()["paths"]["/api/v1/things/{thing}"]["get"]
    assert (operation["deprecated"], operation["x-sunset"]) == (True, "2027-07-01")
    assert "requestBody" in operation


def test_nobody_is_given_less_than_the_notice() -> None:
    with pytest.raises(ValueError, match="180 days"):
        deprecated(date(2027, 1, 1), date(2027, 6, 1), "/api/v2/things")
