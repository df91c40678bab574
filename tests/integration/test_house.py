"""The house itself: the lock, the Makefile and the README agree with each other and with the rules."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import typer
from tests.missing import left_out

from dossier_local.cli import app

ROOT = Path(__file__).parents[2]
PROJECTS = [ROOT / "pyproject.toml", *ROOT.glob("*/pyproject.toml"), *ROOT.glob("*/*/pyproject.toml")]
REGISTRIES = [
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("maven", "org"),
        ("maven", "apache", "org"),
        ("npmjs", "org"),
    )
]


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode()
    return [path for name in listed.split("\0") if name and (path := ROOT / name).is_file()]


def lock() -> dict[str, int]:
    """Package → number of hashes."""
    entries = re.split(r"\n(?=\S)", (ROOT / "requirements.lock").read_text())
    return {re.split(r"[=\[ ]", entry, maxsplit=1)[0]: entry.count("--hash=sha256:") for entry in entries}


def declared() -> set[str]:
    names = set()
    for path in PROJECTS:
        project = tomllib.loads(path.read_text())
        wanted = [*project["project"]["dependencies"], *project.get("dependency-groups", {}).get("dev", [])]
        names |= {
            re.split(r"[^A-Za-z0-9._-]", name, maxsplit=1)[0].lower().replace("_", "-").replace(".", "-")
            for name in wanted
        }
    return {name for name in names if not name.startswith("dossier-")}


def test_the_lock_has_every_declared_package_with_hashes() -> None:
    locked = lock()
    assert declared() <= locked.keys(), "run `make lock`"
    assert [name for name, hashes in locked.items() if not hashes] == []


def test_no_file_names_a_registry_or_a_folder_of_somebodys_machine() -> None:
    found = []
    for path in tracked():
        text = path.read_bytes().decode(errors="ignore")
        found += [f"{path.relative_to(ROOT)}: {host}" for host in REGISTRIES if host in text]
        found += [f"{path.relative_to(ROOT)}: {ROOT}" for _ in range(str(ROOT) + "/" in text)]
    assert found == []


def test_no_python_file_is_longer_than_400_lines() -> None:
    lengths = {str(p.relative_to(ROOT)): p.read_bytes().count(b"\n") for p in tracked() if p.suffix == ".py"}
    assert {name: lines for name, lines in lengths.items() if lines > 400} == {}


def test_every_target_is_explained_and_the_documents_name_only_real_ones() -> None:
    makefile = (ROOT / "Makefile").read_text()
    [phony] = re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    explained = set(re.findall(r"^([a-z-]+):.*## ", makefile, re.MULTILINE))
    assert explained == set(phony.split())
    for document in ("README.md", "CONTRIBUTING.md", ".ci/run"):
        named = set(re.findall(r"(?:^|`|step )make ([a-z-]+)", (ROOT / document).read_text(), re.MULTILINE))
        assert named
        assert named <= explained, document


def command_paths(group: typer.Typer) -> set[str]:
    own = {c.name or c.callback.__name__ for c in group.registered_commands if c.callback}
    nested = {
        f"{sub.name} {name}"
        for sub in group.registered_groups
        if sub.typer_instance
        for name in command_paths(sub.typer_instance)
    }
    return own | nested


def test_the_readme_names_only_real_commands() -> None:
    named = re.findall(r"\.venv/bin/dossier ([a-z-]+(?: [a-z]+)?)", (ROOT / "README.md").read_text())
    assert named
    real = command_paths(app)
    assert [name for name in named if name not in real and name.split()[0] not in real] == []


@pytest.mark.parametrize("project", [p for p in PROJECTS if p.parent != ROOT], ids=lambda p: p.parent.name)
def test_every_member_is_installed_by_make_and_checked_by_mypy_and_import_linter(project: Path) -> None:
    root = tomllib.loads((ROOT / "pyproject.toml").read_text())
    folder = project.parent.relative_to(ROOT)
    package = next(project.parent.glob("src/*")).name
    [members] = re.findall(r"^PROJECTS := (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert str(folder) in members.split()
    assert f"{folder}/src" in root["tool"]["mypy"]["mypy_path"]
    assert package in root["tool"]["importlinter"]["root_packages"]


DIES = "import os\ndef pytest_sessionfinish(session):\n    if hasattr(session.config, 'workerinput'): os._exit(3)\n"


@pytest.mark.parametrize(
    ("conftest", "test"),
    [("", "import os\ndef test_it(): os._exit(3)"), (DIES, "def test_it(): pass")],
    ids=["in a test", "after the last"],
)
def test_a_worker_that_dies_fails_the_run(tmp_path: Path, conftest: str, test: str) -> None:
    (tmp_path / "conftest.py").write_text(conftest)
    (tmp_path / "test_it.py").write_text(test)
    command = [sys.executable, "-m", "pytest", "-p", "tests.running", "-n", "1", "--max-worker-restart=0"]
    done = subprocess.run(
        [*command, "--rootdir", str(tmp_path), str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "1 workers died" in done.stdout


def test_what_is_skipped_is_told_by_what_is_missing() -> None:
    skipped = ["Skipped: oasdiff (make tools)", "Skipped: Chromium (make system-deps)", "Skipped: oasdiff (make tools)"]
    assert left_out(skipped) == (
        "Left out for want of: Chromium (make system-deps) 1 tests, oasdiff (make tools) 2 tests"
    )
