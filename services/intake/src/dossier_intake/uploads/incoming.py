"""Bodies of uploads: taken to disk while they come, a bounded number at once, and few of them in memory at a time."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from tempfile import TemporaryFile
from typing import IO

from starlette.requests import Request

from dossier_intake.capacity import WeightedSemaphore
from dossier_shared.problems import ServiceUnavailable

AT_ONCE, EACH = 16, 4  # uploads under way in this process, and of one person's
WAIT = 8.0  # seconds for one's turn
IN_MEMORY = 24 * 1024 * 1024  # of bodies that are being looked into and stored
PIECE = 256 * 1024  # written at a time


def uploads_busy() -> ServiceUnavailable:
    return ServiceUnavailable(
        "uploads-busy",
        "Đang có quá nhiều tệp tải lên cùng lúc, tệp này chưa được nhận. Hãy tải lại sau giây lát.",
        "Too many files are being uploaded at once; this one was not taken. Upload it again in a moment.",
    )


class Incoming:
    """Whoever waits for a turn is not read from: the server stops reading when its small buffer is full."""

    def __init__(
        self, at_once: int = AT_ONCE, each: int = EACH, wait: float = WAIT, in_memory: int = IN_MEMORY
    ) -> None:
        self._at_once, self._each, self._wait = at_once, each, wait
        self._under_way: Counter[str] = Counter()
        self._turn = asyncio.Condition()
        self.memory = WeightedSemaphore(in_memory)

    @asynccontextmanager
    async def body(self, request: Request, person: str) -> AsyncIterator[bytes]:
        """The whole body, once it fits into memory. Raises ServiceUnavailable where one's turn does not come."""
        async with self.turn(person):
            with TemporaryFile() as file:  # nameless: gone with the process, however that ends
                size = await _received(request, file)
                async with self.memory.held(size):
                    yield await asyncio.to_thread(_content, file)

    @asynccontextmanager
    async def turn(self, person: str) -> AsyncIterator[None]:
        await self._begin(person)
        try:
            yield
        finally:
            async with self._turn:
                self._under_way[person] -= 1
                if not self._under_way[person]:
                    del self._under_way[person]
                self._turn.notify_all()

    async def _begin(self, person: str) -> None:
        try:
            async with asyncio.timeout(self._wait), self._turn:
                await self._turn.wait_for(
                    lambda: self._under_way.total() < self._at_once and self._under_way[person] < self._each
                )
                self._under_way[person] += 1
        except TimeoutError:
            raise uploads_busy() from None


async def _received(request: Request, file: IO[bytes]) -> int:
    size = 0
    pieces: list[bytes] = []
    gathered = 0
    async for piece in request.stream():
        pieces.append(piece)
        gathered += len(piece)
        if gathered >= PIECE:
            await asyncio.to_thread(file.write, b"".join(pieces))
            size, gathered = size + gathered, 0
            pieces.clear()
    if gathered:
        await asyncio.to_thread(file.write, b"".join(pieces))
    return size + gathered


def _content(file: IO[bytes]) -> bytes:
    file.seek(0)
    return file.read()
