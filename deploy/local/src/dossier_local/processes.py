"""One operating-system process: started on a leash, logged to a file, signalled by its own id only."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from dossier_local import leash

POLL = 0.02
PRIVATE = 0o077  # umask: what a stack writes knows every dossier of it, and is nobody else's to read

# The kernel's parent-death signal fires when the *thread* that started the child ends. So one thread, which lives as long
# as the interpreter, starts every child; a child started from a passing worker thread would be killed with that thread.
_starter = ThreadPoolExecutor(1, thread_name_prefix="starter")


@dataclass(frozen=True, slots=True)
class Spec:
    """How to start a process. `env` is added to this process's environment."""

    name: str
    argv: tuple[str, ...]
    log: Path
    folder: Path
    env: Mapping[str, str] = field(default_factory=dict)


class Process:
    """A child process. `started` is its creation time, which tells it apart from a later process with the same id."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        spec.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        spec.log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._popen = _starter.submit(self._start).result()
        self.pid = self._popen.pid
        self.started = _created(self.pid)

    def _start(self) -> subprocess.Popen[bytes]:
        leashed = [sys.executable, "-I", "-S", leash.__file__, str(os.getpid()), *self.spec.argv]
        with self.spec.log.open("ab") as log:
            return subprocess.Popen(  # noqa: S603 - the command is ours
                leashed,
                cwd=self.spec.folder,
                env={**os.environ, "PYTHONUNBUFFERED": "1", **self.spec.env},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                umask=PRIVATE,
                start_new_session=True,  # the terminal's Ctrl-C reaches us alone; we stop the children in order
            )

    @property
    def returncode(self) -> int | None:
        """None while it lives; negative: the signal that killed it."""
        return self._popen.poll()

    @property
    def alive(self) -> bool:
        return self.returncode is None

    def send(self, number: int) -> None:
        """Sends a signal if the process still lives."""
        if self.alive:
            self._popen.send_signal(number)

    async def wait(self, timeout: float) -> int:
        """Its exit status; TimeoutError after `timeout` seconds."""
        deadline = time.monotonic() + timeout
        while (code := self.returncode) is None:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.spec.name} still runs after {timeout:.0f} s")
            await asyncio.sleep(POLL)
        return code

    async def kill(self, number: int = signal.SIGKILL, timeout: float = 30) -> int:
        """Sends the signal and waits for the end; takes the process's own children with it."""
        self.send(number)
        code = await self.wait(timeout)
        self.sweep()
        return code

    async def stop(self, grace: float = 20) -> int:
        """SIGTERM, `grace` seconds, then SIGKILL. A suspended process is woken first so that it can hear."""
        self.send(signal.SIGTERM)
        self.send(signal.SIGCONT)
        try:
            code = await self.wait(grace)
        except TimeoutError:
            return await self.kill()
        self.sweep()
        return code

    def sweep(self) -> None:
        """Kills what the process left behind in its own process group (a worker of a pool, say)."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)


def is_running(pid: int, started: float) -> bool:
    """Whether the very process recorded as (pid, started) still runs; another one that got its id does not count."""
    return _created(pid) == started and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def _created(pid: int) -> float:
    try:
        return float(psutil.Process(pid).create_time())
    except psutil.NoSuchProcess:
        return 0.0
