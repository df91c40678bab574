"""Deadlines: examples counted by hand on a wall calendar, then properties."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from time import process_time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dossier_intake.catalogue.catalogue import Catalogue
from dossier_intake.rules.calendars import CalendarRules, WorkCalendar
from dossier_intake.rules.deadlines import Extension, Limit, Pause, appointment

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
CALENDAR = Catalogue.load_packaged().calendar
SAME_DAY = Limit(amount=1, unit="working_day", same_day=True, cut_off=time(15))


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=VIETNAM)


def days(amount: int) -> Limit:
    return Limit(amount=amount, unit="working_day")


def due(
    received: str,
    limit: Limit,
    pauses: tuple[Pause, ...] = (),
    extensions: tuple[Extension, ...] = (),
    calendar: WorkCalendar = CALENDAR,
) -> str:
    deadline = appointment(local(received), limit, calendar, pauses, extensions)
    assert deadline.instant.tzinfo is UTC
    return deadline.instant.astimezone(VIETNAM).strftime("%Y-%m-%dT%H:%M")


@pytest.mark.parametrize(
    ("received", "limit", "expected"),
    [
        # Monday 01/06/2026 to Friday 12/06/2026 has no holiday.
        ("2026-06-01T09:00", days(3), "2026-06-04T17:00"),
        ("2026-06-01T15:00", days(3), "2026-06-04T17:00"),  # 15:00 sharp is still in time
        ("2026-06-01T15:00:01", days(3), "2026-06-05T17:00"),  # a second later counts from Tuesday
        ("2026-06-01T23:30", days(3), "2026-06-05T17:00"),
        ("2026-06-02T05:00", days(3), "2026-06-05T17:00"),  # before opening: that day
        ("2026-06-05T10:00", days(1), "2026-06-08T17:00"),  # Friday: over the weekend
        ("2026-06-05T15:30", days(1), "2026-06-09T17:00"),  # Friday, late: counts from Monday
        ("2026-06-06T09:00", days(1), "2026-06-09T17:00"),  # Saturday: counts from Monday
        ("2026-06-01T14:59", SAME_DAY, "2026-06-01T17:00"),
        ("2026-06-01T15:01", SAME_DAY, "2026-06-02T17:00"),
        ("2026-06-05T16:00", SAME_DAY, "2026-06-08T17:00"),
        # Tết Bính Ngọ: 16/02/2026 (Monday) to 20/02/2026 (Friday) are holidays.
        ("2026-02-13T10:00", days(1), "2026-02-23T17:00"),
        ("2026-02-13T16:00", SAME_DAY, "2026-02-23T17:00"),
        ("2026-02-18T10:00", days(2), "2026-02-25T17:00"),
        # 30/4 (Thursday) and 1/5 (Friday) 2026.
        ("2026-04-29T09:00", days(1), "2026-05-04T17:00"),
        ("2026-04-29T15:30", days(3), "2026-05-07T17:00"),
        # 31/08/2026 is off, Saturday 22/08/2026 is worked for it; 1 and 2/9 are the National Day.
        ("2026-08-21T10:00", days(1), "2026-08-22T17:00"),
        ("2026-08-28T10:00", days(1), "2026-09-03T17:00"),
        # 02/01/2026 is off, Saturday 10/01/2026 is worked for it: known from our own data only.
        ("2025-12-31T10:00", days(1), "2026-01-05T17:00"),
        ("2026-01-09T10:00", days(1), "2026-01-10T17:00"),
        # Calendar days: the last one rolls to a working day.
        ("2026-06-01T09:00", Limit(amount=10, unit="calendar_day"), "2026-06-11T17:00"),
        ("2026-06-03T09:00", Limit(amount=10, unit="calendar_day"), "2026-06-15T17:00"),
        ("2026-02-06T09:00", Limit(amount=10, unit="calendar_day"), "2026-02-23T17:00"),
        # Hours: working hours 07:30-11:30 and 13:00-17:00.
        ("2026-06-01T08:00", Limit(amount=1, unit="hour"), "2026-06-01T09:00"),
        ("2026-06-01T11:00", Limit(amount=1, unit="hour"), "2026-06-01T13:30"),
        ("2026-06-01T12:00", Limit(amount=1, unit="hour"), "2026-06-01T14:00"),
        ("2026-06-01T16:30", Limit(amount=1, unit="hour"), "2026-06-02T08:00"),
        ("2026-06-05T22:00", Limit(amount=1, unit="hour"), "2026-06-08T08:30"),
        ("2026-06-01T07:30", Limit(amount=8, unit="hour"), "2026-06-01T17:00"),
    ],
)
def test_counted_by_hand(received: str, limit: Limit, expected: str) -> None:
    assert due(received, limit) == expected


def test_instants_are_utc_and_rules_are_local() -> None:
    # 08:30 UTC is 15:30 in Vietnam: after the cut-off.
    deadline = appointment(datetime(2026, 6, 1, 8, 30, tzinfo=UTC), days(1), CALENDAR)
    assert deadline.instant == datetime(2026, 6, 3, 10, 0, tzinfo=UTC)


def test_a_moment_without_zone_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="time zone"):
        appointment(datetime(2026, 6, 1, 8, 30), days(1), CALENDAR)  # noqa: DTZ001


def test_a_pause_adds_the_working_time_it_took() -> None:
    pause = Pause(local("2026-06-02T10:00"), local("2026-06-04T10:00"))  # two working days
    assert due("2026-06-01T09:00", days(3), (pause,)) == "2026-06-08T17:00"
    short = Pause(local("2026-06-02T10:00"), local("2026-06-02T11:00"))
    assert due("2026-06-01T09:00", days(3), (short,)) == "2026-06-05T08:30"
    over_weekend = Pause(local("2026-06-05T17:00"), local("2026-06-08T07:30"))
    assert due("2026-06-01T09:00", days(10), (over_weekend,)) == due("2026-06-01T09:00", days(10))


def test_overlapping_pauses_count_once_and_late_ones_not_at_all() -> None:
    supplement = Pause(local("2026-06-02T10:00"), local("2026-06-04T10:00"))
    payment = Pause(local("2026-06-03T10:00"), local("2026-06-04T10:00"), "chờ nộp phí", "waiting for payment")
    assert due("2026-06-01T09:00", days(3), (supplement, payment)) == due("2026-06-01T09:00", days(3), (supplement,))
    late = Pause(local("2026-06-08T10:00"), local("2026-06-10T10:00"))
    assert due("2026-06-01T09:00", days(3), (late,)) == due("2026-06-01T09:00", days(3))
    before = Pause(local("2026-05-20T10:00"), local("2026-06-01T09:00"))
    assert due("2026-06-01T09:00", days(3), (before,)) == due("2026-06-01T09:00", days(3))


def test_a_second_pause_may_start_within_the_time_the_first_one_gave() -> None:
    first = Pause(local("2026-06-02T07:30"), local("2026-06-03T07:30"))  # one day: now due Friday
    second = Pause(local("2026-06-05T07:30"), local("2026-06-08T07:30"))  # Friday itself
    assert due("2026-06-01T09:00", days(3), (second, first)) == "2026-06-08T17:00"


def test_a_pause_of_calendar_days() -> None:
    pause = Pause(local("2026-06-02T10:00"), local("2026-06-04T12:00"))  # three days begun
    assert due("2026-06-01T09:00", Limit(amount=10, unit="calendar_day"), (pause,)) == "2026-06-15T17:00"


def test_extensions_come_after_the_limit() -> None:
    assert due("2026-06-01T09:00", days(3), (), (Extension(2),)) == "2026-06-08T17:00"
    assert due("2026-06-01T09:00", days(3), (), (Extension(2, "calendar_day"),)) == "2026-06-08T17:00"


def test_the_lines_tell_the_story() -> None:
    vi = [line.vi for line in appointment(local("2026-02-13T15:20"), days(3), CALENDAR).lines]
    assert vi == [
        "Tiếp nhận lúc 15:20 thứ Sáu 13/02/2026.",
        "Sau 15:00: tính như nhận vào ngày làm việc tiếp theo, thứ Hai 23/02/2026.",
        "Thời hạn 3 ngày làm việc, không tính ngày nhận.",
        "Hẹn trả kết quả: 17:00 thứ Năm 26/02/2026.",
    ]
    lines = appointment(local("2026-04-29T09:00"), days(1), CALENDAR).lines
    assert ("Không tính thứ Năm 30/04/2026: Ngày Chiến thắng.", "Bộ luật Lao động 45/2019/QH14, Điều 112") in [
        (line.vi, line.basis) for line in lines
    ]
    pause = Pause(local("2026-06-02T10:00"), local("2026-06-04T10:00"))
    lines = appointment(local("2026-06-01T09:00"), days(3), CALENDAR, [pause], [Extension(1)]).lines
    assert any("cộng 16 giờ làm việc" in line.vi and line.basis for line in lines)
    assert lines[-1].en == "Result promised for 17:00 Tuesday 09/06/2026."
    assert sum("Hẹn trả" in line.vi for line in lines) == 1


def test_an_agency_may_have_its_own_hours() -> None:
    own = WorkCalendar(CalendarRules(hours=((time(8), time(12)), (time(13), time(16))), cut_off=time(14)))
    assert due("2026-06-01T14:30", days(1), calendar=own) == "2026-06-03T16:00"


@pytest.mark.parametrize(
    "wrong",
    [
        {"hours": []},
        {"hours": [["13:00", "17:00"], ["07:30", "11:30"]]},
        {"cut_off": "19:00"},
        {"weekend": [0, 1, 2, 3, 4, 5, 6]},
        {"time_zone": "Asia/Nowhere"},
        {"public_holidays": "XX"},
        {"ours": 1},
    ],
)
def test_senseless_calendars_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        CalendarRules.model_validate(wrong)


MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2028, 12, 31), timezones=st.just(VIETNAM))  # noqa: DTZ001
LIMITS = st.builds(
    Limit,
    amount=st.integers(1, 60),
    unit=st.sampled_from(["working_day", "hour", "calendar_day"]),
    same_day=st.booleans(),
)


@given(MOMENTS, LIMITS)
def test_never_before_receipt_never_outside_working_time(received: datetime, limit: Limit) -> None:
    instant = appointment(received, limit, CALENDAR).instant
    promised = instant.astimezone(VIETNAM)
    assert instant > received or (limit.same_day and instant.date() >= received.date())
    assert CALENDAR.is_working(promised.date())
    assert any(opens < promised.time() <= closes for opens, closes in CALENDAR.hours)


@given(MOMENTS, st.timedeltas(timedelta(), timedelta(days=30)), LIMITS)
def test_filing_later_is_never_promised_sooner(received: datetime, delay: timedelta, limit: Limit) -> None:
    earlier = appointment(received, limit, CALENDAR).instant
    assert appointment(received + delay, limit, CALENDAR).instant >= earlier


@given(MOMENTS, LIMITS)
def test_a_longer_limit_is_never_promised_sooner(received: datetime, limit: Limit) -> None:
    longer = limit.model_copy(update={"amount": limit.amount + 1})
    assert appointment(received, longer, CALENDAR).instant >= appointment(received, limit, CALENDAR).instant


@given(MOMENTS, st.integers(1, 40))
def test_working_days_are_exactly_as_many_as_the_limit(received: datetime, amount: int) -> None:
    promised = appointment(received, days(amount), CALENDAR).instant.astimezone(VIETNAM).date()
    start = CALENDAR.working_day(received.date())
    if start == received.date() and received.time() > time(15):
        start = CALENDAR.working_day(start + timedelta(days=1))
    counted = [start + timedelta(days=step) for step in range(1, (promised - start).days + 1)]
    assert sum(CALENDAR.is_working(day) for day in counted) == amount


@given(MOMENTS, LIMITS, st.lists(st.tuples(st.integers(0, 400), st.integers(0, 200)), max_size=4), st.randoms())
def test_pauses_only_ever_push_back_and_in_any_order(
    received: datetime, limit: Limit, hours: list[tuple[int, int]], shuffle: st.DataObject
) -> None:
    pauses = [
        Pause(received + timedelta(hours=start), received + timedelta(hours=start + length)) for start, length in hours
    ]
    without, paused = appointment(received, limit, CALENDAR), appointment(received, limit, CALENDAR, pauses)
    assert paused.instant >= without.instant
    assert CALENDAR.is_working(paused.instant.astimezone(VIETNAM).date())
    shuffle.shuffle(pauses)  # type: ignore[attr-defined]
    assert appointment(received, limit, CALENDAR, pauses).instant == paused.instant


@given(MOMENTS, st.integers(0, 400))
@settings(max_examples=50)
def test_adding_work_is_the_inverse_of_measuring_it(received: datetime, hours: int) -> None:
    amount = timedelta(hours=hours)
    assert CALENDAR.work_between(received, CALENDAR.plus_work(received, amount)) == amount


@given(st.dates(date(2020, 1, 1), date(2030, 12, 31)))
def test_fixed_public_holidays_are_never_worked(day: date) -> None:
    if (day.month, day.day) in {(1, 1), (4, 30), (5, 1), (9, 2)}:
        assert not CALENDAR.is_working(day)


def test_answers_do_not_depend_on_what_was_asked_before() -> None:
    warm, cold = CALENDAR, WorkCalendar(CALENDAR.rules)
    for day in range(1, 29):
        for clock in ("09:00", "15:00", "15:01"):
            received = local(f"2026-02-{day:02}T{clock}")
            assert appointment(received, days(2), warm) == appointment(received, days(2), WorkCalendar(cold.rules))


def test_a_warm_call_is_cheap() -> None:
    """20 µs is the goal (about 5 measured); the bound here leaves room for a slow machine and catches a lost cache."""
    received, limit = datetime(2026, 6, 1, 3, tzinfo=UTC), days(7)
    appointment(received, limit, CALENDAR)
    best = min(_cost(received, limit) for _ in range(5))
    assert best < 60e-6


def _cost(received: datetime, limit: Limit) -> float:
    begun = process_time()
    for _ in range(500):
        appointment(received, limit, CALENDAR)
    return (process_time() - begun) / 500


def test_a_limit_kept_by_a_later_version_is_read() -> None:
    kept = {"amount": 7, "unit": "working_day", "same_day": True, "added_later": {"x": 1}}
    assert Limit.kept(kept) == Limit(amount=7, unit="working_day", same_day=True)
