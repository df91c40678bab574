"""docs/openapi/<service>.json is what the services answer at /openapi.json, docs/reference/http.md the same as tables."""

from __future__ import annotations

from pathlib import Path

import pytest

from dossier_local import http_reference, openapi, verb_tables
from dossier_shared.contracts.topics import SERVICES

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("service", SERVICES)
def test_what_is_committed_is_what_is_generated(service: str) -> None:
    committed = (ROOT / openapi.FOLDER / f"{service}.json").read_text("utf-8")
    assert committed == openapi.text_of(service), "run `make contracts`"


@pytest.mark.parametrize("service", SERVICES)
def test_every_unsafe_call_demands_an_idempotency_key(service: str) -> None:
    for path, operations in openapi.document(service)["paths"].items():
        for method, operation in operations.items():
            if method in ("post", "put", "patch", "delete") and path.startswith("/api/"):
                required = {p["name"] for p in operation.get("parameters", []) if p.get("required")}
                repeatable = f"{method} {path}" in ("post /api/v1/documents", "put /api/v1/catalogue")
                assert ("Idempotency-Key" in required) != repeatable, f"{method} {path}"
                assert "requestBody" in operation or path.endswith(("/sign", "/recounts", "/end")), f"{method} {path}"


@pytest.mark.parametrize("service", SERVICES)
def test_every_answer_is_described(service: str) -> None:
    bare = [
        f"{method} {path} {status} {media}"
        for path, operations in openapi.document(service)["paths"].items()
        for method, operation in operations.items()
        for status, answer in operation["responses"].items()
        for media, content in (answer.get("content") or {"nothing": {}}).items()
        if not content.get("schema") or (media == "application/json" and "$ref" not in content["schema"])
    ]
    assert bare == []


def test_the_reference_of_calls_is_what_is_generated() -> None:
    assert (ROOT / http_reference.PAGE).read_text("utf-8") == http_reference.reference(), "run `make contracts`"


@pytest.mark.parametrize("service", verb_tables.TABLES)
def test_a_service_s_readme_has_the_verbs_of_its_code(service: str) -> None:
    text = (ROOT / f"services/{service}/README.md").read_text("utf-8")
    assert verb_tables.filled(text, service) == text, "run `make contracts`"


@pytest.mark.parametrize("service", SERVICES)
def test_the_reference_says_what_every_call_is_for(service: str) -> None:
    told = http_reference.calls(openapi.document(service))
    assert [call for call in told if not http_reference.purpose(service, call, told)] == []
    assert set(http_reference.PURPOSES[service]) <= set(told), "purposes of calls that are gone"


def test_the_reference_says_who_may() -> None:
    roles = http_reference.roles_of(openapi.app_of("review"))
    assert roles["POST /api/v1/dossiers/{dossier_id}/approve"] == {"leader"}
    assert roles["GET /api/v1/queue"] == {"specialist", "leader"}
    assert http_reference.roles_of(openapi.app_of("notify")) == {
        "GET /api/v1/dossiers/{dossier_id}": set(),
        "GET /api/v1/counts": {"counter"},
        "POST /api/v1/dossiers/{dossier_id}/hand-over": {"counter"},
        "GET /api/v1/me/devices": {"citizen", "agent"},
        "POST /api/v1/me/devices": {"citizen", "agent"},
        "POST /api/v1/me/devices/{device_id}/end": {"citizen", "agent"},
    }
    assert http_reference.roles_of(openapi.app_of("intake"))["GET /api/v1/procedures"] is None
