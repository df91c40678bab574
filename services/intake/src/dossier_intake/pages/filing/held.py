"""What offices hold already, beside the fields it answers: put where nothing was typed, marked, never put over a word. Pure.

A draft keeps it as `held`: where it is from, the posted name, what was found. It is shown and proves nothing: registers are
asked again when the dossier is filed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, Literal, NamedTuple, cast, get_args

from dossier_intake.forms.filled import typed_of
from dossier_intake.forms.nodes import Nodes
from dossier_intake.pages.sheet.offer import Offer
from dossier_intake.pages.sheet.sheet import Sheet
from dossier_shared.pages.texts import Texts

HELD: Final = "held"
ABOUT_ME: Final = "person"  # the group of a form for whom it is about
Source = Literal["state", "own", "card"]
"""The population database, the person's own last dossier, or the QR code of an identity card."""

_SEPARATOR = "|"
_PAPER = "paper."
_OF_FORM: Mapping[str, str] = {"full_name": "name", "birth_date": "date_of_birth", "sex": "sex"}
Facts = Mapping[str, Any]


class Held(NamedTuple):
    source: Source
    name: str
    value: str

    @property
    def sent(self) -> str:
        return _SEPARATOR.join(self)


class Mark(NamedTuple):
    """Beside a field. `same`: what stands in it is what was found."""

    said: str
    same: bool


def read(sheet: Sheet) -> Iterator[Held]:
    for one in sheet.typed.get(HELD, ()):
        source, name, value = (*one.split(_SEPARATOR, 2), "", "")[:3]
        if source in get_args(Source) and name:
            yield Held(cast(Source, source), name, value)


def having(sheet: Sheet, found: Iterable[Held]) -> Sheet:
    """With these noted, each name once; fields in which nothing was typed are filled in."""
    noted = {one.name: one for one in [*read(sheet), *found]}
    typed = {**sheet.typed, HELD: [one.sent for one in noted.values()]}
    for one in noted.values():
        if not one.name.startswith(_PAPER) and not sheet.first(one.name).strip():
            typed[one.name] = [one.value]
    return replace(sheet, typed=typed)


def of_facts(facts: Facts, offer: Offer, *, about_me: bool) -> list[Held]:
    """`about_me`: the form's own person is who fills it in, by their word."""
    found = [Held("state", "applicant.name", facts["name"])]
    if facts.get("residence"):
        found.append(Held("state", "applicant.address", facts["residence"]))
    if about_me and offer.form is not None:
        person = {name: facts[fact] for name, fact in _OF_FORM.items() if facts.get(fact)}
        typed = typed_of(offer.form.schema, {ABOUT_ME: person})
        found += [Held("state", name, given[0]) for name, given in typed.items() if given]
    return found


def of_results(results: Sequence[Mapping[str, Any]]) -> list[Held]:
    """Of the repository, by the paper they stand for."""
    return [
        Held("state", f"{_PAPER}{one['code']}", _SEPARATOR.join((one["number"], one.get("valid_until") or "")))
        for one in results
    ]


def has_person(offer: Offer) -> bool:
    """Whether the form asks for somebody whom the reader may be."""
    if offer.form is None:
        return False
    nodes = Nodes(offer.form.schema)
    return any(name == ABOUT_ME and node.kind == "group" for name, node in nodes.fields(nodes.root()))


def marks(sheet: Sheet, t: Texts) -> dict[str, Mark]:
    """By posted name. Of one's own last dossier nothing is said once it was changed."""
    found = {}
    for one in read(sheet):
        same = sheet.first(one.name).strip() == one.value
        if one.name.startswith(_PAPER) or not (same or one.source != "own"):
            continue
        shown = {"male": t("file.male"), "female": t("file.female")}.get(one.value, one.value)
        words = t.label("file_held", one.source) if same else _differs(one.source, shown, t)
        found[one.name] = Mark(words, same)
    return found


def _differs(source: Source, value: str, t: Texts) -> str:
    return t("card.has", value=value) if source == "card" else t("file.state_has", value=value)


def papers(sheet: Sheet) -> dict[str, tuple[str, str]]:
    """Number and last valid day of what the repository has, by code of the paper."""
    found = {}
    for one in read(sheet):
        if one.name.startswith(_PAPER):
            number, _, until = one.value.rpartition(_SEPARATOR)
            found[one.name.removeprefix(_PAPER)] = (number, until)
    return found
