"""Names of people and of organisations: one form each, and no letters that only look like others (UTS 39)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Literal
from unicodedata import normalize

import regex

from dossier_shared.problems import Invalid
from dossier_shared.vocabulary.reading import Text
from dossier_shared.vocabulary.text import clean_text, letters

PERSON_LENGTH = 150
ORGANISATION_LENGTH = 300
Kind = Literal["person", "organisation"]

_LATIN = "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02af\u1e00-\u1eff"  # one code point each, NFC
_PLAIN = re.compile(f"[{_LATIN}]+(?:[ '’-][{_LATIN}]+)*")
_ALIKE = str.maketrans({"‘": "’", "`": "'", "´": "'", "ʹ": "'", "‐": "-", "‑": "-", "–": "-", "—": "-", "−": "-"})
"""Signs that keyboards and registers put for the two that names carry."""
_PERSON = regex.compile(r"[\p{L}\p{M} '’\-.,·]*", regex.VERSION1)
_ORGANISATION = regex.compile(r"[\p{L}\p{M}\p{N}\p{P} &+№°|--[@\\*_#{}]]*", regex.VERSION1)
_LETTER = regex.compile(r"\p{L}", regex.VERSION1)
_DECEIVES = regex.compile(r"[\p{Cc}--\s]|[\u202d\u202e\u115f\u1160\u2800\u3164\uffa0]", regex.VERSION1)
"""Nobody types these by accident: they make a name look like another."""
_REPEATED_MARK = regex.compile(r"([\p{Mn}\p{Me}])\1|[\p{Mn}\p{Me}]{5}", regex.VERSION1)
"""Of a name in NFD: UTS 39 allows four marks upon a letter, all different."""
_FORM = re.compile(
    r"\s*(?:công\s+ty|tổng\s+công\s+ty|tập\s+đoàn|doanh\s+nghiệp|hợp\s+tác\s+xã|hộ\s+kinh\s+doanh|chi\s+nhánh|"
    r"văn\s+phòng\s+đại\s+diện|ngân\s+hàng|trường\s+(?:đại\s+học|cao\s+đẳng|tiểu\s+học|trung\s+học|mầm\s+non))\s+\S",
    re.IGNORECASE,
)
_WORD = regex.compile(r"[\p{L}\p{M}]+", regex.VERSION1)
_MIXED = regex.compile(
    "|".join(
        rf"(?=.*\p{{Script={script}}})(?=.*[^\p{{Script={script}}}\p{{Script=Common}}\p{{Script=Inherited}}])"
        for script in ("Latin", "Cyrillic", "Greek", "Armenian", "Cherokee")
    ),
    regex.VERSION1,
)
"""Of one word: a letter of an alphabet whose letters look like another's, beside a letter of any other."""


def person_name(text: str) -> str:
    """NFC, single spaces. Letters of any script and the marks names carry (K'Brơi, Y-Bhăm); no digits or symbols."""
    if len(text) <= PERSON_LENGTH and _PLAIN.fullmatch(text) is not None:
        return text
    name = _cleaned(text, _bad_person)
    return _checked(
        name, PERSON_LENGTH, _PERSON, _bad_person, "chữ cái, dấu cách và các dấu ' - .", "letters, spaces and ' - ."
    )


def organisation_name(text: str) -> str:
    """NFC, single spaces. Letters, digits and the signs such names carry: `Trường Mầm non 19/5`, `Công ty CP Thử & Con`."""
    if len(text) <= ORGANISATION_LENGTH and _PLAIN.fullmatch(text) is not None:
        return text
    name = _cleaned(text, _bad_organisation)
    return _checked(
        name, ORGANISATION_LENGTH, _ORGANISATION, _bad_organisation,
        'chữ cái, chữ số và các dấu như / & ( ) " . , -', 'letters, digits and signs like / & ( ) " . , -',
    )  # fmt: skip


def applicant_name(text: str, kind: Kind | None = None) -> tuple[str, Kind]:
    """Where nobody said which: a person by the look of it, else an organisation if it has three words or more."""
    if kind == "organisation":
        return organisation_name(text), "organisation"
    try:
        return person_name(text), "person"
    except Invalid:
        if kind is None and len(text.split()) >= 3 and is_organisation_name(text):
            return organisation_name(text), "organisation"
        raise


def names_organisation(text: str) -> bool:
    """It begins as no person's name does, and goes on: `Công ty Thành Đạt`."""
    return _FORM.match(normalize("NFC", text)) is not None


def mixes_alphabets(name: str) -> bool:
    return any(_MIXED.match(word) is not None for word in _WORD.findall(name) if not word.isascii())


def is_person_name(text: str) -> bool:
    return _holds(person_name, text)


def is_organisation_name(text: str) -> bool:
    return _holds(organisation_name, text)


def _holds(check: Callable[[str], str], text: str) -> bool:
    try:
        check(text)
    except Invalid:
        return False
    return True


Bad = Callable[[str, str], Invalid]


def _cleaned(text: str, bad: Bad) -> str:
    if _DECEIVES.search(text) is not None:
        raise bad("Có ký tự ẩn. Hãy gõ lại bằng bàn phím.", "It has hidden characters. Type it again.")
    try:
        return clean_text(text, lines=False).translate(_ALIKE)
    except Invalid as odd:
        raise bad(odd.vi, odd.en) from None


def _checked(name: str, limit: int, allowed: regex.Pattern[str], bad: Bad, vi: str, en: str) -> str:
    if letters(name) > limit:
        raise bad(f"Dài quá {limit} ký tự.", f"It is longer than {limit} characters.")
    if _LETTER.search(name) is None:
        raise bad("Không có chữ cái nào.", "It has no letters.")
    if allowed.fullmatch(name) is None:
        raise bad(f"Chỉ được gồm {vi}.", f"Only {en} are allowed.")
    if not name.isascii():
        if _REPEATED_MARK.search(normalize("NFD", name)) is not None:
            raise bad(
                "Có chữ mang hai lần cùng một dấu, hoặc quá nhiều dấu. Hãy nhập lại chữ đó.",
                "A letter carries the same mark twice, or too many. Type it again.",
            )
        if mixes_alphabets(name):
            raise bad(
                "Có từ lẫn chữ của hai bảng chữ cái, ví dụ chữ Nga trong từ tiếng Việt. Hãy gõ lại từ đó.",
                "A word mixes letters of two alphabets, Cyrillic among Latin for example. Type it again.",
            )
    return name


def _bad_person(vi: str, en: str) -> Invalid:
    return Invalid("name-invalid", f"Họ và tên không hợp lệ. {vi}", f"The name is not valid. {en}")


def _bad_organisation(vi: str, en: str) -> Invalid:
    return Invalid("name-invalid", f"Tên tổ chức không hợp lệ. {vi}", f"The organisation's name is not valid. {en}")


PersonName = Annotated[str, Text(person_name, {"minLength": 1, "maxLength": PERSON_LENGTH})]
OrganisationName = Annotated[str, Text(organisation_name, {"minLength": 1, "maxLength": ORGANISATION_LENGTH})]
ApplicantName = Annotated[
    str, Text(lambda text: applicant_name(text)[0], {"minLength": 1, "maxLength": ORGANISATION_LENGTH})
]
"""Of either, where nothing beside it says which."""
