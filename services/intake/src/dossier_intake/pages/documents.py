"""`GET /dossiers/{id}/documents`: the papers of one dossier for who may read them, each with pictures of its pages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from babel.numbers import format_decimal
from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from dossier_intake.filing.documents import P7S
from dossier_intake.papers.reading import Papers
from dossier_intake.papers.store import LATEST, Openings
from dossier_intake.papers.view import openings_view
from dossier_intake.policy import APPLICANT, POLICY, Reader, reader_of
from dossier_intake.store import Catalogues
from dossier_intake.vault.sharing import Sharing
from dossier_shared.clock import parse_instant
from dossier_shared.http.auth import authenticate
from dossier_shared.http.root import own_url
from dossier_shared.pages.notice import refused_page
from dossier_shared.pages.rendering import local_time, page
from dossier_shared.pages.texts import Lang, Texts, language, texts

SHEETS = 12  # pictures of one paper; the rest is in its file
SMALL, LARGE = 320, 1600  # pixels across


class Opened(NamedTuple):
    """One line of who has opened what."""

    at: datetime
    what: str
    who: str
    agency: str | None


def documents_page(papers: Papers, openings: Openings, catalogues: Catalogues, sharing: Sharing) -> APIRouter:
    api = APIRouter(include_in_schema=False)

    @api.get("/dossiers/{dossier_id}/documents", response_class=HTMLResponse)
    async def documents(request: Request, dossier_id: str) -> Response:
        lang = language(request.query_params.get("lang"))
        title = texts(lang)("papers.title")
        try:
            who = await authenticate(request, *POLICY.roles("read-papers"))
            reader, dossier, filed = await papers.of(dossier_id, who)
            lent = await sharing.listed(dossier, reader)
            listed = await papers.listed(dossier, filed)
            told = reader_of(who, "read-openings", dossier.state)
            found, _ = await openings.of(dossier_id, LATEST, None) if told else ([], None)
        except Exception as exc:
            return refused_page(request, lang, title, exc, POLICY.roles("read-papers"))
        state, base = dossier.state, own_url(f"/api/v1/dossiers/{dossier.id}/documents")
        return page(
            "documents.html",
            lang,
            address=request.url,
            title=title,
            principal=who,
            code=state["code"],
            procedure=state["procedure_name"],
            agency=state["agency_name"],
            papers=[_shown(one, f"{base}/{one['n']}", lang) for one in listed],
            large=LARGE,
            small=SMALL,
            lent=[
                (one.name, own_url(f"/api/v1/dossiers/{dossier.id}/shared/{one.id}"), weight(one.size, lang), one.at)
                for one in lent
            ],
            told=told is not None,
            opened=opened(openings_view(found, catalogues.current, told or Reader(APPLICANT)), lang),
        )

    return api


def opened(views: Iterable[Mapping[str, Any]], lang: Lang) -> list[Opened]:
    t = texts(lang)
    return [
        Opened(
            parse_instant(one["at"]),
            t("papers.opened", how=t.label("papers_how", one["how"]), n=one["n"])
            if one["n"]
            else t("papers.opened_evidence")
            if one["how"] == "evidence"
            else t("papers.opened_shared"),
            " · ".join(filter(None, (t.label("papers_role", one["role"]), one.get("sub"), _by_emergency(one, t)))),
            one.get("agency_name"),
        )
        for one in views
    ]


def _by_emergency(one: Mapping[str, Any], t: Texts) -> str:
    return t("papers.in_emergency") if one.get("emergency") else ""


def _shown(paper: Mapping[str, Any], address: str, lang: Lang) -> dict[str, Any]:
    t, at = texts(lang), local_time(parse_instant(paper["at"]), lang)
    pages = 0 if paper["type"] == P7S else paper.get("pages") or 1
    return {
        **paper,
        "address": address,
        "kind": t.label("papers_type", paper["type"]),
        "weight": weight(paper["size"], lang),
        "came": t("papers.came", how=t.label("papers_came", paper["came_with"]), at=at),
        "count": paper.get("pages"),
        "sheets": range(1, min(pages, SHEETS) + 1),
        "more": max(pages - SHEETS, 0),
        "signed": [_signed(one, lang) for one in paper.get("signatures", ())],
        "of": t("papers.signature_of", n=paper["signs"]) if "signs" in paper else "",
    }


def _signed(signature: Mapping[str, Any], lang: Lang) -> str:
    t, name = texts(lang), signature["name"] or texts(lang)("papers.nameless")
    if (at := signature.get("at")) is None:
        return t("papers.signed", name=name)
    return t("papers.signed_at", name=name, at=local_time(parse_instant(at), lang))


def weight(size: int, lang: Lang) -> str:
    """`1,2 MB`, `340 KB`."""
    if size >= 1024 * 1024:
        return f"{format_decimal(size / 1024 / 1024, '0.#', lang)} MB"
    return f"{format_decimal(max(size / 1024, 1), '0', lang)} KB"
