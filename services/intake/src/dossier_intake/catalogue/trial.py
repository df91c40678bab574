"""Trial appointments: every limit of a catalogue is computed with once, by its calendar, before a dossier meets it.

For each kind of day within the year to come: an ordinary one, a Friday, a day that is not worked, the eve of every closure of
three days or more (Tết), every day the calendar names; at each kind of hour: before opening, at and after the cut-off, late.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from dossier_intake.catalogue.finding import Finding
from dossier_intake.catalogue.model import CatalogueDocument, Procedure
from dossier_intake.rules.calendars import ONE_DAY, WorkCalendar
from dossier_intake.rules.deadlines import Extension, Limit, Pause, appointment
from dossier_shared.vocabulary.yaml import Place

DAYS = 380
NAMED = 20
_MOMENT = timedelta(microseconds=1)


def trial(document: CatalogueDocument, today: date | None = None) -> Iterator[Finding]:
    calendar = WorkCalendar(document.calendar)
    try:
        days = _days(calendar, today or datetime.now(UTC).date())
    except (ValueError, OverflowError):
        vi = "Lịch làm việc không có ngày làm việc nào trong hơn một năm: không tính được ngày hẹn."
        en = "The calendar has no working day for more than a year: no appointment can be computed."
        yield Finding(("calendar",), "not-computable", vi, en)
        return
    known: dict[Limit, bool] = {}
    for position, procedure in enumerate(document.procedures):
        place: Place = ("procedures", position, "deadline")
        yield from _sensible(procedure, calendar, place)
        limit = procedure.deadline
        if limit not in known:
            known[limit] = all(_computable(limit, calendar, day) for day in days)
        if not known[limit]:
            vi = f"{procedure.code}: không tính được ngày hẹn với thời hạn và lịch này."
            en = f"{procedure.code}: no appointment can be computed with this limit and calendar."
            yield Finding(place, "not-computable", vi, en)


def _sensible(procedure: Procedure, calendar: WorkCalendar, place: Place) -> Iterator[Finding]:
    cut_off = procedure.deadline.cut_off
    if cut_off is not None and not calendar.opening < cut_off <= calendar.closing:
        open_, close = f"{calendar.opening:%H:%M}", f"{calendar.closing:%H:%M}"
        vi = f"{procedure.code}: giờ chốt {cut_off:%H:%M} nằm ngoài giờ làm việc {open_}–{close}."
        en = f"{procedure.code}: the cut-off {cut_off:%H:%M} lies outside the working hours {open_}–{close}."
        yield Finding((*place, "cut_off"), "cut-off", vi, en)


def _days(calendar: WorkCalendar, today: date) -> list[date]:
    """Raises ValueError where the calendar has no working day."""
    ordinary = calendar.working_day(today)
    friday = today + ONE_DAY * ((4 - today.weekday()) % 7)
    found = {ordinary, friday, friday + ONE_DAY, calendar.after(ordinary, 1)}
    eve, closed = ordinary, 0
    for number in range(DAYS):
        day = ordinary + ONE_DAY * number
        if calendar.day_off(day) is None:
            if closed >= 3:
                found.add(eve)
            eve, closed = day, 0
        else:
            closed += 1
    named = [one.date for one in (*calendar.rules.days_off, *calendar.rules.working_days) if one.date >= today]
    for day in sorted(named)[:NAMED]:
        found |= {day - ONE_DAY, day}
    return sorted(found)


def _computable(limit: Limit, calendar: WorkCalendar, day: date) -> bool:
    cut_off = limit.cut_off or calendar.rules.cut_off
    chosen = [
        calendar.at(day, calendar.opening) - timedelta(hours=2),
        calendar.at(day, calendar.opening),
        calendar.at(day, cut_off),
        calendar.at(day, cut_off) + _MOMENT,
        calendar.at(day, calendar.closing) - _MOMENT,
    ]
    try:
        for received in chosen:
            if not _sound(appointment(received, limit, calendar).instant, received, calendar):
                return False
        pause = Pause(chosen[1], chosen[1] + timedelta(days=3))
        moved = appointment(chosen[0], limit, calendar, [pause], [Extension(1)]).instant
        return _sound(moved, chosen[0], calendar)
    except (ValueError, TypeError, OverflowError):
        return False


def _sound(instant: datetime, received: datetime, calendar: WorkCalendar) -> bool:
    """On a day that is worked, within the hours, not before the receipt."""
    local = calendar.local(instant)
    in_hours = any(opens <= local.time() <= closes for opens, closes in calendar.hours)
    return calendar.day_off(local.date()) is None and in_hours and instant >= received
