"""The counter's list of results to hand over, `GET /work`, and the page of one, `/cases/{id}`."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from dossier_notify.commands import VERBS
from dossier_notify.pages.one import case_of
from dossier_notify.policy import POLICY
from dossier_notify.state import State
from dossier_notify.store import HandOvers
from dossier_shared.clock import parse_instant
from dossier_shared.http.auth import authenticate, own_agency
from dossier_shared.http.policy import Context
from dossier_shared.http.root import own_url
from dossier_shared.http.tokens import Principal
from dossier_shared.http.verbs import Runner
from dossier_shared.journal.dossier import Dossier
from dossier_shared.journal.engine import Collection
from dossier_shared.pages.case import Case, case_router
from dossier_shared.pages.counts import Count, Counts
from dossier_shared.pages.notice import refused_page
from dossier_shared.pages.rendering import add_package, local_time, page
from dossier_shared.pages.texts import Lang, language, texts
from dossier_shared.problems import NotFound
from dossier_shared.runtime.directory import Directory

READERS = POLICY.roles("waiting")
LIMIT = 50


class Row(NamedTuple):
    """One result; `href`: its page."""

    href: str
    code: str
    applicant: str
    procedure: str
    number: str
    signed_at: str
    wished: str


def hand_overs(
    waiting: HandOvers, dossiers: Collection, directory: Directory, runner: Runner[Directory], signing: str | None
) -> APIRouter:
    """`signing`: that service's public address, where it is known."""
    add_package("dossier_notify.pages")
    router = APIRouter(include_in_schema=False)

    @router.get("/work", response_class=HTMLResponse)
    async def work(request: Request) -> Response:
        lang = language(request.query_params.get("lang"))
        title = texts(lang)("handing.title")
        try:
            who = await authenticate(request, *READERS)
            own, cursor = own_agency(who), request.query_params.get("cursor")
            entry = directory.agency(own)
            found = await waiting.waiting(own, entry.serves if entry else (), LIMIT, cursor)
        except Exception as exc:
            return refused_page(request, lang, title, exc, READERS)
        return page(
            "hand_overs.html",
            lang,
            address=request.url,
            title=title,
            principal=who,
            rows=[row_of(directory.shown(dossier), lang) for dossier in found.rows],
            onward="?" + urlencode({"cursor": found.next, "lang": lang}) if found.next else None,
            first=f"?lang={lang}" if cursor is not None else None,
        )

    async def load(who: Principal, dossier_id: str, lang: Lang) -> Case:
        dossier = (await dossiers.load([dossier_id])).get(dossier_id)
        if dossier is None or "code" not in dossier.state:
            raise NotFound()
        POLICY.demand(who, "open", dossier.state, Context(directory))
        return case_of(directory.shown(dossier), lang, signing)

    router.include_router(
        case_router(
            lambda t: t("handing.title"),
            load,
            VERBS,
            runner,
            READERS,
            files=("signature_pad.css", "signature_pad.js"),
            said=lambda lang: texts(lang).of("pad"),
        )
    )
    return router


def counts(waiting: HandOvers, directory: Directory) -> Counts:
    async def of(who: Principal) -> list[Count]:
        own = own_agency(who)
        entry = directory.agency(own)
        n = await waiting.count(own, entry.serves if entry else ())
        return [Count("to_hand_over", lambda t: t("handing.title"), n, "/work", urgent=False)]

    return Counts(READERS, of)


def row_of(dossier: Dossier[State], lang: Lang) -> Row:
    state = dossier.state
    return Row(
        own_url(f"/cases/{dossier.id}?lang={lang}"),
        state["code"],
        state.get("applicant", ""),
        state["procedure_name"] or state["procedure"],
        state["result"]["number"],
        local_time(parse_instant(state["result"]["at"]), lang),
        texts(lang).label("handing_wish", state.get("wished", "")),
    )
