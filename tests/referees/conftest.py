"""Others' verifiers, asked by every test of this folder. Without them (no network, nothing fetched) the tests say so."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.component.signing_pades.conftest import document_of

from dossier_signing.documents.authority import DevelopmentAuthority
from dossier_signing.documents.pades import Seal

Verdict = dict[str, Any]
Judge = Callable[[bytes], Verdict]
AGENCY, LEADER = "Ủy ban nhân dân xã Bù Đăng", "Trần Quốc Hưng"


@pytest.fixture(scope="package")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("keys")


@pytest.fixture(scope="package")
def seal(keys: Path) -> Seal:
    return Seal(DevelopmentAuthority(keys).leader_signer("u-1", LEADER, AGENCY))


@pytest.fixture(scope="package")
def new_document() -> Callable[..., Any]:
    return document_of


@pytest.fixture(scope="package")
def judge(keys: Path, seal: Seal, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Judge]:
    """What veraPDF and DSS say of a PDF; they trust the development root. Three seconds to start, once."""
    folder, root = tmp_path_factory.mktemp("judged"), DevelopmentAuthority(keys).root_path
    said = (folder / "said.log").open("w+")
    command = [sys.executable, "-m", "tests.referees.judge", str(root)]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said, text=True, cwd=Path(__file__).parents[2]
    )
    assert process.stdin
    assert process.stdout
    inlet, outlet = process.stdin, process.stdout
    number = 0

    def verdict(pdf: bytes) -> Verdict:
        nonlocal number
        number += 1
        file = folder / f"{number}.pdf"
        file.write_bytes(pdf)
        inlet.write(f"{file}\n")
        inlet.flush()
        line = outlet.readline()
        if not line:
            said.seek(0)
            pytest.fail(f"the referees ended: {said.read()[-2000:]}")
        found: Verdict = json.loads(line)
        return found

    yield verdict
    inlet.close()
    process.wait(timeout=30)
    outlet.close()
    said.close()
