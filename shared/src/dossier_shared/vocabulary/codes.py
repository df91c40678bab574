"""Codes as people type and paste them: out of a PDF, a message, a letter."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated
from unicodedata import category, normalize

from pydantic import Field

from dossier_shared.problems import Invalid
from dossier_shared.vocabulary.reading import Text
from dossier_shared.vocabulary.text import clean_text

MAX_CODE = 64
_CANONICAL = re.compile(r"[A-Za-z0-9.\-]*")
_SHAPE = re.compile(r"[A-Z0-9][A-Z0-9.\-]*")

CatalogueCode = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9.\-]{0,39}$")]
"""Of an agency, a procedure, a paper: given by programs and files, so as it is."""
Key = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[\x21-\x7e]+$")]
"""Of idempotency: visible ASCII."""
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


def plain_code(text: str) -> str:
    """`-` for any dash, without blanks and what is not seen. Whatever else is in it stays: no code, not found."""
    if _CANONICAL.fullmatch(text) is not None:
        return text
    kept = []
    for sign in normalize("NFKC", text):
        kind = category(sign)
        if kind == "Pd" or sign == "\u2212":
            kept.append("-")
        elif not (sign.isspace() or kind in ("Cf", "Cc", "Mn")):
            kept.append(sign)
    return "".join(kept)


def spellings(text: str, agencies: Iterable[str] = ()) -> tuple[str, ...]:
    """A dossier's code as typed, in capitals, and as those of the `agencies` begin whose own code has small letters."""
    code = plain_code(text)[:MAX_CODE]
    large = code.upper()
    own = [
        f"{one}{large[len(one) :]}" for one in agencies if one != one.upper() and large.startswith(f"{one.upper()}-")
    ]
    return tuple(dict.fromkeys((code, large, *own)))


def dossier_code(text: str) -> str:
    """The canonical code, or what cannot be one refused."""
    code = plain_code(text).upper()
    if len(code) > MAX_CODE or _SHAPE.fullmatch(code) is None:
        raise Invalid(
            "code-invalid",
            "Mã hồ sơ không hợp lệ. Hãy nhập như trên giấy hẹn: chữ, số và dấu gạch nối.",
            "The dossier code is not valid. Enter it as on the receipt: letters, digits and hyphens.",
        )
    return code


def coded(max_length: int, *, empty: bool = False) -> Text:
    """Of an agency, a procedure, a paper, to be looked up: capitals stay, since a catalogue may have both."""

    def read(text: str) -> str:
        code = plain_code(text)
        if len(code) > max_length:
            raise _bad_code(f"dài quá {max_length} ký tự", f"it is longer than {max_length} characters")
        if not code and not empty:
            raise _bad_code("chưa có gì", "it is empty")
        return code

    return Text(read, {"maxLength": max_length} if empty else {"minLength": 1, "maxLength": max_length})


def subject(text: str) -> str:
    """Of an account: opaque, so only what nobody sees around it goes."""
    found = clean_text(text, lines=False)
    if not 0 < len(found) <= 200:
        raise _bad_code("cần 1 đến 200 ký tự nhìn thấy được", "it needs 1 to 200 characters that can be seen")
    return found


def _bad_code(vi: str, en: str) -> Invalid:
    return Invalid("code-invalid", f"Mã không hợp lệ: {vi}.", f"The code is not valid: {en}.")


DossierCode = Annotated[str, Text(dossier_code, {"minLength": 1, "maxLength": 200})]
TypedCode = Annotated[str, Text(plain_code)]
"""To be looked up, whatever it is."""
GivenCode = Annotated[str, coded(60, empty=True)]
AgencyCode = Annotated[str, coded(60)]
DossierId = Annotated[str, coded(200)]
"""Also of what is journalled as a dossier is: an alarm, a message."""
Subject = Annotated[str, Text(subject, {"minLength": 1, "maxLength": 200})]
