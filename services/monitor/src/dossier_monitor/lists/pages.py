"""The two pages: what is late or about to be, and the dossiers behind any number."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote, urlencode

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from dossier_monitor.board.scopes import WATCHERS, scope_of
from dossier_monitor.lists.api import HOW, pressing
from dossier_monitor.lists.filters import LateQuery, ListQuery
from dossier_monitor.lists.reader import AskedList, Found, Reader
from dossier_monitor.lists.rows import Row, opens
from dossier_monitor.pages.collation import order
from dossier_monitor.pages.framing import agency_name, framed, guarded
from dossier_monitor.pages.shapes import clock_words, instant_of, span
from dossier_monitor.projection.domain import DUE, STAGES, WAITS
from dossier_monitor.projection.dossier import iso, micros
from dossier_monitor.projection.durations import EDGES
from dossier_shared.http.auth import authenticate
from dossier_shared.http.known_query import asked_of
from dossier_shared.http.root import own_url
from dossier_shared.http.tokens import Principal
from dossier_shared.http.validation import validated
from dossier_shared.pages.texts import Lang, number, texts

Option = tuple[str, str]
_OFFERED: Final = ("agency", "stage", "procedure", "waits", "officer", "due")
_WORDS: Final = {  # condition -> family of the words for its values
    "open": "yes_no", "own": "yes_no", "stage": "stage", "waits": "waits", "due": "due", "channel": "channel",
    "outcome": "outcome", "reached": "reached", "ended": "ended", "did": "did",
}  # fmt: skip
_TOO_MANY: Final = 300  # choices; beyond, one types


def lists_pages(reader: Reader) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    async def late(request: Request, lang: Lang) -> Response:
        who = await authenticate(request, *WATCHERS)
        wanted = validated(LateQuery, asked_of(request, LateQuery))
        chosen = wanted.listed()
        asked = reader.ask(who, chosen)
        found, counts = await asyncio.gather(reader.page(asked, chosen), pressing(reader, who, wanted))
        kept = chosen.but(due=None)
        tabs = [
            {
                "name": texts(lang).label("due", how or "pressing"),
                "how": how or "pressing",
                "href": _href("/late", lang, kept, how=how),
                "count": number(counts[how] if how else sum(counts.values()), lang),
                "here": wanted.how == how,
            }
            for how in (None, *HOW)
        ]
        count = counts[wanted.how] if wanted.how else sum(counts.values())
        extra = {"how": wanted.how} if wanted.how else {}
        context = await _context(reader, asked, chosen, found, count, lang, "/late", extra)
        return framed("dossiers.html", request, lang, who, title=texts(lang)("lists.late_title"), tabs=tabs, **context)

    async def dossiers(request: Request, lang: Lang) -> Response:
        who = await authenticate(request, *WATCHERS)
        chosen = validated(ListQuery, asked_of(request, ListQuery))
        asked = reader.ask(who, chosen)
        found, count = await asyncio.gather(reader.page(asked, chosen), reader.count(asked))
        context = await _context(reader, asked, chosen, found, count, lang, "/dossiers", {})
        return framed("dossiers.html", request, lang, who, title=texts(lang)("lists.title"), tabs=[], **context)

    router.add_api_route("/late", guarded(late, WATCHERS), response_class=HTMLResponse)
    router.add_api_route("/dossiers", guarded(dossiers, WATCHERS), response_class=HTMLResponse)
    return router


async def _context(
    reader: Reader, asked: AskedList, chosen: ListQuery, found: Found, count: int, lang: Lang, path: str,
    extra: Mapping[str, str],
) -> dict[str, Any]:  # fmt: skip
    """`extra`: what the address says beside the filter's own conditions, which then say `due` for it."""
    t, here = texts(lang), chosen.but(due=None) if path == "/late" else chosen.given
    options = await _options(reader, asked.who, lang)
    names = await reader.lists.procedure_names([code for code, _ in options["procedure"]])
    options["procedure"] = [
        (code, f"{names[code]} ({code})" if code in names else code) for code, _ in options["procedure"]
    ]
    if path == "/late":
        del options["due"]
    shown = [name for name in _OFFERED if name in options]
    limit = {"limit": str(chosen.limit)} if chosen.limit != ListQuery.model_fields["limit"].default else {}
    return {
        "path": own_url(path),
        "where": agency_name(reader.board, asked.scope, lang),
        "count": count,
        "rows": [_words(row, reader, asked.who, lang) for row in found.rows],
        "judged": instant_of(iso(asked.now)) if asked.now else None,
        "fields": [(name, t.label("lists", name), options[name], here.get(name, "")) for name in shown],
        "hidden": [(n, v) for n, v in {**here, **extra, **limit}.items() if n not in shown],
        "chips": [
            (t.label("lists", name), _value(name, value, lang), _href(path, lang, {**here, **extra}, **{name: None}))
            for name, value in here.items() if name not in shown
        ],
        "filtered": bool(here),
        "clear": _href(path, lang, extra),
        "next": _href(path, lang, {**here, **extra, **limit}, after=found.next) if found.next else None,
        "first": _href(path, lang, {**here, **extra, **limit}) if chosen.after else None,
        "exports": [
            (label, own_url(f"/dossiers.{kind}?{urlencode(chosen.given)}"))
            for label, kind in (("Excel", "xlsx"), ("CSV", "csv"), ("JSON", "json"))
        ],
    }  # fmt: skip


async def _options(reader: Reader, who: Principal, lang: Lang) -> dict[str, list[Option]]:
    """What the reader may choose from; nothing where there is too much to choose from."""
    t, agencies = texts(lang), reader.board.rows(scope_of(who, reader.board))
    named = sorted(((agency_name(reader.board, a.code, lang), a.code) for a in agencies), key=lambda one: order(one[0]))
    officers = sorted({who for a in agencies for who, counts in a.officers.items() if counts.get("hand")})
    found: dict[str, list[Option]] = {
        "agency": [(code, name) for name, code in named],
        "stage": [(name, t.label("stage", name)) for name in STAGES],
        "procedure": [(code, code) for code in sorted({code for a in agencies for code in a.whole.procedures if code})],
        "waits": [(name, t.label("waits", name)) for name in WAITS],
        "officer": [(who, who) for who in officers],
        "due": [(name, t.label("due", name)) for name in ("pressing", *DUE)],
    }
    return {name: options if len(options) <= _TOO_MANY else [] for name, options in found.items()}


def _words(row: Row, reader: Reader, who: Principal, lang: Lang) -> dict[str, Any]:
    how = row["due_state"]
    t, at = texts(lang), row["since"]
    stood = reader.board.now - micros(at) if at and row["waits"] else 0
    return {
        "code": row["code"] or row["id"],
        "href": "" if not opens(row, who) else _href(f"/timelines/{quote(row['code'] or row['id'], safe='')}", lang, {}),
        "procedure": row["procedure_name"] or row["procedure"] or "",
        "agency": agency_name(reader.board, row["agency"], lang),
        "stage": t.label("stage", row["stage"]),
        "waits": t.label("waits", row["waits"]) if row["waits"] else "",
        "officer": row["officer"],
        "stood": t("lists.stood", age=span(stood / 1_000_000, lang)) if stood >= 60_000_000 else "",
        "due": instant_of(row["due"]),
        "how": how,
        "due_state": t.label("due", how) if how and how != "none" else "",
        "clock": clock_words(row["overdue"], lang),
        "outcome": t.label("outcome", row["outcome"]) if row["outcome"] else "",
        "desk": t.label("desk", row["acts"]["service"]) if row["acts"] else "",
        "desk_url": _desk_url(row, lang),
        "acts_here": bool(row["acts"] and row["acts"]["url"]),
    }  # fmt: skip


def _desk_url(row: Row, lang: Lang) -> str:
    """The work list, for who may act there; for others, all that waits at that desk."""
    if row["acts"] is None:
        return ""
    if row["acts"]["url"]:
        return f"{row['acts']['url']}?lang={lang}"
    return _href("/dossiers", lang, {"agency": row["agency"], "own": "true", "stage": row["stage"]})


def _value(name: str, value: str, lang: Lang) -> str:
    if name in ("age", "stand"):
        return bucket_words(int(value), lang)
    if name == "took":
        passage, _, bucket = value.partition(":")
        return f"{texts(lang).label('passage', passage)}: {bucket_words(int(bucket), lang)}"
    return texts(lang).label(_WORDS[name], value) if name in _WORDS else value


def bucket_words(bucket: int, lang: Lang) -> str:
    """`từ 1 ngày đến dưới 2 ngày`."""
    t = texts(lang)
    low = span(EDGES[bucket - 1], lang) if bucket else ""
    high = span(EDGES[bucket], lang) if bucket < len(EDGES) else ""
    if not low:
        return t("bucket.under", high=high)
    return t("bucket.between", low=low, high=high) if high else t("bucket.over", low=low)


def _href(path: str, lang: Lang, conditions: Mapping[str, str], **changes: str | None) -> str:
    found = {**conditions, **changes, "lang": "en" if lang == "en" else None}
    text = urlencode({name: value for name, value in found.items() if value})
    return own_url(f"{path}?{text}" if text else path)
