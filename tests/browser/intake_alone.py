"""Intake in a process of its own, to be killed and started again on the same database."""

from __future__ import annotations

import asyncio
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from tests.component.desks import TrustingVerifier

from dossier_intake.app import build
from dossier_intake.inspection.inspectors import Inspectors
from dossier_intake.settings import Settings
from dossier_local.stack import Stack
from dossier_local.waiting import patience
from dossier_shared.runtime.service import Runtime

ROOT = Path(__file__).parents[2]


@dataclass(slots=True)
class Alone:
    """`port`: another after each start."""

    mongodb: str
    database: str
    port: int = 0
    _process: Process | None = None

    async def start(self) -> None:
        command = (sys.executable, "-m", __name__, self.mongodb, self.database)
        self._process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdin=DEVNULL, stdout=PIPE)
        assert self._process.stdout is not None
        async with asyncio.timeout(patience(60)):
            self.port = int(await self._process.stdout.readline())

    def pause(self) -> None:
        """It takes what it is asked, and does nothing about it."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    async def kill(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()


@asynccontextmanager
async def alone(stack: Stack, database: str) -> AsyncIterator[Alone]:
    made = Alone(stack.mongodb, database)
    try:
        await made.start()
        yield made
    finally:
        await made.kill()


async def _serve(mongodb: str, database: str) -> None:
    settings = Settings(mongodb_url=mongodb, database=database, development=True, person_key="of these tests alone")
    app = build(settings, Inspectors(10 * 1024 * 1024, processes=1))
    app.state.verifier = TrustingVerifier()
    runtime: Runtime = app.state.runtime
    await runtime.dossiers.ensure_indexes()
    await runtime.files.ensure_indexes()
    await runtime.lease.take()
    await runtime.prepare_own()
    server = uvicorn.Server(uvicorn.Config(app, port=0, lifespan="off", log_level="warning"))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.05)
    print(server.servers[0].sockets[0].getsockname()[1], flush=True)
    await serving


if __name__ == "__main__":
    asyncio.run(_serve(*sys.argv[1:]))
