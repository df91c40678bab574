"""A dossier's public tracking code: printed on the receipt, it opens what everybody may see of it and nothing else. Pure."""

from __future__ import annotations

import hmac
from base64 import b32encode
from hashlib import sha256

LENGTH = 10  # letters of base32: 50 bits


def tracking(dossier: str, key: bytes) -> str:
    """`ABCDE-FGHIJ`; empty where there is no key to make it with."""
    if not key:
        return ""
    digest = hmac.new(key, f"tracking:{dossier}".encode(), sha256).digest()
    letters = b32encode(digest).decode()[:LENGTH]
    return f"{letters[:5]}-{letters[5:]}"


def is_tracking(given: str, dossier: str, key: bytes) -> bool:
    """As it is typed: small letters, without the dash."""
    wanted = _letters(tracking(dossier, key))
    return bool(wanted) and hmac.compare_digest(_letters(given).encode(), wanted.encode())


def _letters(text: str) -> str:
    return "".join(letter for letter in text.upper() if letter.isalnum())[: 2 * LENGTH]
