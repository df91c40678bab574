"""A draft as the form of today takes it, and what the citizen's sheet makes a filing of. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from dossier_intake.catalogue.catalogue import Catalogue
from dossier_intake.drafts.draft import Content, Left
from dossier_intake.filing.documents import CONSENT
from dossier_intake.forms.form import Form
from dossier_intake.forms.posted import fitting, posted
from dossier_intake.forms.summary import label_of
from dossier_intake.pages.filing.held import HELD
from dossier_intake.pages.filing.view import ANOTHER, FOR, ONLINE, OWN
from dossier_intake.pages.sheet.offer import Offer
from dossier_intake.pages.sheet.sheet import UNANSWERED, Paper, Sheet, kept_papers
from dossier_shared.http.tokens import Principal
from dossier_shared.pages.texts import Lang
from dossier_shared.problems import Invalid

_KEPT = (*OWN, "reused", FOR, HELD, UNANSWERED)


class Carried(NamedTuple):
    """`left`: what the form of today does not ask for, by posted name, and codes of papers."""

    sheet: Sheet
    left: Mapping[str, Sequence[str]]
    papers: Sequence[Paper] = ()


def carried(sheet: Sheet, offer: Offer, *, keep_empty: bool = True) -> Carried:
    """Only what a page of ours asks for. Raises Invalid for a list that cannot be read."""
    typed = {name: list(given) for name, given in sheet.typed.items() if name in _KEPT}
    form = {name: given for name, given in sheet.typed.items() if name == "form" or name.startswith("form.")}
    left: dict[str, Sequence[str]] = {}
    if offer.form is not None:
        fit = fitting(offer.form.schema, form)
        typed |= posted(offer.form.schema, fit.typed, keep_empty=keep_empty).typed
        left |= fit.left
    else:
        left |= {name: given for name, given in form.items() if any(one.strip() for one in given)}
    known = {paper.code for paper in offer.procedure.documents}
    if sheet.first(FOR) == ANOTHER:
        known.add(CONSENT)
    held = {paper.code for paper in offer.procedure.documents if paper.reusable_from}
    if reused := [code for code in typed.pop("reused", ()) if code in held]:
        typed["reused"] = reused
    typed["channel"] = [ONLINE]
    kept = tuple(paper for paper in sheet.papers if paper.code in known)
    strange = [paper for paper in sheet.papers if paper.code not in known]
    return Carried(replace(sheet, typed=typed, papers=kept), left, strange)


def sheet_of(content: Content) -> Sheet:
    return Sheet(content.typed, tuple(kept_papers(content.papers)))


def content_of(sheet: Sheet, left: Sequence[Left]) -> Content:
    typed = {name: list(given) for name, given in sheet.typed.items() if name != "channel" and any(given)}
    return Content(typed, tuple(paper.sent for paper in sheet.papers), tuple(left))


def labelled(carrying: Carried, before: Form | None, catalogue: Catalogue, procedure: str, lang: Lang) -> list[Left]:
    """`before`: the form it was typed into, where that is still known."""
    found = [
        Left(label, value)
        for name, given in carrying.left.items()
        if not _counts(name, carrying.left)
        for label, value in _labelled(name, given, before, lang)
    ]
    named = ((catalogue.paper_name(procedure, paper.code) or paper.code, paper) for paper in carrying.papers)
    return found + [Left(name, paper.upload.name) for name, paper in named]


def _counts(name: str, left: Mapping[str, Sequence[str]]) -> bool:
    """The numbers of a list's entries: nobody typed them."""
    return any(other.startswith(f"{name}.") for other in left)


def _labelled(name: str, given: Sequence[str], before: Form | None, lang: Lang) -> Iterator[tuple[str, str]]:
    steps = [one.replace("~1", ".").replace("~0", "~") for one in name.split(".")[1:]]
    path: list[str | int] = [int(one) if one.isascii() and one.isdigit() else one for one in steps]
    vi, en = label_of(before, path) if before is not None else ("", "")
    yield (vi if lang == "vi" else en) or steps[-1], "; ".join(given)


def as_filed(sheet: Sheet, who: Principal) -> Sheet:
    """With the account's own number, or the paper of whom it files for as a consent; without what belongs to the other kind of
    applicant. Raises nothing."""
    organisation = sheet.first("applicant.kind", "person") == "organisation"
    gone = ("applicant.citizen_id",) if organisation else ("applicant.tax_code", "applicant.representative")
    typed = {name: given for name, given in sheet.typed.items() if name not in gone}
    papers = sheet.papers
    if sheet.first(FOR) == ANOTHER:
        papers = tuple(paper for paper in sheet.papers if paper.code != CONSENT)
        typed |= {f"consent.{name}": [said] for name, said in paper_consent(sheet).items()}
    elif who.number and not organisation:
        typed["applicant.citizen_id"] = [who.number]
    typed.setdefault("applicant.kind", ["person"])
    typed.setdefault("delivery.how", ["online"])
    return replace(sheet, typed=typed, papers=papers)


def paper_consent(sheet: Sheet) -> dict[str, str]:
    """The first of the papers that were handed in as one; else nothing."""
    found = next((paper.upload.id for paper in sheet.papers if paper.code == CONSENT), None)
    return {"kind": "paper", "document": found} if found else {}


def answers_of(sheet: Sheet, offer: Offer) -> Mapping[str, object]:
    """Of the form, without entries in which nothing was typed. Raises Invalid."""
    return posted(offer.form.schema, sheet.typed).answers if offer.form is not None else {}


def not_yours() -> Invalid:
    return Invalid(
        "number-of-another",
        "Số này không phải là số của tài khoản đang đăng nhập. Nộp thay người khác: bắt đầu lại và chọn nộp cho người khác.",
        "This is not the number of the account you are signed in with. To file for somebody else, begin again and choose so.",
    )
