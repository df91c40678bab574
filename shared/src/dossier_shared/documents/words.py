"""What is written on paper: letters that are fit for it, and a date as a document's head has it. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import date, datetime
from typing import Annotated

import regex
from pydantic import AfterValidator

from dossier_shared.vocabulary.moments import VIETNAM
from dossier_shared.vocabulary.text import visible as seen

ISOLATES_AND_OVERRIDES = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")

_LONG_WORD = re.compile(r"\S{13,}")
_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_ISO_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(?:Z|[+-][0-9]{2}:[0-9]{2})")
_PIECE = re.compile(r"[^-./,;:@_]*[-./,;:@_]*")
_LETTER = regex.compile(r"\X")


def printable(text: str) -> str:
    """NFC, without controls and directional overrides (they would show something else than what is signed)."""
    composed = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\t", " "))
    return "".join(
        character
        for character in composed
        if character == "\n"
        or (unicodedata.category(character) not in {"Cc", "Cs", "Cn"} and character not in ISOLATES_AND_OVERRIDES)
    )


def visible(text: str) -> str:
    """What of it is printed and can be seen, without blanks around it; often nothing."""
    shown = printable(text).strip()
    return shown if seen(shown) else ""


def _demand_visible(text: str) -> str:
    if not visible(text):
        raise ValueError("nothing of it can be seen in print")
    return printable(text)


Text = Annotated[str, AfterValidator(printable)]
RequiredText = Annotated[str, AfterValidator(_demand_visible)]


def place_and_date(place: str, instant: datetime) -> str:
    """Two digits for days below 10 and for months 1 and 2, as Nghị định 30/2020/NĐ-CP writes them."""
    local = instant.astimezone(VIETNAM)
    month = f"{local.month:02d}" if local.month < 3 else str(local.month)
    return f"{place}, ngày {local.day:02d} tháng {month} năm {local.year}"


def day(instant: datetime) -> str:
    """`29/11/2026`, in Vietnam."""
    return f"{instant.astimezone(VIETNAM):%d/%m/%Y}"


def hour_and_day(instant: datetime) -> str:
    """`08:05 ngày 29/11/2026`, in Vietnam."""
    return f"{instant.astimezone(VIETNAM):%H:%M ngày %d/%m/%Y}"


def readable(text: str) -> str:
    """`2026-11-29` and instants as people write them; all other text as it is."""
    try:
        if _ISO_DAY.fullmatch(text):
            return f"{date.fromisoformat(text):%d/%m/%Y}"
        if _ISO_INSTANT.fullmatch(text):
            return hour_and_day(datetime.fromisoformat(text))
    except (ValueError, OverflowError):  # of no calendar
        pass
    return text


def dong(amount: int) -> str:
    """`1.500.000 đồng`."""
    return f"{amount:,}".replace(",", ".") + " đồng"


def breakable(text: str) -> str:
    """For a narrow column: words longer than it may break, behind their signs, else anywhere between two letters."""
    return _LONG_WORD.sub(lambda word: "\u200b".join(_pieces(word[0])), text)


def _pieces(word: str) -> Iterator[str]:
    for piece in filter(None, _PIECE.findall(word)):
        if len(piece) < 13:
            yield piece
            continue
        letters = ""
        for letter in _LETTER.findall(piece):
            letters += letter
            if not letter.endswith("\u17d2"):  # the sign that joins two Khmer letters into one
                yield letters
                letters = ""
        if letters:
            yield letters
