"""The list of an image's parts: whole, true to the lock, the same when nothing has changed. tests/compose looks into images."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
NAMES = ("monitor", "tools")
REST = [pytest.param(name, marks=pytest.mark.long) for name in ("intake", "review", "signing", "notify")]
TOOL = (sys.executable, str(ROOT / "deploy/images/sbom.py"), "1.2.3")
Bill = dict[str, Any]


def made(folder: Path, name: str, at: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Checked against the schema as it is made."""
    return subprocess.run([*TOOL, name, "--into", str(folder)], cwd=at, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def bill(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Bill]:
    @cache
    def of(name: str) -> Bill:
        folder = tmp_path_factory.mktemp("sbom")
        done = made(folder, name)
        assert (done.returncode, done.stderr) == (0, "")
        told: Bill = json.loads((folder / f"{name}.json").read_text())
        return told

    return of


def pins() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for name, number in re.findall(r"(?m)^([a-z0-9.-]+)==(\S+)", (ROOT / "requirements.lock").read_text()):
        found.setdefault(name, set()).add(number)
    return found


def needed(project: str) -> set[str]:
    wanted = tomllib.loads((ROOT / project / "pyproject.toml").read_text())["project"]["dependencies"]
    return {re.match(r"[a-z0-9.-]+", one.lower())[0] for one in wanted if not one.startswith("dossier-")}  # type: ignore[index]


@pytest.mark.parametrize("name", [*NAMES, *REST])
def test_it_names_what_the_lock_installs_with_hashes_and_licences(bill: Callable[[str], Bill], name: str) -> None:
    told, lock = bill(name), pins()
    assert (told["bomFormat"], told["specVersion"]) == ("CycloneDX", "1.6")
    assert told["metadata"]["component"] | {"bom-ref": ""} == {
        "bom-ref": "", "name": f"dossier/{name}", "type": "container", "version": "1.2.3"
    }  # fmt: skip
    python = {one["name"]: one for one in told["components"] if one.get("purl", "").startswith("pkg:pypi/")}
    for part in python.values():
        assert part["version"] in lock[part["name"]]
        assert part["externalReferences"][0]["hashes"]
    unlicensed = {part["name"] for part in told["components"] if "purl" in part and not part.get("licenses")}
    assert unlicensed <= {"htmx-ext-sse"}, "its package says nothing of a licence"
    project = "deploy/local" if name == "tools" else f"services/{name}"
    assert needed("shared") | needed(project) <= python.keys()
    assert "starlette" in python, "what is needed by what is needed"
    assert "pytest" not in python
    assert ("pillow-heif" in python) == (name == "intake")


def test_pages_libraries_and_fonts_are_named(bill: Callable[[str], Bill]) -> None:
    npm = {
        name: {c["purl"] for c in told["components"] if c.get("purl", "").startswith("pkg:npm/")}
        for name, told in ((name, bill(name)) for name in NAMES)
    }
    assert any(one.startswith("pkg:npm/uplot@") for one in npm["monitor"])
    assert not any("uplot" in one for one in npm["tools"])
    assert all(any("/tinos@" in one for one in found) for found in npm.values())
    assert not any("axe-core" in one for found in npm.values() for one in found)


def test_who_needs_whom_leads_from_the_image_to_every_part(bill: Callable[[str], Bill]) -> None:
    for told in map(bill, NAMES):
        needs = {one["ref"]: one.get("dependsOn", []) for one in told["dependencies"]}
        reached, open_ = set[str](), ["image"]
        while open_:
            ref = open_.pop()
            if ref not in reached:
                reached.add(ref)
                open_ += needs[ref]
        assert reached == {"image", *(one["bom-ref"] for one in told["components"])}


def test_what_has_not_changed_is_the_same_file(bill: Callable[[str], Bill]) -> None:
    again = subprocess.run([*TOOL, "tools"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert json.loads(again.stdout) == bill("tools")


def test_another_version_than_the_lock_s_is_told_not_written(tmp_path: Path) -> None:
    here = tmp_path / "tree"
    for part in ("shared/fonts.txt", "package-lock.json"):
        (here / part).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / part, here / part)
    lock = (ROOT / "requirements.lock").read_text()
    (here / "requirements.lock").write_text(lock.replace(f"motor=={version('motor')}", "motor==99"))
    done = made(tmp_path / "out", "notify", at=here)
    assert done.returncode == 1
    assert "is not the locked 99" in done.stderr
