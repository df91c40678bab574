"""A dossier's public tracking code: printed on the receipt, it opens what everybody may see of it and nothing else. Pure.

`tries`: how many wrong codes one address, or one dossier's code, may have behind it before it has to wait.
"""

from __future__ import annotations

import hmac
from base64 import b32encode
from collections import OrderedDict
from hashlib import sha256
from typing import NamedTuple

LENGTH = 10  # letters of base32: 50 bits
WAIT = 900.0  # seconds
OF_ADDRESS, OF_CODE = 60, 20  # a counter's address is many people's
REMEMBERED = 20_000


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


class _Wrong(NamedTuple):
    first: float
    tries: int


class Tries:
    """Wrong tries of late, by whom and for what. In this process alone: each replica counts its own."""

    def __init__(self) -> None:
        self._wrong: OrderedDict[tuple[str, str], _Wrong] = OrderedDict()

    def wait(self, address: str, code: str, now: float) -> float:
        """Seconds until the next try; 0: now."""
        return max(self._left(("address", address), OF_ADDRESS, now), self._left(("code", code), OF_CODE, now))

    def failed(self, address: str, code: str, now: float) -> None:
        for key in (("address", address), ("code", code)):
            known = self._wrong.pop(key, None)
            fresh = known is None or now - known.first >= WAIT
            self._wrong[key] = _Wrong(now, 1) if known is None or fresh else known._replace(tries=known.tries + 1)
        while len(self._wrong) > REMEMBERED:
            self._wrong.popitem(last=False)

    def _left(self, key: tuple[str, str], most: int, now: float) -> float:
        known = self._wrong.get(key)
        return 0.0 if known is None or known.tries < most else max(0.0, known.first + WAIT - now)
