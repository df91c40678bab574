"""Human text: kept as it is seen. Nothing hidden stays in it, and where it is required something visible must be left.

Plain text of Vietnamese and most other Latin letters is recognised in one pass and costs next to nothing; the rest is looked
at by the properties Unicode gives each letter.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any
from unicodedata import is_normalized, normalize

import regex
from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from dossier_shared.problems import Invalid
from dossier_shared.vocabulary.reading import told

MAX_TEXT = 4000
MAX_MARKS = 4
"""Marks upon one letter, after NFC; no language writes more."""
_POINTS_PER_LETTER = 4
"""What a reader calls one letter may be several code points; text of more than this many times its limit is too long."""

_PLAIN = re.compile("[ -~\n\u00a1-\u00ac\u00ae-\u02af\u1e00-\u1eff\u2010-\u2015\u2018-\u201f\u2022\u2026\u20ab]*")
"""Letters and signs that are one code point each, visible, and already NFC."""

_JOINED = "".join(
    rf"\p{{Script={name}}}"
    for name in (
        "Arabic", "Syriac", "Mongolian", "Devanagari", "Bengali", "Gurmukhi", "Gujarati", "Oriya", "Tamil", "Telugu",
        "Kannada", "Malayalam", "Sinhala", "Khmer", "Myanmar", "Tibetan", "Cham", "Balinese", "Javanese",
    )
)  # fmt: skip
_UNSPACED = r"\p{Script=Khmer}\p{Script=Thai}\p{Script=Lao}\p{Script=Myanmar}"
_NEEDED = rf"""
    (?<=[{_JOINED}])[\u200c\u200d](?=[{_JOINED}])              # shapes letters of scripts that join them
  | (?<=[{_UNSPACED}])\u200b(?=[{_UNSPACED}])                  # where scripts without spaces may break a line
  | (?<=[\p{{Extended_Pictographic}}\p{{Emoji_Modifier}}\ufe0f])\u200d(?=\p{{Extended_Pictographic}})
  | (?<=[\p{{Emoji}}--[0-9#*]])[\ufe0e\ufe0f]
  | (?<=[0-9#*])\ufe0f(?=\u20e3)
  | \U0001f3f4[\U000e0020-\U000e007e]+\U000e007f              # flags of regions
"""
_HIDDEN = regex.compile(
    rf"""(?:{_NEEDED})(*SKIP)(*FAIL)
  | [\p{{Default_Ignorable_Code_Point}}\p{{Cc}}\p{{Cf}}\ufffc--\n--\p{{Prepended_Concatenation_Mark}}]
    """,
    regex.VERSION1 | regex.VERBOSE,
)
_MAY_HIDE = regex.compile(
    r"[\p{Default_Ignorable_Code_Point}\p{Cc}\p{Cf}\ufffc--\n--\p{Prepended_Concatenation_Mark}]", regex.VERSION1
)
_LINE_ENDS = regex.compile(r"\r\n?|[\v\f\x85\u2028\u2029]")
_BLANKS = regex.compile(r"[\t\p{Zs}\u115f\u1160\u2800\u3164\uffa0\U0001d159]", regex.VERSION1)
"""Fillers of other scripts look like blanks, and are kept as what they look like."""
_NO_LETTER = regex.compile(r"[\p{Co}\p{Cn}\p{Cs}\ufffd]", regex.VERSION1)
_VISIBLE = regex.compile(r"[\p{L}\p{N}\p{P}\p{S}]", regex.VERSION1)
_TOO_MANY_MARKS = regex.compile(rf"[\p{{Mn}}\p{{Me}}]{{{MAX_MARKS + 1}}}", regex.VERSION1)
_ON_NOTHING = regex.compile(r"(?<!\S)[\p{Mn}\p{Me}]+", regex.VERSION1)
_CLUSTER = regex.compile(r"\X", regex.VERSION1)


def clean_text(text: str, *, lines: bool = True) -> str:
    """NFC, trimmed, without what nobody sees; "" where nothing is left. Raises Invalid for what stands for no letter."""
    if not (text.isascii() and text.isprintable()) and _PLAIN.fullmatch(text) is None:
        text = _cleaned(text)
    return text.strip() if lines else " ".join(text.split())


def visible(text: str) -> bool:
    """Whether a reader sees anything of it."""
    return _VISIBLE.search(unhidden(_BLANKS.sub(" ", text))) is not None


def written_out(text: str) -> bool:
    """Whether a name that is kept to the letter (a subject) reads as it is: visible, one line, nothing hidden, no blank ends."""
    if text.isascii() and text.isprintable():
        return bool(text) and text == text.strip()
    bare = _BLANKS.sub(" ", _LINE_ENDS.sub("\n", text))
    return "\n" not in bare and bare == bare.strip() and _MAY_HIDE.search(text) is None and visible(text)


def unhidden(text: str) -> str:
    """Without what nobody sees, and else as it is. Most text of any script hides nothing, and is not looked at by letters."""
    if _PLAIN.fullmatch(text) is not None or _MAY_HIDE.search(text) is None:
        return text
    return _HIDDEN.sub("", text)


def letters(text: str) -> int:
    """Its length as a reader counts it: grapheme clusters."""
    if _PLAIN.fullmatch(text) is not None:
        return len(text)
    return sum(1 for _ in _CLUSTER.finditer(text))


def human(text: str, max_length: int = MAX_TEXT, *, lines: bool = True) -> str:
    """Required text: cleaned, something visible in it, not longer than `max_length` letters."""
    clean = clean_text(text, lines=lines)
    if not clean:
        raise Invalid(
            "text-empty",
            "Nội dung trống hoặc chỉ gồm ký tự không nhìn thấy. Hãy nhập nội dung.",
            "The text is empty or has only characters that cannot be seen. Write something.",
        )
    check_length(clean, max_length)
    return clean


def check_length(clean: str, max_length: int) -> None:
    if len(clean) > max_length and (len(clean) > max_length * _POINTS_PER_LETTER or letters(clean) > max_length):
        raise Invalid(
            "text-too-long",
            f"Nội dung dài quá {max_length} ký tự. Hãy rút gọn.",
            f"The text is longer than {max_length} characters. Shorten it.",
        )


def _cleaned(text: str) -> str:
    if _PLAIN.fullmatch(composed := normalize("NFC", text)) is not None:
        return composed
    if (odd := _NO_LETTER.search(text)) is not None:
        raise _no_letter(odd[0])
    text = _LINE_ENDS.sub("\n", text)
    text = _ON_NOTHING.sub("", unhidden(_BLANKS.sub(" ", text)))
    if not is_normalized("NFC", text):
        text = normalize("NFC", text)
    if _TOO_MANY_MARKS.search(text) is not None:
        raise Invalid(
            "text-marks",
            f"Có chữ mang quá {MAX_MARKS} dấu. Hãy nhập lại chữ đó.",
            f"A letter carries more than {MAX_MARKS} marks. Type it again.",
        )
    return text if _VISIBLE.search(text) is not None else ""


def _no_letter(odd: str) -> Invalid:
    point = f"U+{ord(odd):04X}"
    return Invalid(
        "text-not-a-letter",
        f"Có ký tự {point} không phải chữ: dấu đầu dòng của Word, phông riêng, hoặc văn bản hỏng. Hãy gõ lại chỗ đó, ví dụ '-'.",
        f"It has {point}, which is no letter: a bullet of Word, a private font, or damaged text. "
        "Type that place again, for example '-'.",
    )


@dataclass(frozen=True)
class Human:
    """`Annotated[str, Human(200, lines=False)]`. `optional`: what has nothing to see is None; for `str | None`."""

    max_length: int = MAX_TEXT
    lines: bool = True
    optional: bool = False

    def read(self, text: str) -> str | None:
        if not self.optional:
            return human(text, self.max_length, lines=self.lines)
        clean = clean_text(text, lines=self.lines)
        check_length(clean, self.max_length)
        return clean or None

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        read = core_schema.no_info_after_validator_function(told(self.read), core_schema.str_schema())
        return core_schema.nullable_schema(read) if self.optional else read

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        if self.optional:
            return {"anyOf": [{"type": "string", "maxLength": self.max_length}, {"type": "null"}]}
        return {"type": "string", "minLength": 1, "maxLength": self.max_length}


HumanText = Annotated[str, Human()]
Line = Annotated[str, Human(300, lines=False)]
"""A title, a place, a name of a thing: one line."""
OptionalText = Annotated[str | None, Human(optional=True)]
OptionalLine = Annotated[str | None, Human(300, lines=False, optional=True)]
