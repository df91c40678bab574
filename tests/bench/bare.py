"""The bare app as a process of its own, on a port of its own."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from dossier_local.stack import Stack
from dossier_local.waiting import eventually


@asynccontextmanager
async def started(stack: Stack) -> AsyncIterator[int]:
    """Its port, once it answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    env = {**os.environ, **stack.env(), "PORT": str(port)}
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "tests.bench.bare_app", env=env)

    async def ready() -> bool:
        async with httpx.AsyncClient(trust_env=False) as client:
            try:
                return (await client.get(f"http://127.0.0.1:{port}/health/ready")).is_success
            except httpx.TransportError:
                return False

    try:
        await eventually(ready, within=30)
        yield port
    finally:
        process.terminate()
        await process.wait()
