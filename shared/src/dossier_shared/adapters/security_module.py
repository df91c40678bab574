"""A wrapping key that stays in a security module: whatever speaks PKCS #11, from a smart card to a key management service.

The device is asked once for each two keys, a few times in a process's life: each asking opens a session of its own, so that
nothing stays logged in, and a device that was away is found again.
"""

from __future__ import annotations

import threading
from base64 import b64decode, b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final

import PyKCS11 as pkcs11  # type: ignore[import-untyped]  # noqa: N813 - as the standard writes it
import structlog

from dossier_shared.errors import Unavailable
from dossier_shared.settings.pkcs11_uri import TokenKey

_X25519: Final = bytes.fromhex("06032b656e")  # 1.3.101.110
_LENGTH: Final = 32
_LOGIN = threading.Lock()  # a login holds for all sessions of a process
log = structlog.get_logger("dossier.security-module")


class NoSuchKey(Exception):
    """Says what the device has not, or does not; never a PIN."""


class InModule:
    """One key of a device, as an `Agreement`. Raises NoSuchKey where it is not there, later Unavailable where it is away."""

    def __init__(self, at: TokenKey) -> None:
        self._at = at
        with _session(at) as session:
            self.public: Sequence[str] = [_public(session, at)]
            _agreed(session, at, self.public[0])  # a key that cannot is found out at the start

    def secret(self, own: str, other: str) -> bytes:
        try:
            with _session(self._at) as session:
                return _agreed(session, self._at, other)
        except NoSuchKey as error:
            log.warning("the security module does not answer", token=self._at.token, why=str(error))
            raise Unavailable("security-module-away") from error


def make(at: TokenKey) -> str:
    """A new key pair in the device, which never leaves it; answers the public half in base64."""
    with _session(at, write=True) as session:
        if session.findObjects([(pkcs11.CKA_CLASS, pkcs11.CKO_PRIVATE_KEY), *_named(at)]):
            raise NoSuchKey(f"token {at.token} has a key {at.label} already: a key is not written over")
        lasting = [(pkcs11.CKA_TOKEN, True), *_named(at)]
        public = [(pkcs11.CKA_CLASS, pkcs11.CKO_PUBLIC_KEY), (pkcs11.CKA_EC_PARAMS, _X25519), *lasting]
        private = [(pkcs11.CKA_CLASS, pkcs11.CKO_PRIVATE_KEY), *_KEPT, *lasting]
        for way in (
            pkcs11.CKM_EC_MONTGOMERY_KEY_PAIR_GEN,
            pkcs11.CKM_EC_EDWARDS_KEY_PAIR_GEN,
        ):  # SoftHSM knows the second
            try:
                session.generateKeyPair(public, private, pkcs11.Mechanism(way, None))
            except pkcs11.PyKCS11Error as error:
                if error.value != pkcs11.CKR_MECHANISM_INVALID:
                    raise NoSuchKey(f"token {at.token}: {error}") from error
            else:
                return _public(session, at)
    raise NoSuchKey(f"token {at.token} makes no X25519 keys")


_KEPT: Final = [
    (pkcs11.CKA_PRIVATE, True), (pkcs11.CKA_SENSITIVE, True), (pkcs11.CKA_EXTRACTABLE, False), (pkcs11.CKA_DERIVE, True),
]  # fmt: skip
_DERIVED: Final = [
    (pkcs11.CKA_CLASS, pkcs11.CKO_SECRET_KEY), (pkcs11.CKA_KEY_TYPE, pkcs11.CKK_GENERIC_SECRET), (pkcs11.CKA_TOKEN, False),
    (pkcs11.CKA_SENSITIVE, False), (pkcs11.CKA_EXTRACTABLE, True), (pkcs11.CKA_VALUE_LEN, _LENGTH),
]  # fmt: skip


@cache
def _library(module: str) -> Any:
    library = pkcs11.PyKCS11Lib()
    library.load(module)
    return library


@contextmanager
def _session(at: TokenKey, *, write: bool = False) -> Iterator[Any]:
    try:
        with _LOGIN:
            library = _library(at.module)
            slots = [one for one in library.getSlotList(tokenPresent=True) if _label(library, one) == at.token]
            if not slots:
                raise NoSuchKey(f"there is no token {at.token}")
            flags = pkcs11.CKF_SERIAL_SESSION | (pkcs11.CKF_RW_SESSION if write else 0)
            session = library.openSession(slots[0], flags)
            try:
                session.login(Path(at.pin_file).read_text("utf-8").strip())
                yield session
            finally:
                session.closeSession()  # the last one of a process logs out
    except pkcs11.PyKCS11Error as error:
        raise NoSuchKey(f"token {at.token} of {at.module}: {error}") from error
    except OSError as error:
        raise NoSuchKey(f"{at.pin_file}: {error.strerror}") from error


def _label(library: Any, slot: int) -> str:
    return str(library.getTokenInfo(slot).label).strip("\0 ")


def _named(at: TokenKey) -> list[tuple[int, Any]]:
    return [*([(pkcs11.CKA_LABEL, at.label)] if at.label else []), *([(pkcs11.CKA_ID, at.id)] if at.id else [])]


def _find(session: Any, at: TokenKey, kind: int) -> Any:
    found = session.findObjects([(pkcs11.CKA_CLASS, kind), *_named(at)])
    if len(found) != 1:
        raise NoSuchKey(f"token {at.token} has {len(found)} keys {at.label or at.id.hex()}, not one")
    return found[0]


def _agreed(session: Any, at: TokenKey, other: str) -> bytes:
    private = _find(session, at, pkcs11.CKO_PRIVATE_KEY)
    mechanism = pkcs11.ECDH1_DERIVE_Mechanism(b64decode(other, validate=True))
    made = session.deriveKey(private, _DERIVED, mechanism)
    return bytes(session.getAttributeValue(made, [pkcs11.CKA_VALUE])[0])


def _public(session: Any, at: TokenKey) -> str:
    point = bytes(session.getAttributeValue(_find(session, at, pkcs11.CKO_PUBLIC_KEY), [pkcs11.CKA_EC_POINT])[0])
    if len(point) not in (_LENGTH, _LENGTH + 2):  # by itself, or as an OCTET STRING
        raise NoSuchKey(f"{at.label or at.id.hex()} of token {at.token} is no X25519 key")
    return b64encode(point[-_LENGTH:]).decode()
