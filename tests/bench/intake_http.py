"""Intake's single filings per second against the bare app's, alternating, same load."""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
from asyncio.subprocess import PIPE

from tests.bench.bare import started
from tests.bench.pipeline import Feeder

from dossier_local.stack import Stack

CONNECTIONS = 64
PROCEDURE = "1.004873"  # marital status certificate: a form, no files, a counter officer's turn next


async def measure(stack: Stack, rounds: int, seconds: float) -> dict[str, float]:
    """Requests per second, medians."""
    feeder = Feeder(stack, PROCEDURE)
    await feeder.prepare()
    body = json.dumps(feeder.filing(0))
    rates: dict[str, list[float]] = {"bare": [], "intake": []}
    intake_port = int(stack.url("intake").rsplit(":", 1)[1])
    async with started(stack) as port:
        for _ in range(rounds + 1):
            rates["bare"].append(await _load(port, seconds, {}, body))
            rates["intake"].append(
                await _load(intake_port, seconds, {"authorization": feeder.headers["authorization"]}, body)
            )
    return {name: statistics.median(found[1:]) for name, found in rates.items()}


async def _load(port: int, seconds: float, headers: dict[str, str], body: str) -> float:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.http_load", "127.0.0.1", str(port), str(CONNECTIONS), str(seconds),
        stdin=PIPE, stdout=PIPE,
    )  # fmt: skip
    out, _ = await process.communicate(json.dumps({"headers": headers, "body": body}).encode())
    return float(out)
