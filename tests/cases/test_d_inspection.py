"""What looks into files can be killed by one, and nothing else is (case D4, attack 15): limits of time and memory, a scanner."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from PIL import Image
from tests.component.desks import Desk, desk, officer

from dossier_intake.app import build
from dossier_intake.inspection import inspectors as running
from dossier_intake.inspection.inspectors import Inspectors
from dossier_intake.inspection.verdicts import Fit, Unfit
from dossier_intake.settings import Settings
from dossier_local.stack import Stack
from dossier_shared.problems import ServiceUnavailable

from . import files

GOOD, BOMB = files.pdf(), files.packed_bomb()
LIMIT = 10 * 1024 * 1024
CITIZEN = officer("u-1", "citizen", agency=None) | {"content-type": "application/pdf"}
MakeInspectors = Callable[..., Inspectors]


@pytest.fixture
async def made() -> AsyncIterator[MakeInspectors]:
    all_made: list[Inspectors] = []

    def make(**how: Any) -> Inspectors:
        all_made.append(Inspectors(LIMIT, **{"processes": 1, "memory": 200 * 1024 * 1024, **how}))
        return all_made[-1]

    yield make
    for one in all_made:
        await one.close()


def pids(among: Inspectors) -> list[int]:
    return [process.pid for process in among._idle]


async def test_d4_a_bomb_is_refused_for_the_memory_it_wants(made: MakeInspectors) -> None:
    among = made()
    verdict = await among.look(BOMB)
    assert isinstance(verdict, Unfit)
    assert verdict.code == "document-too-complex"
    assert isinstance(await among.look(GOOD), Fit)


async def test_d4_a_bomb_is_refused_for_the_time_it_takes_and_its_process_killed(made: MakeInspectors) -> None:
    among = made(seconds=0.2)
    assert isinstance(await among.look(GOOD), Fit)
    [before] = pids(among)
    verdict = await among.look(BOMB)
    assert isinstance(verdict, Unfit)
    assert verdict.code == "document-too-complex"
    with pytest.raises(ProcessLookupError):
        os.kill(before, 0)
    assert isinstance(await among.look(GOOD), Fit)


async def test_d4_others_are_looked_into_meanwhile(made: MakeInspectors) -> None:
    among = made(processes=2)
    bomb = asyncio.create_task(among.look(BOMB))
    assert isinstance(await among.look(GOOD), Fit)
    assert not bomb.done()
    assert isinstance(await bomb, Unfit)


async def test_d4_a_process_that_has_ended_is_replaced(made: MakeInspectors) -> None:
    among = made()
    await among.look(GOOD)
    [before] = pids(among)
    os.kill(before, signal.SIGKILL)
    assert isinstance(await among.look(GOOD), Fit)
    assert pids(among) != [before]


async def test_d4_a_file_that_ends_its_process_is_refused_alone(
    made: MakeInspectors, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a fault in a library of pictures would: a worker that ends on a word."""
    monkeypatch.setattr(running, "WORKER", "tests.cases.ending_worker")
    monkeypatch.setenv("PYTHONPATH", str(Path.cwd()))
    among = made()
    assert isinstance(await among.look(GOOD), Fit)
    verdict = await among.look(b"end")
    assert isinstance(verdict, Unfit)
    assert verdict.code == "document-too-complex"
    assert isinstance(await among.look(GOOD), Fit)


async def test_d4_a_client_that_went_away_leaves_its_process_whole(made: MakeInspectors) -> None:
    among = made()
    asked = asyncio.create_task(among.look(BOMB))
    await asyncio.sleep(0)
    asked.cancel()
    assert isinstance(await among.look(GOOD), Fit)
    assert len(pids(among)) == 1


async def test_d4_too_many_at_once_are_told_to_come_again(
    made: MakeInspectors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "QUEUE", 0.05)
    among = made()
    bomb = asyncio.create_task(among.look(BOMB))
    await asyncio.sleep(0)
    with pytest.raises(ServiceUnavailable) as busy:
        await among.look(GOOD)
    assert (busy.value.code, busy.value.http_status, bool(busy.value.retry_after)) == ("inspection-busy", 503, True)
    await bomb


async def test_d4_where_no_process_can_be_started_nothing_is_taken(
    made: MakeInspectors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(ServiceUnavailable):
        await made().look(GOOD)


async def test_d4_it_knows_no_passwords(made: MakeInspectors, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA_PASSWORD", "not-to-be-seen")
    among = made()
    await among.look(GOOD)
    [pid] = pids(among)
    assert b"not-to-be-seen" not in Path(f"/proc/{pid}/environ").read_bytes()


@pytest.mark.parametrize(
    ("whole", "processes", "memory"), [(512, 1, 204), (768, 1, 307), (2048, 1, 512), (4096, 2, 512)]
)
async def test_d4_it_takes_no_more_than_its_container_can_bear(
    made: MakeInspectors, monkeypatch: pytest.MonkeyPatch, whole: int, processes: int, memory: int
) -> None:
    """Else the bomb ends the service: a container is ended as a whole."""
    monkeypatch.setattr(running, "whole_memory", lambda: whole << 20)
    among = made(processes=0, memory=0)
    assert (among._free._value, int(among._arguments[1]) >> 20) == (processes, memory)


async def test_d4_a_scan_and_a_photograph_fit_into_the_smallest_container(made: MakeInspectors) -> None:
    """A4 at 600 dpi in grey, 12 million pixels in colour: 204 MB are left of 512."""
    among = made(memory=204 << 20, seconds=60)
    page, photograph = Image.new("L", (4960, 7016), 255), Image.new("RGB", (4032, 3024), (90, 90, 90))
    assert isinstance(await among.look(files.saved(page, "PNG")), Fit)
    assert isinstance(await among.look(files.saved(page, "JPEG")), Fit)
    assert isinstance(await among.look(files.saved(photograph, "JPEG")), Fit)


async def test_d4_nothing_is_started_before_the_first_file(made: MakeInspectors) -> None:
    assert pids(made()) == []


# -- a scanner beside it ---------------------------------------------------------------------------------------------------


class FakeClamd:
    """Speaks clamd's INSTREAM; finds whatever has the word VIRUS in it."""

    def __init__(self) -> None:
        self.seen: list[bytes] = []

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert await reader.readuntil(b"\0") == b"zINSTREAM\0"
        content = b""
        while size := int.from_bytes(await reader.readexactly(4)):
            content += await reader.readexactly(size)
        self.seen.append(content)
        writer.write(b"stream: Test.Virus FOUND\0" if b"VIRUS" in content else b"stream: OK\0")
        await writer.drain()
        writer.close()


async def test_attack_15_a_scanner_beside_it_is_asked(
    stack: Stack,
    inspectors: Inspectors,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    clamd, socket = FakeClamd(), tmp_path_factory.mktemp("c") / "clamd.sock"
    infected = files.pdf(lambda made: made.docinfo.__setitem__("/Title", "VIRUS"))
    settings = Settings(
        mongodb_url=stack.mongodb, database=f"intake-{uuid4().hex}", development=True, clamd=str(socket)
    )
    async with desk(build(settings, inspectors)) as intake:
        away = await post(intake, GOOD)
        assert (away.status_code, away.json()["code"]) == (503, "scanner-away")  # nothing is taken unseen
        assert "retry-after" in away.headers
        async with await asyncio.start_unix_server(clamd, socket):
            assert (await post(intake, GOOD)).status_code == 201
            found = await post(intake, infected)
            assert (found.status_code, found.json()["code"]) == (422, "document-infected")
        assert clamd.seen == [GOOD, infected]
        assert await intake.runtime.db["files.files"].count_documents({}) == 1


async def test_attack_15_a_scanner_by_its_port(inspectors: Inspectors) -> None:
    from dossier_intake.inspection.scanner import scanner

    clamd = FakeClamd()
    server = await asyncio.start_server(clamd, "127.0.0.1", 0)
    async with server:
        asked = scanner(f"127.0.0.1:{server.sockets[0].getsockname()[1]}")
        assert await asked.finds(b"x" * 600_000) is None
        assert await asked.finds(b"a VIRUS") == "Test.Virus"
    assert await scanner("").finds(files.EICAR) is None


@pytest.mark.parametrize("wrong", ["nowhere", "host:", "host:70000", ":3310", "host:port"])
def test_attack_15_a_scanners_address_that_is_none(wrong: str) -> None:
    with pytest.raises(ValueError, match="host:port or the path of a socket"):
        Settings(clamd=wrong)


async def post(intake: Desk, content: bytes) -> httpx.Response:
    return await intake.http.post("/api/v1/documents?name=a.pdf", headers=CITIZEN, content=content)
