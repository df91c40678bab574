"""What processes cost: CPU seconds and resident memory, children included."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping

import psutil


def cpu_seconds(pids: Iterable[int]) -> float:
    """User and system time so far of these processes and their living children."""
    total = 0.0
    for pid in pids:
        process = psutil.Process(pid)
        for one in (process, *process.children(recursive=True)):
            times = one.cpu_times()
            total += times.user + times.system
    return total


def by_name(pids: Mapping[str, int]) -> dict[str, float]:
    return {name: cpu_seconds([pid]) for name, pid in pids.items()}


async def at_rest(pids: Mapping[str, int]) -> None:
    """Until none of them has worked for three seconds: what follows the last delivery is part of the cost.

    Their idle loops take a few per cent of a core each.
    """
    calm, last = 0, by_name(pids)
    for _ in range(300):
        await asyncio.sleep(1)
        now = by_name(pids)
        calm = calm + 1 if all(now[name] - last[name] < 0.15 for name in pids) else 0
        if calm == 3:
            return
        last = now
    raise RuntimeError("not at rest within five minutes")


def resident_mb(pid: int) -> float:
    process = psutil.Process(pid)
    return sum(one.memory_info().rss for one in (process, *process.children(recursive=True))) / 2**20
