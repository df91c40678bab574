"""Asks the monitor for its board, as one who may see every agency. The board follows: it is given a moment to catch up."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

import httpx

from dossier_local.addresses import token
from dossier_local.loopback import http
from dossier_local.reconciliation.world import Board

TOTALS = (
    "filed", "accepted", "refused", "open", "approved", "rejected", "signed", "delivered", "stopped", "withdrawn", "messages",
    "on_time", "ended_late",
)  # fmt: skip


async def read_board(monitor: str, identity: str, expected: Mapping[str, int], *, within: float = 30.0) -> Board:
    """As soon as it agrees with what is expected, or what it shows when the time is over; empty: it does not answer."""
    bearer = await token(identity, "auditor-1", "admin", name="Reconciliation")
    deadline, board = time.monotonic() + within, Board({})
    async with http(monitor) as client:
        while True:
            try:
                answer = await client.get("/api/v1/board?detail=true", headers={"Authorization": f"Bearer {bearer}"})
                if answer.is_success:
                    board = _board(answer.json())
            except httpx.TransportError:
                pass
            if (
                board is not None and all(expected.get(n) == v for n, v in board.totals.items())
            ) or time.monotonic() > deadline:
                return board
            await asyncio.sleep(0.3)


def _board(body: Mapping[str, Any]) -> Board:
    channels: dict[str, Counter[str]] = defaultdict(Counter)
    for cell in body["cells"]:
        channels[cell["channel"]].update(cell["counts"])
    totals = {name: int(body["total"][name]) for name in TOTALS if name in body["total"]}
    totals |= {f"filed:{one['code']}": int(one["own"]["filed"]) for one in body["agencies"] if one["own"]["filed"]}
    return Board(totals, {name: dict(counts) for name, counts in channels.items()}, body["now"])
