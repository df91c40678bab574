"""The last release, read from this repository's own history: the commit that deploy/compatibility/baseline names."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from dossier_shared.contracts.topics import SERVICES

ROOT = Path(__file__).parents[2]
NAMED_IN = "deploy/compatibility/baseline"
FETCHED = "lib"  # in a folder `static` of monitor, by `make install`; not in the repository


@cache
def commit() -> str:
    """Fails the test where the repository does not hold it."""
    named = [line for line in (ROOT / NAMED_IN).read_text("utf-8").splitlines() if line and not line.startswith("#")]
    assert len(named) == 1, f"{NAMED_IN} must name one commit"
    found = subprocess.run(["git", "cat-file", "-t", named[0]], cwd=ROOT, capture_output=True, text=True, check=False)
    if found.stdout.strip() != "commit":
        pytest.fail(
            f"{NAMED_IN} names {named[0]}, which this clone does not hold ({found.stderr.strip() or found.stdout.strip()}). "
            "It needs the whole history: `git fetch --unshallow`."
        )
    return named[0]


def _git(*arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, check=True).stdout


def names(folder: str) -> list[str]:
    """Paths of the files right in a folder of the last release."""
    return _git("ls-tree", "--name-only", commit(), f"{folder}/").decode().split()


def document(path: str) -> Any:
    return json.loads(_git("show", f"{commit()}:{path}"))


def yaml_document(path: str) -> Any:
    return yaml.safe_load(_git("show", f"{commit()}:{path}"))


def documents(folder: str) -> dict[str, Any]:
    """File name -> its JSON."""
    return {Path(path).name: document(path) for path in names(folder) if path.endswith(".json")}


@cache
def checkout() -> Path:
    """Its shared/ and services/ as files; made once and kept under build/."""
    folder = ROOT / "build" / "compatibility" / commit()[:12]
    if not folder.exists():
        unfinished = folder.with_name(f"{folder.name}.{os.getpid()}")
        with tarfile.open(fileobj=io.BytesIO(_git("archive", commit(), "shared", "services"))) as files:
            files.extractall(unfinished, filter="data")
        unfinished.rename(folder)
    fetched, wanted = (_static(root) / FETCHED for root in (ROOT, folder))
    if fetched.exists() and not wanted.exists():
        shutil.copytree(fetched, wanted)
    return folder


def _static(root: Path) -> Path:
    """Monitor's own, wherever that release keeps it."""
    return next(root.joinpath("services/monitor/src").rglob("static"))


def paths(root: Path, *services: str) -> list[str]:
    return [str(root / "shared/src"), *(str(root / "services" / service / "src") for service in services)]


def ask(root: Path, script: Path, *arguments: str, given: Any = None) -> Any:
    """What a script answers, as JSON, that runs on the code under `root` with today's libraries."""
    done = subprocess.run(
        [sys.executable, "-P", str(script), *arguments],
        input=json.dumps(given),
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths(root, *SERVICES)), "RUNS_FROM": str(root)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{script.name} on {root}: {done.stderr[-4000:]}"
    return json.loads(done.stdout)
