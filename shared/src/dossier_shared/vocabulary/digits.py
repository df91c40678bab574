"""Numbers as people paste them: out of Excel, Word, a scan, a keyboard of another script."""

from __future__ import annotations

import re
from unicodedata import category, decimal, normalize

_AROUND = frozenset("'’‘ʼ`´\"")
"""What Excel and typists put before a number so that it stays text."""


def only_digits(text: str, separators: str) -> str:
    """ASCII digits for those of any script; blanks, hidden characters, apostrophes and `separators` dropped; the rest kept."""
    if text.isascii() and text.isdigit():
        return text
    kept = []
    for sign in normalize("NFKC", text):
        value = decimal(sign, None)
        if value is not None:
            kept.append(str(value))
        elif not (sign in _AROUND or sign in separators or sign.isspace() or _hidden_or_dash(sign)):
            kept.append(sign)
    return "".join(kept)


def _hidden_or_dash(sign: str) -> bool:
    kind = category(sign)
    return kind in ("Cf", "Cc", "Pd") or sign in "\u2212\u2800\u3164\u115f\u1160\uffa0\u034f"


DIGITS = re.compile(r"[0-9]+")
