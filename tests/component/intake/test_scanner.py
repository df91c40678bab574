"""A real clamd beside intake, with a signature of our own in place of its database."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random
from uuid import uuid4

import httpx
import pikepdf
import pytest
from tests.cases import files
from tests.component.desks import Desk, desk, officer
from tests.missing import missing

from dossier_intake.app import build
from dossier_intake.inspection.inspectors import Inspectors
from dossier_intake.settings import Settings
from dossier_local.stack import Stack
from dossier_local.waiting import eventually

CITIZEN = officer("u-1", "citizen", agency=None)
ROOT = Path(__file__).parents[3]
MARK = b"the mark of a virus that there is not"
MOST = 4  # MB that clamd takes
CONFIG = f"""
Foreground yes
DatabaseDirectory {{folder}}/signatures
LocalSocket {{folder}}/clamd.sock
LogFile {{folder}}/clamd.log
StreamMaxLength {MOST}M
"""


@pytest.fixture
async def clamd(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Path]:
    """Its socket."""
    program = shutil.which("clamd") or shutil.which("clamd", path=ROOT / "build")
    if program is None:
        missing("clamd", "system-deps")
    folder = tmp_path_factory.mktemp("c")  # short: a socket's path has 108 bytes
    (folder / "signatures").mkdir()
    (folder / "signatures/own.ndb").write_text(f"Dossier.Test:0:*:{MARK.hex()}\n")
    (folder / "clamd.conf").write_text(CONFIG.format(folder=folder))
    process = await asyncio.create_subprocess_exec(
        program, "--config-file", folder / "clamd.conf", stdout=asyncio.subprocess.DEVNULL
    )
    try:
        await eventually((folder / "clamd.sock").exists, within=30)
        yield folder / "clamd.sock"
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def test_attack_15_a_real_scanner_is_asked(stack: Stack, inspectors: Inspectors, clamd: Path) -> None:
    def marked(made: pikepdf.Pdf) -> None:
        made.Root.Extra = pikepdf.Stream(made, MARK)

    def large(made: pikepdf.Pdf) -> None:
        made.pages[0].obj.Extra = pikepdf.Stream(made, Random(3).randbytes((MOST + 1) << 20))

    settings = Settings(mongodb_url=stack.mongodb, database=f"intake-{uuid4().hex}", development=True, clamd=str(clamd))
    async with desk(build(settings, inspectors)) as intake:
        assert (await post(intake, files.pdf())).status_code == 201
        found = await post(intake, files.pdf(marked, compress_streams=False))
        assert (found.status_code, found.json()["code"]) == (422, "document-infected")
        packed = await post(intake, files.pdf(marked, compress_streams=True, recompress_flate=True))
        assert (packed.status_code, packed.json()["code"]) == (422, "document-infected")
        unseen = await post(intake, files.pdf(large))
        assert (unseen.status_code, unseen.json()["code"]) == (503, "scanner-away"), (
            "longer than it takes: not taken unseen"
        )
        assert (await post(intake, files.png())).status_code == 201
        assert await intake.runtime.db["files.files"].count_documents({}) == 2


async def post(intake: Desk, content: bytes) -> httpx.Response:
    return await intake.http.post("/api/v1/documents?name=a.pdf", headers=CITIZEN, content=content)
