"""How much is worked on at once, where what comes differs in size."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class WeightedSemaphore:
    """Lets in, in the order of coming, what fits together into `capacity`; what is larger goes alone."""

    def __init__(self, capacity: int) -> None:
        self._capacity = self._free = capacity
        self._turn = asyncio.Lock()
        self._left = asyncio.Event()

    @asynccontextmanager
    async def held(self, weight: int) -> AsyncIterator[None]:
        weight = min(weight, self._capacity)
        async with self._turn:
            while self._free < weight:
                self._left.clear()
                await self._left.wait()
            self._free -= weight
        try:
            yield
        finally:
            self._free += weight
            self._left.set()
