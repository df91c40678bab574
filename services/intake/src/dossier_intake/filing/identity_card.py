"""What the QR code of a citizen's identity card says: fields between bars. Nobody has signed it, so it proves nothing. Pure.

`number|old number|name|ddmmyyyy|sex|residence|ddmmyyyy of issue`, and on cards since July 2024 more behind it (names of the
parents among them), which is not asked for and not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import Final, Literal, NamedTuple

from dossier_shared.problems import Invalid
from dossier_shared.vocabulary.identity import citizen_id
from dossier_shared.vocabulary.names import person_name
from dossier_shared.vocabulary.text import clean_text

LONGEST: Final = 1000  # characters; a card has about 150
_FEWEST, _MOST = 7, 20  # fields
_TWELVE: Final = re.compile(r"[0-9]{12}")
_OLD: Final = re.compile(r"[0-9]{9}|[0-9]{12}|")
_DAY: Final = re.compile(r"([0-9]{2})([0-9]{2})([0-9]{4})")
_SEXES: Final[dict[str, Literal["male", "female"]]] = {"nam": "male", "nữ": "female"}


class IdentityCard(NamedTuple):
    """`birth`: None where the card knows the year only."""

    number: str
    name: str
    birth: date | None
    sex: Literal["male", "female"] | None
    residence: str


def read_card(text: str) -> IdentityCard | None:
    """None: some other code, or one that was not read well."""
    fields = [one.strip() for one in text.strip().split("|")] if len(text) <= LONGEST else []
    if not _FEWEST <= len(fields) <= _MOST or not _TWELVE.fullmatch(fields[0]) or not _OLD.fullmatch(fields[1]):
        return None
    number, _, name, birth, sex, residence = fields[:6]
    try:
        return IdentityCard(
            citizen_id(number).number,
            person_name(name),
            _day(birth),
            _SEXES.get(clean_text(sex, lines=False).lower()),
            clean_text(residence, lines=False),
        )
    except (Invalid, ValueError):
        return None


def card_among(texts: Iterable[str]) -> tuple[str, IdentityCard] | None:
    """The first that is one, with what it was read from: a photograph may show other codes too."""
    return next(((text, card) for text in texts if (card := read_card(text)) is not None), None)


def _day(text: str) -> date | None:
    """Raises ValueError for what is no day, nor a year alone."""
    found = _DAY.fullmatch(text)
    if found and found[1] != "00" and found[2] != "00":
        return date(int(found[3]), int(found[2]), int(found[1]))
    if found or re.fullmatch(r"(?:[0-9]{4})?", text):
        return None
    raise ValueError(text)
