"""HTTP of the indicators: JSON and pages. What is asked for is the same for both."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel
from starlette.responses import HTMLResponse, Response

from dossier_monitor.board.board import Board, sees
from dossier_monitor.board.scopes import WATCHERS, Code, widest_of
from dossier_monitor.indicators import view
from dossier_monitor.indicators.definitions import SAVED, WITHOUT_SOURCE, Target
from dossier_monitor.indicators.periods import KINDS, AskedPeriod, title
from dossier_monitor.indicators.report import Names, document, render
from dossier_monitor.indicators.schemas import CountedDossiers, IndicatorsView
from dossier_monitor.indicators.store import Figures
from dossier_monitor.indicators.view import Question
from dossier_monitor.pages.collation import order
from dossier_monitor.pages.framing import agency_name, framed, guarded
from dossier_monitor.pages.shapes import day, percent
from dossier_monitor.pages.spreadsheets import XLSX, sheet, workbook
from dossier_shared.http.auth import authenticate
from dossier_shared.http.jsonbody import json_response
from dossier_shared.http.openapi import answers, sends
from dossier_shared.http.root import own_url
from dossier_shared.http.tokens import Principal
from dossier_shared.pages.rendering import static_url
from dossier_shared.pages.texts import Lang, language, number, texts

Kind = Annotated[str | None, Query(max_length=10, description="day (as a rule), month or quarter")]
Day = Annotated[str | None, Query(max_length=10, description="Vietnamese day, `2026-11-22`")]
Name = Annotated[str, Path(max_length=40)]


class Wanted(BaseModel):
    """What every answer is asked with."""

    agency: Code = None
    period: Kind = None
    first: Annotated[Day, Query(alias="from")] = None
    last: Annotated[Day, Query(alias="to")] = None


class Exported(Wanted):
    lang: Annotated[str | None, Query(max_length=2)] = None


class Paged(BaseModel):
    part: Annotated[str, Query(max_length=3, description="hit or of")] = "hit"
    after: Annotated[str | None, Query(max_length=500, description="`next` of the page before")] = None


class Counted(Wanted, Paged):
    """A page of the dossiers behind a number."""


def router(board: Board, figures: Figures, targets: Mapping[str, Target], names: Names) -> APIRouter:
    """`names`: of procedures, by code."""
    api = APIRouter()
    printing = asyncio.Semaphore(1)  # one at a time: the rest of the node goes on

    async def asked_by(request: Request, wanted: Wanted | None = None) -> tuple[Principal, Question]:
        """A page is asked by its address."""
        who = await authenticate(request, *WATCHERS)
        query = wanted.model_dump(by_alias=True) if wanted else request.query_params
        return who, Question.read(query, who, board)

    @api.get("/api/v1/indicators", responses=answers(IndicatorsView))
    async def show_indicators(request: Request, wanted: Annotated[Wanted, Query()]) -> Response:
        """Measures of 766/QĐ-TTg and of local targets, by period. Shares as fractions; `of` is the denominator."""
        _, question = await asked_by(request, wanted)
        return json_response(await view.answer(figures, question, targets))

    @api.get("/api/v1/indicators.csv", response_class=Response, responses=sends("text/csv"))
    async def export_indicators(request: Request, wanted: Annotated[Exported, Query()]) -> Response:
        """The same as a table: UTF-8 with a byte order mark."""
        _, question = await asked_by(request, wanted)
        rows = view.table(await view.answer(figures, question, targets), language(wanted.lang))
        return sheet(rows, f"indicators-{question.asked.first}-{question.asked.last}.csv")

    @api.get("/api/v1/indicators.xlsx", response_class=Response, responses=sends(XLSX))
    async def export_indicators_as_workbook(request: Request, wanted: Annotated[Exported, Query()]) -> Response:
        """The same for Excel."""
        _, question = await asked_by(request, wanted)
        rows = view.table(await view.answer(figures, question, targets), language(wanted.lang))
        return await workbook(rows, f"indicators-{question.asked.first}-{question.asked.last}.xlsx")

    @api.get("/api/v1/indicators/{name}/dossiers", responses=answers(CountedDossiers))
    async def show_dossiers(request: Request, name: Name, wanted: Annotated[Counted, Query()]) -> Response:
        """The dossiers a number counts, as many as it says."""
        _, question = await asked_by(request, wanted)
        return json_response(await view.dossiers(figures, question, name, wanted.part, wanted.after))

    @api.get("/reports/period.pdf", response_class=Response, responses=sends("application/pdf"))
    async def print_report(request: Request, wanted: Annotated[Exported, Query()]) -> Response:
        """The indicators, each agency and procedure, and what is longest overdue: PDF/A-2b to be printed."""
        _, question = await asked_by(request, wanted)
        data = await document(figures, board, question, targets, names, language(wanted.lang))
        async with printing:
            pdf = await asyncio.to_thread(render, data, datetime.fromisoformat(question.asked.now))
        asked = question.asked
        name = f"report-{asked.first}-{asked.last}.pdf"
        return Response(
            pdf, media_type="application/pdf", headers={"content-disposition": f'inline; filename="{name}"'}
        )

    async def page(request: Request, lang: Lang) -> Response:
        who, question = await asked_by(request)
        body = await view.answer(figures, question, targets)
        asked, t = question.asked, texts(lang)
        return framed(
            "indicators.html", request, lang, who,
            title=t("indicators.title"), where=agency_name(board, question.scope, lang), body=body,
            asked=asked, kinds=KINDS, agencies=_choices(board, who, lang), scope=question.scope,
            unsourced=WITHOUT_SOURCE,
            percent=lambda value: percent(value, lang), number=lambda n: number(n, lang),
            titles={period.name: title(period, asked.kind, lang) for period in asked.periods()},
            link=lambda key, part, row=None: _behind(key, part, question, row, lang),
            excel=own_url(f"/api/v1/indicators.xlsx?{_query(question, lang)}"),
            csv=own_url(f"/api/v1/indicators.csv?{_query(question, lang)}"),
            json=own_url(f"/api/v1/indicators?{urlencode(question.query())}"),
            report=own_url(f"/reports/period.pdf?{_query(question, lang)}"),
            script={
                "lang": lang, "series": _series(body, asked, lang), "period": t("indicators.column_period"),
                "label": t("indicators.share"), "median": t("indicators.median"), "mean": t("indicators.mean"),
                "target": t("indicators.target"),
            },
        )  # fmt: skip

    async def behind(request: Request, lang: Lang) -> Response:
        who, question = await asked_by(request)
        name, part = request.path_params["name"], request.query_params.get("part", "hit")
        found = await view.dossiers(figures, question, name, part, request.query_params.get("after"))
        onward = own_url(
            f"/indicators/{quote(name)}?part={quote(part)}&{_query(question, lang)}&after={quote(found['next'] or '')}"
        )
        return framed(
            "indicator_dossiers.html", request, lang, who,
            title=texts(lang).label("indicator", name), where=agency_name(board, question.scope, lang), found=found, part=part,
            asked=question.asked, back=own_url(f"/indicators?{_query(question, lang)}"), onward=onward if found["next"] else None,
            agency=lambda code: agency_name(board, code, lang), day=day,
            quote=lambda text: quote(text, safe=""),
        )  # fmt: skip

    for path, shown in (("/indicators", page), ("/indicators/{name}", behind)):
        api.add_api_route(path, guarded(shown, WATCHERS), response_class=HTMLResponse, include_in_schema=False)
    static_url("indicators.css")  # missing files are found out at start
    return api


def _choices(board: Board, who: Principal, lang: Lang) -> list[tuple[str, str]]:
    """The agencies one may narrow the view to, by name."""
    widest = widest_of(who)
    seen = [agency.code for agency in board.agencies.values() if sees(widest, agency.code, agency.above)]
    return sorted(((code, agency_name(board, code, lang)) for code in seen), key=lambda pair: order(pair[1]))


def _query(question: Question, lang: Lang) -> str:
    return urlencode(question.query() | ({"lang": "en"} if lang == "en" else {}))


def _behind(name: str, part: str, question: Question, row: Mapping[str, Any] | None, lang: Lang) -> str:
    """Of a period's row: that period alone."""
    query = question.query()
    if row is not None:
        [period] = [p for p in question.asked.periods() if p.name == row["period"]]
        query |= {"from": period.first.isoformat(), "to": period.last.isoformat()}
    query = {"part": part} | query | ({"lang": "en"} if lang == "en" else {})
    return own_url(f"/indicators/{quote(name)}?{urlencode(query)}")


def _series(body: Mapping[str, Any], asked: AskedPeriod, lang: Lang) -> dict[str, Any]:
    """What the charts draw: per indicator the periods' titles and lines."""
    titles = [title(period, asked.kind, lang) for period in asked.periods()]
    return {
        one["name"]: {
            "titles": titles,
            "lines": [[row[field] for row in one["series"]] for field in _lines(one["name"])],
            "target": one["target"] and one["target"]["value"],
        }
        for one in body["indicators"]
    }


def _lines(name: str) -> tuple[str, ...]:
    return ("median", "mean") if name == SAVED else ("share",)
