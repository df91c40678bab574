"""What a citizen is told, and what it costs to say it. Pure.

Policy `diacritics` keeps the Vietnamese letters (UCS-2: 70 characters, 67 a part); `plain` ("không dấu") drops the marks
(GSM-7: 160, 153 a part). A text with letters that have no plain form (Khmer, Hán) is said with all its letters under either.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import regex

Policy = Literal["plain", "diacritics"]
Moment = Literal["approved", "rejected", "refused"]

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


class Template(NamedTuple):
    """`bare` is said where there is no detail, or no room for any."""

    detailed: str
    bare: str


TEMPLATES: dict[Moment, Template] = {
    "approved": Template(
        "Hồ sơ {code} ({detail}) đã có kết quả. Mời xem và nhận kết quả trên Cổng dịch vụ công.",
        "Hồ sơ {code} đã có kết quả. Mời xem và nhận kết quả trên Cổng dịch vụ công.",
    ),
    "rejected": Template(
        "Hồ sơ {code} ({detail}) không được chấp thuận. Mời xem văn bản trả lời trên Cổng dịch vụ công.",
        "Hồ sơ {code} không được chấp thuận. Mời xem văn bản trả lời trên Cổng dịch vụ công.",
    ),
    "refused": Template(
        "Hồ sơ {code} chưa được tiếp nhận. Lý do: {detail}. Mời xem hướng dẫn trên Cổng dịch vụ công.",
        "Hồ sơ {code} chưa được tiếp nhận. Mời xem lý do và hướng dẫn trên Cổng dịch vụ công.",
    ),
}


@dataclass(frozen=True, slots=True)
class Texts:
    """Policy per kind of message (`result`, `refused`); a text is shortened to `max_parts` by cutting its detail."""

    policies: Mapping[str, Policy] = field(default_factory=dict)
    max_parts: int = 2

    def compose(self, moment: Moment, *, code: str, detail: str) -> str:
        template = TEMPLATES[moment]
        policy = self.policies.get("refused" if moment == "refused" else "result", "plain")
        tidy = _tidy(detail)
        whole = (
            tidy if tidy.isascii() else regex.findall(r"\X", tidy)
        )  # never cut within what a reader calls one letter

        def text(length: int) -> str:
            shown = tidy if length == len(whole) else "".join(whole[:length]).rstrip(" ,;.") + "..."
            said = template.detailed.format(code=code, detail=shown) if length else template.bare.format(code=code)
            return cheapest(said) if policy == "plain" else unicodedata.normalize("NFC", said)

        said = text(len(whole))
        if not whole or cost(said).parts <= self.max_parts:
            return said
        shortened = range(1, len(whole))
        return text(bisect_right(shortened, self.max_parts, key=lambda length: cost(text(length)).parts))


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


_BARE = _Bare({ord(char): char for char in _CHEAP - frozenset("èéùìòÇÅåÉÄÖÑÜäöñüà")})


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


def _tidy(detail: str) -> str:
    spaced = " ".join(detail.split())
    return "".join(char for char in spaced if unicodedata.category(char)[0] != "C").rstrip(" .")
