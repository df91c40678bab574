"""The answers once more, each with the way back to its field; then it is sent, once, and the receipt is there."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

import orjson
from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from dossier_intake.filing.checks import Filing
from dossier_intake.metrics import PAPERS_REUSED
from dossier_intake.pages.filing.answered import answered
from dossier_intake.pages.filing.consent import CODE, REFERENCE, Asked, ConsentStep
from dossier_intake.pages.filing.desk import ROLES, AlreadySent, Writer, Writing, moved_on
from dossier_intake.pages.filing.view import Answer
from dossier_intake.pages.filing.writing import CHECK, PATH, Drawn, WritingPage
from dossier_intake.pages.sheet.findings import Findings
from dossier_intake.pages.sheet.sheet import UNANSWERED
from dossier_intake.pages.sheet.view import fees
from dossier_intake.pages.story import awaited_words
from dossier_intake.policy import POLICY
from dossier_intake.state import State
from dossier_shared.clock import parse_instant
from dossier_shared.http.forms import first, form_command
from dossier_shared.http.idempotency import CommandContext, fingerprint
from dossier_shared.http.jsonbody import json_response
from dossier_shared.http.problems import as_problem
from dossier_shared.http.root import own_url
from dossier_shared.http.tokens import Principal
from dossier_shared.pages.rendering import page
from dossier_shared.pages.texts import Lang, language, texts
from dossier_shared.problems import Invalid, NotFound
from dossier_shared.telemetry import tracing

SENT = "idempotency-key-reused"


class SendingPages:
    def __init__(self, writer: Writer, writing: WritingPage, consent: ConsentStep) -> None:
        self._writer, self._writing, self._consent = writer, writing, consent

    def router(self) -> APIRouter:
        api = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
        api.add_api_route("/drafts/{draft_id}/check", self.check)
        api.add_api_route("/drafts/{draft_id}/check", self.send, methods=["POST"])
        api.add_api_route("/drafts/{draft_id}/send", self.send_queued, methods=["POST"])
        api.add_api_route("/filed/{dossier_id}", self.filed)
        return api

    async def check(self, request: Request, draft_id: str) -> Response:
        async def act(request: Request, lang: Lang, who: Principal) -> Response:
            writing = await self._writer.of(who, draft_id, lang)
            self._writer.demand_assurance(who, writing.offer)
            filing, found = self._writer.examined(who, writing.offer, writing.sheet, lang)
            if filing is None:
                return self._writing.drawn(request, lang, who, writing, found, CHECK)
            asked = await self._consent.asked(who, writing, filing, lang, request.query_params.get("consent", ""))
            return self._drawn(request, lang, who, writing, asked=asked)

        return await answered(request, act)

    async def send(self, request: Request, draft_id: str) -> Response:
        async def act(request: Request, lang: Lang, who: Principal) -> Response:
            _, given = await form_command(request)
            writing = await self._writer.of(who, draft_id, lang)
            filing, found = self._writer.examined(who, writing.offer, writing.sheet, lang)
            if filing is None:
                return self._writing.drawn(request, lang, who, writing, found, CHECK)
            t = texts(lang)
            asked = await self._consent.asked(who, writing, filing, lang, first(given, REFERENCE))
            if first(given, "revision") != str(writing.draft.revision):
                general = [t("file.moved_before_sending")]
                return self._drawn(request, lang, who, writing, general=general, status=409, asked=asked)
            if first(given, "declared") != "yes":
                return self._drawn(request, lang, who, writing, undeclared=True, status=422, asked=asked)
            try:
                await self._send(request, who, writing, self._consent.consented(writing, filing, given))
            except Exception as error:
                problem = as_problem(error)
                if problem is None or problem.http_status == 401:
                    raise
                if problem.code == SENT:
                    raise AlreadySent(await self._writer.sent(who, draft_id) or "") from None
                found.take(problem)
                general = [*found.general, *found.fields.pop(CODE, ())]
                if found.fields or found.form or found.papers:
                    return self._writing.drawn(request, lang, who, writing, found, CHECK, status=problem.http_status)
                asked = await self._consent.asked(who, writing, filing, lang, first(given, REFERENCE))
                status = problem.http_status
                return self._drawn(request, lang, who, writing, general=general, status=status, asked=asked)
            await self._writer.drafts.drop(who, draft_id)
            raise AlreadySent(await self._writer.sent(who, draft_id) or "")

        return await answered(request, act)

    async def send_queued(self, request: Request, draft_id: str) -> Response:
        """As the button sends it, for a script that waited for the line: where the receipt is. Raises Problem."""
        lang = language(request.query_params.get("lang"))
        context, given = await form_command(request, *ROLES)
        who = context.principal
        try:
            writing = await self._writer.of(who, draft_id, lang)
            filing, _ = self._writer.examined(who, writing.offer, writing.sheet, lang)
            if first(given, "revision") != str(writing.draft.revision):
                raise moved_on()
            if filing is None or first(given, "declared") != "yes":
                raise incomplete()
            await self._send(request, who, writing, self._consent.consented(writing, filing, given))
            await self._writer.drafts.drop(who, draft_id)
            made = await self._writer.sent(who, draft_id)
        except AlreadySent as sent:
            made = sent.dossier
        except Exception as error:
            problem = as_problem(error)
            if problem is None or problem.code != SENT:
                raise
            made = await self._writer.sent(who, draft_id)
        return json_response({"filed": own_url(f"/filed/{made}?lang={lang}")})

    async def _send(self, request: Request, who: Principal, writing: Writing, filing: Filing) -> None:
        """The key is the draft's own: whatever is pressed twice, or again after a break, is one dossier."""
        wish = orjson.dumps(filing.model_dump(mode="json", exclude={UNANSWERED}), option=orjson.OPT_SORT_KEYS)
        context = CommandContext(
            who,
            writing.draft.id,
            fingerprint(wish, PATH, who.sub),
            None,
            None,
            request.scope.get("request_id", ""),
            wish,
            tracing.of_command(dict(request.scope["headers"])),
        )
        await self._writer.desk.file(context, filing)
        if filing.reused:
            PAPERS_REUSED.labels("register").inc(len(filing.reused))

    def _drawn(
        self, request: Request, lang: Lang, who: Principal, writing: Writing, general: Sequence[str] = (),
        undeclared: bool = False, status: int = 200, asked: Asked | None = None,
    ) -> HTMLResponse:  # fmt: skip
        draft, offer = writing.draft, writing.offer
        look = Drawn(self._writer, lang, who, offer, writing.sheet, Findings(lang))
        back = own_url(f"{PATH}/{draft.id}?lang={lang}")
        return page(
            "file_check.html",
            lang,
            status,
            title=look.t("file.check_title"),
            address=request.url,
            principal=who,
            draft=draft,
            procedure=offer.procedure,
            parts=_parts(look),
            rows=look.rows,
            fees=fees(offer.procedure, look.t, lang),
            left=writing.left,
            general=general,
            undeclared=undeclared,
            asked=asked,
            back=back,
            opened=own_url(f"/drafts/{draft.id}/papers"),
            action=own_url(f"/drafts/{draft.id}/check?lang={lang}"),
        )

    async def filed(self, request: Request, dossier_id: str) -> Response:
        """The code, and what happens next."""

        async def act(request: Request, lang: Lang, who: Principal) -> Response:
            runtime = self._writer.desk.runtime
            dossier = (await runtime.dossiers.load([dossier_id], journal=False)).get(dossier_id)
            if dossier is None:
                raise NotFound()
            POLICY.demand(who, "see-filed", dossier.state)
            state: State = self._writer.catalogues.shown(dossier).state
            return page(
                "file_filed.html",
                lang,
                address=request.url,
                title=texts(lang)("file.title"),
                principal=who,
                state=state,
                awaits=awaited_words(state, texts(lang), lang),
                papers=own_url(f"/dossiers/{dossier_id}/documents?lang={lang}"),
                receipt=own_url(f"/api/v1/dossiers/{dossier_id}/forms/01") if "accepted_at" in state else None,
                appointment=parse_instant(state["appointment"]) if state.get("appointment") else None,
                again=own_url(f"/file/{quote(state['procedure'])}?lang={lang}"),
            )

        return await answered(request, act)


def incomplete() -> Invalid:
    return Invalid(
        "draft-incomplete",
        "Bản khai còn chỗ phải sửa nên chưa nộp. Hãy mở bản khai, bấm Tiếp tục để xem chỗ cần sửa.",
        "There is something to put right, so it was not sent. Open the draft and press Continue to see what.",
    )


def _parts(look: Drawn) -> list[tuple[str, list[Answer]]]:
    """Headings, with what was answered below each."""
    asked = look.answers()
    delivery = [one for one in asked if one.at.startswith("delivery")]
    parts = [
        (look.t("file.where"), [one for one in asked if one.at == "agency"]),
        (look.t("file.applicant"), [one for one in asked if one.at.startswith("applicant")]),
    ]
    if look.form is not None:
        parts.append((look.form.label, look.of_form()))
    return [*parts, (look.t("file.delivery"), delivery)]
