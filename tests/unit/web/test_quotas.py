"""What one account or address may ask for, and what it is told beyond."""

from __future__ import annotations

import httpx
import pytest
from fastapi import FastAPI, Request
from starlette.responses import Response

from dossier_shared.http.auth import authenticate
from dossier_shared.http.fast_lane import fast_lane
from dossier_shared.http.jsonbody import json_response
from dossier_shared.http.quotas import TABLE, Guard, Rate
from dossier_shared.problems import Problem
from dossier_shared.settings.quotas import DEFAULTS

from .support import OTHER_RSA, Issuer, bearer, make_app, problem

FEW = dict.fromkeys(DEFAULTS, "2/minute") | {"streams": "2"}
SIGNED_IN = {
    "search": ("GET", "/api/v1/search"),
    "uploads": ("POST", "/api/v1/uploads"),
    "exports": ("GET", "/dossiers.csv"),
}


@pytest.fixture
def app(issuer: Issuer) -> FastAPI:
    made = make_app(issuer.verifier(), quotas=FEW, proxies="127.0.0.0/8")

    async def asked(request: Request) -> Response:
        await authenticate(request, "counter")
        await authenticate(request)  # a page and what it shows
        return json_response({})

    async def anybody(request: Request) -> Response:
        return json_response({})

    for method, path in (*SIGNED_IN.values(), ("GET", "/api/v1/free")):
        made.add_api_route(path, asked, methods=[method])
    made.add_api_route("/track", anybody)
    fast_lane(made, "POST", "/api/v1/documents", asked)
    return made


@pytest.mark.parametrize("name", SIGNED_IN)
async def test_an_account_is_told_when_to_come_back_and_others_go_on(client: httpx.AsyncClient, name: str) -> None:
    method, path = SIGNED_IN[name]
    for _ in range(2):
        assert (await client.request(method, path, headers=bearer())).status_code == 200
    answer = await client.request(method, path, headers=bearer())
    said = problem(answer, 429, "too-many-requests")
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert answer.headers["retry-after"] in said["message"]["en"]
    assert TABLE[name].vi in said["message"]["vi"]
    assert (await client.request(method, path, headers=bearer(sub="officer-2"))).status_code == 200
    assert (await client.get("/api/v1/free", headers=bearer())).status_code == 200


async def test_rights_come_first_and_a_refused_request_costs_nothing(client: httpx.AsyncClient) -> None:
    for _ in range(5):
        problem(await client.get("/api/v1/search", headers=bearer(roles=["citizen"])), 403, "forbidden")
    assert (await client.get("/api/v1/search", headers=bearer())).status_code == 200


async def test_what_goes_by_the_fast_lane_is_not_counted(client: httpx.AsyncClient) -> None:
    for _ in range(5):
        assert (await client.post("/api/v1/documents", headers=bearer())).status_code == 200


async def test_who_does_not_sign_in_is_counted_by_address(client: httpx.AsyncClient) -> None:
    for _ in range(2):
        assert (await client.get("/track", headers={"x-forwarded-for": "10.1.1.1"})).status_code == 200
    problem(await client.get("/track", headers={"x-forwarded-for": "8.8.8.8, 10.1.1.1"}), 429, "too-many-requests")
    assert (await client.get("/track", headers={"x-forwarded-for": "10.1.1.2"})).status_code == 200


async def test_bad_tokens_are_counted_and_the_good_ones_beside_them_go_on(client: httpx.AsyncClient) -> None:
    for _ in range(2):
        problem(await client.get("/api/v1/free", headers=bearer(key=OTHER_RSA)), 401, "token-invalid")
    problem(await client.get("/api/v1/free", headers=bearer(key=OTHER_RSA)), 429, "too-many-requests")
    problem(await client.get("/api/v1/free"), 401, "token-missing")
    assert (await client.get("/api/v1/free", headers=bearer())).status_code == 200


async def test_so_many_streams_are_open_at_once(app: FastAPI, client: httpx.AsyncClient) -> None:
    beside: list[int] = []

    @app.get("/api/v1/board/stream")
    async def stream(request: Request, deep: int) -> Response:
        await authenticate(request)
        if deep:
            answer = await client.get(f"/api/v1/board/stream?deep={deep - 1}", headers=bearer())
            beside.append(answer.status_code)
        return json_response({})

    for _ in range(2):  # what was open is closed
        assert (await client.get("/api/v1/board/stream?deep=1", headers=bearer())).status_code == 200
    assert beside == [200, 200]
    assert (await client.get("/api/v1/board/stream?deep=2", headers=bearer())).status_code == 200
    assert beside[2:] == [429, 200]


def test_a_span_counts_the_one_before_by_its_share() -> None:
    now = 600.0
    rate = Rate("4/minute", lambda: now)
    assert [bool(rate.hit("a")) for _ in range(5)] == [False] * 4 + [True]
    now += 60 + 30  # half of it is still in sight
    assert [bool(rate.hit("a")) for _ in range(3)] == [False, False, True]
    now += 120
    assert not rate.hit("a")


def test_addresses_without_end_share_a_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dossier_shared.http.quotas._MOST", 3)
    guard = Guard(FEW)
    for n in range(5):
        guard.count("tracking", f"address {n}")
    with pytest.raises(Problem, match="too-many-requests"):
        guard.count("tracking", "one more")
    guard.count("tracking", "address 0")
