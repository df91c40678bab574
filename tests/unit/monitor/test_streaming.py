"""What a reader of a live page is told, and when."""

from __future__ import annotations

import asyncio

import orjson

from dossier_monitor.board import Board
from dossier_monitor.streaming import Hub
from dossier_shared.clock import FixedClock

from .test_board import NOW, put


async def test_nobody_is_told_anything_before_the_board_is_whole() -> None:
    board, whole = Board(FixedClock(NOW).now, 5, 1), False
    hub = Hub(board, caught_up=lambda: whole)
    view = hub.view("overview", None)  # opened while the board is still being read

    async def good() -> None:
        return None

    stream = hub.stream(view, 0, good)
    assert (await anext(stream)).startswith(b"retry")
    first = asyncio.ensure_future(anext(stream))
    beating = asyncio.create_task(hub.run())
    try:
        while hub.beats < 2:
            await asyncio.sleep(0.05)
        assert not first.done()
        put(board, "X", 3, ["R"])
        whole = True
        message = await asyncio.wait_for(first, 10)
    finally:
        beating.cancel()
        await asyncio.gather(beating, return_exceptions=True)
    data = next(line for line in message.splitlines() if line.startswith(b"data: "))
    assert orjson.loads(data.removeprefix(b"data: "))["values"]["/open"] == 3
    await stream.aclose()  # type: ignore[attr-defined]
