"""The audit of what is locked, against advisories of our own making. What it does not cover: docs/operations.md."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
KNOWN = Path(__file__).with_name("advisories.jsonl")


def audit(folder: Path, advisories: Path = KNOWN) -> tuple[int, list[str]]:
    call = [sys.executable, str(ROOT / "deploy/tools/audit.py"), str(advisories), str(folder)]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    return done.returncode, (done.stdout + done.stderr).splitlines()


def tree(folder: Path, python: str, javascript: dict[str, str]) -> Path:
    (folder / "requirements.lock").write_text(f"{python} \\\n    --hash=sha256:00\n")
    packages = {f"node_modules/{name}": {"version": version} for name, version in javascript.items()}
    (folder / "package-lock.json").write_text(json.dumps({"packages": {"": {"name": "ours"}, **packages}}))
    return folder


@pytest.mark.parametrize(
    ("python", "javascript", "found"),
    [
        ("some-library==0.9", {}, []),
        ("some-library==1.0", {}, ["TEST-1"]),
        ("some-library==1.4.0", {}, ["TEST-1"]),
        ("some-library==1.4.1", {}, []),
        ("some-library==1.10 ; sys_platform == 'linux'", {}, []),
        ("some-library==2.0", {}, ["TEST-1"]),
        ("some-library==2.0.post1", {}, []),
        ("other==3.0.post1", {}, ["TEST-2"]),
        ("other==3.0", {}, []),
        ("withdrawn==1", {}, []),
        ("page==1", {}, []),
        ("else==1", {"@some/page": "1.99.0"}, ["TEST-4"]),
        ("else==1", {"x/node_modules/@some/page": "2.0.0-beta.9"}, ["TEST-4"]),
        ("else==1", {"@some/page": "2.0.0-beta.11"}, []),
        ("else==1", {"@some/page": "2.0.0"}, []),
    ],
)
def test_what_is_within_an_advisory_s_range_is_told(
    tmp_path: Path, python: str, javascript: dict[str, str], found: list[str]
) -> None:
    status, said = audit(tree(tmp_path, python, {"htmx.org": "2.0.11", **javascript}))
    assert [line.split(": ", 1)[1].split()[0] for line in said[:-1]] == found
    assert status == int(bool(found))
    assert "the newest of 2026-11-05" in said[-1]


def test_what_is_accepted_is_named_and_counts_again_when_its_time_is_over(tmp_path: Path) -> None:
    folder = tree(tmp_path, "some-library==1.0", {"htmx.org": "2.0.11"})
    listed = folder / "deploy/tools/accepted-advisories.toml"
    listed.parent.mkdir(parents=True)
    listed.write_text('[[accepted]]\nid = "CVE-1"\nreason = "not called"\nuntil = 9999-01-01\n')
    status, said = audit(folder)
    assert (status, said[0]) == (0, "accepted some-library 1.0 (PyPI): TEST-1 A fault of versions 1.0 to 1.4")
    listed.write_text('[[accepted]]\nid = "CVE-1"\nreason = "not called"\nuntil = 2020-01-01\n')
    assert audit(folder)[0] == 1


def test_data_that_cannot_tell_is_not_green(tmp_path: Path) -> None:
    folder = tree(tmp_path, "else==1", {"htmx.org": "2.0.11"})
    python_only = tmp_path / "python.jsonl"
    python_only.write_text("\n".join(line for line in KNOWN.read_text().splitlines() if '"npm"' not in line))
    assert audit(folder, python_only) == (2, [f"audit: cannot tell: {python_only} has no advisory of npm"])
    assert audit(folder, tmp_path / "nowhere.json")[0] == 2
    torn = tmp_path / "torn.json"
    torn.write_text('{"id": ')
    assert audit(folder, torn)[0] == 2


def test_the_repository_s_own_locks_are_read_and_the_data_may_be_packed(tmp_path: Path) -> None:
    pack = tmp_path / "all.zip"
    with zipfile.ZipFile(pack, "w") as zipped:
        for number, line in enumerate(KNOWN.read_text().splitlines()):
            zipped.writestr(f"{number}.json", line)
        (pinned,) = [
            line for line in (ROOT / "requirements.lock").read_text().splitlines() if line.startswith("motor==")
        ]
        planted = {"package": {"ecosystem": "PyPI", "name": "Motor"}, "versions": [pinned.split("==")[1].rstrip("\\ ")]}
        zipped.writestr("planted.json", json.dumps({"id": "TEST-6", "modified": "2026-11-06", "affected": [planted]}))
    status, said = audit(ROOT, pack)
    assert (status, [line.split(": ")[1] for line in said[:-1]]) == (1, ["TEST-6"])
    assert int(said[-1].split()[0]) > 100
