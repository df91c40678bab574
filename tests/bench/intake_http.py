"""Intake's single filings per second against the bare app's, alternating, same load."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import statistics
import sys
from asyncio.subprocess import PIPE, Process

import httpx
from tests.bench.pipeline import Feeder

from dossier_local.stack import Stack
from dossier_local.waiting import eventually

CONNECTIONS = 64
PROCEDURE = "1.004873"  # marital status certificate: a form, no files, a counter officer's turn next


async def measure(stack: Stack, rounds: int, seconds: float) -> dict[str, float]:
    """Requests per second, medians."""
    feeder = Feeder(stack, PROCEDURE)
    await feeder.prepare()
    body = json.dumps(feeder.filing(0))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    bare = await _bare_app(stack, port)
    rates: dict[str, list[float]] = {"bare": [], "intake": []}
    intake_port = int(stack.url("intake").rsplit(":", 1)[1])
    try:
        for _ in range(rounds + 1):
            rates["bare"].append(await _load(port, seconds, {}, body))
            rates["intake"].append(
                await _load(intake_port, seconds, {"authorization": feeder.headers["authorization"]}, body)
            )
    finally:
        bare.terminate()
        await bare.wait()
    return {name: statistics.median(found[1:]) for name, found in rates.items()}


async def _bare_app(stack: Stack, port: int) -> Process:
    env = {**os.environ, **stack.env(), "PORT": str(port)}
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "tests.bench.bare_app", env=env)

    async def ready() -> bool:
        async with httpx.AsyncClient(trust_env=False) as client:
            try:
                return (await client.get(f"http://127.0.0.1:{port}/health/ready")).is_success
            except httpx.TransportError:
                return False

    await eventually(ready, within=30)
    return process


async def _load(port: int, seconds: float, headers: dict[str, str], body: str) -> float:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.http_load", "127.0.0.1", str(port), str(CONNECTIONS), str(seconds),
        stdin=PIPE, stdout=PIPE,
    )  # fmt: skip
    out, _ = await process.communicate(json.dumps({"headers": headers, "body": body}).encode())
    return float(out)
