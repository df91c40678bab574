"""Wrapping keys: X25519. Two of them agree on one secret, under which the maker of a person's key wraps it for one reader.

The secret of two keys is computed once and kept: wrapping and unwrapping are one AES-GCM each. `Agreement` is the port: here the
private keys are in memory; in `adapters/security_module.py` a device computes the secret, and no process ever has them.
"""

from __future__ import annotations

import os
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Final, Protocol

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from dossier_shared.contracts.person_keys import PersonKey, Wrapping

NONCE: Final = 12
_CONTEXT = b"vn.dossier.person-keys.v1\n"


class Agreement(Protocol):
    """One's own wrapping keys, the newest first, as base64 of their public halves; and what they agree on with another's."""

    @property
    def public(self) -> Sequence[str]: ...

    def secret(self, own: str, other: str) -> bytes: ...


class PrivateKeys:
    """In this process's memory."""

    def __init__(self, keys: Sequence[X25519PrivateKey]) -> None:
        self._keys = {public_of(key): key for key in keys}

    @property
    def public(self) -> Sequence[str]:
        return list(self._keys)

    def secret(self, own: str, other: str) -> bytes:
        return self._keys[own].exchange(X25519PublicKey.from_public_bytes(b64decode(other, validate=True)))


class Together:
    """Keys of several places, those of the first the newest."""

    def __init__(self, places: Sequence[Agreement]) -> None:
        self._places = {public: place for place in reversed(places) for public in place.public}
        self.public = [public for place in places for public in place.public]

    def secret(self, own: str, other: str) -> bytes:
        return self._places[own].secret(own, other)


def public_of(key: X25519PrivateKey) -> str:
    return b64encode(key.public_key().public_bytes_raw()).decode()


def wrapping_key_id(public: str) -> str:
    return sha256(public.encode()).hexdigest()[:16]


class Wrapper:
    """Wraps with the newest of one's own keys, unwraps with any."""

    def __init__(self, agreement: Agreement) -> None:
        self._agreement = agreement
        self._own = {wrapping_key_id(public): public for public in agreement.public}
        self._ciphers: dict[tuple[str, str], AESGCM] = {}

    @property
    def public(self) -> str:
        return self._agreement.public[0]

    def wrap(self, holder: str, key: bytes, readers: Mapping[str, str], made: str) -> PersonKey:
        """`readers`: their public wrapping keys, by name."""
        wrappings = {}
        for name, public in readers.items():
            nonce = os.urandom(NONCE)
            box = nonce + self._cipher(self.public, public, public).encrypt(nonce, key, _place(holder, name))
            wrappings[name] = Wrapping(to=wrapping_key_id(public), box=b64encode(box).decode())
        return PersonKey(holder=holder, maker=self.public, wrappings=wrappings, made=made)

    def unwrap(self, holder: str, name: str, maker: str, to: str, box: bytes) -> bytes:
        """Raises KeyError where it is for a key that is not here, InvalidTag or ValueError where it is none."""
        own = self._own[to]
        return self._cipher(own, maker, own).decrypt(box[:NONCE], box[NONCE:], _place(holder, name))

    def has(self, to: str) -> bool:
        return to in self._own

    def _cipher(self, own: str, other: str, reader: str) -> AESGCM:
        cipher = self._ciphers.get((own, other))
        if cipher is None:
            info = _CONTEXT + reader.encode()
            secret = HKDF(SHA256(), 32, None, info).derive(self._agreement.secret(own, other))
            cipher = self._ciphers[own, other] = AESGCM(secret)
        return cipher


def _place(holder: str, name: str) -> bytes:
    return f"{holder}:{name}".encode()
