"""Times of day, days and instants, each from text alone: a number is never taken for one."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any
from unicodedata import normalize
from zoneinfo import ZoneInfo

from dossier_shared.problems import Invalid
from dossier_shared.vocabulary.reading import Value

FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2200, 12, 31)

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
Works = Callable[[date], bool]  # whether an office works on a day
_TIME = re.compile(r"([0-9]{1,2})(?::|h|g)([0-9]{2})(?::([0-9]{2}))?", re.IGNORECASE)
_HALF = re.compile(r"(.*?)\s*(?:(SA|sáng|AM)|CH|chiều|PM)", re.IGNORECASE)
_ZONED = re.compile(r"[0-9].*(?:Z|[+-][0-9]{2}:?[0-9]{2})", re.IGNORECASE)
_ISO_DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_TYPED_DAY = re.compile(r"([0-9]{1,2})[/.\-]([0-9]{1,2})[/.\-]([0-9]{4})")
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?(?:[Zz]|[+-][0-9]{2}:?[0-9]{2})"
)
_LOST_PLUS = re.compile(r"(.*:[0-9]{2}(?:\.[0-9]+)?) ([0-9]{2}:?[0-9]{2})")


def monday_to_friday(day: date) -> bool:
    """What is worked where nobody says more."""
    return day.weekday() < 5


def local_time(value: Any) -> time:
    """`15:00`, `7:30`, `15h00`, with seconds or without; `time` as it is. The offset is the place's, so none is given."""
    if isinstance(value, time) and value.tzinfo is None:
        return value
    if isinstance(value, int | float):
        raise _bad_time(
            "một con số không phải là giờ; có trình đọc YAML biến 15:00 thành số, hãy đặt trong dấu nháy: '15:00'",
            "a number is no time; some readers of YAML make a number of 15:00, so put it in quotes: '15:00'",
        )
    text = str(value).strip() if isinstance(value, str | time) else ""
    if (found := _TIME.fullmatch(text)) is not None:
        hour, minute, second = int(found[1]), int(found[2]), int(found[3] or 0)
        if hour < 24 and minute < 60 and second < 60:
            return time(hour, minute, second)
        raise _bad_time("giờ từ 00:00 đến 23:59", "times go from 00:00 to 23:59")
    if _ZONED.fullmatch(text):
        raise _bad_time(
            "không ghi múi giờ, giờ là giờ tại chỗ, ví dụ 15:00", "give no offset, the time is local, for example 15:00"
        )
    raise _bad_time("hãy viết như 15:00 hoặc 7:30", "write it like 15:00 or 7:30")


def clock_time(text: str) -> time:
    """As `local_time`, and as Vietnam's Excel writes it: `9:05 SA`, `2:05 CH` (sáng, chiều). `14:05 CH` is no riddle."""
    if (half := _HALF.fullmatch(normalize("NFC", text.strip()))) is None:
        return local_time(text)
    at = local_time(half[1])
    if half[2] is not None:
        if at.hour <= 12:
            return at.replace(hour=at.hour % 12)
    elif at.hour > 0:
        return at.replace(hour=at.hour % 12 + 12)
    raise _bad_time(
        "giờ không hợp với sáng (SA), chiều (CH)", "the hour does not go with morning (SA) or afternoon (CH)"
    )


def iso_day(value: Any) -> date:
    """`2026-11-28`."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return _bounded(value)
    found = _ISO_DAY.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise _bad_day("hãy viết như 2026-11-28", "write it like 2026-11-28")
    return _day(*found.groups())


def typed_day(value: Any) -> date:
    """`28/11/2026`, as people type it, or `2026-11-28`."""
    if isinstance(value, str) and (found := _TYPED_DAY.fullmatch(value.strip())) is not None:
        return _day(found[3], found[2], found[1])
    return iso_day(value)


def typed_moment(text: str) -> datetime:
    """`28/02/2026 07:30`, `7h30 28/02/2026` or `2026-02-28T07:30`, as people type it: Vietnam's time."""
    pieces = text.replace("T", " ").replace(",", " ").split()
    if len(pieces) < 2:
        raise Invalid(
            "instant-invalid",
            "Thời điểm không hợp lệ: hãy viết ngày rồi giờ, như 28/02/2026 07:30.",
            "The moment is not valid: write the day and the time, like 28/02/2026 07:30.",
        )
    if _TYPED_DAY.fullmatch(pieces[-1]) is not None or _ISO_DAY.fullmatch(pieces[-1]) is not None:
        pieces = [pieces[-1], *pieces[:-1]]
    return datetime.combine(typed_day(pieces[0]), clock_time(" ".join(pieces[1:])), VIETNAM)


def instant(value: Any) -> datetime:
    """ISO 8601 with an offset, in UTC. A plus that a query string made a blank is put back."""
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC)
    text = value.strip() if isinstance(value, str) else ""
    text = put_plus_back(text)
    if _INSTANT.fullmatch(text) is not None:
        try:
            return datetime.fromisoformat(text.upper()).astimezone(UTC)
        except (ValueError, OverflowError):
            pass
    raise Invalid(
        "instant-invalid",
        "Thời điểm không hợp lệ: hãy viết như 2026-11-28T15:00:00+07:00.",
        "The instant is not valid: write it like 2026-11-28T15:00:00+07:00.",
    )


def end_of(value: Any) -> datetime:
    """Until when something holds: an instant as it is, or a day as it is typed, to its end in Vietnam. In UTC."""
    text = value.strip() if isinstance(value, str) else ""
    if _ISO_DAY.fullmatch(text) is None and _TYPED_DAY.fullmatch(text) is None:
        try:
            return instant(value)
        except Invalid:
            raise Invalid(
                "until-invalid",
                "Thời hạn không hợp lệ: hãy viết ngày như 28/11/2026, hoặc thời điểm như 2026-11-28T15:00:00+07:00.",
                "The end is not valid: write a day like 28/11/2026, or an instant like 2026-11-28T15:00:00+07:00.",
            ) from None
    return datetime.combine(typed_day(text) + timedelta(days=1), time(), VIETNAM).astimezone(UTC)


def put_plus_back(text: str) -> str:
    """A query string makes a blank of the plus of an offset."""
    lost = _LOST_PLUS.fullmatch(text)
    return text if lost is None else f"{lost[1]}+{lost[2]}"


def _day(year: str, month: str, day: str) -> date:
    try:
        return _bounded(date(int(year), int(month), int(day)))
    except ValueError:
        raise _bad_day("không có ngày này trong lịch", "the calendar has no such day") from None


def _bounded(day: date) -> date:
    if not FIRST_DAY <= day <= LAST_DAY:
        raise _bad_day("năm phải từ 1900 đến 2200", "the year must be from 1900 to 2200")
    return day


def _bad_time(vi: str, en: str) -> Invalid:
    return Invalid("time-invalid", f"Giờ không hợp lệ: {vi}.", f"The time is not valid: {en}.")


def _bad_day(vi: str, en: str) -> Invalid:
    return Invalid("day-invalid", f"Ngày không hợp lệ: {vi}.", f"The day is not valid: {en}.")


LocalTime = Annotated[time, Value(local_time, {"type": "string", "examples": ["15:00"]})]
Day = Annotated[date, Value(iso_day, {"type": "string", "format": "date"})]
TypedDay = Annotated[date, Value(typed_day, {"type": "string", "examples": ["2026-11-28", "28/11/2026"]})]
Instant = Annotated[datetime, Value(instant, {"type": "string", "format": "date-time"})]
Until = Annotated[datetime, Value(end_of, {"type": "string", "examples": ["2026-11-28", "2026-11-28T15:00:00+07:00"]})]
