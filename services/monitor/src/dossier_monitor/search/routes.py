"""Search: by part of a code; within the own agency by a name, a phone number or its last four digits too."""

from __future__ import annotations

from typing import Annotated, Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel
from starlette.responses import HTMLResponse, RedirectResponse, Response

from dossier_monitor.board.board import Board
from dossier_monitor.board.scopes import scope_of
from dossier_monitor.lists.rows import opens, row_of
from dossier_monitor.lists.schemas import DueState
from dossier_monitor.lists.store import Lists
from dossier_monitor.pages.framing import agency_name, framed, guarded
from dossier_monitor.policy import POLICY
from dossier_monitor.projection.domain import Stage
from dossier_monitor.search.right import answerable, names_of
from dossier_monitor.timelines.search_keys import initials, questions
from dossier_shared.http.auth import authenticate
from dossier_shared.http.jsonbody import json_response
from dossier_shared.http.openapi import answers
from dossier_shared.http.root import own_url
from dossier_shared.http.tokens import Principal
from dossier_shared.pages.texts import Lang, texts
from dossier_shared.problems import Invalid
from dossier_shared.telemetry.masking import MASK
from dossier_shared.vocabulary.codes import plain_code

SEARCHERS: Final = POLICY.roles("search")
LIMIT: Final = 30
AMONG: Final = LIMIT * 2  # found: of more one is told to type more
MAX_QUESTION: Final = 100


class FoundRow(BaseModel):
    """As in the lists."""

    id: str
    code: str | None
    agency: str
    procedure: str
    procedure_name: str | None
    stage: Stage
    filed: str | None
    due: str | None
    due_state: DueState | None


class FoundDossier(FoundRow):
    """`applicant`: without diacritics for officers of its agency, initials for others. `phone`: its last three digits."""

    applicant: str | None
    phone: str | None


class FoundDossiers(BaseModel):
    items: list[FoundDossier]
    more: bool


class Search:
    def __init__(self, lists: Lists, board: Board) -> None:
        self.lists, self.board = lists, board

    async def find(self, who: Principal, text: str, agency: str | None) -> tuple[list[dict[str, Any]], bool]:
        """The latest filings first, and whether there are more. Raises Invalid where there is too little to look for."""
        scope = scope_of(who, self.board, agency)
        asked = questions(text)
        if not asked:
            raise Invalid(
                "question-too-short",
                "Hãy gõ thêm: ít nhất hai chữ của tên, ba ký tự của mã, cả số điện thoại hoặc bốn số cuối.",
                "Type more: at least two letters of a name, three characters of a code, a phone number or its last four digits.",
            )
        agencies = [found.code for found in self.board.rows(scope)] or [scope or ""]
        documents: list[dict[str, Any]] = []
        for beginnings, among in answerable(asked, who, agencies):
            documents = await self.lists.search(among, beginnings, AMONG, LIMIT + 1)
            if documents:
                break
        return [self._row(document, who) for document in documents[:LIMIT]], len(documents) > LIMIT

    def _row(self, document: dict[str, Any], who: Principal) -> dict[str, Any]:
        row = row_of(document, self.board.now)
        row["procedure_name"] = self.board.procedure_name(row["procedure"], row["procedure_name"]) or None
        kept = document["state"].get("search", {})
        name, phone = kept.get("name", ""), kept.get("phone", "")
        open_ = names_of(who) == row["agency"]
        return {
            **{name_: row[name_] for name_ in FoundRow.model_fields},
            "applicant": (name.upper() if open_ else initials(name)) or None,
            "phone": MASK + phone[-3:] if phone else None,
        }


def search_router(search: Search) -> APIRouter:
    router = APIRouter()

    @router.get("/api/v1/search", responses=answers(FoundDossiers))
    async def find(
        request: Request,
        q: Annotated[
            str,
            Query(
                max_length=MAX_QUESTION,
                description="part of a code; of the own agency's dossiers also a name, a phone number or its last four digits",
            ),
        ],
        agency: Annotated[str | None, Query(max_length=100, description="this agency and those below it")] = None,
    ) -> Response:
        """`{items: [{id, code, agency, procedure, procedure_name, stage, filed, due, due_state, applicant, phone}], more}`.

        `applicant`: the name without diacritics for officers of the dossier's agency, its initials for everybody else. Who is
        shown initials finds by code only (`search-by-code`).
        """
        items, more = await search.find(await authenticate(request, *SEARCHERS), q, agency)
        return json_response({"items": items, "more": more})

    async def page(request: Request, lang: Lang) -> Response:
        who = await authenticate(request, *SEARCHERS)
        text = request.query_params.get("q", "").strip()[:MAX_QUESTION]
        items: list[dict[str, Any]] = []
        more, refused = False, ""
        if text:
            try:
                items, more = await search.find(who, text, None)
                if (
                    len(items) == 1 and items[0]["code"] == plain_code(text) and opens(items[0], who)
                ):  # typed as a whole
                    return RedirectResponse(own_url(f"/timelines/{quote(items[0]['code'], safe='')}?lang={lang}"), 303)
            except Invalid as short:
                refused = short.vi if lang == "vi" else short.en
        return framed(
            "search.html",
            request,
            lang,
            who,
            title=texts(lang)("search.title"),
            asked=text,
            opens=lambda row: opens(row, who),
            refused=refused,
            codes_only=names_of(who) is None,
            more=more,
            rows=items,
            where=agency_name(search.board, scope_of(who, search.board), lang),
            agency=lambda row: agency_name(search.board, row["agency"], lang),
        )

    router.add_api_route("/search", guarded(page, SEARCHERS), response_class=HTMLResponse, include_in_schema=False)
    return router
