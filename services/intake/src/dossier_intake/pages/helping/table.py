"""A table as it is pasted from a spreadsheet, or sent as CSV: a header, and a person in each row. Pure."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from datetime import date
from hashlib import sha256
from typing import Final, NamedTuple

import orjson

from dossier_intake.filing.checks import Filing
from dossier_intake.filing.persons import ConsentBody
from dossier_intake.forms.fields import controls, draw
from dossier_intake.pages.filing.carrying import answers_of
from dossier_intake.pages.filing.view import ANOTHER, FOR, ONLINE
from dossier_intake.pages.sheet.findings import examine
from dossier_intake.pages.sheet.offer import Offer
from dossier_intake.pages.sheet.sheet import Sheet
from dossier_shared.pages.texts import LANGUAGES, Lang, texts
from dossier_shared.problems import Invalid

MOST: Final = 500  # rows
KEY, REFERENCE, CODE = "key", "consent.reference", "consent.code"
OWN: Final = (
    KEY, "applicant.name", "applicant.citizen_id", "applicant.phone", "applicant.address", REFERENCE, CODE,
    "applicant.tax_code", "applicant.representative", "delivery.how", "delivery.address",
)  # fmt: skip
FIRST: Final = OWN[1:6]  # what nearly every table has


class Column(NamedTuple):
    name: str
    label: str
    required: bool = False


class Row(NamedTuple):
    """`key`: by which it is known again. `filing` None: `said` is what is wrong with it."""

    number: int
    cells: Sequence[str]
    name: str
    key: str
    filing: Filing | None
    said: Sequence[str]


def columns(offer: Offer, lang: Lang) -> list[Column]:
    """What a table of this procedure may have, beside `key`."""
    t = texts(lang)
    found = [Column(name, t.label("helping_column", name), name in FIRST[:3]) for name in OWN]
    form = draw(offer.form.schema, lang, {}, {}) if offer.form is not None else None
    return found + [Column(one.name, one.label, one.required) for one in (controls(form) if form else ())]


def read(text: str) -> list[list[str]]:
    """By tabs, semicolons or commas, as the header is. Raises Invalid."""
    lines = text.removeprefix("\ufeff").strip("\r\n")
    head = lines.partition("\n")[0]
    delimiter = max("\t;,", key=head.count)
    try:
        found = [
            [cell.strip() for cell in line] for line in csv.reader(lines.splitlines(), delimiter=delimiter, strict=True)
        ]
    except csv.Error:
        raise _unreadable() from None
    found = [line for line in found if any(line)]
    if len(found) < 2:
        raise _unreadable()
    if len(found) > MOST + 1:
        raise Invalid(
            "table-too-long",
            f"Bảng có hơn {MOST} dòng. Hãy chia thành nhiều bảng.",
            f"The table has more than {MOST} rows. Split it.",
        )
    return found


def names_of(header: Sequence[str], offer: Offer) -> list[str]:
    """By name; those that every table has by label too, in either language: two fields of a form may share one. Raises Invalid
    where a column is none."""
    known = {_plain(one.name): one.name for one in columns(offer, "vi")}
    known |= {_plain(texts(lang).label("helping_column", name)): name for lang in LANGUAGES for name in OWN}
    # entries of a list after the first
    names = [known.get(_plain(cell)) or (cell if cell.startswith("form.") else None) for cell in header]
    if strange := [cell or "–" for cell, name in zip(header, names, strict=True) if name is None]:
        said = ", ".join(strange)[:300]
        raise Invalid(
            "table-column-unknown",
            f"Có cột không dùng được: {said}.",
            f"There are columns that cannot be used: {said}.",
        )
    found = [name for name in names if name]
    if len(set(found)) < len(found):
        raise Invalid("table-column-twice", "Có cột bị lặp lại.", "A column is there twice.")
    return found


def row(number: int, cells: Sequence[str], names: Sequence[str], offer: Offer, day: date, lang: Lang) -> Row:
    given = {name: cell.removeprefix("'") for name, cell in zip(names, cells, strict=False) if cell}
    name = given.get("applicant.name", "")
    key = _key(offer, given)
    if len(cells) > len(names):
        return Row(number, cells, name, key, None, [texts(lang)("helping.too_many_cells")])
    kind = "organisation" if "applicant.tax_code" in given else "person"
    typed: Mapping[str, Sequence[str]] = {
        "channel": [ONLINE], FOR: [ANOTHER], "applicant.kind": [kind], "delivery.how": ["online"],
        **{name: [cell] for name, cell in given.items() if name not in (KEY, REFERENCE, CODE)},
    }  # fmt: skip
    sheet = Sheet(typed)
    try:
        filing, found = examine(sheet, offer, answers_of(sheet, offer), day, lang)
    except Invalid as problem:
        return Row(number, cells, name, key, None, [problem.vi if lang == "vi" else problem.en])
    said = [*found.general, *(f"{place}: {one}" for place, some in _placed(found.fields, found.form) for one in some)]
    said += [one for some in found.papers.values() for one in some]
    if REFERENCE not in given:
        said.append(texts(lang)("helping.no_consent"))
    if filing is None or said:
        return Row(number, cells, name, key, None, said)
    return Row(number, cells, name, key, filing.model_copy(update={"consent": _consent(given)}), [])


def _consent(given: Mapping[str, str]) -> ConsentBody:
    if CODE in given:
        return ConsentBody(kind="sms_code", reference=given[REFERENCE], code=given[CODE][:20])
    return ConsentBody(kind="paper", reference=given[REFERENCE])


def _placed(fields: Mapping[str, list[str]], form: Mapping[str, list[str]]) -> list[tuple[str, list[str]]]:
    return [*fields.items(), *((f"form{pointer.replace('/', '.')}", said) for pointer, said in form.items())]


def _key(offer: Offer, given: Mapping[str, str]) -> str:
    """The row's own, or what is in it: the same row again is the same filing, whichever table it stands in."""
    what = [given[KEY]] if KEY in given else sorted((name, cell) for name, cell in given.items() if name != CODE)
    of = orjson.dumps([offer.procedure.code, offer.agency, what])
    return f"helping-{sha256(of).hexdigest()[:40]}"


def _plain(word: str) -> str:
    return " ".join(word.casefold().split())


def _unreadable() -> Invalid:
    return Invalid(
        "table-unreadable",
        "Không đọc được bảng. Dòng đầu là tên các cột, mỗi dòng sau là một người.",
        "The table cannot be read. Its first line names the columns, each of the others is a person.",
    )
