"""What the pages of a filing share: the draft, the procedure as it is offered today, what is right and what is not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from dossier_intake.drafts.draft import Content, Draft, Left, Saving
from dossier_intake.drafts.store import Drafts
from dossier_intake.filing.checks import Filing, read_applicant
from dossier_intake.filing.persons import person_of_applicant
from dossier_intake.filing_api import FilingDesk, dossier_id
from dossier_intake.pages.filing.carrying import (
    Carried,
    answers_of,
    as_filed,
    carried,
    content_of,
    labelled,
    not_yours,
    sheet_of,
)
from dossier_intake.pages.filing.view import ANOTHER, FOR, ONLINE
from dossier_intake.pages.sheet.findings import Findings, examine
from dossier_intake.pages.sheet.offer import Offer
from dossier_intake.pages.sheet.sheet import Sheet, applicant_of
from dossier_intake.policy import POLICY
from dossier_intake.store import Catalogues
from dossier_shared.http.policy import Context
from dossier_shared.http.tokens import LEEWAY, Principal
from dossier_shared.journal.dossier import command_id
from dossier_shared.pages.texts import Lang, Texts, texts
from dossier_shared.problems import Conflict, Invalid, NotFound

ROLES = POLICY.roles("draft")
_SAVING = re.compile(r"([0-9a-f-]{36})\.([0-9]{1,9})")


class AlreadySent(Exception):
    """This draft has become a dossier."""

    def __init__(self, dossier: str) -> None:
        super().__init__(dossier)
        self.dossier = dossier


class Writing(NamedTuple):
    """A draft as it stands, on the form of today. `left`: what that does not ask for."""

    draft: Draft
    offer: Offer
    sheet: Sheet
    left: Sequence[Left]


def no_such_draft() -> NotFound:
    return NotFound(
        "draft-not-found",
        "Không có bản soạn dở này: đã được nộp, đã bỏ, hoặc quá hạn lưu. Hãy xem ở trang Hồ sơ của tôi.",
        "There is no such draft: it was sent, thrown away, or has run out. Look at the page of your dossiers.",
    )


class Writer:
    def __init__(self, desk: FilingDesk, drafts: Drafts, catalogues: Catalogues, *, proved_within: int = 0) -> None:
        self.desk, self.drafts, self.catalogues = desk, drafts, catalogues
        self._proved_within = proved_within

    def offer(self, procedure: str, agency: str = "") -> Offer:
        """By an agency that does not take it (any more): by none. Raises Invalid, and Conflict where nobody may file it today."""
        catalogue, day = self.catalogues.current, self.catalogues.today()
        found = catalogue.procedure(procedure, day)
        able = catalogue.agencies_of(found)
        if found.key in catalogue.spoilt or not found.offers(ONLINE) or not able:
            catalogue.fileable(procedure, next(iter(sorted(able)), agency), ONLINE, day)
        return Offer(found, agency if agency in able else "", catalogue.form(found), (ONLINE,))

    def agencies(self, offer: Offer) -> list[tuple[str, str]]:
        """Code and name of each that takes it, by name."""
        catalogue = self.catalogues.current
        named = [(code, catalogue.agencies[code].name_vi) for code in catalogue.agencies_of(offer.procedure)]
        return sorted(named, key=lambda one: one[1])

    def demand_assurance(self, who: Principal, offer: Offer) -> None:
        """Raises StepUpRequired before anything is typed, and what else keeps the account from filing."""
        wanted = {"agency": offer.agency, "assurance": offer.procedure.assurance}
        if self._proved_within:
            wanted["proved_since"] = self.desk.runtime.clock.now().timestamp() - self._proved_within - LEEWAY
        POLICY.demand(who, "file", wanted, Context(self.catalogues.current))

    async def of(self, who: Principal, id_: str, lang: Lang) -> Writing:
        """Raises AlreadySent, and NotFound where it is none of theirs."""
        draft = await self.drafts.find(who, id_)
        if (sent := await self.sent(who, id_)) is not None:
            if draft is not None:  # whoever sent it was stopped before it was thrown away
                await self.drafts.drop(who, id_)
            raise AlreadySent(sent)
        if draft is None:
            raise no_such_draft()
        offer = self.offer(draft.procedure, draft.agency)
        found = carried(sheet_of(draft.content), offer)
        left = await self.left_of(found, draft, lang, draft.content.left)
        return Writing(draft, offer, found.sheet, left)

    async def left_of(self, found: Carried, draft: Draft, lang: Lang, before: Sequence[Left]) -> list[Left]:
        """What was left `before`, and what is now: each once, also where a page of yesterday posts it again."""
        return list(dict.fromkeys([*before, *await self._left(found, draft, lang)]))

    async def _left(self, found: Carried, draft: Draft, lang: Lang) -> list[Left]:
        if not found.left and not found.papers:
            return []
        before = await self.catalogues.kept(draft.catalogue)
        day = self.catalogues.today()
        known = before.known(draft.procedure, day) if before is not None else None
        form = before.form(known) if before is not None and known is not None else None
        return labelled(found, form, self.catalogues.current, draft.procedure, lang)

    async def sent(self, who: Principal, id_: str) -> str | None:
        """The dossier that was made of it, if it was."""
        made = dossier_id(command_id(who.sub, id_))
        dossier = (await self.desk.runtime.dossiers.load([made], journal=False)).get(made)
        return made if dossier is not None and "code" in dossier.state else None

    async def save(
        self, who: Principal, writing: Writing, offer: Offer, sheet: Sheet, left: Sequence[Left],
        saving: Saving | None = None,
    ) -> Draft | None:  # fmt: skip
        """None where it was saved elsewhere meanwhile. What is the same is not written again. Raises Invalid."""
        content = content_of(sheet, left)
        content.packed()
        if self.same(writing.draft, content):
            return writing.draft
        files = [paper.upload.id for paper in sheet.papers]
        version = self.catalogues.current.version
        return await self.drafts.save(who, writing.draft, offer.agency, version, content, files, saving)

    def moved(self, draft: Draft, posted: Sheet, content: Content) -> bool:
        """Whether it was changed elsewhere since the page that `posted` it was drawn."""
        return not (draft.unchanged_since(posted.first("revision"), saving_of(posted)) or self.same(draft, content))

    @staticmethod
    def same(draft: Draft, content: Content) -> bool:
        return draft.content.packed() == content.packed()

    async def brought(self, who: Principal, sheet: Sheet) -> Sheet:
        """With those of its papers that this account has uploaded, called as they were then; of the others it is told."""
        known = await self.desk.uploads.of(who, (paper.upload.id for paper in sheet.papers))
        papers, unfit = [], {code: list(told) for code, told in sheet.unfit.items()}
        for paper in sheet.papers:
            if (about := known.get(paper.upload.id)) is None:
                unfit.setdefault(paper.code, []).append(_lost(paper.upload.name))
                continue
            upload = paper.upload._replace(name=about["name"], size=about["size"], type=about["type"])
            papers.append(paper._replace(upload=upload))
        return replace(sheet, papers=tuple(papers), unfit=unfit)

    def examined(self, who: Principal, offer: Offer, sheet: Sheet, lang: Lang) -> tuple[Filing | None, Findings]:
        """The filing, where all is right."""
        meant, day, t = as_filed(sheet, who), self.catalogues.today(), texts(lang)
        filing, found = examine(meant, offer, answers_of(meant, offer), day, lang)
        if not offer.agency:
            found.fields["agency"] = [t("file.agency_missing")]
        if sheet.first(FOR) == ANOTHER:
            self._whom(meant, found, t)
        if "applicant.citizen_id" not in found.fields and self._anothers(who, meant):
            found.fields["applicant.citizen_id"] = [not_yours().vi if lang == "vi" else not_yours().en]
        return (None if found else filing), found

    @staticmethod
    def _whom(sheet: Sheet, found: Findings, t: Texts) -> None:
        """Of whom it is filed for: their number and their phone, by which they consent and are told."""
        whose = "tax_code" if sheet.first("applicant.kind") == "organisation" else "citizen_id"
        for name in (whose, "phone"):
            if not sheet.first(f"applicant.{name}").strip():
                found.fields.setdefault(f"applicant.{name}", [t("file.of_whom")])

    def _anothers(self, who: Principal, sheet: Sheet) -> bool:
        """Of who says their own number: another than the account's, or none."""
        if who.person is None or sheet.first("applicant.kind") == "organisation" or sheet.first(FOR) == ANOTHER:
            return False
        try:
            applicant = read_applicant(applicant_of(sheet), self.catalogues.today())
        except Invalid:
            return False  # told already
        return person_of_applicant(applicant, self.desk.person_key) != who.person


def saving_of(sheet: Sheet) -> Saving | None:
    """As a script of ours numbers what it posts; a page without one does not."""
    found = _SAVING.fullmatch(sheet.first("page"))
    return Saving(found[1], int(found[2])) if found else None


def _lost(name: str) -> dict[str, str]:
    return {
        "vi": f"{name}: không còn trong kho tạm. Hãy chọn lại tệp.",
        "en": f"{name}: it is not kept any more. Choose the file again.",
    }


def moved_on() -> Conflict:
    return Conflict(
        "draft-moved-on",
        "Bản soạn này vừa được sửa ở tab hoặc thiết bị khác. Nội dung ở đây còn nguyên, chưa lưu. Bấm Lưu để xem khác ở đâu.",
        "This draft was just changed in another tab or on another device. What you typed is still here, not saved. Press Save to "
        "see what differs.",
    )
