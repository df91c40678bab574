"""When an office works: hours, weekends, holidays, swapped days. Rules are data, see catalogue/data/calendar.yaml."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Annotated, Any, Literal, NamedTuple, Self
from zoneinfo import ZoneInfo

import holidays
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from dossier_shared.vocabulary.moments import Day, LocalTime
from dossier_shared.vocabulary.text import Human

ONE_DAY = timedelta(days=1)
SEARCH_DAYS = 400
"""No real office is closed longer: a search that goes further has found a calendar without working days."""


Text = Annotated[str, Human(2000, lines=False)]


def _whole(value: Any) -> Any:
    """Python holds 1, 1.0 and True for equal; a file does not mean the same by them."""
    return value if type(value) is int else str(value)


One = Annotated[Literal[1], BeforeValidator(_whole)]


def fault(vi: str, en: str) -> PydanticCustomError:
    return PydanticCustomError("calendar", "{en}", {"vi": vi, "en": en})


class NamedDay(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    date: Day
    name_vi: Text
    name_en: Text
    confidence: Text = "assumed"
    source: Annotated[str | None, Human(2000, optional=True)] = None


class CalendarRules(BaseModel):
    """The `calendar` part of a catalogue document."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: One = 1
    gathered_on: Day | None = None
    time_zone: str = "Asia/Ho_Chi_Minh"
    hours: tuple[tuple[LocalTime, LocalTime], ...] = ((time(7, 30), time(11, 30)), (time(13), time(17)))
    cut_off: LocalTime = time(15)
    weekend: tuple[Annotated[int, Field(strict=True, ge=0, le=6)], ...] = (5, 6)
    public_holidays: str | None = "VN"
    days_off: tuple[NamedDay, ...] = ()
    working_days: tuple[NamedDay, ...] = ()
    legal_basis: dict[str, Text] = Field(default_factory=dict)
    confidence: Text = "assumed"
    confidence_overrides: dict[str, Text] = Field(default_factory=dict)

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except Exception as unknown:
            raise fault(
                "không có múi giờ này (ví dụ Asia/Ho_Chi_Minh)", "is no time zone (such as Asia/Ho_Chi_Minh)"
            ) from unknown
        return name

    @field_validator("public_holidays")
    @classmethod
    def _known_country(cls, country: str | None) -> str | None:
        try:
            if country is not None:
                holidays.country_holidays(country)
        except NotImplementedError as unknown:
            raise fault(
                "không biết ngày lễ của nước này (ví dụ VN)", "is no country whose holidays are known (such as VN)"
            ) from unknown
        return country

    @model_validator(mode="after")
    def _sensible(self) -> Self:
        marks = [mark for interval in self.hours for mark in interval]
        if not marks or any(later <= earlier for earlier, later in pairwise(marks)):
            raise fault(
                "giờ làm việc (hours) phải là các khoảng theo thứ tự tăng dần",
                "working hours must be intervals in ascending order",
            )
        if not marks[0] < self.cut_off <= marks[-1]:
            raise fault(
                "giờ chốt nhận hồ sơ (cut_off) phải nằm trong giờ làm việc",
                "the cut-off must lie within the working hours",
            )
        if set(self.weekend) >= set(range(7)):
            raise fault(
                "ngày nghỉ cuối tuần (weekend) không thể là cả bảy ngày", "weekend cannot be all of the seven days"
            )
        both = sorted({day.date for day in self.days_off} & {day.date for day in self.working_days})
        if both:
            named = ", ".join(f"{day:%d/%m/%Y}" for day in both[:5])
            raise fault(
                f"{named}: vừa là ngày nghỉ vừa là ngày làm bù; hãy bỏ một (remove)",
                f"{named}: both a day off and a day worked; remove one",
            )
        return self


class DayOff(NamedTuple):
    kind: str
    """`weekend` or `holiday`."""
    vi: str
    en: str


WEEKEND = DayOff("weekend", "nghỉ cuối tuần", "weekend")


class WorkCalendar:
    """Answers about working days and working time, in local times; `local` and `instant` convert."""

    def __init__(self, rules: CalendarRules | None = None) -> None:
        self.rules = rules or CalendarRules()
        self.zone = ZoneInfo(self.rules.time_zone)
        self.hours = self.rules.hours
        self.opening, self.closing = self.hours[0][0], self.hours[-1][1]
        self.memo: dict[Any, Any] = {}
        """For callers whose answers depend on this calendar only; see deadlines.py."""
        self._days: dict[date, DayOff | None] = {}
        self._years: dict[int, tuple[dict[date, DayOff], frozenset[date]]] = {}
        self._off = {day.date: DayOff("holiday", day.name_vi, day.name_en) for day in self.rules.days_off}
        self._worked = {day.date: day for day in self.rules.working_days}

    def local(self, instant: datetime) -> datetime:
        return instant.astimezone(self.zone)

    def at(self, day: date, clock: time) -> datetime:
        return datetime.combine(day, clock, self.zone)

    def instant(self, local: datetime) -> datetime:
        return local.astimezone(UTC)

    def basis(self, rule: str) -> str | None:
        return self.rules.legal_basis.get(rule)

    def day_off(self, day: date) -> DayOff | None:
        """Why `day` is not worked; None when it is."""
        try:
            return self._days[day]
        except KeyError:
            if len(self._days) > 50_000:
                self._days.clear()
            self._days[day] = reason = self._reason(day)
            return reason

    def is_working(self, day: date) -> bool:
        return self.day_off(day) is None

    def is_compensation(self, day: date) -> bool:
        """A weekend day worked in exchange for another."""
        return day.weekday() in self.rules.weekend and self.is_working(day)

    def working_day(self, day: date) -> date:
        """`day` itself when it is worked, else the next one that is."""
        for _ in range(SEARCH_DAYS):
            if self.day_off(day) is None:
                return day
            day += ONE_DAY
        raise ValueError("calendar has no working day within a year")

    def after(self, day: date, count: int) -> date:
        """The `count`-th working day after `day`."""
        for _ in range(count):
            day = self.working_day(day + ONE_DAY)
        return day

    def work_between(self, start: datetime, end: datetime) -> timedelta:
        """Working time in [start, end]."""
        total = timedelta()
        day, last = start.date(), end.date()
        while day <= last:
            if self.day_off(day) is None:
                for opens, closes in self.hours:
                    begin, finish = max(start, self.at(day, opens)), min(end, self.at(day, closes))
                    if finish > begin:
                        total += finish - begin
            day += ONE_DAY
        return total

    def plus_work(self, start: datetime, amount: timedelta) -> datetime:
        """The earliest moment with `amount` of working time since `start`; `start` itself for none."""
        if amount <= timedelta():
            return start
        day, now = start.date(), start
        while True:
            day = self.working_day(day)
            for opens, closes in self.hours:
                begin, finish = max(now, self.at(day, opens)), self.at(day, closes)
                if finish > begin:
                    if finish - begin >= amount:
                        return begin + amount
                    amount -= finish - begin
            day += ONE_DAY

    def _reason(self, day: date) -> DayOff | None:
        if day in self._worked:
            return None
        if (chosen := self._off.get(day)) is not None:
            return chosen
        public, worked = self._year(day.year)
        if (holiday := public.get(day)) is not None:
            return holiday
        return WEEKEND if day.weekday() in self.rules.weekend and day not in worked else None

    def _year(self, year: int) -> tuple[dict[date, DayOff], frozenset[date]]:
        if year not in self._years:
            country = self.rules.public_holidays
            if country is None:
                self._years[year] = {}, frozenset()
            else:
                vi = holidays.country_holidays(country, years=year, language="vi" if country == "VN" else None)
                en = holidays.country_holidays(country, years=year, language="en_US")
                named = {day: DayOff("holiday", name, en.get(day) or name) for day, name in vi.items()}
                # A swap across New Year names the worked Saturday in the calendar of the year it compensates.
                near = holidays.country_holidays(country, years=(year - 1, year, year + 1))
                self._years[year] = named, frozenset(near.weekend_workdays)
        return self._years[year]
