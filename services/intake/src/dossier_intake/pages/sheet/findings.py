"""What is wrong with a sheet, each thing beside its field: all of it, where the filing desk stops at the first. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from dossier_intake.filing.checks import Filing, read_applicant
from dossier_intake.filing.documents import check_documents
from dossier_intake.filing.persons import delivery_address
from dossier_intake.pages.sheet.offer import Offer
from dossier_intake.pages.sheet.sheet import Sheet, applicant_of, filing_of
from dossier_intake.problems import field_error
from dossier_shared.pages.texts import Lang
from dossier_shared.problems import Invalid, Problem

_OWN = ("applicant", "delivery", "consent", "channel")


@dataclass(slots=True)
class Findings:
    """`fields`: by posted name. `form`: by JSON pointer into the answers. `papers`: by code. `general`: of the whole."""

    lang: Lang
    codes: Sequence[str] = ()  # of the papers as they were sent, in their order
    fields: dict[str, list[str]] = field(default_factory=dict)
    form: dict[str, list[str]] = field(default_factory=dict)
    papers: dict[str, list[str]] = field(default_factory=dict)
    general: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.fields or self.form or self.papers or self.general)

    def of_form(self, problem: Problem) -> None:
        """Its pointers begin in the answers."""
        for error in problem.errors:
            self.form.setdefault(error["path"], []).append(self._said(error))
        if not problem.errors:
            self.general.append(problem.vi if self.lang == "vi" else problem.en)

    def take(self, problem: Problem) -> None:
        """Its paths begin in the filing, as pointers or dotted; what has no place on the page is said of the whole."""
        placed = [self._placed(error) for error in problem.errors]
        if not all(placed) or not placed:
            self.general.append(problem.vi if self.lang == "vi" else problem.en)

    def unfit(self, sheet: Sheet) -> None:
        for code, told in sheet.unfit.items():
            self.papers.setdefault(code, []).extend(one[self.lang] for one in told)

    def _placed(self, error: Mapping[str, Any]) -> bool:
        steps = error["path"].removeprefix("/").replace(".", "/").split("/")
        said = self._said(error)
        if "document" in error:
            self.papers.setdefault(error["document"], []).append(said)
        elif error["path"].startswith("/form/"):
            self.form.setdefault(error["path"].removeprefix("/form"), []).append(said)
        elif steps[0] in _OWN:
            self.fields.setdefault(".".join(steps), [said])  # one thing at a time of each
        elif steps[0] == "documents" and len(steps) > 1 and steps[1].isdigit() and int(steps[1]) < len(self.codes):
            self.papers.setdefault(self.codes[int(steps[1])], []).append(said)
        else:
            return False
        return True

    def _said(self, error: Mapping[str, Any]) -> str:
        message = error.get("message")
        if isinstance(message, Mapping):
            return str(message[self.lang])
        return str(error.get("message_vi") if self.lang == "vi" else message)


def examine(
    sheet: Sheet, offer: Offer, answers: Mapping[str, Any], day: date, lang: Lang
) -> tuple[Filing | None, Findings]:
    """The filing, where everything that can be told here is right."""
    found = Findings(lang, [paper.code for paper in sheet.papers])
    found.unfit(sheet)
    if (form := offer.form) is not None:
        _heard(found.of_form, lambda: form.check(answers))
    given = [paper.code for paper in sheet.papers]
    channel = sheet.first("channel")
    _heard(found.take, lambda: check_documents(offer.procedure, channel, given, sheet.typed.get("reused", ())))
    named = sheet.first("consent.reference").strip() or sheet.first("consent.document")
    if sheet.first("consent.kind") == "paper" and not named:
        found.take(_without_number())
    if channel not in offer.channels:
        found.take(_not_by_that_way())
    if not sheet.first("applicant.name").strip():
        found.take(_nameless())
    applicant = applicant_of(sheet)
    _heard(found.take, lambda: read_applicant(applicant, day))
    filing: Filing | None = None
    try:
        filing = filing_of(sheet, offer.procedure.code, offer.agency, answers)
        delivery_address(filing.delivery, read_applicant(filing.applicant, day))
    except Invalid as problem:
        found.take(problem)
    return (None if found else filing), found


def _heard(take: Callable[[Problem], None], check: Callable[[], object]) -> None:
    try:
        check()
    except Invalid as problem:
        take(problem)


def _nameless() -> Invalid:
    return _wrong(
        "/applicant/name", "name-missing",
        "Hãy ghi họ và tên, hoặc tên tổ chức.", "Write the name of the person or organisation.",
    )  # fmt: skip


def _without_number() -> Invalid:
    return _wrong(
        "/consent/reference", "authority-without-number",
        "Hãy ghi số giấy ủy quyền.", "Write the number of the paper of authority.",
    )  # fmt: skip


def _not_by_that_way() -> Invalid:
    return _wrong(
        "/channel", "channel-not-offered",
        "Thủ tục này không nhận hồ sơ theo cách đó.", "This procedure is not taken that way.",
    )  # fmt: skip


def _wrong(path: str, code: str, vi: str, en: str) -> Invalid:
    return Invalid(code, vi, en, errors=[field_error(path, code, vi, en)])
