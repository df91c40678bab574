"""Server-sent events of the board. Nothing is queued per client: each remembers the tick it has seen and asks for what is newer.

So a slow client costs nothing but its connection, never delays another, and misses nothing: rows are absolute.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from time import monotonic

import structlog
from prometheus_client import Gauge
from sse_starlette.sse import EventSourceResponse, SendTimeoutError
from starlette.types import Receive, Scope, Send

from dossier_monitor.views import Views

log = structlog.get_logger()
CLIENTS = Gauge("dossier_monitor_stream_clients", "Open streams of the board")
FASTEST = 0.1  # seconds between two messages to a client at least
BEAT = 1.0  # seconds between two messages at most: age and lag are news too
STUCK = 30.0  # seconds a message may wait for a client that does not read
CHECK_TOKEN_EVERY = 60.0

Check = Callable[[], Awaitable[object]]


class Hub:
    """Wakes every stream when there is something to say."""

    def __init__(self, views: Views) -> None:
        self.views = views
        self.beat = 0
        self._wake = asyncio.Event()

    async def run(self) -> None:
        tick, at = -1, 0.0
        while True:
            await asyncio.sleep(FASTEST)
            now = monotonic()
            if self.views.board.tick != tick or now - at >= BEAT:
                tick, at = self.views.board.tick, now
                self.beat += 1
                self._wake.set()
                self._wake = asyncio.Event()

    async def stream(self, scope: str | None, since: int, check: Check) -> AsyncIterator[bytes]:
        """`check` raises once the token is no longer good; the stream then ends, and a new one would be refused."""
        checked = monotonic()
        CLIENTS.inc()
        try:
            yield b"retry: 1000\n\n"
            while True:
                seen = self.views.board.tick
                yield self.views.message(scope, since, self.beat)
                since = seen
                await self._wake.wait()
                if monotonic() - checked > CHECK_TOKEN_EVERY:
                    checked = monotonic()
                    await check()
        except asyncio.CancelledError:
            raise
        except Exception as why:
            log.info("stream ended", why=repr(why)[:200])
        finally:
            CLIENTS.dec()


class BoardStream(EventSourceResponse):
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        except SendTimeoutError:
            log.info("stream dropped: its client does not read")


def respond(stream: AsyncIterator[bytes]) -> BoardStream:
    return BoardStream(stream, ping=0, send_timeout=STUCK)
