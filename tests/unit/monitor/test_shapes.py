"""How numbers, shares and days are written in a page, in both languages."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from dossier_monitor.alarms.pages import detail
from dossier_monitor.indicators.periods import KINDS, Period, title
from dossier_monitor.lists.pages import bucket_words
from dossier_monitor.pages.shapes import clock_words, day, percent, shape
from dossier_shared.pages.rendering import local_end, local_time
from dossier_shared.pages.texts import number, texts


@pytest.mark.parametrize(
    ("value", "vi", "en"),
    [(0, "0", "0"), (999, "999", "999"), (1234567, "1.234.567", "1,234,567"), (-1000, "-1.000", "-1,000")],
)
def test_whole_numbers(value: int, vi: str, en: str) -> None:
    assert (number(value, "vi"), number(value, "en"), shape(value, "n", "vi")) == (vi, en, vi)


@pytest.mark.parametrize(
    ("value", "vi", "en"),
    [
        (None, "–", "–"),
        (0, "0,0%", "0.0%"),
        (0.12345, "12,3%", "12.3%"),
        (1, "100,0%", "100.0%"),
        (-0.5, "−50,0%", "−50.0%"),
    ],
)
def test_shares(value: float | None, vi: str, en: str) -> None:
    assert (percent(value, "vi"), percent(value, "en"), shape(value, "share", "en")) == (vi, en, en)


def test_days_and_moments() -> None:
    period = Period("2026-Q4", date(2026, 11, 2), date(2026, 12, 31))
    assert [title(period, kind, "vi") for kind in KINDS] == ["02/11/2026", "11/2026", "quý 4/2026"]
    assert [title(period, kind, "en") for kind in KINDS] == ["02 Nov 2026", "Nov 2026", "Q4 2026"]
    assert day(period.first) == "02/11/2026"
    at = datetime(2026, 9, 2, 18, 5, tzinfo=UTC)
    assert (local_time(at, "vi"), local_time(at, "en")) == ("01:05 03/09/2026", "3 Sep 2026, 01:05")
    assert (local_end(at, "vi"), local_end(at, "en")) == (local_time(at, "vi"), local_time(at, "en"))
    midnight = "2026-12-31T17:00:00.000000Z"
    assert (local_end(midnight, "vi"), local_end(midnight, "en")) == ("hết ngày 31/12/2026", "the end of 31 Dec 2026")


def test_what_is_left_and_what_is_over() -> None:
    assert (clock_words(7200, "vi"), clock_words(-90061, "en"), clock_words(None, "vi")) == (
        "quá 2 giờ",
        "1 d 1 h left",
        "",
    )
    assert [bucket_words(n, "en") for n in (0, 4, 12)] == ["under 15 min", "1 d to under 2 d", "60 d or more"]


@pytest.mark.parametrize(
    ("n", "vi", "en"),
    [(1, "1 hồ sơ", "1 dossier"), (0, "0 hồ sơ", "0 dossiers"), (1200, "1.200 hồ sơ", "1,200 dossiers")],
)
def test_english_has_a_singular(n: int, vi: str, en: str) -> None:
    assert (texts("vi").plural("lists.count", n), texts("en").plural("lists.count", n)) == (vi, en)


def test_what_an_alarm_says() -> None:
    stalled: dict[str, Any] = {"kind": "stalled", "figures": {"count": 1}, "value": 1.0}
    growing: dict[str, Any] = {
        "kind": "growing-stage",
        "value": 3.2,
        "figures": {"stage": "signing", "in_hand": 1500, "grown": 7, "minutes": 30},
    }
    assert detail(stalled, texts("en")) == "1 dossier without an officer or a deadline"
    assert detail(growing, texts("en")) == "1,500 dossiers in step Signing, 7 more in 30 minutes"
    for lost in ({**growing, "figures": {}}, {**stalled, "figures": {}}, {**stalled, "kind": "unheard-of"}):
        assert detail(lost, texts("vi")) == str(round(lost["value"]))
