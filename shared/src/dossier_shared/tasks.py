"""Ends background tasks, also one whose cancellation was lost."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any


async def end(tasks: Iterable[asyncio.Task[Any]], *, patience: float = 6.0) -> None:
    """Cancels, and again after `patience` seconds, until all have ended; what they raise is dropped.

    Once is not enough: before Python 3.12 `asyncio.wait_for` answers with a future that was done in the same turn and
    forgets the cancellation (a refused connection does that), and a loop that lives through every error goes on.
    """
    left = set(tasks)
    while left:
        for task in left:
            task.cancel()
        done, left = await asyncio.wait(left, timeout=patience)
        for task in done:
            if not task.cancelled():
                task.exception()
