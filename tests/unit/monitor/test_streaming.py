"""What a reader of a live page is told, and when; a stream ends with the right to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from types import SimpleNamespace
from typing import Any

import orjson
import pytest

from dossier_monitor.board import streaming
from dossier_monitor.board.board import Board
from dossier_monitor.board.scopes import same_scope
from dossier_monitor.board.streaming import Hub, respond
from dossier_shared.clock import FixedClock, SystemClock
from dossier_shared.http.tokens import Principal
from dossier_shared.problems import Forbidden, ServiceUnavailable, Unauthorised

from .test_board import NOW, put


async def test_a_stream_ends_once_its_token_is_no_longer_good(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "CHECK_EVERY", -1.0)
    checks, closed = 0, False

    async def chunks() -> AsyncGenerator[bytes]:
        nonlocal closed
        try:
            while True:
                yield b"data: 1\n\n"
        finally:
            closed = True

    async def check() -> None:
        nonlocal checks
        checks += 1
        if checks == 3:
            raise Unauthorised("token-expired")

    sent = [chunk async for chunk in respond(chunks(), check).body_iterator]
    assert len(sent) == 2, "what comes once it is refused is not sent"
    assert closed, "what it held is given back"


async def test_a_view_that_cannot_be_worked_out_freezes_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "FASTEST", 0.01)
    hub = Hub(Board(SystemClock().now, 5, 1))
    broken, good = hub.view("agency", "A1"), hub.view("overview", None)
    broken.readers = good.readers = 1
    monkeypatch.setattr(broken, "board", None)
    running = asyncio.create_task(hub.run())
    while hub.beats < 1 and not running.done():
        await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert hub.beats == 1


async def test_as_many_views_as_are_kept_wait_for_readers_that_come_back() -> None:
    hub = Hub(Board(SystemClock().now, 5, 1))
    views = [hub.view("agency", f"A{number}") for number in range(streaming.KEPT)]
    assert [hub.view("agency", f"A{number}") for number in range(streaming.KEPT)] == views


async def test_readers_of_one_scope_share_a_view_and_leave_it_behind_in_order() -> None:
    hub = Hub(Board(SystemClock().now, 5, 1))
    view = hub.view("overview", None)
    assert hub.view("overview", None) is view
    assert hub.view("overview", "H19") is not view
    stream = hub.stream(view, 0)
    assert (await anext(stream)).startswith(b"retry:")
    assert (await anext(stream)).split(b"\n")[1] == b"event: snapshot"
    assert view.readers == 1
    for number in range(100):
        hub.view("agency", f"A{number}")
    assert hub.view("overview", None) is view, "what is read is not forgotten"
    await stream.aclose()
    assert view.readers == 0
    for number in range(100, 200):
        hub.view("agency", f"A{number}")
    assert hub.view("overview", None) is not view
    await asyncio.sleep(0)


async def test_nobody_is_told_anything_before_the_board_is_whole() -> None:
    board, whole = Board(FixedClock(NOW).now, 5, 1), False
    hub = Hub(board, caught_up=lambda: whole)
    view = hub.view("overview", None)  # opened while the board is still being read

    stream = hub.stream(view, 0)
    with pytest.raises(ServiceUnavailable):
        hub.demand_whole()
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
    await stream.aclose()


async def test_a_quiet_stream_ends_as_soon_as_one_that_speaks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its session has ended, or its role was taken away: that it has nothing to say keeps it open no longer."""
    monkeypatch.setattr(streaming, "CHECK_EVERY", 0.05)
    ended = False

    async def quiet() -> AsyncGenerator[bytes]:
        nonlocal ended
        try:
            yield b"retry: 1000\n\n"
            await asyncio.Event().wait()
        finally:
            ended = True

    asked = 0

    async def check() -> None:
        nonlocal asked
        asked += 1
        if asked == 3:
            raise Forbidden()

    async with asyncio.timeout(5):
        found = [chunk async for chunk in streaming._while_allowed(quiet(), check)]
    assert (found, asked, ended) == ([b"retry: 1000\n\n"], 3, True)


def test_a_reader_who_moves_to_another_agency_is_shown_the_first_no_longer() -> None:
    board: Any = SimpleNamespace(agencies={}, above=lambda *_: (), directory=None)
    same_scope("H19", Principal("s", frozenset({"superior"}), "H19"), board)
    for who in (
        Principal("s", frozenset({"superior"}), "H20"),
        Principal("s", frozenset({"superior"}), None),
        Principal("s", frozenset({"superior", "admin"}), "H19"),
    ):
        with pytest.raises(Forbidden):
            same_scope("H19", who, board)
