"""Hours at which offices work: 08:00 to 17:00 of working days in Vietnam."""

from __future__ import annotations

from datetime import datetime, timedelta

from dossier_shared.vocabulary.moments import VIETNAM, Works, monday_to_friday

_FROM, _TO = timedelta(hours=8), timedelta(hours=17)
LOOKED_BACK = timedelta(days=60)  # longer silences count as this long


def working_hours(since: datetime, until: datetime, works: Works = monday_to_friday) -> float:
    """Between two instants; none where `until` is not after `since`."""
    start = max(since, until - LOOKED_BACK).astimezone(VIETNAM)
    end = until.astimezone(VIETNAM)
    day = start.replace(hour=0, minute=0, second=0, microsecond=0)
    worked = timedelta(0)
    while day < end:
        if works(day.date()):
            worked += max(timedelta(0), min(end, day + _TO) - max(start, day + _FROM))
        day += timedelta(days=1)
    return worked.total_seconds() / 3600
