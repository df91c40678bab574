"""A dossier's public tracking code: printed on the receipt, it opens what everybody may see of it and nothing else. Pure.

`since`: when the consent ended by which somebody filed it for the person. The code on the receipt that they have opens nothing
from then on; a receipt printed afterwards has another.
"""

from __future__ import annotations

import hmac
from base64 import b32encode
from hashlib import sha256

LENGTH = 10  # letters of base32: 50 bits


def tracking(dossier: str, key: bytes, since: str = "") -> str:
    """`ABCDE-FGHIJ`; empty where there is no key to make it with."""
    if not key:
        return ""
    about = f"tracking:{dossier}:{since}" if since else f"tracking:{dossier}"
    digest = hmac.new(key, about.encode(), sha256).digest()
    letters = b32encode(digest).decode()[:LENGTH]
    return f"{letters[:5]}-{letters[5:]}"


def is_tracking(given: str, dossier: str, key: bytes, since: str = "") -> bool:
    """As it is typed: small letters, without the dash."""
    wanted = _letters(tracking(dossier, key, since))
    return bool(wanted) and hmac.compare_digest(_letters(given).encode(), wanted.encode())


def _letters(text: str) -> str:
    return "".join(letter for letter in text.upper() if letter.isalnum())[: 2 * LENGTH]
