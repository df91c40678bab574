"""The HTTP interfaces of the last release are still there: docs/openapi compared by oasdiff, which `make compatibility` builds.

A change that is meant to break is a line in deploy/compatibility/openapi-breaking.txt, as oasdiff words it.
Cannot see: answers the documents do not describe (test_rolling.py compares the shapes of some), and what a call does.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dossier_local.openapi import FOLDER
from dossier_shared.topics import SERVICES

from . import baseline

OASDIFF = baseline.ROOT / "build/tools/oasdiff"
ALLOWED = baseline.ROOT / "deploy/compatibility/openapi-breaking.txt"
Compare = Callable[[Any, Any], subprocess.CompletedProcess[str]]


@pytest.fixture
def compare(tmp_path: Path) -> Compare:
    if not OASDIFF.exists():
        reason = "oasdiff is not built: run `make compatibility`"
        if os.environ.get("CI") or os.environ.get("DOSSIER_REQUIRE_SYSTEM") == "1":
            pytest.fail(reason)
        pytest.skip(reason)

    def run(old: Any, new: Any) -> subprocess.CompletedProcess[str]:
        for name, document in (("old", old), ("new", new)):
            (tmp_path / f"{name}.json").write_text(json.dumps(document), "utf-8")
        command = [str(OASDIFF), "breaking", "old.json", "new.json", "--fail-on", "WARN", "--format", "singleline"]
        allowed = ["--err-ignore", str(ALLOWED), "--warn-ignore", str(ALLOWED), "--color", "never"]
        return subprocess.run([*command, *allowed], cwd=tmp_path, capture_output=True, text=True, check=False)

    return run


def today(service: str) -> Any:
    return json.loads((baseline.ROOT / FOLDER / f"{service}.json").read_text("utf-8"))


@pytest.mark.parametrize("service", SERVICES)
def test_nothing_breaks_a_client_of_the_last_release(compare: Compare, service: str) -> None:
    done = compare(baseline.document(f"{FOLDER}/{service}.json"), today(service))
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


def test_a_new_path_and_an_optional_field_break_nobody(compare: Compare) -> None:
    old, new = today("intake"), today("intake")
    new["paths"]["/api/v2/queue"] = new["paths"]["/api/v1/queue"]
    new["components"]["schemas"]["Refuse"]["properties"]["code"] = {"type": "string"}
    done = compare(old, new)
    assert done.returncode == 0, done.stdout + done.stderr
