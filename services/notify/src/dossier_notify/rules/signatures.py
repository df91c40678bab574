"""A signature drawn on a screen: the lines of the pen as an SVG path, and nothing else that SVG could say. Pure."""

from __future__ import annotations

import re
from typing import Annotated

from dossier_shared.problems import Invalid
from dossier_shared.vocabulary.reading import Text

MAX_LENGTH = 20_000
SIDE = 1000  # of the field it is drawn in, twice as wide as high
_NUMBER = r"[0-9]{1,4}(?:\.[0-9])?"
_DRAWN = re.compile(rf"(?:M{_NUMBER} {_NUMBER}(?:L{_NUMBER} {_NUMBER})+)+")


def drawn(path: str) -> str:
    """`M1 1L2 2`: strokes of straight lines from point to point, absolute. Raises Invalid for anything else."""
    if len(path) > MAX_LENGTH:
        raise Invalid(
            "signature-too-long",
            "Chữ ký trên màn hình quá dài. Hãy xóa và ký lại, hoặc ký trên giấy.",
            "The signature on the screen is too long. Clear it and sign again, or sign on paper.",
        )
    if _DRAWN.fullmatch(path) is None:
        raise Invalid(
            "signature-invalid",
            "Không đọc được chữ ký trên màn hình. Hãy xóa và ký lại, hoặc ký trên giấy.",
            "The signature on the screen cannot be read. Clear it and sign again, or sign on paper.",
        )
    return path


DrawnSignature = Annotated[str, Text(drawn, {"minLength": 1, "maxLength": MAX_LENGTH})]
