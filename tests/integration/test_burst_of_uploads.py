"""Sixty scans of ten megabytes at once, at an intake that has 512 MB of memory: it lives, and takes them all."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from pathlib import Path
from random import Random

import httpx
import pikepdf
import psutil
import pytest
from tests.cases import files

from dossier_local.stack import Stack

pytestmark = pytest.mark.long

MEMORY = 512 * 1024 * 1024
UPLOADS, PEOPLE = 60, 20
SIZE = 10_000_000  # bytes; a file may have 10 MiB
TRIES = 60


def scan(number: int) -> bytes:
    def change(made: pikepdf.Pdf) -> None:
        made.pages[0].obj.Extra = pikepdf.Stream(made, Random(number).randbytes(SIZE - 2000))

    return files.pdf(change)


class Limited:
    """A group of processes with so much memory between them, what they have on file included; it gives no swap."""

    def __init__(self, folder: Path, usage: str, killed: str) -> None:
        self._folder, self._usage, self._killed = folder, usage, killed

    @contextmanager
    def born_here(self) -> Iterator[None]:
        """Whatever this process starts meanwhile: memory is counted where a process had it first."""
        move(os.getpid(), self._folder)
        try:
            yield
        finally:
            move(os.getpid(), self._folder.parent)

    @property
    def most(self) -> int:
        return int((self._folder / self._usage).read_text())

    @property
    def killed(self) -> int:
        lines = (self._folder / self._killed).read_text().splitlines()
        return sum(int(line.split()[1]) for line in lines if line.startswith("oom_kill "))


@contextmanager
def limited() -> Iterator[Limited | None]:
    """None where this process may make no such group: memory is only measured then."""
    root = Path("/sys/fs/cgroup")
    second = (root / "cgroup.controllers").exists()
    folder = (root if second else root / "memory") / f"dossier-test-{os.getpid()}"
    limit, swap = (
        ("memory.max", "memory.swap.max") if second else ("memory.limit_in_bytes", "memory.memsw.limit_in_bytes")
    )
    usage, killed = ("memory.peak", "memory.events") if second else ("memory.max_usage_in_bytes", "memory.oom_control")
    with ExitStack() as undone:
        try:
            folder.mkdir()
            undone.callback(dissolve, folder)
            (folder / limit).write_text(str(MEMORY))
        except OSError:
            yield None
            return
        with suppress(OSError):  # where the kernel does not count swap
            (folder / swap).write_text("0" if second else str(MEMORY))
        yield Limited(folder, usage, killed)


def move(pid: int, folder: Path) -> None:
    (folder / "cgroup.procs").write_text(str(pid))


def dissolve(folder: Path) -> None:
    """A group with processes in it stays."""
    for pid in (folder / "cgroup.procs").read_text().split():
        with suppress(OSError):
            move(int(pid), folder.parent)
    folder.rmdir()


async def test_sixty_uploads_of_ten_megabytes_on_512_megabytes(
    new_stack: Callable[..., Awaitable[Stack]], capsys: pytest.CaptureFixture[str]
) -> None:
    stack = await new_stack()
    await stack.start("identity")
    scans = await asyncio.to_thread(lambda: [scan(number) for number in range(UPLOADS)])
    assert min(len(one) for one in scans) > SIZE - 2000
    most = busy = 0
    done = asyncio.Event()
    with limited() as group:
        with group.born_here() if group else nullcontext():
            await stack.start("intake")
        pid = stack.pid("intake")
        async with httpx.AsyncClient(base_url=stack.url("intake"), trust_env=False, timeout=120) as client:

            async def person(number: int) -> dict[str, str]:
                wish = {"sub": f"u-{number}", "roles": ["citizen"], "agency": None, "name": "X", "ttl": 3600}
                answer = await client.post(stack.url("identity") + "/token", json=wish)
                return {"authorization": f"Bearer {answer.json()['access_token']}"}

            people = [await person(number) for number in range(PEOPLE)]

            async def upload(number: int) -> str:
                """As a page does it: who is told to come again comes again."""
                nonlocal busy
                for _ in range(TRIES):
                    answer = await client.post(
                        "/api/v1/documents?name=a.pdf", headers=people[number % PEOPLE], content=scans[number]
                    )
                    if answer.status_code == 201:
                        return str(answer.json()["id"])
                    assert (answer.status_code, "retry-after" in answer.headers) == (503, True), answer.text
                    busy += 1
                    await asyncio.sleep(float(answer.headers["retry-after"]))
                raise AssertionError(f"upload {number} was never taken")

            async def watch() -> None:
                nonlocal most
                while not done.is_set():
                    most = max(most, resident(pid))
                    assert (await client.get("/health/live")).status_code == 200
                    await asyncio.sleep(0.1)

            watching = asyncio.create_task(watch())
            ids = await asyncio.gather(*(upload(number) for number in range(UPLOADS)))
            done.set()
            await watching
        assert stack.alive("intake")
        assert stack.pid("intake") == pid
        assert len(set(ids)) == UPLOADS
        with capsys.disabled():
            held = f", {group.most / 2**20:.0f} with files in a group of 512" if group else ", not limited here"
            print(
                f"\nintake and its inspectors: at most {most / 2**20:.0f} MB resident{held}; asked to come again: {busy}"
            )
        assert most < MEMORY
        assert group is None or group.killed == 0


def resident(pid: int) -> int:
    total = 0
    process = psutil.Process(pid)
    for one in (process, *process.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            total += one.memory_info().rss
    return total
