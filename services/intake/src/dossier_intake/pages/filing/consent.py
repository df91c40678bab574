"""By whose leave a filing for somebody else is sent: a paper among its papers, or a code that is asked for and typed in here."""

from __future__ import annotations

from datetime import datetime
from secrets import token_urlsafe
from typing import NamedTuple

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from dossier_intake.consents.code import AskConsent
from dossier_intake.consents.desk import ConsentDesk
from dossier_intake.filing.checks import Filing
from dossier_intake.filing.persons import ConsentBody
from dossier_intake.pages.filing.answered import answered
from dossier_intake.pages.filing.desk import Writer, Writing
from dossier_intake.pages.filing.view import ANOTHER, FOR
from dossier_shared.clock import parse_instant
from dossier_shared.http.forms import Given, first, form_command
from dossier_shared.http.root import own_url
from dossier_shared.http.tokens import Principal
from dossier_shared.pages.texts import Lang, texts
from dossier_shared.problems import Invalid

REFERENCE, CODE = "consent.reference", "consent.code"


class Asked(NamedTuple):
    """What is asked for of the person's consent. `paper`: they gave one. `id`, `sent_to`, `until`, `tries`: of a code that is on
    their phone; empty: none was sent, or it holds no more. `action`, `key`: by which one is sent."""

    paper: bool
    action: str
    key: str
    id: str = ""
    sent_to: str = ""
    until: datetime | None = None
    tries: int = 0


class ConsentStep:
    def __init__(self, writer: Writer, desk: ConsentDesk) -> None:
        self._writer, self._desk = writer, desk

    def router(self) -> APIRouter:
        api = APIRouter(include_in_schema=False, default_response_class=Response)

        @api.post("/drafts/{draft_id}/consent-code")
        async def send_code(request: Request, draft_id: str) -> Response:
            """To the phone that the draft says; where it cannot go, the page that checks the answers says why."""

            async def act(request: Request, lang: Lang, who: Principal) -> Response:
                context, _ = await form_command(request)
                writing = await self._writer.of(who, draft_id, lang)
                check = f"/drafts/{draft_id}/check?lang={lang}"
                filing, _ = self._writer.examined(who, writing.offer, writing.sheet, lang)
                if filing is None:
                    return RedirectResponse(own_url(check), 303)
                wish = AskConsent(procedure=filing.procedure, agency=filing.agency, applicant=filing.applicant)
                sent = await self._desk.ask(context, wish)
                return RedirectResponse(own_url(f"{check}&consent={sent.id}#consent"), 303)

            return await answered(request, act)

        return api

    async def asked(self, who: Principal, writing: Writing, filing: Filing, lang: Lang, id_: str) -> Asked | None:
        """None: it is filed for oneself. `id_`: of the code that was sent last."""
        if writing.sheet.first(FOR) != ANOTHER:
            return None
        none = Asked(
            filing.consent is not None,
            own_url(f"/drafts/{writing.draft.id}/consent-code?lang={lang}"),
            token_urlsafe(18),
        )
        sent = await self._desk.open_for(who, id_) if id_ else None
        if sent is None:
            return none
        return none._replace(id=sent.id, sent_to=sent.sent_to, until=parse_instant(sent.expires_at), tries=sent.tries)

    @staticmethod
    def consented(writing: Writing, filing: Filing, given: Given) -> Filing:
        """With what was typed. Raises Invalid where nothing was."""
        if writing.sheet.first(FOR) != ANOTHER or filing.consent is not None:
            return filing
        reference, code = first(given, REFERENCE), first(given, CODE)
        if not reference or not code.strip():
            raise Invalid(
                "consent-code-missing", texts("vi")("file.consent_missing"), texts("en")("file.consent_missing")
            )
        return filing.model_copy(update={"consent": ConsentBody(kind="sms_code", reference=reference, code=code[:20])})
