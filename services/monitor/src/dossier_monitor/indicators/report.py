"""A period's report as PDF/A-2b: what it says is decided here, how it looks in `report.typ`."""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any, Final

from dossier_monitor.board.board import Board
from dossier_monitor.indicators.definitions import INDICATORS, SAVED, WITHOUT_SOURCE, Target
from dossier_monitor.indicators.figures import overdue_by_period
from dossier_monitor.indicators.store import Figures
from dossier_monitor.indicators.view import Question, answer
from dossier_monitor.pages.framing import agency_name
from dossier_monitor.pages.shapes import day, percent, span
from dossier_shared.documents.printing import typeset
from dossier_shared.pages.rendering import local_time
from dossier_shared.pages.texts import Lang, number, texts
from dossier_shared.vocabulary import printing

LONGEST: Final = 30  # overdue dossiers named
MOST: Final = 2000  # rows of a table: a report is for people
Names = Callable[[Iterable[str]], Awaitable[dict[str, str]]]
Row = Mapping[str, Any]
_SHARES: Final = {name: one for name, one in INDICATORS.items() if one.tabled}  # columns beside what is counted


async def document(
    figures: Figures, board: Board, question: Question, targets: Mapping[str, Target], names: Names, lang: Lang
) -> dict[str, Any]:
    """What the template is given: strings ready to be set. Raises nothing of its own."""
    question = replace(question, asked=replace(question.asked, kind="quarter"))  # only the whole is told: few rows
    scope, asked, t = question.scope, question.asked, texts(lang)
    body, agencies, procedures, (total, longest) = await asyncio.gather(
        answer(figures, question, targets),
        _table(figures, question, "agency", lang),
        _table(figures, question, "procedure", lang),
        figures.longest_overdue(scope, asked.until, LONGEST),
    )
    procedure_names = await names(sorted(procedures))
    counted = t("indicators.filed_count"), t("indicators.ended_count"), t("indicators.overdue_count")
    head = [*counted, *(t.label("indicator", name) for name in _SHARES)]
    widths = [5, 1.3, 1.3, 1.3, 1.6, 1.6, 1.6, 1.6]
    return {
        "lang": lang,
        "title": t("indicators.report_title"),
        "agency": _text(agency_name(board, scope, lang)),
        "span": f"{day(asked.first)} – {day(asked.last)}",
        "judged": t("indicators.judged", at=local_time(datetime.fromisoformat(asked.now), lang)),
        "nothing": t("indicators.nothing"),
        "parts": [
            {
                "title": t("indicators.title"), "lead": "", "left": 1, "widths": [4, 2, 1.5, 3],
                "head": [t("indicators.indicator"), t("indicators.count"), t("indicators.share"), t("indicators.target")],
                "rows": [_indicator(one, lang) for one in body["indicators"]],
            },
            {
                "title": t("indicators.by_agency"), "lead": "", "left": 1, "widths": widths,
                "head": [t("indicators.agency"), *head],
                "rows": [[_text(agency_name(board, code, lang)), *cells] for code, cells in agencies.items()],
            },
            {
                "title": t("indicators.by_procedure"), "lead": "", "left": 1, "widths": widths,
                "head": [t("indicators.procedure"), *head],
                "rows": [[_text(f"{code} {procedure_names.get(code, '')}"), *cells] for code, cells in procedures.items()],
            },
            {
                "title": t("indicators.overdue"), "lead": t.plural("indicators.overdue_lead", total, most=LONGEST), "left": 3,
                "widths": [4.4, 3, 3, 2.3, 1.8], "head": [
                    t("indicators.code"), t("indicators.agency"), t("indicators.procedure"), t("indicators.due"),
                    t("indicators.overdue_by"),
                ],
                "rows": [_overdue(one, board, asked.until, lang) for one in longest],
            },
        ],
        "unsourced_title": t("indicators.unsourced"),
        "unsourced_lead": t("indicators.unsourced_lead"),
        "unsourced": [t.label("unsourced", name) for name in WITHOUT_SOURCE],
    }  # fmt: skip


def render(data: Mapping[str, Any], made_at: datetime) -> bytes:
    """Takes a processor for a while: call it off the event loop. The same data and instant give the same bytes. Letters that no
    font has are shown as their code points: a report is always printed."""
    return typeset(_template(), {**data, "head": data["agency"].upper()}, made_at, substitute=True)


async def _table(figures: Figures, question: Question, by: str, lang: Lang) -> dict[str, list[str]]:
    """By what is counted: filed, ended, overdue at the end, and shares."""
    counts, overdue = await asyncio.gather(
        figures.counts(question.scope, question.asked, by), figures.overdue(question.scope, question.asked, by)
    )
    last = question.asked.periods()[-1].name
    keys = sorted({row[by] for row in (*counts, *overdue)})[:MOST]
    return {
        key: _cells([r for r in counts if r[by] == key], [r for r in overdue if r[by] == key], last, lang)
        for key in keys
    }


def _cells(counts: Sequence[Row], overdue: Sequence[Row], last: str, lang: Lang) -> list[str]:
    def total(name: str) -> int:
        return sum(row.get(name, 0) for row in counts)

    late = overdue_by_period(overdue, [last])[last]
    shares = []
    for name, one in _SHARES.items():
        of = total(f"{name}_of") + (late if one.overdue else 0)
        shares.append(percent(total(f"{name}_hit") / of if of else None, lang))
    return [number(total("filed"), lang), number(total("ended"), lang), number(late, lang), *shares]


def _indicator(one: Row, lang: Lang) -> list[str]:
    t, name, target = texts(lang), texts(lang).label("indicator", one["name"]), one["target"]
    verdict = t("indicators.no_target")
    if target:
        verdict = percent(target["value"], lang)
        if one["reached"] is not None:
            verdict += f" – {t('indicators.reached') if one['reached'] else t('indicators.missed')}"
    if one["name"] == SAVED:
        return [
            name,
            number(one["of"], lang),
            f"{percent(one['median'], lang)} ({t('indicators.median').lower()})",
            verdict,
        ]
    return [name, f"{number(one['hit'], lang)} / {number(one['of'], lang)}", percent(one["share"], lang), verdict]


def _overdue(one: Row, board: Board, until: str, lang: Lang) -> list[str]:
    due, end = (datetime.fromisoformat(at) for at in (one["due"], until))
    return [
        _text(one["code"] or one["id"]), _text(agency_name(board, one["agency"], lang)),
        _text(one["procedure_name"] or one["procedure"]), local_time(due, lang), span((end - due).total_seconds(), lang),
    ]  # fmt: skip


def _text(text: str) -> str:
    """Composed, without what nobody sees; never empty: an agency or a procedure of hidden signs only is shown by them."""
    composed = unicodedata.normalize("NFC", text)
    seen = "".join(c for c in composed if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Cn")).strip()
    return seen or printing.code_points(text)


@cache
def _template() -> bytes:
    return files(__package__).joinpath("report.typ").read_bytes()
