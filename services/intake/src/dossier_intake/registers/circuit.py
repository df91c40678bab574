"""A neighbour that failed several times in a row is not asked for a while: a dead one then costs nobody any time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

FAILURES: Final = 5  # in a row
REST: Final = 30.0  # seconds


class Circuit:
    """Closed, open, or half open: after a rest one question tries whether the neighbour is back."""

    def __init__(
        self, failures: int = FAILURES, rest: float = REST, tick: Callable[[], float] = time.monotonic
    ) -> None:
        self._limit, self._rest, self._tick = failures, rest, tick
        self._failures, self._opened = 0, float("-inf")

    def lets_through(self) -> bool:
        """Who is let through while it is open is the trial, and others wait for what becomes of it."""
        if self._failures < self._limit:
            return True
        if self._tick() - self._opened < self._rest:
            return False
        self._opened = self._tick()
        return True

    def worked(self) -> None:
        self._failures = 0

    def failed(self) -> None:
        self._failures += 1
        if self._failures >= self._limit:
            self._opened = self._tick()
