"""A one-time code on its way from intake to notify: encrypted with AES-256-GCM, bound to its id. Pure.

The key is made of `PERSON_KEY`, which both have and the broker has not. What opens was made by who has that key.
"""

from __future__ import annotations

import os
from base64 import b64decode, b64encode
from typing import Final, NamedTuple

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

PREFIX: Final = "c-"  # of ids: a consent's reference of this form names a code
_NONCE: Final = 12
_CONTEXT: Final = b"vn.dossier.consent-codes.v1"


class CodeMessage(NamedTuple):
    """`procedure`: its name. `helper`: who wants to file."""

    to: str
    code: str
    procedure: str
    helper: str


def seal(key: bytes, id_: str, message: CodeMessage) -> str:
    nonce = os.urandom(_NONCE)
    return b64encode(nonce + _cipher(key).encrypt(nonce, orjson.dumps(message._asdict()), id_.encode())).decode()


def unseal(key: bytes, id_: str, sealed: str) -> CodeMessage | None:
    """None where it was not sealed with this key, for this id."""
    if not key:
        return None
    try:
        raw = b64decode(sealed, validate=True)
        return CodeMessage(**orjson.loads(_cipher(key).decrypt(raw[:_NONCE], raw[_NONCE:], id_.encode())))
    except (InvalidTag, ValueError, TypeError):
        return None


def _cipher(key: bytes) -> AESGCM:
    return AESGCM(HKDF(SHA256(), 32, None, _CONTEXT).derive(key))
