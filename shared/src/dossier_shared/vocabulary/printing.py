"""What our documents can print: checked where a text comes in that will be printed; a refusal names the letters.

`printed_letters.json`: the code points of each font family, in the order the templates try them, made from the fonts
themselves (`make contracts`). A letter is printed by one family whole: its marks come from the font that has the letter.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson
import regex

from dossier_shared.problems import Invalid

_LETTERS: Final[dict[str, str]] = orjson.loads(
    files("dossier_shared.vocabulary").joinpath("printed_letters.json").read_bytes()
)
FAMILIES: Final = tuple(_LETTERS)
"""Of fonts, in the order they are tried; nothing else is."""
NAMED: Final = 5
"""Letters a problem names of one text."""


def _letters_of(spans: str) -> re.Pattern[str]:
    ranges = (span.partition("-") for span in spans.split(","))
    return re.compile("[\n" + "".join(f"\\U{first:>08}-\\U{last or first:>08}" for first, _, last in ranges) + "]+")


_MAIN: Final = _letters_of(_LETTERS[FAMILIES[0]])
_LETTER: Final = regex.compile(r"\X")
_UNSEEN: Final = regex.compile(r"[\p{Default_Ignorable_Code_Point}\p{Cc}]+")


class PrintedText(NamedTuple):
    """A text that will be printed: a JSON pointer to where it was given, what people call it, and itself."""

    path: str
    vi: str
    en: str
    text: str | None


def unprintable(text: str) -> list[str]:
    """The letters (grapheme clusters) of a text in NFC that no font has, each once, in order."""
    if not text or _MAIN.fullmatch(text) is not None:
        return []
    return list(dict.fromkeys(letter for letter in _LETTER.findall(text) if not _printed(letter)))


def substituted(text: str) -> str:
    """The same text with `[U+1F600]` in the place of each letter that no font has."""
    if _MAIN.fullmatch(text) is not None:
        return text
    return "".join(letter if _printed(letter) else f"[{code_points(letter)}]" for letter in _LETTER.findall(text))


def plainest(text: str) -> str:
    """Nothing but the letters of the main font; for a document that the fonts refused against what is written here."""
    return "".join(letter if _MAIN.fullmatch(letter) else f"[{code_points(letter)}]" for letter in text)


def absent(folder: Path) -> str | None:
    """What to say where no fonts are: a process that sets documents must not start without them."""
    if any(folder.glob("*.ttf")):
        return None
    return f"{folder}: no fonts to set documents with; `make install` and the image's build put them there"


def named(letter: str) -> str:
    """`“😀” (U+1F600)`."""
    return f"“{letter}” ({code_points(letter)})"


def code_points(letter: str) -> str:
    return " ".join(f"U+{ord(point):04X}" for point in letter)


def findings(places: Iterable[PrintedText]) -> Iterator[tuple[PrintedText, str]]:
    """Each place with letters that cannot be printed, and those letters named."""
    for place in places:
        if place.text and (odd := unprintable(place.text)):
            yield place, ", ".join(map(named, odd[:NAMED]))


def check_printed(places: Sequence[PrintedText]) -> None:
    """Raises Invalid `unprintable-text` that names every letter and its field, and says what to do."""
    if found := list(findings(places)):
        place, letters = found[0]
        raise Invalid(
            "unprintable-text",
            f"{place.vi}: có ký tự không in được lên văn bản: {letters}. Hãy thay bằng chữ, hoặc bỏ đi.",
            f"{place.en}: it has characters that cannot be printed on a document: {letters}. "
            "Replace them with letters, or leave them out.",
            errors=[_error(place, letters) for place, letters in found],
        )


def _error(place: PrintedText, letters: str) -> dict[str, Any]:
    return {
        "path": place.path,
        "code": "unprintable-text",
        "message": {"vi": f"{place.vi}: không in được {letters}.", "en": f"{place.en}: cannot print {letters}."},
    }


def _printed(letter: str) -> bool:
    seen = _UNSEEN.sub("", letter)
    return not seen or any(font.fullmatch(seen) is not None for font in _fonts())


@cache
def _fonts() -> tuple[re.Pattern[str], ...]:
    """Made when the first letter beyond the main font is met."""
    return _MAIN, *map(_letters_of, list(_LETTERS.values())[1:])
