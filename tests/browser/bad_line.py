"""A line between a browser and what it asks: slow, late, with answers that never come, and cut altogether now and then.

A browser's own throttling cannot lose a share of requests; this stands between, as the last mile does.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from random import Random
from time import monotonic
from urllib.parse import urlsplit

PIECE = 4096  # bytes that travel at a time
_METHODS = (b"GET /", b"POST /", b"PATCH /", b"HEAD /", b"OPTIONS /", b"PUT /", b"DELETE /")


@dataclass(slots=True)
class BadLine:
    """`lost`: share of requests whose connection breaks, on their way or on their answer's. `late`: seconds there and back.
    `rate`: bytes a second, each way, of all connections together. `cuts_at`: how many bytes have travelled when it is cut, and
    for how many seconds: however slow the machine is, it happens at the same places. `mute`: what is asked arrives, no answer
    does."""

    target: tuple[str, int]
    rng: Random
    lost: float = 0.0
    late: float = 0.0
    rate: float = 0.0
    down: bool = False
    mute: bool = False
    address: str = ""
    requests: int = 0
    broken: int = 0
    cuts: int = 0
    cuts_at: list[tuple[int, float]] = field(default_factory=list)
    travelled: int = 0  # bytes, both ways
    sent: int = 0  # bytes that were asked with
    _open: set[asyncio.StreamWriter] = field(default_factory=set)
    log: list[str] = field(default_factory=list)  # what was asked and what became of it, for who has to find out why
    _began: float = field(default_factory=monotonic)
    _free: dict[str, float] = field(default_factory=dict)  # when each direction is free for the next piece

    def cut(self) -> None:
        """Until `mend`."""
        self.down = True
        self.cuts += 1
        self.note("cut")
        for writer in self._open:
            writer.transport.abort()

    def mend(self) -> None:
        self.down = False
        self.note("mended")

    def note(self, what: str) -> None:
        self.log.append(f"{monotonic() - self._began:6.1f} s {what}")

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.down:
            writer.transport.abort()
            return
        try:
            there, back = await asyncio.open_connection(*self.target)
        except OSError:
            writer.transport.abort()
            return
        ends = {writer, back}
        self._open |= ends
        try:
            ways = [asyncio.create_task(one) for one in (self._asked(reader, back, ends), self._told(there, writer))]
            _, rest = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for way in rest:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
        finally:
            self._open -= ends
            for end in ends:
                end.close()

    async def _asked(
        self, reader: asyncio.StreamReader, back: asyncio.StreamWriter, ends: set[asyncio.StreamWriter]
    ) -> None:
        left: int | None = None  # bytes until this connection breaks
        while data := await reader.read(PIECE):
            if data.startswith(_METHODS):
                self.requests += 1
                asked = data.split(b" HTTP", 1)[0].decode(errors="replace")[:100]
                self.note(asked)
                if self.rng.random() < self.lost:
                    self.broken += 1
                    # before it arrives, within what it carries, or behind it, so that only its answer is lost
                    left = self.rng.choice((0, self.rng.randrange(200_000), len(data)))
                    self.note(f"broken after {left} bytes: {asked}")
            await self._travel("asked", len(data))
            self.sent += len(data)
            if left is not None and left < len(data):
                back.write(data[:left])
                break
            back.write(data)
            await back.drain()
            if left is not None:
                left -= len(data)
                if left <= 0:
                    break
        for end in ends if left is not None else ():
            with suppress(OSError):
                await end.drain()
            end.transport.abort()

    async def _told(self, there: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await there.read(PIECE):
            await self._travel("told", len(data))
            if self.mute:
                continue
            writer.write(data)
            await writer.drain()

    async def _travel(self, way: str, size: int) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        free = self._free.get(way, 0)
        begin, rests = max(now, free), now - free > self.late / 2  # what follows at once is on its way already
        self._free[way] = begin + (size / self.rate if self.rate else 0)
        await asyncio.sleep(self._free[way] - now + (self.late / 2 if rests else 0))
        self._free[way] = max(self._free[way], loop.time())
        self.travelled += size
        if self.cuts_at and self.travelled >= self.cuts_at[0][0] and not self.down:
            _, seconds = self.cuts_at.pop(0)
            self.cut()
            loop.call_later(seconds, self.mend)


@asynccontextmanager
async def bad_line(base: str, seed: int) -> AsyncIterator[BadLine]:
    """Good at first. Its `address` stands for `base`."""
    parts = urlsplit(base)
    line = BadLine((parts.hostname or "", parts.port or 0), Random(seed))
    server = await asyncio.start_server(line.serve, "127.0.0.1", 0)
    line.address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield line
    finally:
        line.cut()
        server.close()
