"""`GET /helping`: what the account has filed for others. `POST`: a table, each row filed on its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

import orjson
from fastapi import APIRouter, Request
from starlette.datastructures import UploadFile
from starlette.responses import HTMLResponse, Response

from dossier_intake.pages.filing.desk import Writer
from dossier_intake.pages.helping.table import Row, columns, names_of, read, row
from dossier_intake.policy import POLICY
from dossier_intake.schemas import FilingItem
from dossier_intake.store import Dossiers
from dossier_shared.clock import parse_instant
from dossier_shared.http.auth import authenticate
from dossier_shared.http.idempotency import CommandContext, fingerprint
from dossier_shared.http.problems import as_problem
from dossier_shared.http.root import own_url
from dossier_shared.http.tokens import Principal
from dossier_shared.pages.notice import refused_page
from dossier_shared.pages.rendering import page
from dossier_shared.pages.texts import Lang, language, texts
from dossier_shared.problems import Invalid, Problem
from dossier_shared.telemetry import tracing

PATH = "/helping"
ROLES = POLICY.roles("help")
LIMIT = 50
Done = tuple[Row, str, Sequence[str]]  # the row, the code of what was filed, or what it was refused for


class HelpingPage:
    def __init__(self, writer: Writer, dossiers: Dossiers) -> None:
        self._writer, self._dossiers = writer, dossiers

    def router(self) -> APIRouter:
        api = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
        api.add_api_route(PATH, self.show)
        api.add_api_route(PATH, self.post, methods=["POST"])
        return api

    async def show(self, request: Request) -> Response:
        lang = language(request.query_params.get("lang"))
        try:
            who = await authenticate(request, *ROLES)
            query = request.query_params
            return await self._drawn(request, lang, who, query.get("procedure", ""), query.get("agency", ""))
        except Exception as error:
            return refused_page(request, lang, texts(lang)("helping.title"), error, ROLES)

    async def post(self, request: Request) -> Response:
        lang = language(request.query_params.get("lang"))
        try:
            who = await authenticate(request, *ROLES)
            async with request.form(max_files=1, max_fields=5) as form:
                given = {name: value for name, value in form.items() if isinstance(value, str)}
                table, file = given.get("table", ""), form.get("file")
                if isinstance(file, UploadFile) and file.size:
                    table = _decoded(await file.read())
            procedure, agency = given.get("procedure", ""), given.get("agency", "")
            try:
                header, done = await self._file(request, lang, who, procedure, agency, table)
            except Problem as problem:
                said = problem.vi if lang == "vi" else problem.en
                return await self._drawn(request, lang, who, procedure, agency, table=table, wrong=said, status=422)
            left = [header, *(one.cells for one, code, _ in done if not code)]
            again = "\n".join("\t".join(cells) for cells in left) if len(left) > 1 else ""
            return await self._drawn(request, lang, who, procedure, agency, done=done, table=again)
        except Exception as error:
            return refused_page(request, lang, texts(lang)("helping.title"), error, ROLES)

    async def _file(
        self, request: Request, lang: Lang, who: Principal, procedure: str, agency: str, table: str
    ) -> tuple[Sequence[str], list[Done]]:
        offer = self._writer.offer(procedure, agency)
        if not offer.agency:
            raise Invalid("agency-missing", texts("vi")("file.agency_missing"), texts("en")("file.agency_missing"))
        header, *lines = read(table)
        names, day = names_of(header, offer), self._writer.catalogues.today()
        rows = [row(number, cells, names, offer, day, lang) for number, cells in enumerate(lines, 1)]
        first = {one.key: one.number for one in reversed(rows)}  # the same row twice in a table is filed once
        good = [one for one in rows if one.filing is not None and first[one.key] == one.number]
        items = [FilingItem(key=one.key, filing=one.filing.model_dump(mode="json")) for one in good if one.filing]
        body = orjson.dumps([item.key for item in items])
        context = CommandContext(
            who, PATH, fingerprint(body, PATH, who.sub), None, None, request.scope.get("request_id", ""), body,
            tracing.of_command(dict(request.scope["headers"])),
        )  # fmt: skip
        outcomes = await self._writer.desk.file_many(context, items) if items else []
        said = {one.key: outcome for one, outcome in zip(good, outcomes, strict=True)}
        done: list[Done] = []
        for one in rows:
            outcome = said.get(one.key)
            if one.filing is None or outcome is None:
                done.append((one, "", one.said))
            elif isinstance(outcome, Exception):
                done.append((one, "", _told(outcome, lang)))
            else:
                done.append((one, outcome.state["code"], ()))
        return header, done

    async def _drawn(
        self, request: Request, lang: Lang, who: Principal, procedure: str, agency: str, done: Sequence[Done] = (),
        table: str = "", wrong: str = "", status: int = 200,
    ) -> HTMLResponse:  # fmt: skip
        t = texts(lang)
        offer = agencies = None
        if procedure:
            try:
                offer = self._writer.offer(procedure, agency)
                agencies = self._writer.agencies(offer)
            except Problem as problem:
                wrong = wrong or (problem.vi if lang == "vi" else problem.en)
        found = await self._dossiers.own(who, LIMIT, request.query_params.get("cursor"))
        return page(
            "helping.html",
            lang,
            status,
            address=request.url,
            title=t("helping.title"),
            principal=who,
            filed=[self._line(one, lang) for one in found.rows],
            onward=own_url(f"{PATH}?" + urlencode({"cursor": found.next, "lang": lang})) if found.next else None,
            procedure=procedure,
            offer=offer,
            agencies=agencies or (),
            agency=agency,
            columns=columns(offer, lang) if offer else (),
            done=done,
            filed_now=sum(1 for _, code, _ in done if code),
            refused_now=sum(1 for _, code, _ in done if not code),
            table=table,
            wrong=wrong,
            action=own_url(f"{PATH}?lang={lang}"),
        )

    def _line(self, dossier: Any, lang: Lang) -> dict[str, Any]:
        state, t = self._writer.catalogues.shown(dossier).state, texts(lang)
        return {
            "code": state["code"],
            "procedure": state.get("procedure_name") or state["procedure"],
            "agency": state.get("agency_name") or state["agency"],
            "status": t.label("my_status", state["status"]),
            "at": parse_instant(state["submitted_at"]),
        }


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Invalid(
            "table-encoding",
            "Tệp không phải UTF-8. Hãy lưu lại dạng CSV UTF-8, hoặc dán bảng vào ô.",
            "The file is not UTF-8. Save it as CSV UTF-8, or paste the table.",
        ) from None


def _told(error: Exception, lang: Lang) -> list[str]:
    problem = as_problem(error)
    if problem is None:
        return [texts(lang)("helping.not_now")]
    said = [str(one["message"][lang]) for one in problem.errors if isinstance(one.get("message"), dict)]
    return said or [problem.vi if lang == "vi" else problem.en]
