"""Fills a citizen's sheet in from what offices hold, when they ask for it: registers of the State, and papers of their own."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from dossier_intake.metrics import PAPERS_REUSED
from dossier_intake.pages.filing.held import has_person, having, of_facts, of_results
from dossier_intake.pages.filing.view import ANOTHER, FOR
from dossier_intake.pages.sheet.offer import Offer
from dossier_intake.pages.sheet.sheet import Paper, Sheet
from dossier_intake.registers.own import OwnFacts
from dossier_intake.uploads.uploads import Upload, Uploads
from dossier_intake.vault.api import Vaults
from dossier_intake.vault.earlier import Earlier
from dossier_shared.http.tokens import Principal
from dossier_shared.pages.texts import Texts
from dossier_shared.problems import NotFound

ASK, USE = "state", "use"  # deeds: ask registers, of the form's person too; use a paper that was handed in before


class Asking(NamedTuple):
    """What a sheet offers to have filled in. `person`: the form has somebody whom the reader may be. `sent`: a register is asked
    when it is sent, for a paper that need not be brought then."""

    state: bool
    person: bool
    sent: bool = False


class Prefilling:
    def __init__(self, facts: OwnFacts, vaults: Vaults, uploads: Uploads) -> None:
        self._facts, self._vaults, self._uploads = facts, vaults, uploads

    def offered(self, who: Principal, offer: Offer, sheet: Sheet) -> Asking:
        """Nothing where it is filed for another: registers are asked about the reader only."""
        sent = self._facts.confirms(offer.procedure)
        if sheet.first(FOR) == ANOTHER:
            return Asking(False, False, sent)
        return Asking(self._facts.asks(who, offer.procedure), has_person(offer), sent)

    async def asked(self, who: Principal, offer: Offer, sheet: Sheet, deed: str, t: Texts) -> tuple[Sheet, str]:
        """The sheet with what was found, and what became of the questions in words. Whatever fails, the sheet stands."""
        if not self.offered(who, offer, sheet).state:
            return sheet, ""
        told, results = await asyncio.gather(
            self._facts.of(who, offer.procedure.code), self._facts.papers(who, offer.procedure.code)
        )
        found = []
        if told.outcome == "found" and told.facts and sheet.first("applicant.kind", "person") == "person":
            found += of_facts(told.facts, offer, about_me=deed == f"{ASK}:person")
        found += of_results(results.results)
        said = [t.label("file_asked", told.outcome)] if told.reason != "not-for-this-procedure" else []
        if results.reason != "not-for-this-procedure":
            said.append(t.label("file_asked_results", "found" if results.results else results.outcome))
        return having(sheet, found), " ".join(said)

    async def used(self, who: Principal, offer: Offer, sheet: Sheet, deed: str) -> Sheet:
        """With a paper that this account has handed in before, as the same paper. Raises NotFound."""
        _, code, file = (*deed.split(":", 2), "", "")[:3]
        earlier = (await self.earlier(who, offer, [code])).get(code, ())
        known = await self._uploads.of(who, [file]) if any(one.sha256 == file for one in earlier) else {}
        if (about := known.get(file)) is None:
            raise NotFound("paper-not-found", "Không có tệp này.", "There is no such file.")
        paper = Paper(code, Upload(file, about["size"], about["type"], about["name"]))
        if any((one.code, one.upload.id) == (code, file) for one in sheet.papers):
            return sheet
        PAPERS_REUSED.labels("again").inc()
        return Sheet(sheet.typed, (*sheet.papers, paper), sheet.unfit)

    async def earlier(self, who: Principal, offer: Offer, codes: Collection[str]) -> Mapping[str, Sequence[Earlier]]:
        """By code of the paper: what the reader may name again."""
        wanted = {paper.code for paper in offer.procedure.documents} & set(codes)
        return await self._vaults.earlier(who, wanted) if wanted else {}
