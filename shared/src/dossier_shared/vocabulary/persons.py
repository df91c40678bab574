"""Whom a dossier is about, as an opaque id: the number itself never leaves what is sealed."""

from __future__ import annotations

import hmac
from base64 import b32encode
from typing import Final, Literal

NumberKind = Literal["citizen", "passport", "tax"]
GONE: Final = "đã xoá"  # stands where something was said of whom is erased
LENGTH = 26  # letters of base32: 130 bits
_BYTES: Final = 20  # enough for them, whole groups of five


def person_of(key: bytes, kind: NumberKind, number: str) -> str:
    """The same number gives the same id wherever the key is the same. `number`: as the vocabulary keeps it."""
    return "p-" + letters_of(key, f"{kind}:{number}")


def letters_of(key: bytes, text: str) -> str:
    """A pseudonym: the same for the same text wherever the key is the same."""
    digest = hmac.digest(key, text.encode(), "sha256")
    return b32encode(digest[:_BYTES])[:LENGTH].decode().lower()
