"""docs/openapi/<service>.json is what the services answer at /openapi.json."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dossier_local import openapi
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
                assert "requestBody" in operation or path.endswith(("/sign", "/recounts")), f"{method} {path}"


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


def test_the_architecture_page_names_every_path() -> None:
    page = _anonymous((ROOT / "docs/architecture.md").read_text("utf-8"))
    paths = [path for service in SERVICES for path in openapi.document(service)["paths"] if path.startswith("/api/")]
    assert [path for path in paths if _anonymous(path) not in page] == []


def _anonymous(text: str) -> str:
    """Whatever its parameters are called."""
    return re.sub(r"\{[^}]+\}", "{}", text)
