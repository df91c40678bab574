from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest
from asgi_lifespan import LifespanManager
from fastapi import APIRouter, FastAPI
from prometheus_client import REGISTRY
from pydantic import BaseModel, ValidationError
from pydantic_settings import SettingsConfigDict
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from dossier_shared.http.fast_lane import fast_lane
from dossier_shared.http.openapi import reads
from dossier_shared.settings.service import ServiceSettings

from .support import Issuer, command_headers, make_app
from .support import Note as ServiceNote


class IntakeSettings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="INTAKE_")
    service: str = "intake"
    port: int = 8001
    database: str = "dossier_intake"


def test_settings_come_from_the_environment_by_their_documented_names(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("MONGODB_URL", "KAFKA_BOOTSTRAP_SERVERS", "OIDC_ISSUER", "DEVELOPMENT", "CRASH_AT", "SECRETS_DIR"):
        monkeypatch.delenv(name, raising=False)
    assert IntakeSettings().port == 8001
    assert not IntakeSettings().development
    for name, value in {
        "INTAKE_PORT": "9001",
        "INTAKE_INSTANCE": "2",
        "PORT": "1",
        "INTAKE_MONGODB_URL": "mongodb://ignored",
        "MONGODB_URL": "mongodb://user:secret@db",
        "KAFKA_BOOTSTRAP_SERVERS": "broker:9092",
        "DEVELOPMENT": "true",
        "CRASH_AT": "after-write:3",
    }.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "OIDC_ISSUER").write_text("https://id.example\n")
    (tmp_path / "MONGODB_URL").write_text("mongodb://overruled")
    monkeypatch.setenv("SECRETS_DIR", str(tmp_path))
    found = IntakeSettings()
    assert (found.port, found.member_id, found.crash_at) == (9001, "intake-2", "after-write:3")
    assert found.mongodb_url == "mongodb://user:secret@db"
    assert "secret" not in repr(found)
    assert found.kafka_bootstrap_servers == "broker:9092"
    assert found.oidc_issuer == "https://id.example"


def test_crash_points_are_for_development_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRASH_AT", "after-write")
    monkeypatch.setenv("DEVELOPMENT", "false")
    with pytest.raises((ValueError, ValidationError), match="DEVELOPMENT"):
        IntakeSettings()


async def test_readiness_says_what_is_missing(issuer: Issuer) -> None:
    checks: dict[str, bool | str] = {"database": True, "broker": "no leader"}
    failing = False

    async def readiness() -> dict[str, bool | str]:
        if failing:
            raise ConnectionError
        return checks

    app = make_app(issuer.verifier(), readiness=readiness)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
        assert (await client.get("/health/live")).json() == {"live": True, "service": "intake", "instance": "1"}
        answer = await client.get("/health/ready")
        assert answer.status_code == 503
        assert answer.json()["checks"] == checks
        assert not answer.json()["ready"]
        checks["broker"] = True
        assert (await client.get("/health/ready")).status_code == 200
        failing = True
        answer = await client.get("/health/ready")
        assert answer.status_code == 503
        assert answer.json()["checks"] == {"readiness": "ConnectionError"}


async def test_readiness_that_hangs_is_not_ready(issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dossier_shared.telemetry.vitals.READINESS_SECONDS", 0.02)

    async def readiness() -> dict[str, bool | str]:
        await asyncio.sleep(5)
        return {}

    app = make_app(issuer.verifier(), readiness=readiness)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
        assert (await client.get("/health/ready")).json()["checks"] == {"readiness": "TimeoutError"}


def requests_counted(route: str, status: str = "201") -> float:
    labels = {"method": "POST", "route": route, "status": status}
    return REGISTRY.get_sample_value("dossier_http_request_seconds_count", labels) or 0.0


async def test_metrics_name_the_route_never_the_id(app: FastAPI, client: httpx.AsyncClient) -> None:
    inner = APIRouter(prefix="/inner")

    @inner.post("/things/{ident}/do", status_code=201)
    async def do(ident: str) -> dict[str, str]:
        return {"ident": ident}

    outer = APIRouter(prefix="/outer")
    outer.include_router(inner)
    app.include_router(outer)
    await client.post("/outer/inner/things/things/do")
    await client.post("/outer/inner/things/b/do")
    before = requests_counted("/fast")
    await client.post("/fast", json={"text": "a"}, headers=command_headers())
    await client.post("/nowhere/001099012345")
    assert requests_counted("/outer/inner/things/{ident}/do") == 2
    assert requests_counted("/fast") == before + 1
    assert requests_counted("unmatched", "404") >= 1
    text = (await client.get("/metrics")).text
    assert "process_resident_memory_bytes" in text
    assert "001099012345" not in text


async def test_openapi_says_what_the_defaults_do(client: httpx.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()
    note = document["paths"]["/api/v1/notes"]["post"]
    assert note["requestBody"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Note"}
    assert document["components"]["schemas"]["Note"]["required"] == ["text"]
    assert {"Idempotency-Key", "If-Match"} <= {parameter["name"] for parameter in note["parameters"]}
    assert list(note["responses"]["default"]["content"]) == ["application/problem+json"]
    assert note["security"] == [{"bearer": []}, {"browser": []}, {"session": []}]
    assert "HTTPValidationError" not in document["components"]["schemas"]
    assert "/health/live" not in document["paths"]


async def test_pages_carry_a_strict_policy_and_answers_are_not_stored(app: FastAPI, client: httpx.AsyncClient) -> None:
    @app.get("/page")
    async def page() -> Response:
        return HTMLResponse("<p>", headers={"cache-control": "private"})

    answer = await client.get("/page")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["cache-control"] == "private"
    assert answer.headers["x-content-type-options"] == "nosniff"
    plain = await client.get("/health/live")
    assert plain.headers["cache-control"] == "no-store"
    assert "content-security-policy" not in plain.headers


async def test_the_lifespan_warms_the_keys_and_survives_an_absent_issuer() -> None:
    for down in (False, True):
        issuer = Issuer(down=down)
        app = make_app(issuer.verifier())
        async with LifespanManager(app):
            await asyncio.sleep(0.02)
        assert issuer.calls == (1 if down else 2)


def test_a_lane_takes_no_parameters(app: FastAPI) -> None:
    async def endpoint(_: Request) -> Response:
        return Response()

    with pytest.raises(ValueError, match="no path parameters"):
        fast_lane(app, "POST", "/things/{ident}", endpoint)


async def test_two_services_may_each_have_a_model_of_one_name(client: httpx.AsyncClient) -> None:
    class Note(BaseModel):
        other: int

    assert reads(Note) != reads(ServiceNote)
    document = (await client.get("/openapi.json")).json()
    assert "other" not in document["components"]["schemas"]["Note"]["properties"]
