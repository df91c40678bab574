"""What a draft is beside its page: saved by a script while one types, its papers opened, thrown away."""

from __future__ import annotations

from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from dossier_intake.filing.documents import VIEWED
from dossier_intake.pages.filing.answered import answered
from dossier_intake.pages.filing.carrying import carried, content_of
from dossier_intake.pages.filing.desk import ROLES, AlreadySent, Writer, moved_on, no_such_draft, saving_of
from dossier_intake.pages.sheet.reading import KEPT, MOST_FIELDS, unreadable
from dossier_intake.pages.sheet.sheet import Sheet, kept_papers
from dossier_intake.papers.api import SEALED_OFF
from dossier_intake.papers.ranges import disposition
from dossier_shared.adapters.files import FileStore
from dossier_shared.http.auth import authenticate
from dossier_shared.http.jsonbody import json_response
from dossier_shared.http.root import own_url
from dossier_shared.http.tokens import Principal
from dossier_shared.pages.rendering import local_time
from dossier_shared.pages.texts import Lang, language, texts
from dossier_shared.problems import NotFound


class KeptDraft:
    def __init__(self, writer: Writer, files: FileStore) -> None:
        self._writer, self._files = writer, files

    def router(self) -> APIRouter:
        api = APIRouter(prefix="/drafts/{draft_id}", include_in_schema=False, default_response_class=Response)
        api.add_api_route("", self.save, methods=["POST"])
        api.add_api_route("/drop", self.drop, methods=["POST"])
        api.add_api_route("/papers/{file}", self.paper)
        return api

    async def save(self, request: Request, draft_id: str) -> Response:
        """What was typed so far; 409 where it was saved elsewhere meanwhile."""
        lang = language(request.query_params.get("lang"))
        who = await authenticate(request, *ROLES)
        sheet = _read(await request.body())
        try:
            writing = await self._writer.of(who, draft_id, lang)
        except AlreadySent:
            raise no_such_draft() from None
        offer = self._writer.offer(writing.draft.procedure, sheet.first("agency"))
        fit = carried(sheet, offer)
        here = await self._writer.brought(who, fit.sheet)
        left = await self._writer.left_of(fit, writing.draft, lang, writing.left)
        if self._writer.moved(writing.draft, sheet, content_of(here, left)):
            raise moved_on()
        saved = await self._writer.save(who, writing, offer, here, left, saving_of(sheet))
        if saved is None:
            raise moved_on()
        told = texts(lang)("file.saved_at", at=local_time(saved.saved, lang))
        return json_response({"revision": saved.revision, "told": told})

    async def drop(self, request: Request, draft_id: str) -> Response:
        """Twice is as once."""

        async def act(_: Request, lang: Lang, who: Principal) -> Response:
            await self._writer.drafts.drop(who, draft_id)
            return RedirectResponse(own_url(f"/?lang={lang}&done=draft"), 303)

        return await answered(request, act)

    async def paper(self, request: Request, draft_id: str, file: str) -> Response:
        async def act(_: Request, lang: Lang, who: Principal) -> Response:
            writing = await self._writer.of(who, draft_id, lang)
            found = next((one.upload for one in writing.sheet.papers if one.upload.id == file), None)
            known = await self._writer.desk.uploads.of(who, [file]) if found is not None else {}
            content = await self._files.get(file) if known else None
            if found is None or content is None:
                raise NotFound("paper-not-found", "Không có tệp này.", "There is no such file.")
            kind, name = known[file]["type"], known[file]["name"]
            headers = {**SEALED_OFF, "content-disposition": disposition(name, attached=kind not in VIEWED)}
            return Response(content, media_type=kind, headers=headers)

        return await answered(request, act)


def _read(body: bytes) -> Sheet:
    try:
        typed = parse_qs(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError:
        raise unreadable() from None
    return Sheet(typed, tuple(dict.fromkeys(kept_papers(typed.pop(KEPT, ())))))
