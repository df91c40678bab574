"""Keeps a process small under glibc, which does not give memory back after a burst. Does nothing elsewhere."""

from __future__ import annotations

import asyncio
import ctypes
from contextlib import suppress

_MMAP_THRESHOLD, _ARENA_MAX = -3, -8  # malloc.h
_LARGE = 256 * 1024  # bytes; what is larger gets pages of its own, given back as soon as it is freed
_EVERY = 5.0  # seconds; one pass takes milliseconds, in a thread


def tame() -> None:
    """Two arenas for all threads (each would get its own, and none shrinks), and no place on the heap for large blocks."""
    with suppress(OSError, AttributeError):
        libc = ctypes.CDLL(None)
        libc.mallopt(_ARENA_MAX, 2)
        libc.mallopt(_MMAP_THRESHOLD, _LARGE)


async def give_back() -> None:
    """Returns free memory to the system, again and again (a batch of 500 filings leaves some 15 MB)."""
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError):
        return
    while True:
        await asyncio.sleep(_EVERY)
        await asyncio.to_thread(trim, 0)
