"""How many dossiers passed, or went through an officer's hands, by the minute: sliding windows and the line of the last day.

Windows end at the board's `now`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from dossier_monitor.projection.cells import HOUR, MINUTE, Counts
from dossier_monitor.projection.registry import FLOWS

WINDOWS: Final = {"5m": 5, "1h": 60, "1d": 24 * 60}  # minutes
_PER_HOUR: Final = HOUR // MINUTE
KEEP: Final = 26  # hours


class Throughput:
    """Counts per flow and minute since 1970."""

    __slots__ = ("_minutes",)

    def __init__(self, flows: Iterable[str] = FLOWS) -> None:
        self._minutes: dict[str, dict[int, int]] = {name: {} for name in flows}

    def add(self, hour: int, delta: Counts) -> None:
        """`delta`: `<flow>:<minute>` -> how many more."""
        for name, number in delta.items():
            flow, _, minute = name.partition(":")
            if flow in self._minutes:
                self._change(flow, hour * _PER_HOUR + int(minute), number)

    def forget(self, until: int) -> None:
        """The hour `until`, and what was before."""
        oldest = (until + 1) * _PER_HOUR
        for counts in self._minutes.values():
            for past in [at for at in counts if at < oldest]:
                del counts[past]

    def take(self, other: Throughput, sign: int = 1) -> None:
        """All of another's, or away with it."""
        for flow, counts in other._minutes.items():
            for minute, number in counts.items():
                self._change(flow, minute, sign * number)

    def window(self, flow: str, minutes: int, now: int) -> int:
        """How many in the last `minutes` before `now` (microseconds), the minute begun included."""
        last = now // MINUTE
        counts = self._minutes[flow]
        if minutes < len(counts):
            return sum(counts.get(minute, 0) for minute in range(last - minutes + 1, last + 1))
        return sum(number for minute, number in counts.items() if last - minutes < minute <= last)

    def windows(self, now: int) -> dict[str, Counts]:
        """Of every window how many of each flow, zeros left out."""
        found: dict[str, Counts] = {}
        for name, minutes in WINDOWS.items():
            counts = {flow: self.window(flow, minutes, now) for flow in self._minutes}
            found[name] = {flow: number for flow, number in counts.items() if number}
        return found

    def line(self, flow: str, now: int, *, points: int = 48, width: int = 30) -> list[int]:
        """The last `points` times `width` minutes, the oldest first."""
        last = now // MINUTE
        found = [0] * points
        for minute, number in self._minutes[flow].items():
            back = (last - minute) // width
            if 0 <= back < points and minute <= last:
                found[points - 1 - back] += number
        return found

    def _change(self, flow: str, minute: int, number: int) -> None:
        counts = self._minutes[flow]
        count = counts.get(minute, 0) + number
        if count:
            counts[minute] = count
        else:
            counts.pop(minute, None)
