"""Amounts in đồng: whole. A program gives an integer and nothing else; what a person types may be grouped."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import Field

from dossier_shared.problems import Invalid
from dossier_shared.vocabulary.reading import Value

MAX_DONG = 100_000_000_000
MAX_DIGITS = 15  # of what is typed; what it is for may have a lower bound
Dong = Annotated[int, Field(strict=True, ge=0, le=MAX_DONG)]
PositiveDong = Annotated[int, Field(strict=True, gt=0, le=MAX_DONG)]

_CURRENCY = re.compile(r"\s*(?:đồng|đ|₫|vnđ|vnd)\.?$", re.IGNORECASE)
_BLANKS = re.compile(r"[\s\u200b\u2060\ufeff]+")
_PLAIN = re.compile(r"0|[1-9][0-9]*")
_GROUPED = re.compile(r"[1-9][0-9]{0,2}([., ’'])[0-9]{3}(?:\1[0-9]{3})*")


def dong_typed(text: str) -> int:
    """`50.000`, `50,000`, `50 000 đ`, `50000` are 50000; `50.00`, `50,5` and mixtures are refused."""
    bare = _CURRENCY.sub("", _BLANKS.sub(" ", text).strip())
    if _GROUPED.fullmatch(bare) is not None:
        bare = re.sub(r"[^0-9]", "", bare)
    if len(bare) > MAX_DIGITS or _PLAIN.fullmatch(bare) is None:
        raise Invalid(
            "amount-invalid",
            "Số tiền phải là số đồng nguyên, ví dụ 50000 hoặc 50.000. Hãy nhập lại.",
            "The amount must be a whole number of đồng, for example 50000 or 50.000. Enter it again.",
        )
    return int(bare)


def _dong_written(value: Any) -> Any:
    """A whole number stays; text is read as a person types it; 50.0 may be what is left of `50.000`."""
    if isinstance(value, str):
        return dong_typed(value)
    if isinstance(value, float):
        raise Invalid(
            "amount-invalid",
            "Số tiền phải là số đồng nguyên: viết 50000, hoặc '50.000' trong dấu nháy.",
            "The amount must be a whole number of đồng: write 50000, or '50.000' in quotes.",
        )
    return value


WrittenDong = Annotated[
    Dong, Value(_dong_written, {"anyOf": [{"type": "integer", "minimum": 0, "maximum": MAX_DONG}, {"type": "string"}]})
]
"""In a file people write: a whole number, or text as one types it."""
