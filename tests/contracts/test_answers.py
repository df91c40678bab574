"""The check of answers against their document, which all tests lean on, finds what it is for."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from dossier_intake.settings import Settings

from ..answers import WrongAnswer, check, checked  # noqa: TID252


@pytest.fixture(scope="module", autouse=True)
def contracts() -> None:
    """Not over these: they are about it."""


GOOD = {"version": "1", "procedures": 20, "agencies": 11, "dry_run": False, "changes": [], "newly_off": []}

PROBLEM = {
    "type": "about:blank", "title": "Forbidden", "status": 403, "code": "forbidden", "detail": "No.",
    "message": {"vi": "Không.", "en": "No."},
}  # fmt: skip


def answer(
    body: Any, method: str = "PUT", path: str = "/api/v1/catalogue", status: int = 200, media: str = ""
) -> httpx.Response:
    media = media or ("application/json" if status < 400 else "application/problem+json")
    request = httpx.Request(method, f"http://intake{path}")
    return httpx.Response(status, json=body, headers={"content-type": media}, request=request)


def test_what_is_as_described_passes() -> None:
    check("intake", answer(GOOD))
    check("intake", answer({"items": []}, "GET", "/api/v1/dossiers"))
    check("intake", answer(PROBLEM, status=403))


@pytest.mark.parametrize(
    "wrong",
    [
        answer(GOOD | {"more": 1}),
        answer({"version": "1", "procedures": 20}),
        answer(GOOD | {"procedures": "20"}),
        answer(GOOD, status=201),
        answer([GOOD]),
        answer([GOOD], path="/api/v1/nowhere"),
        answer(PROBLEM | {"message": "Không được phép"}, status=403),
        answer({"items": [{"id": "d", "version": 1, "code": "c"}]}, "GET", "/api/v1/dossiers"),
        answer({"items": [{"key": "k", "status": 200, "dossier": {"id": "d"}}]}, "POST", "/api/v1/dossiers:accept"),
    ],
)
def test_what_is_not_is_found(wrong: httpx.Response) -> None:
    with pytest.raises(WrongAnswer):
        check("intake", wrong)


def test_a_colon_in_a_name_is_no_way_out() -> None:
    with pytest.raises(WrongAnswer):
        check("monitor", answer({"more": 1}, "GET", "/api/v1/alarms/late:H19.1"))


def test_a_problem_sent_as_something_else_is_found() -> None:
    with pytest.raises(WrongAnswer):
        check("intake", answer(PROBLEM, status=403, media="application/json"))


async def test_whoever_takes_it_for_not_yet_is_told_at_the_end() -> None:
    async def wrong(_: Request) -> JSONResponse:
        return JSONResponse(GOOD | {"more": 1})

    app = Starlette(routes=[Route("/api/v1/catalogue", wrong, methods=["PUT"])])
    app.state.settings = Settings()
    with pytest.raises(WrongAnswer):
        await _polled(app)


async def _polled(app: Starlette) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://intake.test") as client:
        with checked(), suppress(AssertionError):
            await client.put("/api/v1/catalogue", json={})
