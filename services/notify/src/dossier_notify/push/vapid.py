"""By which key push services know us (VAPID, RFC 8292): an ECDSA key on P-256, whose public half every subscription names."""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, derive_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from py_vapid import Vapid02
from pydantic import SecretStr

NEEDED: Final = (
    "needed: an ECDSA private key on P-256, as PEM or as 43 letters of base64url (`dossier keys new-vapid` makes one)"
)
LASTS: Final = 12 * 3600  # seconds a signed word of ours holds; push services take no more than a day


def read_private_key(text: str) -> EllipticCurvePrivateKey:
    """Raises ValueError, which never tells what was given."""
    try:
        if "-----BEGIN" in text:
            found = load_pem_private_key(text.encode(), None)
            if not isinstance(found, EllipticCurvePrivateKey) or not isinstance(found.curve, SECP256R1):
                raise ValueError(NEEDED)
            return found
        raw = decoded(text)
        if len(raw) != 32:
            raise ValueError(NEEDED)
        return derive_private_key(int.from_bytes(raw), SECP256R1())
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ValueError(NEEDED) from None


def usable(key: SecretStr | None) -> SecretStr | None:
    """Empty, as Compose hands on what is not set: none."""
    if key is None or not key.get_secret_value():
        return None
    read_private_key(key.get_secret_value())
    return key


def decoded(text: str) -> bytes:
    """Of base64url, with or without its padding. Raises ValueError."""
    try:
        return urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error as error:
        raise ValueError("no base64url") from error


def encoded(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


class Vapid:
    """`public`: as browsers take it, base64url."""

    def __init__(self, private: str, subject: str) -> None:
        key = read_private_key(private)
        self._signer, self._subject = Vapid02(key), subject
        self.public = encoded(key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))

    def header(self, origin: str, now: float) -> str:
        """`Authorization` for one push service; `now`: seconds since 1970."""
        claims = {"aud": origin, "exp": int(now) + LASTS, "sub": self._subject}
        signed: dict[str, str] = self._signer.sign(claims)
        return signed["Authorization"]
