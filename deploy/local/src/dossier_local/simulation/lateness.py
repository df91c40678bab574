"""Which cases of a register are late by its own deadlines, and by ours: `python -m dossier_local.simulation.lateness FILE`.

Late is a case whose last event comes after its deadline; an open one is measured by its last event, like the others. Our
appointment is computed by the services' own function, from `startdate`, under a calendar on which every day is worked from
midnight to midnight and nothing is a holiday, in calendar days. A deadline at midnight is the first moment that is too late, so
its day is not counted. Two limits are tried:

- `by_rule`: the same number of days for everyone, the register's most frequent (eight weeks in the permit log);
- `by_case`: the days between each case's own two columns.

What cannot be computed: how much of a longer limit is an extension and how much a suspension, and from when to when; the register
has the deadline as it is in the end and no event that moved it.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, time
from pathlib import Path
from typing import NamedTuple

from dossier_intake.rules.calendars import CalendarRules, WorkCalendar
from dossier_intake.rules.deadlines import Limit, appointment
from dossier_local.simulation.register import moment
from dossier_local.simulation.tables import read_table

COLUMNS = ("case", "startdate", "deadline", "timestamp")
ZONE = "Europe/Amsterdam"
LAST = time(23, 59, 59, 999999)


class Span(NamedTuple):
    """When a case began, when it should and when it did end."""

    case: str
    began: datetime
    deadline: datetime
    ended: datetime


class Lateness(NamedTuple):
    """Names of cases."""

    cases: int
    days: int  # of `by_rule`
    by_column: set[str]
    by_rule: set[str]
    by_case: set[str]


def spans(path: Path) -> list[Span]:
    found: dict[str, Span] = {}
    for _, row in read_table(path, COLUMNS):
        name, at = str(row["case"]), moment(row["timestamp"])
        known = found.get(name)
        began, deadline = moment(row["startdate"]), moment(row["deadline"])
        found[name] = known._replace(ended=max(known.ended, at)) if known else Span(name, began, deadline, at)
    return [*found.values()]


def lateness(cases: Sequence[Span], zone: str = ZONE) -> Lateness:
    hours = ((time(0), LAST),)
    calendar = WorkCalendar(CalendarRules(time_zone=zone, hours=hours, cut_off=LAST, weekend=(), public_holidays=None))
    days = {one.case: (calendar.local(one.deadline).date() - calendar.local(one.began).date()).days for one in cases}
    usual = Counter(days.values()).most_common(1)[0][0]

    def late(one: Span, allowed: int) -> bool:
        """A deadline on the first day, or before it, has passed at once."""
        if allowed <= 1:
            return one.ended > one.deadline
        return one.ended > appointment(one.began, Limit(amount=allowed - 1, unit="calendar_day"), calendar).instant

    return Lateness(
        cases=len(cases),
        days=usual,
        by_column={one.case for one in cases if one.ended > one.deadline},
        by_rule={one.case for one in cases if late(one, usual)},
        by_case={one.case for one in cases if late(one, days[one.case])},
    )


def main() -> None:
    found = lateness(spans(Path(sys.argv[1])), *sys.argv[2:3])
    lines = [f"rule: {found.days} calendar days from startdate, the day of the deadline not counted"]
    for name, late in (("column", found.by_column), ("rule", found.by_rule), ("case", found.by_case)):
        share, other = len(late) / found.cases, len(late ^ found.by_column)
        lines.append(f"by {name}: {len(late)} of {found.cases} late ({share:.2%}), {other} other than by column")
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
