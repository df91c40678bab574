"""Where a filing is filled in: `/filing/{draft}`. Whatever is posted is kept first; then it is said what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from dossier_intake.drafts.draft import Left
from dossier_intake.filing.documents import TAKEN
from dossier_intake.forms.fields import Group
from dossier_intake.pages.filing.answered import answered
from dossier_intake.pages.filing.card import DEED as CARD
from dossier_intake.pages.filing.card import NOTHING, CardShown, looked_at
from dossier_intake.pages.filing.carrying import carried, content_of
from dossier_intake.pages.filing.desk import Writer, Writing, saving_of
from dossier_intake.pages.filing.held import HELD, having, marks
from dossier_intake.pages.filing.photographs import DEEDS, Photographs
from dossier_intake.pages.filing.prefilling import ASK, USE, Prefilling
from dossier_intake.pages.filing.view import (
    ANOTHER,
    FOR,
    Answer,
    Difference,
    answers,
    differences,
    masked,
    own,
    own_answers,
    own_number,
    rows,
)
from dossier_intake.pages.sheet.findings import Findings
from dossier_intake.pages.sheet.offer import Offer
from dossier_intake.pages.sheet.reading import Reader
from dossier_intake.pages.sheet.sheet import UNANSWERED, Sheet
from dossier_intake.pages.sheet.view import drawn_form, fees, focused, wrongs
from dossier_intake.vault.earlier import Earlier
from dossier_shared.http.root import own_url
from dossier_shared.http.tokens import Principal
from dossier_shared.pages.rendering import page
from dossier_shared.pages.texts import Lang, Texts, texts
from dossier_shared.problems import Invalid

PATH = "/filing"
GOING_ON = ("add", "drop", "forget", "forget-left", *DEEDS, ASK, USE, CARD)  # the sheet is still being filled in
SAVE, CHECK = "save", "check"
WITH_CAMERA = "camera=(self), geolocation=(), microphone=()"  # of this page alone: it reads the QR code of a card


class Drawn:
    """How a sheet looks, whichever page shows it. Built for one request."""

    def __init__(self, writer: Writer, lang: Lang, who: Principal, offer: Offer, sheet: Sheet, found: Findings) -> None:
        self.t: Texts = texts(lang)
        self.own = own(sheet, offer, found, self.t, who)
        self.form: Group | None = drawn_form(offer, lang, sheet.typed, found)
        self.rows = rows(sheet, offer, found, self.t)
        self.agencies = writer.agencies(offer)
        self.agency = dict(self.agencies).get(offer.agency, "")
        self.number = own_number(sheet, who)

    def answers(self) -> list[Answer]:
        """Of what is asked whatever the procedure."""
        return own_answers(self.own, self.agency or self.t("file.unanswered"), self.t, self.number)

    def of_form(self) -> list[Answer]:
        return list(answers(self.form, self.t)) if self.form is not None else []


class WritingPage:
    def __init__(self, writer: Writer, reader: Reader, photographs: Photographs, prefilling: Prefilling) -> None:
        self._writer, self._reader, self._photographs, self._prefilling = writer, reader, photographs, prefilling

    def router(self) -> APIRouter:
        api = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

        @api.get(PATH + "/{draft_id}")
        async def show(request: Request, draft_id: str) -> Response:
            async def act(request: Request, lang: Lang, who: Principal) -> Response:
                writing = await self._writer.of(who, draft_id, lang)
                self._writer.demand_assurance(who, writing.offer)
                saved = request.query_params.get("done") == SAVE
                said = texts(lang)("file.saved") if saved else ""
                earlier = await self._earlier(who, writing)
                return self.drawn(
                    request, lang, who, writing, Findings(lang), said=said, fresh=not saved, earlier=earlier
                )

            return await answered(request, act)

        @api.post(PATH + "/{draft_id}")
        async def post(request: Request, draft_id: str) -> Response:
            async def act(request: Request, lang: Lang, who: Principal) -> Response:
                return await self._posted(request, lang, who, draft_id)

            return await answered(request, act, keeping=True)

        return api

    async def _posted(self, request: Request, lang: Lang, who: Principal, id_: str) -> Response:
        sheet = await self._reader.sheet(request, who)
        writing = await self._writer.of(who, id_, lang)
        deed = sheet.first("do", CHECK)
        offer = self._writer.offer(writing.draft.procedure, sheet.first("agency"))
        going_on = deed.partition(":")[0] in GOING_ON
        fit = carried(sheet.after(deed), offer, keep_empty=going_on)
        here = await self._writer.brought(who, fit.sheet)
        if deed.partition(":")[0] in DEEDS:
            here = await self._photographs.done(who, here, deed)
        dropped: Sequence[Left] = () if deed == "forget-left" else writing.left
        left = await self._writer.left_of(fit, writing.draft, lang, dropped)
        mine = Writing(writing.draft, offer, here, left)
        if self._writer.moved(writing.draft, sheet, content_of(here, left)):
            return self._moved_on(request, lang, who, mine, writing)
        found = Findings(lang)
        try:
            saved = await self._writer.save(who, writing, offer, here, left, saving_of(sheet))
        except Invalid as too_much:
            found.take(too_much)
            return self.drawn(request, lang, who, mine, found, deed, status=too_much.http_status)
        if saved is None:  # another was a moment faster, or it is gone
            return self._moved_on(request, lang, who, mine, await self._writer.of(who, id_, lang))
        mine = mine._replace(draft=saved)
        found.unfit(here)
        if deed.partition(":")[0] == CARD:
            return await self._of_card(request, lang, who, mine, found, deed, sheet)
        if deed.partition(":")[0] in (ASK, USE):
            return await self._filled(request, lang, who, mine, found, deed)
        if going_on or (deed == SAVE and found):
            return self.drawn(request, lang, who, mine, found, deed)
        if deed == SAVE:
            return RedirectResponse(own_url(f"{PATH}/{id_}?lang={lang}&done={SAVE}"), 303)
        filing, found = self._writer.examined(who, offer, here, lang)
        if filing is None:
            return self.drawn(request, lang, who, mine, found, deed)
        return RedirectResponse(own_url(f"/drafts/{id_}/check?lang={lang}"), 303)

    async def _filled(
        self, request: Request, lang: Lang, who: Principal, mine: Writing, found: Findings, deed: str
    ) -> Response:
        """What was typed is saved already; what an office has of it is added, and saved again."""
        t, said = texts(lang), ""
        if deed.startswith(USE):
            sheet = await self._prefilling.used(who, mine.offer, mine.sheet, deed)
            said = t("file.used")
        else:
            sheet, said = await self._prefilling.asked(who, mine.offer, mine.sheet, deed, t)
        saved = await self._writer.save(who, mine, mine.offer, sheet, mine.left)
        if saved is None:
            return self._moved_on(request, lang, who, mine, await self._writer.of(who, mine.draft.id, lang))
        mine = mine._replace(draft=saved, sheet=sheet)
        return self.drawn(request, lang, who, mine, found, deed, said=said, earlier=await self._earlier(who, mine))

    async def _of_card(
        self, request: Request, lang: Lang, who: Principal, mine: Writing, found: Findings, deed: str, posted: Sheet
    ) -> Response:
        """What was typed is saved already."""
        t, said, shown = texts(lang), "", NOTHING
        step = looked_at(posted, deed, mine.offer, who, self._writer.desk.person_key, lang, t)
        if step.found:
            sheet, said = having(mine.sheet, step.found), t("card.used")
            saved = await self._writer.save(who, mine, mine.offer, sheet, mine.left)
            if saved is None:
                return self._moved_on(request, lang, who, mine, await self._writer.of(who, mine.draft.id, lang))
            mine = mine._replace(draft=saved, sheet=sheet)
        else:
            shown = step.shown
        earlier = await self._earlier(who, mine)
        return self.drawn(request, lang, who, mine, found, deed, said=said, earlier=earlier, card=shown)

    async def _earlier(self, who: Principal, writing: Writing) -> Mapping[str, Sequence[Earlier]]:
        """For papers that are not there yet."""
        there = {paper.code for paper in writing.sheet.papers}
        codes = [paper.code for paper in writing.offer.procedure.documents if paper.code not in there]
        return await self._prefilling.earlier(who, writing.offer, codes)

    def _moved_on(self, request: Request, lang: Lang, who: Principal, mine: Writing, theirs: Writing) -> HTMLResponse:
        """Nothing is saved: what was typed here is shown, what differs is told, and papers of both are there."""
        have = {(paper.code, paper.upload.id) for paper in mine.sheet.papers}
        more = [paper for paper in theirs.sheet.papers if (paper.code, paper.upload.id) not in have]
        both = replace(mine.sheet, papers=(*mine.sheet.papers, *more))
        here = Drawn(self._writer, lang, who, mine.offer, both, Findings(lang))
        there = Drawn(self._writer, lang, who, theirs.offer, theirs.sheet, Findings(lang))
        different = differences([*here.answers(), *here.of_form()], [*there.answers(), *there.of_form()])
        shown = mine._replace(draft=theirs.draft, sheet=both, left=theirs.left)
        return self.drawn(request, lang, who, shown, Findings(lang), SAVE, status=409, different=different, moved=True)

    def drawn(
        self,
        request: Request,
        lang: Lang,
        who: Principal,
        writing: Writing,
        found: Findings,
        deed: str = "",
        said: str = "",
        status: int = 200,
        different: Sequence[Difference] = (),
        moved: bool = False,
        fresh: bool = False,
        earlier: Mapping[str, Sequence[Earlier]] = {},
        card: CardShown = NOTHING,
    ) -> HTMLResponse:
        draft, offer, sheet = writing.draft, writing.offer, writing.sheet
        look = Drawn(self._writer, lang, who, offer, sheet, found)
        told = wrongs(look.form, look.rows, found)
        focus = (
            focused(told, deed, look.form, look.rows) if deed and (told or deed.partition(":")[0] in GOING_ON) else ""
        )
        if card != NOTHING:
            focus = "card"
        answer = page(
            "file_sheet.html",
            lang,
            422 if told and status == 200 else status,
            title=look.t("file.title"),
            address=request.url,
            principal=who,
            draft=draft,
            sheet=sheet,
            procedure=offer.procedure,
            agencies=look.agencies,
            agency=offer.agency,
            own=look.own,
            number=masked(look.number),
            another=sheet.first(FOR) == ANOTHER,
            form=look.form,
            rows=[row._replace(earlier=earlier.get(row.code, ())) for row in look.rows],
            held=marks(sheet, look.t),
            noted=sheet.typed.get(HELD, ()),
            card=card,
            asking=self._prefilling.offered(who, offer, sheet),
            bring=sheet.first(UNANSWERED) == "bring",
            fees=fees(offer.procedure, look.t, lang),
            left=writing.left,
            told=told,
            said=said,
            different=different,
            moved=moved,
            focus=focus,
            fresh=fresh,
            taken=",".join((*TAKEN, ".p7m", ".p7s")),
            action=own_url(f"{PATH}/{draft.id}?lang={lang}"),
            stored=own_url(f"{PATH}/{draft.id}?lang={lang}"),
            drop=own_url(f"/drafts/{draft.id}/drop?lang={lang}"),
            opened=own_url(f"/drafts/{draft.id}/papers"),
        )
        answer.headers["permissions-policy"] = WITH_CAMERA
        return answer
