"""Text messages: what a text costs, and the cheapest way to say all of it. Pure.

GSM-7 holds 160 septets (153 a part of several), UCS-2 70 code units (67).
"""

from __future__ import annotations

import unicodedata
from typing import Any, Literal, NamedTuple

_GSM7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM7_ESCAPED = frozenset("^{}\\[~]|€")  # two septets each
_ALIKE = {
    **dict.fromkeys("đðɗ", "d"), **dict.fromkeys("ĐÐƊ", "D"), **dict.fromkeys("ƀɓ", "b"), **dict.fromkeys("ɃƁ", "B"),
    "ł": "l", "Ł": "L", "ħ": "h", "Ħ": "H", "ŧ": "t", "Ŧ": "T", "ı": "i", "œ": "oe", "Œ": "OE", "þ": "th", "Þ": "Th",
    **dict.fromkeys("‐‑‒–—―−•·●▪■", "-"), **dict.fromkeys("‘’‚‛`´ʼʹꞌ′", "'"), **dict.fromkeys("“”„‟«»″", '"'),
    "×": "x", "÷": "/", "⁄": "/", "≤": "<=", "≥": ">=", "→": "->", "₫": "d", "°": "o", "©": "(c)", "®": "(r)",
}  # fmt: skip
"""Letters and signs without a decomposition, and the plain ones a reader takes them for."""
_CHEAP = _GSM7 | _GSM7_ESCAPED
_WIDE: dict[str, frozenset[str]] = {"gsm7": _GSM7_ESCAPED, "ucs2": frozenset()}
_SINGLE = {"gsm7": 160, "ucs2": 70}
_PART = {"gsm7": 153, "ucs2": 67}


class Cost(NamedTuple):
    """`units` are septets (gsm7) or UTF-16 code units (ucs2)."""

    encoding: Literal["gsm7", "ucs2"]
    units: int
    parts: int


def cost(text: str) -> Cost:
    if _CHEAP.issuperset(text):
        return _cost("gsm7", text, len(text) + sum(map(text.count, _GSM7_ESCAPED)))
    return _cost("ucs2", text, len(text.encode("utf-16-le")) // 2)


def cheapest(text: str) -> str:
    """Without marks where all of it can be said in GSM-7; else with every letter as it was given, marks too: they cost nothing
    more, and no letter ever becomes `?`."""
    composed = unicodedata.normalize("NFC", text)
    bare = composed.translate(_BARE)
    return bare if _CHEAP.issuperset(bare) else composed


class _Bare(dict[int, str]):
    """What each letter becomes, worked out when it is first met; itself where it has no plain form. Those are not kept."""

    def __missing__(self, point: int) -> str:
        char = chr(point)
        bare = "".join(map(_plain, unicodedata.normalize("NFKD", _ALIKE.get(char, char))))
        if not _CHEAP.issuperset(bare):
            return char
        self[point] = bare
        return bare


def _plain(part: str) -> str:
    return "" if 0x300 <= ord(part) < 0x370 else _ALIKE.get(part, part)  # marks of Latin letters


_KEPT = "".join(sorted(_CHEAP - frozenset("èéùìòÇÅåÉÄÖÑÜäöñüà")))
"""Of GSM-7; its letters with marks lose them, as all others do."""
_BARE = _Bare({ord(char): char for char in _KEPT})


def _cost(encoding: Literal["gsm7", "ucs2"], text: str, units: int) -> Cost:
    if units <= _SINGLE[encoding]:
        return Cost(encoding, units, 1)
    if units == len(text):
        return Cost(encoding, units, -(-units // _PART[encoding]))
    parts, room = 1, _PART[encoding]
    for char in text:  # an escape or a surrogate pair is never split between two parts
        width = 2 if char in _WIDE[encoding] or char > "\uffff" else 1
        if width > room:
            parts, room = parts + 1, _PART[encoding]
        room -= width
    return Cost(encoding, units, parts)


def for_pages() -> dict[str, Any]:
    """What a page needs to count as `cost(cheapest(text))` does while somebody writes."""
    return {"gsm7": "".join(sorted(_GSM7)), "escaped": "".join(sorted(_GSM7_ESCAPED)), "kept": _KEPT, "alike": _ALIKE}
