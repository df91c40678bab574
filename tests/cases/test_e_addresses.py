"""Addresses as links and programs make them: what they got on their way, HEAD, a plus that became a blank."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module

import httpx
import pytest
from fastapi import FastAPI
from tests.component.desks import Desk, TrustingVerifier, officer
from tests.component.intake.conftest import intake as intake
from tests.component.intake.papers import agency_of
from tests.component.review.conftest import review as review
from tests.component.signing_api.conftest import keys as keys
from tests.component.signing_api.conftest import signing as signing

from dossier_monitor.history.view import moment
from dossier_monitor.projection.dossier import micros
from dossier_shared.contracts.topics import SERVICES
from dossier_shared.problems import Invalid

ANYBODY = officer("x", "admin", "counter", "citizen", "leader", "specialist", "superior", "agent", "recount", "auditor")
COUNTER = officer("counter", "counter", agency=agency_of())
CITIZEN = officer("citizen", "citizen", agency=None)
ON_THEIR_WAY = (
    "utm_source=zalo",
    "fbclid=IwAR0",
    "gclid=1",
    "lang=vi",
    "lang=en",
    "_=1732",
    "UTM_Medium=a%20b",
    "x[]=1",
)
PUBLIC = {"/api/v1/procedures", "/api/v1/agencies", "/open-data/dossiers.json"}


def built(service: str) -> FastAPI:
    """Nothing is started or connected to."""
    settings = import_module(f"dossier_{service}.settings").Settings()
    app: FastAPI = import_module(f"dossier_{service}.app").build(settings)
    app.state.verifier = TrustingVerifier()
    return app


def operations(app: FastAPI) -> Iterator[tuple[str, str, set[str]]]:
    """Method, an address, the parameters it knows."""
    for path, methods in app.openapi()["paths"].items():
        for method, operation in methods.items():
            known = {p["name"] for p in operation.get("parameters", []) if p["in"] == "query"}
            yield method.upper(), re.sub(r"\{[^}]+\}", "x", path), known
    if app.state.settings.service != "monitor":
        yield from (("GET", f"/internal/{name}", set()) for name in ("waiting", "republishing"))


@pytest.mark.parametrize("service", SERVICES)
async def test_e1_the_json_api_refuses_what_it_does_not_know(service: str) -> None:
    app, tried = built(service), 0
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
        for method, path, known in operations(app):
            if not path.startswith(("/api/", "/internal/")) and not path.endswith(".json"):
                continue
            needed = {"stage": "appraisal"} if path == "/api/v1/queue" and service == "review" else {}
            needed |= {"q": "abc"} if path == "/api/v1/search" else {}
            needed |= {"procedure": "1.001193"} if path == "/api/v1/me/facts" else {}
            for extra in ON_THEIR_WAY:
                name, value = extra.split("=")
                if name in known:
                    continue
                asked = {**needed, name: value}
                headers = {**ANYBODY, "idempotency-key": "k"} if path not in PUBLIC else {}
                answer = await client.request(method, path, params=asked, headers=headers)
                assert (answer.status_code, answer.json()["code"]) == (422, "unknown-parameter"), (method, path, extra)
                assert "x[]" not in answer.text
                tried += 1
            if path not in PUBLIC:
                nobody = await client.request(method, path, params={**needed, "utm_source": "zalo"})
                assert nobody.status_code == 401, f"{method} {path}: rights come first"
    assert tried >= 7


async def test_e1_pages_ignore_it(intake: Desk, review: Desk, signing: Desk) -> None:
    for desk, path, who in (
        (intake, "/", CITIZEN),
        (intake, "/work", COUNTER),
        (review, "/work", officer("s", "specialist")),
        (signing, "/work", officer("l", "leader")),
    ):
        plain = await desk.page(path, who)
        for extra in ON_THEIR_WAY:
            assert len(await desk.page(f"{path}?{extra}", who)) > len(plain) / 2, extra


def pages_of(service: str) -> list[str]:
    return {"intake": ["/", "/work"], "review": ["/work"], "signing": ["/work"]}[service]


def compared(headers: httpx.Headers) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name not in ("x-request-id", "date")}


async def heads(client: httpx.AsyncClient, path: str, headers: dict[str, str]) -> int:
    got = await client.get(path, headers=headers)
    head = await client.head(path, headers=headers)
    assert head.status_code == got.status_code, path
    assert head.content == b""
    ours, theirs = compared(head.headers), compared(got.headers)
    varies = path == "/metrics" or path.startswith("/health")
    if varies:
        ours.pop("content-length", None)
        theirs.pop("content-length", None)
    assert ours == theirs, path
    return head.status_code


async def test_e2_head_is_answered_wherever_get_is(intake: Desk, review: Desk, signing: Desk) -> None:
    found = 0
    for desk, who in ((intake, ANYBODY), (review, ANYBODY), (signing, ANYBODY)):
        service = desk.runtime.settings.service
        paths = [path for method, path, _ in operations(desk.app) if method == "GET"]
        paths += ["/health/live", "/health/ready", "/metrics", "/openapi.json", *pages_of(service)]
        page = await desk.page(pages_of(service)[0], ANYBODY)
        paths += re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
        for path in paths:
            asked = f"{path}?stage=appraisal" if (service, path) == ("review", "/api/v1/queue") else path
            found += await heads(desk.http, asked, who) == 200
            await heads(desk.http, asked, {**who, "accept-encoding": "identity"})
        head = await desk.http.head("/api/v1/nowhere")
        assert (head.status_code, head.content) == (404, b"")
        assert (await desk.http.head(pages_of(service)[0])).status_code == 401
    assert found >= 25


async def test_e2_head_of_what_only_takes_commands_is_still_refused(intake: Desk) -> None:
    head = await intake.http.head("/api/v1/dossiers:accept", headers=COUNTER)
    assert (head.status_code, head.content) == (405, b"")


NOW = micros("2026-11-28T12:00:00+00:00")


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-28T08:00:00 07:00",
        "2026-11-28T08:00 07:00",
        "2026-11-28 08:00:00.5 0700",
        " 2026-11-28T08:00:00+07:00 ",
    ],
)
def test_e3_a_plus_that_became_a_blank_is_read(text: str) -> None:
    assert abs(moment(text, 0, NOW, "at") - micros("2026-11-28T01:00:00+00:00")) <= 500_000


def test_e3_a_blank_between_day_and_time_stays_one() -> None:
    assert moment("2026-11-28 08:00", 0, NOW, "at") == micros("2026-11-28T01:00:00+00:00")
    for wrong in ("2026-11-28T08:00:00 99:99", "2026-11-28 08 00", "hôm qua 07:00"):
        with pytest.raises(Invalid):
            moment(wrong, 0, NOW, "at")
