"""Attack 25 and its siblings: what `dossier up` writes is nobody else's to read, whatever umask and folder it finds."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.test_cli import running

from dossier_local import state

PUBLIC = {"root.pem"}  # the certificate that others verify results by


@pytest.fixture
def open_to_all() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def too_open(folder: Path) -> list[str]:
    found = [folder, *folder.rglob("*")]
    return [
        f"{path.relative_to(folder)} {path.stat().st_mode & 0o777:o}"
        for path in found
        if path.exists() and not path.is_socket() and path.stat().st_mode & 0o077 and path.name not in PUBLIC
    ]


@pytest.mark.long
@pytest.mark.usefixtures("open_to_all")
async def test_all_that_a_stack_writes_is_its_owner_s(tmp_path: Path) -> None:
    """In a folder that was there before, open to all."""
    folder = tmp_path / "data"
    folder.mkdir(0o777)
    async with running(folder, services=("identity", "provider", "signing", "monitor-worker")):
        assert len([*folder.rglob("*")]) > 50
        assert too_open(folder) == []


@pytest.mark.usefixtures("open_to_all")
def test_a_folder_of_a_person_s_own_keeps_its_mode(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").touch()
    tmp_path.chmod(0o755)
    state.lock(tmp_path).close()
    assert tmp_path.stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "lock").stat().st_mode & 0o777 == 0o600
