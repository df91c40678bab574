"""Waiting for what will become true, instead of sleeping."""

from __future__ import annotations

import asyncio
import inspect
import os
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, overload

T = TypeVar("T")
CORES = os.cpu_count() or 1
AT_MOST = 4.0


def patience(within: float) -> float:
    """So many seconds where nothing else runs, up to four times as many where more wants to run than there are cores."""
    return within * min(AT_MOST, max(1.0, os.getloadavg()[0] / CORES))


@overload
async def eventually(check: Callable[[], Awaitable[T]], within: float = ..., every: float = ...) -> T: ...
@overload
async def eventually(check: Callable[[], T], within: float = ..., every: float = ...) -> T: ...


async def eventually(check: Callable[[], Any], within: float = 20.0, every: float = 0.05) -> Any:
    """Calls `check` (plain or async) until it returns something true, and returns that.

    A failing `assert` inside it counts as not yet. After `within` seconds (more on a busy machine) the last such failure is
    raised, or an AssertionError that shows the last value.
    """
    began = time.monotonic()
    while True:
        failure: AssertionError | None = None
        value: Any = None
        try:
            value = check()
            if inspect.isawaitable(value):
                value = await value
        except AssertionError as error:
            failure = error
        if value and failure is None:
            return value
        if (waited := time.monotonic() - began) > patience(within):
            raise failure or AssertionError(f"not within {waited:.0f} s; the last value was {value!r}")
        await asyncio.sleep(every)
