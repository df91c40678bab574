"""One answer of the indicators: asked for, counted, put into words. JSON, page, export and report all show this."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dossier_monitor.board.board import Board, business_now
from dossier_monitor.board.scopes import scope_of
from dossier_monitor.indicators.definitions import (
    INDICATORS,
    SAVED,
    WITHOUT_SOURCE,
    Match,
    Part,
    Target,
    behind,
    behind_saved,
)
from dossier_monitor.indicators.figures import saved, shares
from dossier_monitor.indicators.periods import AskedPeriod, asked
from dossier_monitor.indicators.store import Figures
from dossier_monitor.lists.filters import RowPlace
from dossier_shared.adapters.cursors import mark_of
from dossier_shared.http.tokens import Principal
from dossier_shared.pages.texts import Lang, texts
from dossier_shared.problems import NotFound

PAGE = 100


@dataclass(frozen=True, slots=True)
class Question:
    scope: str | None
    asked: AskedPeriod

    @classmethod
    def read(cls, query: Mapping[str, str], who: Principal, board: Board) -> Question:
        """Of `agency`, `period`, `from`, `to`. Raises Forbidden, Invalid."""
        scope = scope_of(who, board, query.get("agency") or None)
        found = asked(
            query.get("period") or None, query.get("from") or None, query.get("to") or None, business_now(board)
        )
        return cls(scope, found)

    def query(self) -> dict[str, str]:
        named = {"agency": self.scope} if self.scope else {}
        asked = self.asked
        return {**named, "period": asked.kind, "from": asked.first.isoformat(), "to": asked.last.isoformat()}


async def answer(figures: Figures, question: Question, targets: Mapping[str, Target]) -> dict[str, Any]:
    scope, asked = question.scope, question.asked
    counts, overdue, spared = await asyncio.gather(
        figures.counts(scope, asked), figures.overdue(scope, asked), figures.saved(scope, asked)
    )
    return {
        "scope": scope,
        "period": asked.kind,
        "from": asked.first.isoformat(),
        "to": asked.last.isoformat(),
        "now": asked.now,
        "indicators": [*shares(counts, overdue, asked, targets), saved(spared, asked, targets)],
        "without_source": list(WITHOUT_SOURCE),
    }


async def dossiers(figures: Figures, question: Question, name: str, part: str, after: str | None) -> dict[str, Any]:
    """The dossiers behind a number, a page at a time; `next` is the `after` of the following page."""
    match, by = _behind(name, part, question.asked)
    mark = mark_of("indicators", name, part, question.query())
    place = None
    if after is not None:
        place = RowPlace.decode(after, mark)
    total, found = await figures.behind(question.scope, match, by, place, PAGE + 1)
    shown, more = found[:PAGE], len(found) > PAGE
    last = shown[-1] if more else None
    return {
        "total": total,
        "items": shown,
        "next": RowPlace(last["day"], last["id"]).encode(mark) if last else None,
    }


def _behind(name: str, part: str, asked: AskedPeriod) -> tuple[Match, str]:
    which: Part = "hit" if part == "hit" else "of"
    if name == SAVED:
        return behind_saved(asked), "ended_day"
    if name not in INDICATORS:
        raise NotFound("indicator-not-found", "Không có chỉ số này.", "There is no such indicator.")
    return behind(INDICATORS[name], which, asked), INDICATORS[name].by


def table(body: Mapping[str, Any], lang: Lang) -> Iterator[list[str | int]]:
    """One row per indicator and period, and one for the whole time; headings first."""
    column = 0 if lang == "vi" else 1
    yield [pair[column] for pair in _COLUMNS]
    for one in body["indicators"]:
        name = texts(lang).label("indicator", one["name"])
        whole = {**one, "period": f"{body['from']}/{body['to']}"}
        for row in (*one["series"], whole):
            shares = [_cell(row.get(field)) for field in ("share", "median", "mean")]
            yield [one["name"], name, row["period"], row.get("hit", ""), row["of"], *shares]


_COLUMNS = (
    ("ma_chi_so", "indicator"), ("ten_chi_so", "name"), ("ky", "period"), ("so_ho_so", "dossiers"), ("trong_tong_so", "of"),
    ("ty_le", "share"), ("trung_vi", "median"), ("trung_binh", "mean"),
)  # fmt: skip


def _cell(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"
