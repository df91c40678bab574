"""Where a filing begins: `/file/{code}`. What will be needed is said before anything is typed."""

from __future__ import annotations

from collections.abc import Sequence
from secrets import token_urlsafe
from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from dossier_intake.drafts.draft import Content
from dossier_intake.pages.filing.answered import answered
from dossier_intake.pages.filing.desk import ROLES, Writer
from dossier_intake.pages.filing.held import Held, having
from dossier_intake.pages.filing.view import ANOTHER, FOR, rows
from dossier_intake.pages.sheet.findings import Findings
from dossier_intake.pages.sheet.sheet import Sheet
from dossier_intake.pages.sheet.view import fees
from dossier_intake.policy import COUNTER
from dossier_intake.store import Dossiers
from dossier_shared.http.forms import MOST_FIELDS, first, form_command
from dossier_shared.http.root import own_url
from dossier_shared.http.step_up import StepUpRequired
from dossier_shared.http.tokens import Principal
from dossier_shared.journal.dossier import command_id
from dossier_shared.pages.notice import way_in
from dossier_shared.pages.rendering import page
from dossier_shared.pages.texts import Lang, texts

_KNOWN = ("phone", "address")  # of the person's last dossier


def only_helps(who: Principal) -> bool:
    """An account that is no citizen's files for others only."""
    return "citizen" not in who.roles


def may_choose(who: Principal) -> bool:
    """Of whom it is known who they are, it can be told whom else they file for."""
    return who.person is not None and not only_helps(who)


class StartPage:
    def __init__(self, writer: Writer, dossiers: Dossiers) -> None:
        self._writer, self._dossiers = writer, dossiers

    def router(self) -> APIRouter:
        api = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

        @api.get("/file/{code}")
        async def start(request: Request, code: str) -> Response:
            async def act(request: Request, lang: Lang, who: Principal) -> Response:
                if not set(ROLES) & who.roles:  # the published page, the same for all, leads an officer here too
                    return RedirectResponse(own_url(f"/counter?q={quote(code)}&lang={lang}"), 303)
                return await self._drawn(request, lang, who, code, request.query_params.get("agency", ""))

            return await answered(request, act, *COUNTER)

        @api.post("/file/{code}")
        async def begin(request: Request, code: str) -> Response:
            async def act(request: Request, lang: Lang, who: Principal) -> Response:
                return await self._begin(request, lang, who, code)

            return await answered(request, act)

        return api

    async def _drawn(
        self, request: Request, lang: Lang, who: Principal, code: str, agency: str, wrong: str = ""
    ) -> Response:
        t, offer = texts(lang), self._writer.offer(code, agency)
        unsure = None
        try:
            self._writer.demand_assurance(who, offer)
        except StepUpRequired as more:
            unsure = (more.level, way_in(request, more))
        agencies = self._writer.agencies(offer)
        begun = [one for one in await self._writer.drafts.of(who) if one.procedure == code]
        return page(
            "file_start.html",
            lang,
            422 if wrong else 200,
            address=request.url,
            title=t("file.title"),
            principal=who,
            procedure=offer.procedure,
            agencies=agencies,
            agency=offer.agency or (agencies[0][0] if len(agencies) == 1 else ""),
            rows=rows(Sheet({"channel": ["online"]}), offer, Findings(lang), t),
            fees=fees(offer.procedure, t, lang),
            begun=begun,
            names=dict(agencies),
            may_choose=may_choose(who),
            helper=only_helps(who),
            unsure=unsure,
            wrong=wrong,
            key=token_urlsafe(18),
            action=own_url(f"/file/{code}?lang={lang}"),
        )

    async def _begin(self, request: Request, lang: Lang, who: Principal, code: str) -> Response:
        context, given = await form_command(request, most=MOST_FIELDS)
        offer = self._writer.offer(code, first(given, "agency"))
        self._writer.demand_assurance(who, offer)
        if not offer.agency:
            return await self._drawn(request, lang, who, code, "", texts(lang)("file.agency_missing"))
        id_ = command_id(who.sub, f"draft {context.key}")
        if only_helps(who) or (may_choose(who) and first(given, FOR) == ANOTHER):
            content = Content({"agency": [offer.agency], FOR: [ANOTHER]})
        else:
            content = Content(await self._prefilled(who, offer.agency))
        version = self._writer.catalogues.current.version
        draft = await self._writer.drafts.begin(who, id_, code, offer.agency, version, content)
        return RedirectResponse(own_url(f"/filing/{draft.id}?lang={lang}"), 303)

    async def _prefilled(self, who: Principal, agency: str) -> dict[str, list[str]]:
        """The account's own name; phone and address as the person said them last, of themselves."""
        typed: dict[str, Sequence[str]] = {"agency": [agency], "applicant.name": [who.name] if who.name else []}
        if who.person is not None:
            found = await self._dossiers.own(who, 5, None)
            of_person = (one for one in found.rows if one.state.get("person") == who.person)
            if (last := next(of_person, None)) is not None:
                known = last.state.get("applicant", {})
                own = [Held("own", f"applicant.{name}", str(known[name])) for name in _KNOWN if known.get(name)]
                typed = {**having(Sheet(typed), own).typed}
        return {name: list(given) for name, given in typed.items() if given}
