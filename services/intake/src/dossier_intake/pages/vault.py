"""`GET /papers`: the person's own papers and results, and which registers of the State were asked about them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from babel.dates import format_date
from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from dossier_intake.pages.documents import weight
from dossier_intake.policy import POLICY
from dossier_intake.registers.own import question_view
from dossier_intake.registers.questions import LATEST, Questions
from dossier_intake.store import Catalogues
from dossier_intake.vault.api import Vaults
from dossier_shared.clock import parse_instant
from dossier_shared.http.auth import authenticate
from dossier_shared.http.root import own_url
from dossier_shared.pages.notice import refused_page
from dossier_shared.pages.rendering import local_time, page
from dossier_shared.pages.texts import Lang, language, texts


def vault_page(vaults: Vaults, questions: Questions, catalogues: Catalogues, *, repository: bool) -> APIRouter:
    """`repository`: of results; whether there is one to ask."""
    api = APIRouter(include_in_schema=False)

    @api.get("/papers", response_class=HTMLResponse)
    async def papers(request: Request) -> Response:
        query = request.query_params
        lang = language(query.get("lang"))
        t, title = texts(lang), texts(lang)("vault.title")
        try:
            who = await authenticate(request, *POLICY.roles("see-vault"))
            asked = "repository" in query
            found = await vaults.of(who, query.get("cursor"), repository=asked)
            lines, _ = await questions.of(who.person, LATEST) if who.person else ([], None)
        except Exception as exc:
            return refused_page(request, lang, title, exc, POLICY.roles("see-vault"))
        return page(
            "vault.html",
            lang,
            address=request.url,
            title=title,
            principal=who,
            papers=[_paper(one, lang) for one in found["papers"]],
            results=[{**one, "when": local_time(parse_instant(one["at"]), lang)} for one in found["results"]],
            held=[_held(one, lang) for one in found["repository"]["results"]],
            outcome=t.label("vault_outcome", found["repository"]["outcome"]) if asked else "",
            repository=own_url(f"/papers?repository=1&lang={lang}") if repository else None,
            questions=[_question(question_view(one, catalogues), lang) for one in lines],
            onward=own_url(f"/papers?lang={lang}&cursor={found['next']}") if found["next"] else None,
        )

    return api


def _paper(paper: Mapping[str, Any], lang: Lang) -> dict[str, Any]:
    return {
        **paper,
        "address": own_url(f"/api/v1/dossiers/{paper['dossier']}/documents/{paper['n']}"),
        "weight": weight(paper["size"], lang),
        "when": local_time(parse_instant(paper["at"]), lang),
    }


def _held(result: Mapping[str, Any], lang: Lang) -> dict[str, Any]:
    until = result.get("valid_until")
    return {**result, "until": format_date(date.fromisoformat(until), "short", locale=lang) if until else ""}


def _question(line: Mapping[str, Any], lang: Lang) -> dict[str, Any]:
    t = texts(lang)
    return {
        "source": t.label("vault_source", line["source"]),
        "what": line.get("purpose_name") or t("vault.own_purpose"),
        "named": "purpose_name" in line,
        "by": t.label("vault_by", line["by"]),
        "outcome": t.label("vault_outcome", line["outcome"]),
        "at": parse_instant(line["at"]),
        "basis": ", ".join(line["legal_basis"]),
    }
