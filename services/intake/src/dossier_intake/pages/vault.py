"""`GET /papers`: the person's own papers and results, and which registers of the State were asked about them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from secrets import token_urlsafe
from typing import Any, Final

from babel.dates import format_date
from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from dossier_intake.pages.documents import weight
from dossier_intake.policy import POLICY
from dossier_intake.registers.own import question_view
from dossier_intake.registers.questions import LATEST, Questions
from dossier_intake.store import Catalogues
from dossier_intake.vault.api import Vaults
from dossier_intake.vault.sharing import Sharing
from dossier_shared.clock import parse_instant
from dossier_shared.http.auth import authenticate
from dossier_shared.http.forms import Given, first, form_command
from dossier_shared.http.root import own_url
from dossier_shared.http.tokens import Principal
from dossier_shared.pages.notice import refused_page
from dossier_shared.pages.rendering import local_time, page
from dossier_shared.pages.texts import Lang, language, texts

DONE: Final = ("shared", "taken-back")


def vault_page(
    vaults: Vaults, questions: Questions, catalogues: Catalogues, sharing: Sharing, *, repository: bool
) -> APIRouter:
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
            given, choices = await sharing.shares.of_owner(who.sub), await sharing.choices(who)
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
            given=given,
            key=token_urlsafe(18),
            choices=choices,
            said=t.label("vault_done", query["done"]) if query.get("done") in DONE else "",
            questions=[_question(question_view(one, catalogues), lang) for one in lines],
            onward=own_url(f"/papers?lang={lang}&cursor={found['next']}") if found["next"] else None,
        )

    @api.post("/papers/share", response_class=HTMLResponse)
    async def share(request: Request) -> Response:
        async def act(who: Principal, given: Given) -> str:
            await sharing.give(who, first(given, "dossier"), first(given, "source"), first(given, "n"))
            return "shared"

        return await done(request, act)

    @api.post("/papers/shares/{share_id}/end", response_class=HTMLResponse)
    async def end(request: Request, share_id: str) -> Response:
        async def act(who: Principal, given: Given) -> str:
            await sharing.take_back(who, share_id)
            return "taken-back"

        return await done(request, act)

    async def done(request: Request, act: Callable[[Principal, Given], Awaitable[str]]) -> Response:
        """Whatever is pressed twice is done once."""
        lang = language(request.query_params.get("lang"))
        try:
            context, given = await form_command(request, *POLICY.roles("see-vault"))
            outcome = await act(context.principal, given)
        except Exception as error:
            return refused_page(request, lang, texts(lang)("vault.title"), error, POLICY.roles("see-vault"))
        return RedirectResponse(own_url(f"/papers?lang={lang}&done={outcome}"), 303)

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
