"""The order of Vietnamese names: ă after a, đ after d, and tones only where all else is equal."""

from __future__ import annotations

from typing import Final
from unicodedata import normalize

_ALPHABET: Final = {letter: 1000 + place for place, letter in enumerate("aăâbcdđeêfghijklmnoôơpqrstuưvwxyz")}
_TONES: Final = {
    tone: place for place, tone in enumerate("\u0300\u0309\u0303\u0301\u0323", 1)
}  # huyền hỏi ngã sắc nặng


Key = tuple[list[int], list[int]]


def order(text: str) -> Key:
    """A key to sort by."""
    letters, tones = [], []
    for letter in normalize("NFC", text.casefold()):
        parts = normalize("NFD", letter)
        plain = normalize("NFC", "".join(part for part in parts if part not in _TONES))
        letters.append(
            _ALPHABET.get(plain, ord(plain[0]) if plain else 0)
        )  # a tone may stand alone in what somebody typed
        tones.append(next((_TONES[part] for part in parts if part in _TONES), 0))
    return letters, tones
