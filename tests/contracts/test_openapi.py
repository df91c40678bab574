"""docs/openapi/<service>.json is what the services answer at /openapi.json."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dossier_local import openapi
from dossier_shared.topics import SERVICES

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
                assert "Idempotency-Key" in required, f"{method} {path}"


def test_the_architecture_page_names_every_path() -> None:
    page = _anonymous((ROOT / "docs/architecture.md").read_text("utf-8"))
    paths = [path for service in SERVICES for path in openapi.document(service)["paths"] if path.startswith("/api/")]
    assert [path for path in paths if _anonymous(path) not in page] == []


def _anonymous(text: str) -> str:
    """Whatever its parameters are called."""
    return re.sub(r"\{[^}]+\}", "{}", text)
