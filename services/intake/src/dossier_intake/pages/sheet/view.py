"""A sheet as its template draws it: one paper after the other, the fee, and where the reader goes on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from dossier_intake.catalogue.model import Procedure
from dossier_intake.forms.fields import Control, Group, controls, draw, listings, wrong
from dossier_intake.forms.nodes import Choice
from dossier_intake.forms.posted import Typed
from dossier_intake.pages.sheet.findings import Findings
from dossier_intake.pages.sheet.offer import Offer
from dossier_intake.pages.sheet.sheet import Paper, Sheet
from dossier_intake.vault.earlier import Earlier
from dossier_shared.pages.texts import Lang, Texts, number

SUBMIT = "file"
FIRST = "applicant-citizen_id"


LONGEST = {"applicant.name": 300, "applicant.representative": 300, "applicant.address": 500, "delivery.address": 500}
KEYBOARDS = {"applicant.citizen_id": "numeric", "applicant.phone": "tel"}
FORMATS = {"applicant.citizen_id": "citizen-id", "applicant.tax_code": "tax-code", "consent.until": "date"}
OFFERED: Mapping[str, tuple[str, ...]] = {
    "applicant.kind": ("person", "organisation"),
    "delivery.how": ("counter", "online", "post"),
    "consent.kind": ("in_person", "paper"),
}
DEMANDED = ("applicant.name", "channel", "agency", *OFFERED)
OWN = (
    "channel", "applicant.kind", "applicant.citizen_id", "applicant.name", "applicant.phone", "applicant.address",
    "applicant.tax_code", "applicant.representative", "delivery.how", "delivery.address", "consent.kind",
    "consent.reference", "consent.until",
)  # fmt: skip


class PaperRow(NamedTuple):
    """A paper of the procedure. `demanded`: without it nothing is filed, unless it is reused."""

    id: str
    code: str
    name: str
    about: str
    demanded: bool
    taken: Sequence[Paper]
    missing: bool
    reusable: bool
    reused: bool
    errors: Sequence[str]
    brought: bool = True  # a file is taken for it
    joinable: bool = False  # several photographs, which may become one file
    straight: frozenset[str] = frozenset()  # ids of photographs that may be straightened
    held: str = ""  # what an office has of it
    earlier: Sequence[Earlier] = ()  # files that the reader handed in before as this paper


class Wrong(NamedTuple):
    """A line of what is to be put right, above the sheet. `at`: id of the field."""

    said: str
    at: str = ""


class Asked(NamedTuple):
    """What a page asks whatever the procedure: which fields, with which choices, and what they are called."""

    names: Sequence[str]
    offered: Mapping[str, Sequence[str]]
    field: Callable[[Texts, str], str]
    choice: Callable[[Texts, str], str]
    autofill: Mapping[str, str] = {}


AT_COUNTER = Asked(
    OWN,
    OFFERED,
    lambda t, name: t.label("receive_field", name),
    lambda t, name: t.label("receive_choice", name),
)


def own_fields(sheet: Sheet, offer: Offer, found: Findings, t: Texts, asked: Asked = AT_COUNTER) -> dict[str, Control]:
    """By posted name. Of a choice, the first is meant until another is made."""
    drawn = {}
    for name in asked.names:
        offered = offer.channels if name == "channel" else asked.offered.get(name, ())
        choices = tuple(Choice(one, one, asked.choice(t, one)) for one in offered)
        drawn[name] = Control(
            name=name,
            label=asked.field(t, name),
            look="radio" if choices else "text",
            form=FORMATS.get(name, ""),
            values=tuple(sheet.typed.get(name, ())) or tuple(offered[:1]),
            choices=choices,
            required=name in DEMANDED,
            insist=name == "applicant.name",
            errors=tuple(found.fields.get(name, ())),
            max_length=LONGEST.get(name, 40 if name.startswith("applicant.") else 300),
            keyboard=KEYBOARDS.get(name, ""),
            autofill=asked.autofill.get(name, "off"),
        )
    return drawn


def paper_rows(sheet: Sheet, offer: Offer, found: Findings, t: Texts) -> list[PaperRow]:
    """In the catalogue's order; those that are only shown at the counter too."""
    reused = set(sheet.typed.get("reused", ()))
    demanded = {paper.code for paper in offer.procedure.demanded(sheet.first("channel", offer.channels[0]))}
    rows = []
    for place, paper in enumerate(offer.procedure.documents):
        taken = [one for one in sheet.papers if one.code == paper.code]
        about = [t.label("paper_kind", paper.kind)]
        about += [t("receive.copies", n=paper.copies)] if paper.copies > 1 else []
        about += [t("receive.present_only")] if paper.present_only else []
        about += [t("receive.from_population")] if paper.reusable_from == "population_db" else []
        rows.append(
            PaperRow(
                id=f"paper-{place}",
                code=paper.code,
                name=paper.name_vi,
                about=", ".join(about),
                demanded=paper.code in demanded,
                taken=taken,
                missing=paper.code in demanded and not taken and paper.code not in reused,
                reusable=paper.code in demanded and paper.reusable_from is not None,
                reused=paper.code in reused,
                errors=found.papers.get(paper.code, ()),
            )
        )
    return rows


def fees(procedure: Procedure, t: Texts, lang: Lang) -> list[str]:
    fee = procedure.fee_vnd
    if fee is None:
        return [t("receive.fee_unknown")]
    if isinstance(fee, int):
        return [t("receive.amount", amount=number(fee, lang)) if fee else t("receive.free")]
    return [f"{one.name}: {t('receive.amount', amount=number(one.amount_vnd, lang))}" for one in fee]


def wrongs(drawn: Group | None, rows: Sequence[PaperRow], found: Findings) -> list[Wrong]:
    """As one meets them going down the page."""
    known = {row.code for row in rows}
    said = [Wrong(one) for one in found.general]
    said += [Wrong(one) for code, told in found.papers.items() if code not in known for one in told]
    said += [Wrong(one, name.replace(".", "-")) for name, told in found.fields.items() for one in told]
    said += [Wrong(one, field.id) for field in (wrong(drawn) if drawn else ()) for one in field.errors]
    return said + [Wrong(one, row.id) for row in rows for one in row.errors]


def drawn_form(offer: Offer, lang: Lang, typed: Typed, found: Findings) -> Group | None:
    return draw(offer.form.schema, lang, typed, found.form) if offer.form is not None else None


def focused(told: Sequence[Wrong], deed: str, form: Group | None, rows: Sequence[PaperRow]) -> str:
    """Id of where a reader without a mouse goes on."""
    what, _, name = deed.partition(":")
    lists = {one.name: one for one in (listings(form) if form else ())}
    if what == "add" and name in lists:
        return next((one.id for one in controls(lists[name].entries[-1])), FIRST)
    if what == "drop" and (name := name.rpartition(".")[0]) in lists:
        return f"{lists[name].id}-add"
    if what in ("forget", "join", "straighten"):
        return next((row.id for row in rows if row.code == name.partition(":")[0]), FIRST)
    if any(one.at for one in told):
        return next(one.at for one in told if one.at)
    return {"check": SUBMIT, "known": "applicant-name"}.get(what, FIRST)
