"""E7: the data folder may have any name a person gives it. The first start works, and the second."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from tests.integration.test_cli import dossier

from dossier_local.stack import Stack

NAME = "Tài liệu/hồ sơ"
# decomposed, as macOS has it; and what .properties files, lists of folders, addresses, formats and shells read in their own way
ODD = unicodedata.normalize("NFD", "Hồ sơ năm") + ", 100% #1 = 'cũ' {2026}; \\u0041 $HOME"


@pytest.mark.long
async def test_e7_a_data_folder_with_vietnamese_letters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a terminal without a language of its own: broker, database, what keeps files beside them, a backup and back."""
    monkeypatch.setenv("LC_ALL", "C")
    folder, saved = tmp_path / NAME / ODD, tmp_path / "Sao lưu/hồ sơ"
    async with Stack(folder, free_ports=True) as stack:
        await stack.start("identity", "signing", "monitor-worker")
    async with Stack(folder, free_ports=True) as stack:
        await stack.start("identity", "provider", "signing", "monitor-worker")
        for arguments in (
            ("status",),
            ("backup", str(saved), "--service", "notify"),
            ("restore", str(saved), "notify", "--replace"),
        ):
            status, printed = await dossier(*arguments, folder=folder)
            assert status == 0, printed
    assert (folder / "kafka" / "data" / "meta.properties").is_file()
    assert {path.name for path in tmp_path.iterdir()} == {"Tài liệu", "Sao lưu"}  # nothing went elsewhere
    assert [path.name for path in (tmp_path / NAME).iterdir()] == [ODD]
