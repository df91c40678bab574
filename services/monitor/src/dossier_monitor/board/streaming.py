"""Server-sent events of live pages. Nothing is queued per client: each remembers what it has seen and asks for what is newer.

So a slow client costs nothing but its connection, never delays another, and misses nothing: values are absolute.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from time import monotonic

import structlog
from sse_starlette.sse import EventSourceResponse, SendTimeoutError
from starlette.types import Receive, Scope, Send

from dossier_monitor.board.board import Board
from dossier_monitor.board.views import View
from dossier_monitor.metrics import BOARD_AGE, STREAM_CLIENTS
from dossier_shared.problems import ServiceUnavailable
from dossier_shared.telemetry.metrics_registry import Sample

log = structlog.get_logger()
FASTEST = 0.2  # seconds between two messages to a client at least
BEAT = 1.0  # seconds between two messages at most: age and lag are news too
STUCK = 30.0  # seconds a message may wait for a client that does not read
CHECK_EVERY = 30.0  # seconds a stream may go on after its session has ended or its role was taken away
KEPT = 32  # views nobody reads: a reader that comes back goes on where it was

Check = Callable[[], Awaitable[object]]


class Hub:
    """Keeps the views that are read up to date, and wakes their streams when there is something to say."""

    def __init__(self, board: Board, *, caught_up: Callable[[], bool] = lambda: True) -> None:
        """Before it has caught up, a board shows less than it knows: no stream says anything yet."""
        self.board, self.caught_up = board, caught_up
        self.beats = 0
        self._views: dict[tuple[str, str | None], View] = {}
        self._wake = asyncio.Event()
        BOARD_AGE.reads(self, Hub._age)

    def _age(self) -> list[Sample]:
        age = self.board.meta().pulse_age
        return [] if age is None else [((), age)]

    def demand_whole(self) -> None:
        """Raises ServiceUnavailable: a number read too early would be taken for the truth."""
        if not self.caught_up():
            raise ServiceUnavailable(
                "board-loading",
                "Bảng đang được nạp lại. Hãy thử lại sau vài giây.",
                "The board is still being read. Try again in a few seconds.",
            )

    async def run(self) -> None:
        beat_at = 0.0
        while True:
            await asyncio.sleep(FASTEST)
            beats = monotonic() - beat_at >= BEAT
            changed = [self._refreshed(view, beats) for view in list(self._views.values()) if view.readers]
            if beats:
                beat_at, self.beats = monotonic(), self.beats + 1
            if beats or any(changed):
                self._wake.set()
                self._wake = asyncio.Event()

    def _refreshed(self, view: View, flows: bool) -> bool:
        """One that cannot be worked out stays as it was, is tried again, and keeps no other reader waiting."""
        try:
            return view.refresh(flows=flows)
        except Exception:
            log.exception("view cannot be refreshed")
            return False

    def view(self, kind: str, scope: str | None) -> View:
        """The one all readers of this kind and scope share, as new as the board."""
        found = self._views.pop((kind, scope), None)
        if found is None:
            spare = max(len(self._views) - KEPT + 1, 0)
            for key in [key for key, view in self._views.items() if not view.readers][:spare]:
                del self._views[key]
            found = View(self.board, kind, scope)
        else:
            found.refresh(flows=not found.readers)
        self._views[kind, scope] = found  # the latest asked for is forgotten last
        return found

    async def stream(self, view: View, since: int) -> AsyncGenerator[bytes]:
        """At least a message a second."""
        STREAM_CLIENTS.inc()
        view.readers += 1
        try:
            yield b"retry: 1000\n\n"
            while not self.caught_up():
                await self._wake.wait()
            view.refresh(flows=True)
            life = view.life
            while True:
                redraw, life = view.life != life, view.life
                seen, beats = view.change, self.beats
                yield view.message(0 if redraw else since, beats, redraw=redraw)
                since = seen
                while view.change == since and self.beats == beats:
                    await self._wake.wait()
        finally:
            view.readers -= 1
            STREAM_CLIENTS.dec()


class BoardStream(EventSourceResponse):
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        except SendTimeoutError:
            log.info("stream dropped: its client does not read")


def respond(stream: AsyncGenerator[bytes], check: Check) -> BoardStream:
    """`check` raises once whoever reads may not any more, within CHECK_EVERY; the stream then ends, and a new one would be
    refused."""
    return BoardStream(_while_allowed(stream, check), ping=0, send_timeout=STUCK)


async def _while_allowed(stream: AsyncGenerator[bytes], check: Check) -> AsyncIterator[bytes]:
    """Asked by the clock, not by what the stream has to say: a quiet one ends as soon."""
    checked, coming = monotonic(), asyncio.ensure_future(anext(stream, None))
    try:
        while True:
            await asyncio.wait({coming}, timeout=max(0.0, checked + CHECK_EVERY - monotonic()))
            if monotonic() - checked >= CHECK_EVERY:
                await check()
                checked = monotonic()
            if coming.done():
                if (chunk := coming.result()) is None:
                    return
                yield chunk
                coming = asyncio.ensure_future(anext(stream, None))
    except Exception as why:
        log.info("stream ended", why=repr(why)[:200])
    finally:
        coming.cancel()
        await asyncio.wait({coming})
        await stream.aclose()
