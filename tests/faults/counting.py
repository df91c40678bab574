"""Counters summed over all lives of all processes, read so often that a kill takes little with it."""

from __future__ import annotations

import asyncio
from collections import defaultdict

from dossier_local.reconciliation.counters import read_counters
from dossier_local.stack import Stack

EVERY = 0.7  # seconds
PRODUCT = ("intake", "review", "signing", "notify", "monitor")


class Lives:
    """The last values read of each process."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._last: dict[tuple[str, int], dict[str, float]] = {}
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._follow())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _follow(self) -> None:
        while True:
            await self.read()
            await asyncio.sleep(EVERY)

    async def read(self) -> None:
        names = [name for name in self._stack.running if name.partition("#")[0] in PRODUCT]
        pids = {name: self._stack.pid(name) for name in names}  # now: one may be killed before it is its turn
        await asyncio.gather(*(self._read(name, pid) for name, pid in pids.items()))

    async def _read(self, name: str, pid: int) -> None:
        try:
            async with asyncio.timeout(2):
                found = (await read_counters({name: self._stack.url(name)}))[name]
        except TimeoutError:  # busy, or suspended
            return
        if found and self._stack.alive(name) and self._stack.pid(name) == pid:
            self._last[name, pid] = found

    def of(self, service: str, counter: str) -> float:
        """Of all lives and replicas of one service."""
        return self.by_service(counter).get(service, 0.0)

    def life(self, name: str, counter: str) -> float:
        """Of the process that lives now."""
        return self._last.get((name, self._stack.pid(name)), {}).get(counter, 0.0)

    def total(self, counter: str) -> float:
        return sum(self.by_service(counter).values())

    def by_service(self, counter: str) -> dict[str, float]:
        sums: dict[str, float] = defaultdict(float)
        for (name, _), values in self._last.items():
            sums[name.partition("#")[0]] += values.get(counter, 0.0)
        return dict(sums)
