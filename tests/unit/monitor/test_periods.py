"""Periods cover the days asked for, each day once."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dossier_monitor.indicators.definitions import INDICATORS, SAVED, targets
from dossier_monitor.indicators.figures import saved
from dossier_monitor.indicators.periods import KINDS, Kind, asked, name, split

NOW = "2026-11-22T16:59:59.000000Z"


@settings(deadline=None)
@given(st.dates(date(2000, 1, 1), date(2030, 1, 1)), st.integers(0, 900), st.sampled_from(KINDS))
def test_every_day_is_in_one_period(first: date, days: int, kind: Kind) -> None:
    last = first + timedelta(days=days)
    periods = list(split(first, last, kind))
    covered = [p.first + timedelta(days=n) for p in periods for n in range((p.last - p.first).days + 1)]
    assert covered == [first + timedelta(days=n) for n in range(days + 1)]
    assert all(name(p.first, kind) == name(p.last, kind) == p.name for p in periods)
    assert sorted(p.name for p in periods) == [p.name for p in periods]


@pytest.mark.parametrize(
    ("kind", "first", "count"), [("day", "2026-10-24", 30), ("month", "2025-12-01", 12), ("quarter", "2025-01-01", 8)]
)
def test_what_is_usual(kind: str, first: str, count: int) -> None:
    found = asked(kind, None, None, NOW)
    assert (found.first.isoformat(), found.last, len(found.periods())) == (first, date(2026, 11, 22), count)


def test_a_day_ends_at_midnight_in_vietnam_and_no_later_than_now() -> None:
    found = asked("day", "2026-11-20", "2026-12-24", NOW)
    assert found.last == date(2026, 11, 22)
    assert found.end(date(2026, 11, 20)) == "2026-11-20T17:00:00.000000Z"
    assert found.until == NOW


def test_the_median_is_of_all_and_by_period() -> None:
    rows = [{"period": "2026-11-21", "saved": 500, "n": 2}, {"period": "2026-11-22", "saved": -1000, "n": 3}]
    found = saved(rows, asked("day", "2026-11-20", "2026-11-22", NOW), targets())
    assert (found["of"], found["median"], found["mean"], found["reached"]) == (5, -1.0, -0.4, False)
    assert [row["median"] for row in found["series"]] == [None, 0.5, -1.0]


def test_every_target_has_an_indicator() -> None:
    assert targets().keys() <= set(INDICATORS) | {SAVED}
    assert {target.grade for target in targets().values()} <= {"V", "S", "A"}
