"""Files looked into away from the event loop, by processes that may be killed: each has a limit of memory and of time.

One that takes too long, wants too much or dies takes its own file with it and nothing else; another is started when it is needed.
"""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson
import structlog

from dossier_intake.inspection.verdicts import TOO_COMPLEX, Fit, Signature, Unfit
from dossier_shared.problems import ServiceUnavailable

log = structlog.get_logger()
WORKER = "dossier_intake.inspection.worker"
SECONDS = 10.0  # for one file
START = 60.0
QUEUE = 20.0  # until a process is free
MEMORY = 512 * 1024**2  # bytes a file may cost a process
_SHARE = 0.4  # of what the container or the machine has: beside the service itself
_WHOLE = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
_ENVIRONMENT = ("PATH", "LANG", "LD_LIBRARY_PATH", "PYTHONPATH", "PYTHONHOME")  # no passwords


def whole_memory() -> int:
    """Bytes, of the container or else the machine."""
    found = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    for path in _WHOLE:
        with suppress(OSError, ValueError):
            found.append(int(path.read_text()))  # "max": none
    return min(found)


class _Gone(Exception):
    """The process ended, or gave an answer that is none."""


class Inspectors:
    """`limit`: bytes a converted picture may have. `clean`: active content of a PDF is taken out, else refused.

    `processes`, `memory`: without them, what the container can bear. Nothing is started before the first file comes.
    """

    def __init__(
        self, limit: int, *, clean: bool = False, processes: int = 0, seconds: float = SECONDS, memory: int = 0
    ) -> None:
        all_there_is = whole_memory()
        processes = processes or (2 if all_there_is >= 2 * MEMORY / _SHARE else 1)
        memory = memory or min(MEMORY, int(all_there_is * _SHARE))
        self._arguments = [str(limit), str(memory), *(["clean"] if clean else [])]
        self._seconds = seconds
        self._free = asyncio.Semaphore(processes)
        self._idle: list[Process] = []
        self._at_work: set[asyncio.Task[Fit | Unfit]] = set()

    async def look(self, content: bytes) -> Fit | Unfit:
        """Raises ServiceUnavailable where it is too busy, or no process can be started."""
        return await self._answer(b"{}", content)

    async def page(self, content: bytes, number: int, width: int) -> Fit | Unfit:
        """A picture of one page, in `content` of the answer."""
        return await self._answer(orjson.dumps({"number": number, "width": width}), content)

    async def join(self, pictures: Sequence[bytes]) -> Fit | Unfit:
        """JPEG files as one PDF, in `content` of the answer."""
        return await self._answer(orjson.dumps({"sizes": [len(one) for one in pictures]}), b"".join(pictures))

    async def straighten(self, picture: bytes) -> Fit | Unfit:
        """A JPEG's paper as if it were scanned, in `content` of the answer."""
        return await self._answer(b'{"straight":true}', picture)

    async def qr_codes(self, content: bytes) -> Fit | Unfit:
        """Texts of the QR codes on a photograph, a JSON list in `content` of the answer."""
        return await self._answer(orjson.dumps({"qr": True}), content)

    async def _answer(self, wish: bytes, content: bytes) -> Fit | Unfit:
        try:
            async with asyncio.timeout(QUEUE):
                await self._free.acquire()
        except TimeoutError:
            raise busy() from None
        task = asyncio.create_task(
            self._look(wish, content)
        )  # goes on where who asked has gone: the process is not free yet
        self._at_work.add(task)
        task.add_done_callback(self._done)
        return await asyncio.shield(task)

    async def close(self) -> None:
        if self._at_work:
            await asyncio.wait(self._at_work, timeout=self._seconds + 1)
        while self._idle:
            await _end(self._idle.pop())

    def _done(self, task: asyncio.Task[Fit | Unfit]) -> None:
        self._at_work.discard(task)
        self._free.release()
        if not task.cancelled():
            task.exception()  # told to who asked, if they are still there

    async def _look(self, wish: bytes, content: bytes) -> Fit | Unfit:
        if self._idle:
            try:
                return await self._ask(self._idle.pop(), wish, content)
            except _Gone:
                log.warning("a process that looks into files had ended")  # it may have been before this file came
        try:
            return await self._ask(await self._start(), wish, content)
        except _Gone:
            log.warning("a file ended the process that looked into it", size=len(content))
            return TOO_COMPLEX

    async def _ask(self, process: Process, wish: bytes, content: bytes) -> Fit | Unfit:
        try:
            async with asyncio.timeout(self._seconds):
                verdict = await _ask(process, wish, content)
        except TimeoutError:
            log.warning("a file took too long to be looked into", size=len(content))
            await _end(process)
            return TOO_COMPLEX
        except BaseException:
            await _end(process)
            raise
        self._idle.append(process)
        return verdict

    async def _start(self) -> Process:
        given = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", WORKER, *self._arguments, stdin=PIPE, stdout=PIPE, env=given
            )
        except OSError as error:
            log.error("no process can be started to look into files", error=repr(error))
            raise busy() from None
        try:
            async with asyncio.timeout(START):
                await _read(process, 1)
        except (TimeoutError, _Gone):
            log.error("a process that looks into files does not start")
            await _end(process)
            raise busy() from None
        return process


async def _ask(process: Process, wish: bytes, content: bytes) -> Fit | Unfit:
    assert process.stdin is not None
    try:
        process.stdin.write(len(wish).to_bytes(4) + wish + len(content).to_bytes(8))
        process.stdin.write(content)
        await process.stdin.drain()
    except OSError:
        raise _Gone from None
    told = await _read(process, int.from_bytes(await _read(process, 4)))
    try:
        fields: dict[str, Any] = orjson.loads(told)
    except ValueError:
        raise _Gone from None
    stored = await _read(process, int.from_bytes(await _read(process, 8)))
    if "code" in fields:
        return Unfit(**fields)
    signatures = tuple(Signature(*one) for one in fields["signatures"])
    return Fit(fields["type"], stored or None, tuple(fields["changes"]), fields["pages"], signatures, fields["signs"])


async def _read(process: Process, size: int) -> bytes:
    assert process.stdout is not None
    try:
        return await process.stdout.readexactly(size)
    except asyncio.IncompleteReadError:
        raise _Gone from None


async def _end(process: Process) -> None:
    if process.returncode is None:
        process.kill()
    await process.communicate()


def busy() -> ServiceUnavailable:
    return ServiceUnavailable(
        "inspection-busy",
        "Hệ thống đang kiểm tra nhiều tệp. Hãy thử lại sau vài giây.",
        "Many files are being checked. Try again in a few seconds.",
    )
