"""Hours at which offices work: Monday to Friday, 08:00 to 17:00 in Vietnam. Holidays count as days on which nothing happens."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

VIETNAM = timezone(timedelta(hours=7))
_FROM, _TO, _WEEKEND = timedelta(hours=8), timedelta(hours=17), 5
LOOKED_BACK = timedelta(days=60)  # longer silences count as this long


def working_hours(since: datetime, until: datetime) -> float:
    """Between two instants; none where `until` is not after `since`."""
    start = max(since, until - LOOKED_BACK).astimezone(VIETNAM)
    end = until.astimezone(VIETNAM)
    day = start.replace(hour=0, minute=0, second=0, microsecond=0)
    worked = timedelta(0)
    while day < end:
        if day.weekday() < _WEEKEND:
            worked += max(timedelta(0), min(end, day + _TO) - max(start, day + _FROM))
        day += timedelta(days=1)
    return worked.total_seconds() / 3600
