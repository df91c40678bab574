"""One pure function, `appointment`: from the moment of receipt to the promised moment, with the reasons.

Rules, in order:
1. Outside working days, or after the cut-off, the clock starts at the next working day's opening (hour limits are
   exact: they only skip time that is not worked).
2. working_day n: the day of receipt is not counted; due at closing of the n-th working day after it. same_day: n - 1.
   calendar_day n: n days after the day of receipt, rolled to a working day, at closing. hour n: n working hours.
3. Extensions add their amount in the same way.
4. Pauses (overlapping ones merged, clipped to the running clock) push the deadline by the working time they took; for
   calendar_day by whole days begun. A pause that starts when the deadline has passed changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from dossier_intake.rules.calendars import ONE_DAY, WorkCalendar
from dossier_intake.rules.deadline_lines import Line, amount_text, day_en, day_vi, moment_en, moment_vi, skipped
from dossier_shared.vocabulary.moments import LocalTime
from dossier_shared.vocabulary.text import Human

Unit = Literal["working_day", "hour", "calendar_day"]
Amount = Annotated[int, Field(strict=True, gt=0, le=2000)]
Flag = Annotated[bool, Field(strict=True)]
MEMO_LIMIT = 20_000


class Limit(BaseModel):
    """A procedure's time limit."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    amount: Amount
    unit: Unit
    cut_off: LocalTime | None = None
    """None: the calendar's."""
    same_day: Flag = False
    note: Annotated[str | None, Human(4000, optional=True)] = None

    @classmethod
    def kept(cls, stored: Mapping[str, Any]) -> Limit:
        """As a dossier keeps it. What a later version, since rolled back, has added is left out."""
        return cls.model_validate({name: stored[name] for name in cls.model_fields if name in stored})


@dataclass(frozen=True, slots=True)
class Pause:
    """The clock stood still while a supplement or a payment was awaited. A running one ends now."""

    start: datetime
    end: datetime
    vi: str = "chờ bổ sung"
    en: str = "waiting for a supplement"


@dataclass(frozen=True, slots=True)
class Extension:
    """More time, granted by form 04 (apology and extension)."""

    amount: int
    unit: Unit = "working_day"
    vi: str = "có văn bản xin lỗi và hẹn lại"
    en: str = "with an apology and a new appointment"


class Deadline(NamedTuple):
    instant: datetime
    """UTC."""
    lines: tuple[Line, ...]


class _Base(NamedTuple):
    clock: datetime | None
    """When the clock starts; None: at receipt itself."""
    due: datetime
    lines: tuple[Line, ...]
    instant: datetime


def appointment(
    received_at: datetime,
    limit: Limit,
    calendar: WorkCalendar,
    pauses: Sequence[Pause] = (),
    extensions: Sequence[Extension] = (),
) -> Deadline:
    """`received_at` is any aware datetime; the answer is UTC. Depends on its arguments only."""
    if received_at.tzinfo is None:
        raise ValueError("the moment of receipt must carry its time zone")
    received = calendar.local(received_at)
    if limit.unit == "hour":
        base = _hours(received, limit, calendar)
    else:
        day, clock = received.date(), received.time()
        late = clock > (limit.cut_off or calendar.rules.cut_off)
        key = (day, late, limit.amount, limit.unit, limit.same_day, limit.cut_off)
        found = calendar.memo.get(key)
        if found is None:
            if len(calendar.memo) >= MEMO_LIMIT:
                calendar.memo.clear()
            found = calendar.memo[key] = _days(day, late, limit, calendar)
        base = found
    text_vi, text_en = moment_vi(received), moment_en(received)
    lines = (Line(f"Tiếp nhận lúc {text_vi}.", f"Accepted at {text_en}.", None), *base.lines)
    if not pauses and not extensions:
        return Deadline(base.instant, lines)
    return _moved(base.clock or received, base.due, lines[:-1], limit, calendar, pauses, extensions)


def moved_on(
    promised: datetime,
    received_at: datetime,
    limit: Limit,
    calendar: WorkCalendar,
    pauses: Sequence[Pause],
    extensions: Sequence[Extension],
) -> Deadline:
    """An appointment that was not computed here, moved as one that was."""
    due, lines = calendar.local(promised), (_promise(calendar.local(promised)),)
    return _moved(calendar.local(received_at), due, lines, limit, calendar, pauses, extensions)


def _days(received: date, late: bool, limit: Limit, calendar: WorkCalendar) -> _Base:
    lines: list[Line] = []
    start = calendar.working_day(received)
    if start == received and late:
        start = calendar.working_day(received + ONE_DAY)
        cut = f"{limit.cut_off or calendar.rules.cut_off:%H:%M}"
        lines.append(
            Line(
                f"Sau {cut}: tính như nhận vào ngày làm việc tiếp theo, {day_vi(start)}.",
                f"After {cut}: counts as received on the next working day, {day_en(start)}.",
                calendar.basis("cut_off"),
            )
        )
    elif start != received:
        lines.append(
            Line(
                f"Ngoài ngày làm việc: tính như nhận vào {day_vi(start)}.",
                f"Not a working day: counts as received on {day_en(start)}.",
                calendar.basis("cut_off"),
            )
        )
    clock = None if start == received and not late else calendar.at(start, calendar.opening)
    vi, en = amount_text(limit.amount, limit.unit)
    if limit.same_day and limit.unit == "working_day":
        count = limit.amount - 1
        lines.append(Line(f"Thời hạn {vi}, trả trong ngày.", f"Limit {en}, answered the same day.", None))
    else:
        count = limit.amount
        lines.append(
            Line(
                f"Thời hạn {vi}, không tính ngày nhận.",
                f"Limit {en}, the day of receipt not counted.",
                calendar.basis("first_day"),
            )
        )
    day = _advance(start, count, limit.unit, calendar, lines)
    due = calendar.at(day, calendar.closing)
    return _Base(clock, due, (*lines, _promise(due)), due.astimezone(UTC))


def _hours(received: datetime, limit: Limit, calendar: WorkCalendar) -> _Base:
    due = calendar.plus_work(received, timedelta(hours=limit.amount))
    vi, en = amount_text(limit.amount, "hour")
    lines = [Line(f"Thời hạn {vi}.", f"Limit {en}.", None)]
    start = calendar.plus_work(received, timedelta(microseconds=1)) - timedelta(microseconds=1)
    if start > received:
        lines.append(
            Line(
                f"Ngoài giờ làm việc: tính từ {moment_vi(start)}.",
                f"Outside working hours: counts from {moment_en(start)}.",
                calendar.basis("cut_off"),
            )
        )
    lines += skipped(start.date(), due.date(), calendar)
    return _Base(None, due, (*lines, _promise(due)), due.astimezone(UTC))


def _advance(start: date, count: int, unit: Unit, calendar: WorkCalendar, lines: list[Line]) -> date:
    """`count` days on; appends what was skipped."""
    if unit == "working_day":
        day = calendar.after(start, count)
        lines.extend(skipped(start, day, calendar))
        return day
    counted = start + timedelta(days=count)
    day = calendar.working_day(counted)
    if day != counted:
        lines.append(
            Line(
                f"Ngày cuối {day_vi(counted)} là ngày nghỉ: lùi đến {day_vi(day)}.",
                f"The last day, {day_en(counted)}, is not worked: moved to {day_en(day)}.",
                calendar.basis("roll"),
            )
        )
    return day


def _moved(
    clock: datetime,
    due: datetime,
    lines: Sequence[Line],
    limit: Limit,
    calendar: WorkCalendar,
    pauses: Sequence[Pause],
    extensions: Sequence[Extension],
) -> Deadline:
    story = list(lines)
    for extra in extensions:
        vi, en = amount_text(extra.amount, extra.unit)
        story.append(Line(f"Gia hạn {vi}, {extra.vi}.", f"Extended by {en}, {extra.en}.", calendar.basis("extension")))
        if extra.unit == "hour":
            due = calendar.plus_work(due, timedelta(hours=extra.amount))
        else:
            due = calendar.at(_advance(due.date(), extra.amount, extra.unit, calendar, story), due.time())
    for start, end, reason_vi, reason_en in _merged(clock, pauses, calendar):
        if start >= due:
            continue
        if limit.unit == "calendar_day":
            days = -(-(end - start) // ONE_DAY)
            took_vi, took_en = amount_text(days, "calendar_day")
            due = calendar.at(_advance(due.date(), days, "calendar_day", calendar, story), due.time())
        else:
            worked = calendar.work_between(start, end)
            hours = f"{worked / timedelta(hours=1):.1f}".rstrip("0").rstrip(".")
            took_vi, took_en = f"{hours} giờ làm việc", f"{hours} working hours"
            due = calendar.plus_work(due, worked)
        story.append(
            Line(
                f"Tạm dừng từ {moment_vi(start)} đến {moment_vi(end)} ({reason_vi}): cộng {took_vi}.",
                f"Paused from {moment_en(start)} to {moment_en(end)} ({reason_en}): {took_en} added.",
                calendar.basis("pause"),
            )
        )
    return Deadline(due.astimezone(UTC), (*story, _promise(due)))


def _merged(
    clock: datetime, pauses: Sequence[Pause], calendar: WorkCalendar
) -> list[tuple[datetime, datetime, str, str]]:
    merged: list[tuple[datetime, datetime, str, str]] = []
    for pause in sorted(pauses, key=lambda one: (one.start, one.end)):
        start, end = max(calendar.local(pause.start), clock), calendar.local(pause.end)
        if end <= start:
            continue
        if merged and start <= merged[-1][1]:
            first, last, vi, en = merged[-1]
            joined = (vi, en) if pause.vi == vi else (f"{vi}; {pause.vi}", f"{en}; {pause.en}")
            merged[-1] = first, max(last, end), *joined
        else:
            merged.append((start, end, pause.vi, pause.en))
    return merged


def _promise(due: datetime) -> Line:
    return Line(f"Hẹn trả kết quả: {moment_vi(due)}.", f"Result promised for {moment_en(due)}.", None)
