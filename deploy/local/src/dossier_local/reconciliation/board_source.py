"""Asks the monitor for its board, as one who may see every agency. The board follows: it is given a moment to catch up."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any

import httpx

from dossier_local.addresses import token
from dossier_local.loopback import http
from dossier_local.reconciliation.world import Board

TOTALS = (
    "filed", "accepted", "refused", "open", "approved", "rejected", "signed", "delivered", "messages", "on_time", "ended_late",
)  # fmt: skip


async def read_board(monitor: str, identity: str, expected: Mapping[str, int], *, within: float = 30.0) -> Board:
    """As soon as it agrees with what is expected, or what it shows when the time is over; empty: it does not answer."""
    bearer = await token(identity, "auditor-1", "admin", name="Reconciliation")
    deadline, board = time.monotonic() + within, Board({})
    async with http(monitor) as client:
        while True:
            try:
                answer = await client.get("/api/v1/board", headers={"Authorization": f"Bearer {bearer}"})
                if answer.is_success:
                    board = _board(answer.json()["total"])
            except httpx.TransportError:
                pass
            if (
                board is not None and all(expected.get(n) == v for n, v in board.totals.items())
            ) or time.monotonic() > deadline:
                return board
            await asyncio.sleep(0.3)


def _board(total: Mapping[str, Any]) -> Board:
    return Board({name: int(total[name]) for name in TOTALS if name in total})
