"""Codes as people type and paste them: out of a PDF, a message, a letter."""

from __future__ import annotations

import re
from typing import Annotated
from unicodedata import category, normalize

from pydantic import Field

from dossier_shared.errors import Invalid
from dossier_shared.vocabulary.reading import Text

MAX_CODE = 64
_CANONICAL = re.compile(r"[A-Z0-9.\-]*")
_SHAPE = re.compile(r"[A-Z0-9][A-Z0-9.\-]*")

CatalogueCode = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9.\-]{0,39}$")]
"""Of an agency, a procedure, a paper: given by programs and files, so as it is."""
Key = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[\x21-\x7e]+$")]
"""Of idempotency: visible ASCII."""
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Id = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[\x21-\x7e]+$")]
"""Of a dossier, an alarm: made by us."""


def plain_code(text: str) -> str:
    """Upper case, `-` for any dash, without blanks and what is not seen. Whatever else is in it stays: no code, not found."""
    if _CANONICAL.fullmatch(text) is not None:
        return text
    kept = []
    for sign in normalize("NFKC", text):
        kind = category(sign)
        if kind == "Pd" or sign == "\u2212":
            kept.append("-")
        elif not (sign.isspace() or kind in ("Cf", "Cc", "Mn")):
            kept.append(sign)
    return "".join(kept).upper()


def dossier_code(text: str) -> str:
    """The canonical code, or what cannot be one refused."""
    code = plain_code(text)
    if len(code) > MAX_CODE or _SHAPE.fullmatch(code) is None:
        raise Invalid(
            "code-invalid",
            "Mã hồ sơ không hợp lệ. Hãy nhập như trên giấy hẹn: chữ, số và dấu gạch nối.",
            "The dossier code is not valid. Enter it as on the receipt: letters, digits and hyphens.",
        )
    return code


DossierCode = Annotated[str, Text(dossier_code, {"minLength": 1, "maxLength": 200})]
