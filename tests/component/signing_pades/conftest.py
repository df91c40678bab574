"""Signed results of every kind, and the referee: poppler with the development root as its only trust."""

import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import pytest
from tests.missing import missing

from dossier_signing.documents.authority import DevelopmentAuthority
from dossier_signing.documents.pades import Seal
from dossier_signing.documents.result_document import ResultDocument, ResultField, ResultKind, render

KINDS: tuple[ResultKind, ...] = get_args(ResultKind)
NOW = datetime.now(UTC).replace(microsecond=0)


def document_of(kind: ResultKind, **changes: object) -> ResultDocument:
    values: dict[str, object] = {
        "kind": kind,
        "number": "128/UBND",
        "agency_vi": "Ủy ban nhân dân xã Bù Đăng",
        "agency_en": "People's Committee of Bù Đăng Commune",
        "procedure_vi": "Đăng ký khai sinh",
        "procedure_en": "Birth registration",
        "dossier_code": "H19.151-20261122-0000042",
        "holder_name": "Nguyễn Thị Ánh Tuyết",
        "fields": (ResultField(label_vi="Ngày sinh", label_en="Date of birth", value="01/11/2026"),),
        "reason": "Thiếu giấy chứng sinh." if kind == "rejection" else "",
        "legal_basis": ("Nghị định số 118/2025/NĐ-CP",) if kind == "decision" else (),
        "decided_at": NOW,
        "leader_name": "Trần Quốc Hưng",
        "leader_title": "Chủ tịch",
        "place": "Bù Đăng",
    }
    return ResultDocument.model_validate(values | changes)


@pytest.fixture(scope="session")
def new_document() -> Callable[..., ResultDocument]:
    return document_of


@pytest.fixture(scope="session")
def now() -> datetime:
    return NOW


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("keys")


@pytest.fixture(scope="session")
def seal(keys: Path) -> Seal:
    return Seal(DevelopmentAuthority(keys).leader_signer("u-1", "Trần Quốc Hưng", "Ủy ban nhân dân xã Bù Đăng"))


@pytest.fixture(scope="session")
def signed(seal: Seal) -> dict[ResultKind, bytes]:
    return {kind: seal.sign(render(document_of(kind), NOW), NOW) for kind in KINDS}


@pytest.fixture(scope="session")
def tool() -> Callable[[str], str]:
    def find(name: str) -> str:
        path = shutil.which(name)
        if path is None:
            missing(name, "system-deps")
        return path

    return find


@pytest.fixture(scope="session")
def pdfsig(
    tool: Callable[[str], str], seal: Seal, keys: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[bytes], str]:
    program, certutil = tool("pdfsig"), tool("certutil")
    folder = tmp_path_factory.mktemp("nss")
    subprocess.run([certutil, "-N", "-d", folder, "--empty-password"], check=True)
    root = DevelopmentAuthority(keys).root_path
    subprocess.run([certutil, "-A", "-d", folder, "-n", "root", "-t", "C,C,C", "-i", root], check=True)

    def verdict(pdf: bytes) -> str:
        file = folder / "judged.pdf"
        file.write_bytes(pdf)
        judged = subprocess.run([program, "-nssdir", folder, file], capture_output=True, text=True, check=False)
        return judged.stdout + judged.stderr

    return verdict
