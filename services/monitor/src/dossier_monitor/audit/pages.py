"""The auditor's page. Works without JavaScript."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from dossier_monitor.audit.api import AUDITORS, Audits, row_of
from dossier_monitor.audit.schemas import AuditFilter, AuditQuery
from dossier_monitor.pages.framing import agency_name, framed, guarded
from dossier_shared.contracts.audit import KINDS
from dossier_shared.contracts.topics import SERVICES
from dossier_shared.http.auth import authenticate
from dossier_shared.http.known_query import asked_of
from dossier_shared.http.root import own_url
from dossier_shared.http.validation import validated
from dossier_shared.pages.texts import Lang, texts

_PATH: Final = "/audit"
_DAYS: Final = ("since", "until")


def audit_pages(audits: Audits) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    async def show(request: Request, lang: Lang) -> Response:
        who, t = await authenticate(request, *AUDITORS), texts(lang)
        wanted = validated(AuditQuery, asked_of(request, AuditQuery))
        found, following = await audits.store.page(audits.query(who, wanted), wanted.limit, wanted.cursor)
        given = wanted.given
        choices = {
            "kind": [(kind, t.label("audit_kind", kind)) for kind in KINDS],
            "service": [(service, t.label("audit_service", service)) for service in SERVICES],
        }
        return framed(
            "audit.html",
            request,
            lang,
            who,
            title=t("audit.title"),
            where=agency_name(audits.board, who.agency, lang),
            path=own_url(_PATH),
            fields=[
                (name, t.label("audit", name), choices.get(name, []), given.get(name, ""), name in _DAYS)
                for name in AuditFilter.model_fields
            ],
            filtered=bool(given),
            rows=[row_of(one) for one in found],
            agency=lambda code: agency_name(audits.board, code, lang),
            of=lambda code: _href(_PATH, lang, {**given, "of": code}),
            by=lambda sub: _href(_PATH, lang, {**given, "who": sub}),
            clear=_href(_PATH, lang, {}),
            first=_href(_PATH, lang, given) if wanted.cursor else None,
            next=_href(_PATH, lang, {**given, "cursor": following}) if following else None,
            export=_href("/audit.csv", "vi", given),
        )

    router.add_api_route(_PATH, guarded(show, AUDITORS), response_class=HTMLResponse)
    return router


def _href(path: str, lang: Lang, conditions: Mapping[str, Any]) -> str:
    text = urlencode({**conditions, **({"lang": "en"} if lang == "en" else {})})
    return own_url(f"{path}?{text}" if text else path)
