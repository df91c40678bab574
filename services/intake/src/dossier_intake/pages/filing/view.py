"""What a citizen is asked, and what they have answered, as the pages of their filing draw it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from dossier_intake.filing.documents import CONSENT
from dossier_intake.forms.fields import Control, Field, Group, Listing
from dossier_intake.pages.filing.held import papers as held_papers
from dossier_intake.pages.filing.photographs import joinable, straightenable
from dossier_intake.pages.sheet.findings import Findings
from dossier_intake.pages.sheet.offer import Offer
from dossier_intake.pages.sheet.sheet import Sheet
from dossier_intake.pages.sheet.view import Asked, PaperRow, own_fields, paper_rows
from dossier_shared.http.tokens import Principal
from dossier_shared.pages.texts import Texts

ONLINE: Final = "online"
FOR, ANOTHER = "for", "another"  # posted name: whom it is for, and what it says where that is somebody else
SHOWN = 4  # last digits of a number
OFFERED: Mapping[str, tuple[str, ...]] = {
    "applicant.kind": ("person", "organisation"),
    "delivery.how": ("online", "counter", "post"),
}
OWN = (
    "agency", "applicant.kind", "applicant.citizen_id", "applicant.name", "applicant.phone", "applicant.address",
    "applicant.tax_code", "applicant.representative", "delivery.how", "delivery.address",
)  # fmt: skip
AUTOFILL = {"applicant.name": "name", "applicant.phone": "tel", "applicant.address": "street-address"}
AT_HOME = Asked(
    OWN, OFFERED, lambda t, name: t.label("file_field", name), lambda t, name: t.label("file_choice", name), AUTOFILL
)
_OF_ORGANISATION = ("applicant.tax_code", "applicant.representative")


class Answer(NamedTuple):
    """A line of what is checked before it is sent. `at`: id of its field; `of`: whose, where the form says that."""

    label: str
    value: str
    at: str
    of: str = ""


def masked(number: str) -> str:
    """`•••••••• 3456`: enough to know that it is one's own."""
    return "•" * (len(number) - SHOWN) + " " + number[-SHOWN:] if number else ""


def own(sheet: Sheet, offer: Offer, found: Findings, t: Texts, who: Principal) -> dict[str, Control]:
    """Without the number where the account says it: that is shown, and never typed."""
    drawn = own_fields(sheet, offer, found, t, AT_HOME)
    if sheet.first(FOR) == ANOTHER:
        for name in ("applicant.citizen_id", "applicant.phone"):
            drawn[name] = replace(drawn[name], required=True)
    elif who.number:
        del drawn["applicant.citizen_id"]
    elif who.person is not None:
        drawn["applicant.citizen_id"] = replace(drawn["applicant.citizen_id"], required=True)
    return drawn


def own_number(sheet: Sheet, who: Principal) -> str:
    """The account's, where it files for itself."""
    return "" if sheet.first(FOR) == ANOTHER else who.number


def rows(sheet: Sheet, offer: Offer, found: Findings, t: Texts) -> list[PaperRow]:
    """Of those that are only shown, or that the office has by itself, that is said; others of other ways are left out."""
    papers, held = {paper.code: paper for paper in offer.procedure.documents}, held_papers(sheet)
    drawn = []
    for row in paper_rows(sheet, offer, found, t):
        paper = papers[row.code]
        if paper.only_channels is not None and ONLINE not in paper.only_channels:
            continue
        said = paper.present_only or paper.reusable_from == "population_db" or paper.answered_by_form
        about = row.about
        if paper.answered_by_form:
            about = t("file.by_form")
        elif paper.reusable_from == "population_db":
            about = t("file.from_population")
        number, until = held.get(row.code, ("", ""))
        told = (
            t("file.held_paper", number=number, until=shown_day(until)) if until else t("file.held_open", number=number)
        )
        brought = not said or bool(row.taken)
        joins, straight = (
            bool(joinable(row.taken)),
            frozenset(one.upload.id for one in row.taken if straightenable(one)),
        )
        told = told if number else ""
        drawn.append(row._replace(brought=brought, about=about, joinable=joins, straight=straight, held=told))
    if sheet.first(FOR) == ANOTHER:
        drawn.append(_of_consent(sheet, found, t))
    return drawn


def shown_day(day: str) -> str:
    return "/".join(reversed(day.split("-")))


def _of_consent(sheet: Sheet, found: Findings, t: Texts) -> PaperRow:
    """Where a paper is brought by which the person consents, if it is not by a code."""
    taken = [paper for paper in sheet.papers if paper.code == CONSENT]
    return PaperRow(
        "paper-consent", CONSENT, t("file.consent_paper"), t("file.consent_paper_about"), demanded=False, taken=taken,
        missing=False, reusable=False, reused=False, errors=found.papers.get(CONSENT, ()),
    )  # fmt: skip


def answers(form: Group, t: Texts, of: str = "") -> Iterator[Answer]:
    """Every field of the form, answered or not, in its order."""
    for field in form.fields:
        yield from _answers(field, t, of)


def _answers(field: Field, t: Texts, of: str) -> Iterator[Answer]:
    if isinstance(field, Group):
        yield from answers(field, t, _within(of, field.label))
    elif isinstance(field, Listing):
        if not field.entries:
            yield Answer(field.label, t("file.none"), field.id, of)
        for number, entry in enumerate(field.entries, 1):
            inner = _within(of, t("form.entry", label=field.label, n=number))
            if isinstance(entry, Group):
                yield from answers(entry, t, inner)
            else:
                yield from _answers(entry, t, inner)
    else:
        yield Answer(field.label, words(field, t) or t("file.unanswered"), field.id, of)


def _within(of: str, label: str) -> str:
    return f"{of}: {label}" if of else label


def words(field: Control, t: Texts) -> str:
    """What was typed or chosen; empty where nothing was."""
    labels = {choice.sent: choice.label for choice in field.choices}
    if not field.choices and field.look in ("radio", "tick"):
        labels = {"true": t("form.yes"), "false": t("form.no")}
    if field.look == "tick":
        labels = {choice.sent: t("form.yes") for choice in field.choices} or labels
    return "; ".join(labels.get(one, one) for one in field.values if one.strip())


def own_answers(drawn: Mapping[str, Control], agency: str, t: Texts, number: str) -> list[Answer]:
    """Of what is asked whatever the procedure: what will be sent, and nothing of what was chosen away. `number`: the account's,
    where it files for itself."""
    organisation = drawn["applicant.kind"].value == "organisation"
    post = drawn["delivery.how"].value == "post"
    found = []
    for name, field in drawn.items():
        unwanted = name in _OF_ORGANISATION and not organisation
        if unwanted or (name == "applicant.citizen_id" and organisation) or (name == "delivery.address" and not post):
            continue
        value = agency if name == "agency" else words(field, t) or t("file.unanswered")
        found.append(Answer(field.label, value, field.id))
        if name == "applicant.kind" and number and not organisation:
            found.append(Answer(t.label("file_field", "applicant.citizen_id"), masked(number), "applicant-name"))
    return found


class Difference(NamedTuple):
    label: str
    here: str
    there: str


def differences(here: Sequence[Answer], there: Sequence[Answer]) -> list[Difference]:
    """What two people, or one on two devices, have answered differently."""
    before = {one.at: one for one in there}
    now = {one.at: one for one in here}
    found = []
    for at in dict.fromkeys([*now, *before]):
        mine, theirs = now.get(at), before.get(at)
        if (one := mine or theirs) is not None and (mine and mine.value) != (theirs and theirs.value):
            label = f"{one.of}: {one.label}" if one.of else one.label
            found.append(Difference(label, mine.value if mine else "–", theirs.value if theirs else "–"))
    return found
