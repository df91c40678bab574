"""The HTTP interfaces of the last release are still there: docs/openapi compared by oasdiff, which `make compatibility` builds.

A change that is meant to break is a line in deploy/compatibility/openapi-breaking.txt, as oasdiff words it.
Cannot see: answers the baseline did not describe (test_rolling.py compares the shapes of some), and what a call does.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.missing import missing

from dossier_local.openapi import FOLDER
from dossier_shared.contracts.topics import SERVICES
from dossier_shared.http.deprecation import NOTICE

from . import baseline

OASDIFF = baseline.ROOT / "build/tools/oasdiff"
ALLOWED = baseline.ROOT / "deploy/compatibility/openapi-breaking.txt"
Compare = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def compare(tmp_path: Path) -> Compare:
    if not OASDIFF.exists():
        missing("oasdiff", "tools")

    def run(old: Any, new: Any, allowed: Path = ALLOWED) -> subprocess.CompletedProcess[str]:
        for name, document in (("old", old), ("new", new)):
            (tmp_path / f"{name}.json").write_text(json.dumps(document), "utf-8")
        command = [
            str(OASDIFF), "breaking", "old.json", "new.json", "--fail-on", "WARN", "--format", "singleline", "--color", "never",
            "--deprecation-days-stable", str(NOTICE.days), "--err-ignore", str(allowed), "--warn-ignore", str(allowed),
        ]  # fmt: skip
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    return run


def today(service: str) -> Any:
    return json.loads((baseline.ROOT / FOLDER / f"{service}.json").read_text("utf-8"))


def yesterday(service: str) -> Any:
    """Without what it said by mistake of answers: that each is a string. Goes when the baseline moves beyond the mistake."""
    document, mistakes = baseline.document(f"{FOLDER}/{service}.json"), 0
    for operations in document["paths"].values():
        for operation in operations.values():
            for answer in operation["responses"].values():
                schema = answer.get("content", {}).get("application/json", {}).get("schema", {})
                if schema.get("type") == "string":
                    mistakes += 1
                    del schema["type"]
                    if not schema:
                        del answer["content"]
    assert mistakes, "the baseline makes this mistake no more: this function can go"
    return document


@pytest.mark.parametrize("service", SERVICES)
def test_nothing_breaks_a_client_of_the_last_release(compare: Compare, service: str) -> None:
    done = compare(yesterday(service), today(service))
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_path_that_is_gone_and_a_field_that_is_demanded_are_found(compare: Compare) -> None:
    old, new = today("intake"), today("intake")
    del new["paths"]["/api/v1/queue"]
    new["components"]["schemas"]["Refuse"]["required"].append("code")
    new["components"]["schemas"]["Refuse"]["properties"]["code"] = {"type": "string"}
    done = compare(old, new)
    assert done.returncode == 1
    assert "api-path-removed-without-deprecation" in done.stdout
    assert "new-required-request-property" in done.stdout


def test_a_field_missing_from_an_answer_is_found(compare: Compare) -> None:
    old, new = today("intake"), today("intake")
    new["components"]["schemas"]["DossierView"]["required"].remove("status")
    del new["components"]["schemas"]["DossierView"]["properties"]["status"]
    done = compare(old, new)
    assert done.returncode == 1
    assert "response-required-property-removed" in done.stdout


def test_what_is_meant_to_break_can_be_said(compare: Compare, tmp_path: Path) -> None:
    old, new = today("intake"), today("intake")
    del new["paths"]["/api/v1/queue"]
    allowed = tmp_path / "allowed.txt"
    allowed.write_text(ALLOWED.read_text("utf-8") + "GET /api/v1/queue api path removed without deprecation\n", "utf-8")
    assert compare(old, new).returncode == 1
    assert compare(old, new, allowed).returncode == 0


def test_a_new_path_and_an_optional_field_break_nobody(compare: Compare) -> None:
    old, new = today("intake"), today("intake")
    new["paths"]["/api/v2/queue"] = new["paths"]["/api/v1/queue"]
    new["components"]["schemas"]["Refuse"]["properties"]["code"] = {"type": "string"}
    done = compare(old, new)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_path_may_go_once_its_notice_is_over_and_not_before(compare: Compare) -> None:
    """As `dossier_shared.http.deprecation.deprecated` writes it."""
    old, announced, gone = today("intake"), today("intake"), today("intake")
    announced["paths"]["/api/v1/queue"]["get"] |= {"deprecated": True, "x-sunset": "2999-01-01"}
    del gone["paths"]["/api/v1/queue"]
    assert compare(old, announced).returncode == 0
    assert "before" in compare(announced, gone).stdout
    announced["paths"]["/api/v1/queue"]["get"]["x-sunset"] = "2020-01-01"
    assert compare(announced, gone).returncode == 0
    hurried = today("intake")
    hurried["paths"]["/api/v1/queue"]["get"] |= {
        "deprecated": True,
        "x-sunset": str((datetime.now(UTC) + timedelta(days=9)).date()),
    }
    assert compare(old, hurried).returncode == 1
