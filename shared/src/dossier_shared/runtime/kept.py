"""Answers that get dear with what there is to count: the more so, the longer each is given again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from time import monotonic
from typing import Final, Generic, NamedTuple, TypeVar

import structlog

MANY: Final = 3_000  # things counted: beyond, a number on a page need not be of this instant
LEAST: Final = 1.0  # seconds
TIMES: Final = 20  # what took a second is renewed after twenty: a twentieth of one core at most
AT_ONCE: Final = 1_000  # answers kept; then all are forgotten
Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")
log = structlog.get_logger()


class _Answer(NamedTuple, Generic[Value]):
    value: Value
    took: float
    at: float


class Kept(Generic[Key, Value]):
    """Only answers that are `dear` are kept; others are as of now. `clock`: seconds, never going back."""

    def __init__(self, dear: Callable[[Value], bool], clock: Callable[[], float] = monotonic) -> None:
        self._dear, self._clock = dear, clock
        self._answers: dict[Key, _Answer[Value]] = {}
        self._renewals: dict[Key, asyncio.Task[None]] = {}

    async def get(self, key: Key, make: Callable[[], Awaitable[Value]]) -> Value:
        """From `make` where nothing is kept, or that is older than twice its time. Within its time what is kept; after that too,
        while one renewal for all runs behind it. Raises what `make` raises; a renewal that fails is tried again by the next."""
        if known := self._answers.get(key):
            age, lasts = self._clock() - known.at, max(LEAST, known.took * TIMES)
            if lasts <= age < 2 * lasts and key not in self._renewals:
                self._renewals[key] = asyncio.create_task(self._renewed(key, make))
            if age < 2 * lasts:
                return known.value
        return await self._made(key, make)

    async def _renewed(self, key: Key, make: Callable[[], Awaitable[Value]]) -> None:
        try:
            await self._made(key, make)
        except Exception as error:
            log.warning("a count was not renewed", error=repr(error)[:300])
        finally:
            del self._renewals[key]

    async def _made(self, key: Key, make: Callable[[], Awaitable[Value]]) -> Value:
        began = self._clock()
        value = await make()
        took = self._clock() - began
        self._answers.pop(key, None)
        if self._dear(value):
            if len(self._answers) >= AT_ONCE:
                self._answers.clear()
            self._answers[key] = _Answer(value, took, began)
        return value
