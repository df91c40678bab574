"""The counter's pages: find the procedure, `GET /counter`; the sheet, `/counter/file`; what came of it, `/counter/filed/{id}`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from secrets import token_urlsafe
from typing import Any
from urllib.parse import urlencode

import orjson
import structlog
from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from dossier_intake.commands import VERBS, World
from dossier_intake.filing.checks import Filing
from dossier_intake.filing.documents import TAKEN
from dossier_intake.filing.persons import person_of_applicant
from dossier_intake.filing_api import FilingDesk, dossier_id
from dossier_intake.forms.posted import posted
from dossier_intake.pages.counter.finding import counters_of, meant, offer, procedures
from dossier_intake.pages.sheet.findings import Findings, examine
from dossier_intake.pages.sheet.offer import Offer
from dossier_intake.pages.sheet.reading import Reader
from dossier_intake.pages.sheet.sheet import Sheet
from dossier_intake.pages.sheet.view import drawn_form, fees, focused, own_fields, paper_rows, wrongs
from dossier_intake.policy import POLICY
from dossier_intake.schemas import Accept, DossierView, dossier_view
from dossier_intake.state import State
from dossier_intake.store import Catalogues, Dossiers
from dossier_shared.clock import parse_instant
from dossier_shared.contracts.audit import SEARCH
from dossier_shared.contracts.events import Applicant
from dossier_shared.http import audit, quotas
from dossier_shared.http.auth import authenticate, own_agency
from dossier_shared.http.idempotency import CommandContext, fingerprint, idempotency_key
from dossier_shared.http.problems import as_problem
from dossier_shared.http.root import own_url
from dossier_shared.http.tokens import Principal
from dossier_shared.http.verbs import Runner, carry_out
from dossier_shared.journal.dossier import Dossier, command_id
from dossier_shared.pages.notice import refused_page
from dossier_shared.pages.rendering import page
from dossier_shared.pages.texts import Lang, language, texts
from dossier_shared.problems import Conflict, Invalid, NotFound, Problem
from dossier_shared.telemetry import tracing
from dossier_shared.vocabulary.identity import citizen_id

ROLES = POLICY.roles("receive")
PATH = "/counter/file"
RECENT, REMEMBERED, FOR = "counter_recent", 12, 90 * 24 * 3600
ACCEPT = next(verb for verb in VERBS if verb.name == "accept")
DRAWN = ("add", "drop", "forget", "known", "draw")  # what is asked for while the sheet is still being filled in

log = structlog.get_logger()


class Counter:
    def __init__(self, desk: FilingDesk, dossiers: Dossiers, catalogues: Catalogues, reader: Reader) -> None:
        self.desk, self.dossiers, self.catalogues, self.reader = desk, dossiers, catalogues, reader
        runtime = desk.runtime
        self.runner: Runner[World] = Runner(runtime.ledger, runtime.clock, World(desk), DossierView, dossier_view)

    def router(self) -> APIRouter:
        api = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
        api.add_api_route("/counter", self.find)
        api.add_api_route(PATH, self.blank)
        api.add_api_route(PATH, self.file, methods=["POST"])
        api.add_api_route("/counter/filed/{dossier_id}", self.filed)
        return api

    async def find(self, request: Request) -> Response:
        """The procedures there are; straight to the only one that is meant."""
        lang = language(request.query_params.get("lang"))
        try:
            who = await authenticate(request, *ROLES)
        except Exception as error:
            return _refused(request, lang, error)
        catalogue, words = self.catalogues.current, request.query_params.get("q", "")[:200]
        taken = {code: procedures(catalogue, code, self.catalogues.today()) for code in counters_of(who, catalogue)}
        served = [code for code, offered in taken.items() if offered]  # a centre decides nothing itself
        asked = request.query_params.get("agency", "")
        agency = asked if asked in served else next(iter(served), "")
        recent = request.cookies.get(RECENT, "").split("|")
        offered = taken.get(agency, [])
        found = meant(offered, words, recent)

        def to(code: str) -> str:
            return own_url(f"{PATH}?" + urlencode({"procedure": code, "agency": agency, "lang": lang}))

        if words.strip() and len(found) == 1:
            return RedirectResponse(to(found[0].code), 303)
        return page(
            "counter.html",
            lang,
            address=request.url,
            title=texts(lang)("receive.title"),
            principal=who,
            words=words,
            agency=agency,
            agencies=[(code, catalogue.agencies[code].name_vi) for code in served],
            found=[(one, to(one.code), fees(one, texts(lang), lang), one.code in recent) for one in found],
        )

    async def blank(self, request: Request) -> Response:
        lang, asked = language(request.query_params.get("lang")), request.query_params
        try:
            who = await authenticate(request, *ROLES)
            if "procedure" not in asked:  # the address of a sheet that was sent, opened anew: it begins with the search
                return RedirectResponse(own_url(f"/counter?lang={lang}"), 303)
            offered = self._offer(who, asked["procedure"], asked.get("agency", ""))
            sheet = Sheet({"key": [token_urlsafe(18)], "accept": ["yes"]})
            return self._drawn(request, lang, who, offered, sheet, Findings(lang))
        except Exception as error:
            return _refused(request, lang, error)

    async def file(self, request: Request) -> Response:
        """Files what was typed, or shows the page again with it."""
        lang = language(request.query_params.get("lang"))
        try:
            who = await authenticate(request, *ROLES)  # before anything is read
            sheet = await self.reader.sheet(request, who)
            offered = self._offer(who, sheet.first("procedure"), sheet.first("agency"))
            deed = sheet.first("do", "check")
            if deed.partition(":")[0] in DRAWN:
                return await self._go_on(request, lang, who, offered, sheet, deed)
            answers: Mapping[str, Any] = {}
            if offered.form is not None:
                read = posted(offered.form.schema, sheet.typed)
                answers, sheet = read.answers, replace(sheet, typed=_redrawn(sheet, read.typed))
        except Exception as error:
            return _refused(request, lang, error)
        filing, found = examine(sheet, offered, answers, self.catalogues.today(), lang)
        if filing is None or deed != "file":
            return self._drawn(request, lang, who, offered, sheet, found, deed)
        filed = None
        try:
            dossier = await self._file(request, who, sheet, filing)
        except Exception as error:
            problem = as_problem(error)
            if problem is None:
                raise
            if problem.code == "idempotency-key-reused":  # filed, gone back to and changed: the change was not recorded
                before = dossier_id(command_id(who.sub, sheet.first("key")))
                problem = Conflict(
                    "filed-before", texts("vi")("receive.filed_before"), texts("en")("receive.filed_before")
                )
                filed = own_url(f"/counter/filed/{before}?lang={lang}")
            found.take(problem)
            return self._drawn(request, lang, who, offered, sheet, found, status=problem.http_status, filed=filed)
        return self._done(request, dossier, lang)

    async def filed(self, request: Request, dossier_id: str) -> Response:
        """The code, the appointment and why that day; the receipt, the papers, the next person."""
        lang = language(request.query_params.get("lang"))
        try:
            who = await authenticate(request, *ROLES)
            dossier = (await self.desk.runtime.dossiers.load([dossier_id], journal=False)).get(dossier_id)
            if dossier is None:
                raise NotFound()
            POLICY.demand(who, "see-received", dossier.state)
        except Exception as error:
            return _refused(request, lang, error)
        dossier = self.catalogues.shown(dossier)
        state: State = dossier.state
        asked = {"procedure": state["procedure"], "agency": state["agency"], "lang": lang}
        return page(
            "counter_filed.html",
            lang,
            address=request.url,
            title=texts(lang)("receive.title"),
            principal=who,
            id=dossier.id,
            state=state,
            accepted=state.get("appointment") is not None,
            appointment=parse_instant(state["appointment"]) if state.get("appointment") else None,
            lines=[(line[lang], line.get("basis")) for line in state.get("appointment_lines", ())],
            again=own_url(f"{PATH}?{urlencode(asked)}"),
            elsewhere=own_url(f"/counter?lang={lang}"),
            stored=f"{state['procedure']}:{state['agency']}",
        )

    def _offer(self, who: Principal, procedure: str, agency: str) -> Offer:
        return offer(who, self.catalogues.current, procedure, agency, self.catalogues.today())

    async def _go_on(
        self, request: Request, lang: Lang, who: Principal, offered: Offer, sheet: Sheet, deed: str
    ) -> Response:
        """Nothing is checked: the sheet is still being filled in."""
        sheet, found, said = sheet.after(deed), Findings(lang), ""
        found.unfit(sheet)
        if deed == "known":
            sheet, said = await self._known(request, who, offered.agency, sheet, found, lang)
        if offered.form is not None:
            sheet = replace(
                sheet, typed=_redrawn(sheet, posted(offered.form.schema, sheet.typed, keep_empty=True).typed)
            )
        return self._drawn(request, lang, who, offered, sheet, found, deed, said=said)

    async def _known(
        self, request: Request, who: Principal, agency: str, sheet: Sheet, found: Findings, lang: Lang
    ) -> tuple[Sheet, str]:
        """What this counter knows of the very number that was typed, in fields that are still empty: a search like any other."""
        t = texts(lang)
        try:
            number = citizen_id(sheet.first("applicant.citizen_id"), self.catalogues.today()).number
        except Invalid as wrong:
            found.fields["applicant.citizen_id"] = [wrong.vi if lang == "vi" else wrong.en]
            return sheet, ""
        person = person_of_applicant(Applicant(name="", citizen_id=number), self.desk.person_key)
        quotas.also(request.scope, "search", who)
        dossier = await self.dossiers.latest_of(agency, person, own_agency(who)) if person else None
        audit.note(request.scope, SEARCH, dossier.id if dossier else None)
        if dossier is None:
            return sheet, t("receive.unknown_person")
        known: Mapping[str, Any] = dossier.state["applicant"]
        empty = [name for name in ("name", "phone", "address") if not sheet.first(f"applicant.{name}").strip()]
        return sheet.having(**{name: known[name] for name in empty if known.get(name)}), t("receive.known_person")

    async def _file(self, request: Request, who: Principal, sheet: Sheet, filing: Filing) -> Dossier[State]:
        """Its key makes a repeat find what was filed first, whether it was pressed twice or sent again after a break."""
        wish = orjson.dumps(filing.model_dump(mode="json"), option=orjson.OPT_SORT_KEYS)
        key = idempotency_key(sheet.first("key").encode() or None)
        context = CommandContext(
            who,
            key,
            fingerprint(wish, PATH, who.sub),
            None,
            None,
            request.scope.get("request_id", ""),
            wish,
            tracing.of_command(dict(request.scope["headers"])),
        )
        dossier = await self.desk.file(context, filing)
        if "yes" in sheet.typed.get("accept", ()) and dossier.state["status"] == "submitted":
            accepting = replace(context, key=f"{key}-accept", fingerprint=fingerprint(b"accept", PATH, who.sub))
            try:
                dossier = await carry_out(ACCEPT, self.runner, accepting, dossier.id, Accept(appointment=None))
            except Problem as why:  # it is filed all the same: the work list has it, and says why it cannot be accepted
                log.warning("filed at the counter and not accepted", dossier=dossier.id, code=why.code)
        return dossier

    def _done(self, request: Request, dossier: Dossier[State], lang: Lang) -> Response:
        answer = RedirectResponse(own_url(f"/counter/filed/{dossier.id}?lang={lang}"), 303)
        code = dossier.state["procedure"]
        recent = [code, *(one for one in request.cookies.get(RECENT, "").split("|") if one and one != code)]
        remembered = "|".join(one for one in recent[:REMEMBERED] if one in self.catalogues.current.procedures)
        path = own_url("/counter")
        answer.set_cookie(RECENT, remembered, FOR, path=path, httponly=True, samesite="lax")
        return answer

    def _drawn(
        self,
        request: Request,
        lang: Lang,
        who: Principal,
        offered: Offer,
        sheet: Sheet,
        found: Findings,
        deed: str = "",
        said: str = "",
        status: int = 200,
        filed: str | None = None,
    ) -> HTMLResponse:
        t = texts(lang)
        form = drawn_form(offered, lang, sheet.typed, found)
        rows = paper_rows(sheet, offered, found, t)
        told = wrongs(form, rows, found)
        right = deed == "check" and not found
        return page(
            "counter_file.html",
            lang,
            422 if told and status == 200 else status,
            title=t("receive.title"),
            address=request.url.include_query_params(procedure=offered.procedure.code, agency=offered.agency),
            principal=who,
            sheet=sheet,
            procedure=offered.procedure,
            agency=offered.agency,
            agency_name=self.catalogues.current.agencies[offered.agency].name_vi,
            own=own_fields(sheet, offered, found, t),
            form=form,
            rows=rows,
            fees=fees(offered.procedure, t, lang),
            told=told,
            said=t("receive.all_right") if right else said,
            focus=focused(told, deed, form, rows),
            fresh=not deed and status == 200,
            taken=",".join((*TAKEN, ".p7m", ".p7s")),
            action=own_url(f"{PATH}?lang={lang}"),
            filed=filed,
            find=own_url(f"/counter?lang={lang}"),
        )


def _redrawn(sheet: Sheet, answers: Mapping[str, list[str]]) -> dict[str, Any]:
    """The answers take the place of what was posted of the form: entries are counted anew."""
    return {name: given for name, given in sheet.typed.items() if not name.startswith("form")} | dict(answers)


def _refused(request: Request, lang: Lang, error: Exception) -> Response:
    return refused_page(request, lang, texts(lang)("receive.title"), error, ROLES)
