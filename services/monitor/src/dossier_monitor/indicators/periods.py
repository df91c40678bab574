"""Days, months and quarters, by Vietnam's calendar. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final, Literal, get_args
from zoneinfo import ZoneInfo

from babel.dates import DateTimePattern, parse_pattern

from dossier_shared.clock import instant
from dossier_shared.pages.texts import Lang
from dossier_shared.problems import Invalid

Kind = Literal["day", "month", "quarter"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
MOST: Final = 400  # periods in one answer
VIETNAM: Final = ZoneInfo("Asia/Ho_Chi_Minh")
_USUAL: Final[dict[Kind, int]] = {"day": 30, "month": 12, "quarter": 8}  # periods shown where none were asked for
_TITLES: Final[dict[tuple[Lang, Kind], DateTimePattern]] = {
    ("vi", "day"): parse_pattern("dd/MM/yyyy"), ("en", "day"): parse_pattern("dd MMM yyyy"),
    ("vi", "month"): parse_pattern("MM/yyyy"), ("en", "month"): parse_pattern("MMM yyyy"),
    ("vi", "quarter"): parse_pattern("'quý' Q/yyyy"), ("en", "quarter"): parse_pattern("QQQ yyyy"),
}  # fmt: skip
_EARLIEST: Final = date(1990, 1, 1)


@dataclass(frozen=True, slots=True)
class Period:
    """`name`: `2026-11-22`, `2026-11`, `2026-Q4`. First and last may be cut by what was asked for."""

    name: str
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class AskedPeriod:
    """Whole days, both ends included; none after `now`."""

    kind: Kind
    first: date
    last: date
    now: str  # instant by which what is unfinished is judged

    @property
    def until(self) -> str:
        """The instant at which the last day ends, or now where that is earlier."""
        return self.end(self.last)

    def end(self, day: date) -> str:
        midnight = datetime.combine(day + timedelta(days=1), datetime.min.time(), VIETNAM)
        return min(instant(midnight.astimezone(UTC)), self.now)

    def periods(self) -> list[Period]:
        return list(split(self.first, self.last, self.kind))


def asked(kind: str | None, first: str | None, last: str | None, now: str) -> AskedPeriod:
    """Raises Invalid `period-invalid`. What is not said is what one usually looks at; days to come are left away."""
    today = datetime.fromisoformat(now).astimezone(VIETNAM).date()
    if (kind or "day") not in KINDS:
        raise _invalid("period")
    of: Kind = kind or "day"  # type: ignore[assignment]
    end = min(_day(last, "to"), today) if last else today
    begin = _day(first, "from") if first else _usual(end, of)
    if begin > end:
        raise _invalid("from")
    found = AskedPeriod(of, max(begin, _EARLIEST), end, now)
    if sum(1 for _ in split(found.first, found.last, of)) > MOST:
        raise _invalid("from")
    return found


def split(first: date, last: date, kind: Kind) -> Iterator[Period]:
    begin = first
    while begin <= last:
        following = _next(begin, kind)
        yield Period(name(begin, kind), begin, min(last, following - timedelta(days=1)))
        begin = following


def name(day: date, kind: Kind) -> str:
    if kind == "day":
        return day.isoformat()
    return f"{day:%Y-%m}" if kind == "month" else f"{day.year}-Q{(day.month + 2) // 3}"


def title(period: Period, kind: Kind, lang: Lang) -> str:
    """`22/11/2026`, `11/2026`, `quý 4/2026`; `22 Nov 2026`, `Nov 2026`, `Q4 2026`."""
    return _TITLES[lang, kind].apply(period.first, lang)


def _next(day: date, kind: Kind) -> date:
    if kind == "day":
        return day + timedelta(days=1)
    months = 1 if kind == "month" else 3 - (day.month - 1) % 3
    beyond = day.month - 1 + months
    return date(day.year + beyond // 12, beyond % 12 + 1, 1)


def _usual(end: date, kind: Kind) -> date:
    if kind == "day":
        return end - timedelta(days=_USUAL[kind] - 1)
    back = (_USUAL[kind] - 1) * (1 if kind == "month" else 3)
    month = end.month if kind == "month" else (end.month - 1) // 3 * 3 + 1
    before = end.year * 12 + month - 1 - back
    return date(before // 12, before % 12 + 1, 1)


def _day(text: str, field: str) -> date:
    try:
        if len(text) != 10:
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise _invalid(field) from None


def _invalid(field: str) -> Invalid:
    return Invalid(
        "period-invalid",
        f"Kỳ báo cáo không hợp lệ. Hãy ghi ngày theo dạng 2026-11-22, từ ngày không sau đến ngày, không quá {MOST} kỳ.",
        f"Not a valid period. Write days as 2026-11-22, from no later than to, and at most {MOST} periods.",
        errors=[{"path": field, "message": "not a period"}],
    )
