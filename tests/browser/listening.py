"""Intake alone, listening, for tests of its pages that need no other service."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import uvicorn
from tests.component.desks import Desk, desk

from dossier_intake.app import build
from dossier_intake.inspection.inspectors import Inspectors
from dossier_intake.settings import Settings
from dossier_local.stack import Stack


@asynccontextmanager
async def listening(stack: Stack, inspectors: Inspectors) -> AsyncIterator[tuple[Desk, str]]:
    """And its address."""
    settings = Settings(
        mongodb_url=stack.mongodb, database=f"intake-{uuid4().hex}", development=True, person_key="of these tests alone"
    )
    async with desk(build(settings, inspectors)) as intake:
        server = uvicorn.Server(uvicorn.Config(intake.app, port=0, lifespan="off", log_level="warning"))
        serving = asyncio.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.05)
        yield intake, f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        server.should_exit = True
        await serving
