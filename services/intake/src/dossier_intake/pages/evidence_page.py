"""`GET /dossiers/{id}/evidence`: what registers of the State answered about the person, for an officer who decides by it.

It is sealed, and in no other service: pages of these lead here. Each opening is noted for the person before it is shown.
"""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from dossier_intake.pages.evidence import evidence_sections
from dossier_intake.papers.store import Openings
from dossier_intake.policy import POLICY, reader_of
from dossier_intake.store import Catalogues
from dossier_shared.http.auth import authenticate
from dossier_shared.http.head import HEADERS_ONLY
from dossier_shared.pages.notice import refused_page
from dossier_shared.pages.rendering import page
from dossier_shared.pages.texts import language, texts
from dossier_shared.problems import NotFound
from dossier_shared.runtime.service import Runtime


def evidence_page(runtime: Runtime, openings: Openings, catalogues: Catalogues) -> APIRouter:
    api = APIRouter(include_in_schema=False)
    roles = POLICY.roles("read-evidence")

    @api.get("/dossiers/{dossier_id}/evidence", response_class=HTMLResponse)
    async def evidence(request: Request, dossier_id: str) -> Response:
        lang = language(request.query_params.get("lang"))
        t = texts(lang)
        try:
            who = await authenticate(request, *roles)
            dossier = (await runtime.dossiers.load_whole([dossier_id])).get(dossier_id)
            if dossier is None or (reader := reader_of(who, "read-evidence", dossier.state)) is None:
                raise NotFound()
            if HEADERS_ONLY not in request.scope:
                await openings.note(dossier_id, 0, "evidence", who.sub, reader, runtime.clock.now())
            state = catalogues.shown(dossier).state
            sections = evidence_sections(
                dossier.tail("intake", 0), state.get("awaits", ()), catalogues.current, state["procedure"], t, lang
            )
            shown = list(sections)
        except Exception as exc:
            return refused_page(request, lang, t("evidence.page"), exc, roles)
        return page(
            "evidence.html",
            lang,
            address=request.url,
            title=t("evidence.page"),
            principal=who,
            code=state["code"],
            procedure=state["procedure_name"],
            agency=state["agency_name"],
            sections=shown,
        )

    return api
