"""How values are written in a page. `live.js` writes the same, so that nothing jumps when it takes over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Final

from babel.dates import parse_pattern as date_pattern
from babel.numbers import parse_pattern as number_pattern

from dossier_monitor.board.values import Value
from dossier_shared.pages.texts import Lang, number, texts

NOTHING = "–"
WIDTH, HEIGHT = 96, 24  # of a line of the day, in its own units
_PERCENT: Final = number_pattern("#,##0.0%")
_DAY: Final = date_pattern("dd/MM/yyyy")
# Not CLDR's words: for hours it has `tiếng`, which no office writes, and a browser may have an older or a newer CLDR.
_UNITS: Final = {"days": 86400, "hours": 3600, "minutes": 60, "seconds": 1}


def shape(value: Value, form: str, lang: Lang) -> str:
    """`form`: n, share (a part of one), span (seconds), level."""
    if value is None:
        return NOTHING
    if form == "level":
        return texts(lang).label("level", str(value))
    if isinstance(value, int | float):
        if form == "share":
            return percent(value, lang)
        return span(value, lang) if form == "span" else number(int(value), lang)
    return str(value)


@lru_cache(4096)
def percent(value: float | None, lang: Lang) -> str:
    """`12,5%`, `12.5%` of 0.125."""
    return NOTHING if value is None else _PERCENT.apply(value, lang).replace("-", "−")


def span(seconds: float, lang: Lang) -> str:
    """`2 giờ 5 phút`: the two largest units."""
    t = texts(lang)
    if seconds < 1:
        return t("span.less_than")
    left = int(seconds)
    parts: list[tuple[str, int]] = []
    for unit, size in _UNITS.items():
        n, left = divmod(left, size)
        if n or parts:
            parts.append((unit, n))
    return " ".join(t.label("span", unit).format(n=n) for unit, n in parts[:2] if n)


def clock_words(overdue: int | None, lang: Lang) -> str:
    """`quá 2 ngày`, `còn 3 giờ`; `overdue` in seconds, None where no clock runs."""
    if overdue is None:
        return ""
    t, age = texts(lang), span(abs(overdue), lang)
    return t("clock.overdue", age=age) if overdue > 0 else t("clock.left", age=age)


def day(at: date) -> str:
    """`22/11/2026`, in both languages."""
    return _DAY.apply(at, "vi")


def instant_of(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def spark(points: Value) -> str:
    """The `points` of an SVG polyline; the highest number touches the top."""
    if not isinstance(points, Sequence) or isinstance(points, str) or len(points) < 2:
        return ""
    top = max(1, *points)
    step = WIDTH / (len(points) - 1)
    return " ".join(f"{i * step:.1f},{HEIGHT - 1 - (HEIGHT - 2) * n / top:.1f}" for i, n in enumerate(points))
