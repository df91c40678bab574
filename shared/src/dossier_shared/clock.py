"""The clock, injected so that tests can set it; and instants as text. Business time may come from a replay."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol

_FIRST_YEAR, _LAST_YEAR = 1900, 2199


class Clock(Protocol):
    """`now` is aware, in UTC, and never used for deadlines when an event carries its own `time`."""

    def now(self) -> datetime: ...


class SystemClock:
    __slots__ = ()

    def now(self) -> datetime:
        return datetime.now(UTC)


class FixedClock:
    """For tests: stands still until told to move."""

    __slots__ = ("_now",)

    def __init__(self, at: datetime | str = "2025-07-01T01:00:00.000000Z") -> None:
        self._now = parse_instant(at) if isinstance(at, str) else at.astimezone(UTC)

    def now(self) -> datetime:
        return self._now

    def advance(self, delta: timedelta | float) -> None:
        """By a timedelta, or seconds."""
        self._now += delta if isinstance(delta, timedelta) else timedelta(seconds=delta)

    def set(self, at: datetime | str) -> None:
        self._now = parse_instant(at) if isinstance(at, str) else at.astimezone(UTC)


def instant(at: datetime) -> str:
    """`2025-07-01T01:00:00.000000Z`: always UTC, always microseconds, so that strings sort as times do."""
    if at.tzinfo is not UTC:
        if at.tzinfo is None:
            raise ValueError("a naive datetime is not an instant")
        at = at.astimezone(UTC)
    return at.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def parse_instant(text: str) -> datetime:
    """Any ISO 8601 date-time with an offset; raises ValueError for anything else."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is None or len(text) < 17:
        raise ValueError(f"not an instant with an offset: {text!r}")
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"outside the calendar: {text!r}") from None


def given_instant(text: str) -> str:
    """A client's instant in the one stored form; ValueError also for a year no calendar of ours reaches."""
    at = parse_instant(text)
    if not _FIRST_YEAR <= at.year <= _LAST_YEAR:
        raise ValueError(f"outside {_FIRST_YEAR}-{_LAST_YEAR}: {text!r}")
    return instant(at)
