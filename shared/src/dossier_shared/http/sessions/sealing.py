"""A session's secret, and what is made of it: where it is stored, and the key its tokens are encrypted with.

Both are one-way: who has the database has neither a cookie that works nor a token that can be read.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from hashlib import sha256
from secrets import token_urlsafe
from typing import Any

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")
_NONCE = 12  # bytes


def new_secret() -> str:
    """256 bits, as a cookie carries them."""
    return token_urlsafe(32)


def is_secret(text: str) -> bool:
    return _SECRET.fullmatch(text) is not None


def digest(text: str) -> str:
    return sha256(b"dossier session\0" + text.encode()).hexdigest()


def seal(secret: str, facts: Mapping[str, Any]) -> bytes:
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(_key(secret)).encrypt(nonce, orjson.dumps(facts), digest(secret).encode())


def unseal(secret: str, sealed: bytes) -> dict[str, Any] | None:
    """None where it was not sealed by this secret."""
    try:
        plain = AESGCM(_key(secret)).decrypt(sealed[:_NONCE], sealed[_NONCE:], digest(secret).encode())
    except (InvalidTag, ValueError):
        return None
    facts: dict[str, Any] = orjson.loads(plain)
    return facts


def _key(secret: str) -> bytes:
    return HKDF(SHA256(), 32, None, b"dossier session tokens").derive(secret.encode())
