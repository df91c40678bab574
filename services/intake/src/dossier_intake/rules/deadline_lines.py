"""How a deadline is put into words, Vietnamese first."""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple

from dossier_intake.rules.calendars import ONE_DAY, WorkCalendar

WEEKDAYS_VI = ("thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy", "Chủ nhật")
WEEKDAYS_EN = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
UNITS = {
    "working_day": ("ngày làm việc", "working day"),
    "calendar_day": ("ngày", "calendar day"),
    "hour": ("giờ làm việc", "working hour"),
}


class Line(NamedTuple):
    """One step of the reasoning, with its legal basis where there is one."""

    vi: str
    en: str
    basis: str | None


def day_vi(day: date) -> str:
    return f"{WEEKDAYS_VI[day.weekday()]} {day.day:02}/{day.month:02}/{day.year}"


def day_en(day: date) -> str:
    return f"{WEEKDAYS_EN[day.weekday()]} {day.day:02}/{day.month:02}/{day.year}"


def moment_vi(local: datetime) -> str:
    return f"{local.hour:02}:{local.minute:02} {day_vi(local)}"


def moment_en(local: datetime) -> str:
    return f"{local.hour:02}:{local.minute:02} {day_en(local)}"


def amount_text(amount: int, unit: str) -> tuple[str, str]:
    vi, en = UNITS[unit]
    return f"{amount} {vi}", f"{amount} {en}{'' if amount == 1 else 's'}"


def skipped(start: date, end: date, calendar: WorkCalendar) -> list[Line]:
    """What lies between two days and is not counted; swapped days that are, too."""
    weekends = 0
    holidays: list[Line] = []
    day = start + ONE_DAY
    while day < end:
        off = calendar.day_off(day)
        if off is None:
            if calendar.is_compensation(day):
                holidays.append(
                    Line(
                        f"{day_vi(day)} làm bù: tính là ngày làm việc.",
                        f"{day_en(day)} is worked instead of another day: counted.",
                        calendar.basis("holiday"),
                    )
                )
        elif off.kind == "weekend":
            weekends += 1
        else:
            holidays.append(
                Line(
                    f"Không tính {day_vi(day)}: {off.vi}.",
                    f"Not counted: {day_en(day)}, {off.en}.",
                    calendar.basis("holiday"),
                )
            )
        day += ONE_DAY
    if weekends:
        ending = "" if weekends == 1 else "s"
        text = Line(
            f"Không tính {weekends} ngày nghỉ cuối tuần.",
            f"Not counted: {weekends} day{ending} of weekend.",
            calendar.basis("weekend"),
        )
        return [text, *holidays]
    return holidays
