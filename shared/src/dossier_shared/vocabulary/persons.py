"""Whom a dossier is about, as an opaque id: the number itself never leaves what is sealed."""

from __future__ import annotations

import hmac
from base64 import b32encode
from hashlib import sha256
from typing import Final, Literal

NumberKind = Literal["citizen", "passport", "tax"]
GONE: Final = "đã xoá"  # stands where something was said of whom is erased
LENGTH = 26  # letters of base32: 130 bits


def person_of(key: bytes, kind: NumberKind, number: str) -> str:
    """The same number gives the same id wherever the key is the same. `number`: as the vocabulary keeps it."""
    digest = hmac.new(key, f"{kind}:{number}".encode(), sha256).digest()
    return "p-" + b32encode(digest).decode().lower()[:LENGTH]
