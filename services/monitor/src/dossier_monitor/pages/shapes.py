"""How values are written in a page. `live.js` writes the same, so that nothing jumps when it takes over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from dossier_monitor.board.values import Value
from dossier_monitor.pages.live_texts import LEVELS
from dossier_monitor.pages.texts import number, span
from dossier_shared.pages.texts import Lang

NOTHING = "–"
WIDTH, HEIGHT = 96, 24  # of a line of the day, in its own units


def shape(value: Value, form: str, lang: Lang) -> str:
    """`form`: n, share (a part of one), span (seconds), level."""
    if value is None:
        return NOTHING
    if form == "level":
        return LEVELS[str(value)][0 if lang == "vi" else 1]
    if isinstance(value, int | float):
        if form == "share":
            text = f"{value:.1%}"
            return text if lang == "en" else text.replace(".", ",")
        return span(value, lang) if form == "span" else number(int(value), lang)
    return str(value)


def instant_of(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def spark(points: Value) -> str:
    """The `points` of an SVG polyline; the highest number touches the top."""
    if not isinstance(points, Sequence) or isinstance(points, str) or len(points) < 2:
        return ""
    top = max(1, *points)
    step = WIDTH / (len(points) - 1)
    return " ".join(f"{i * step:.1f},{HEIGHT - 1 - (HEIGHT - 2) * n / top:.1f}" for i, n in enumerate(points))
