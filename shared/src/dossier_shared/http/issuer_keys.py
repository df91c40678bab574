"""The keys an issuer publishes (JWKS): those that may sign for it, which are of two kinds and strong enough. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import structlog
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, RSAKey

log = structlog.get_logger("dossier.tokens")

SigningKey = RSAKey | ECKey
ALGORITHMS: Final[dict[str, type[RSAKey] | type[ECKey]]] = {"RS256": RSAKey, "ES256": ECKey}
RSA_BITS, RSA_EXPONENT, CURVE = 2048, 65_537, "P-256"
_PRIVATE: Final = ("d", "p", "q", "k")


def import_keys(document: Mapping[str, Any]) -> dict[str, SigningKey]:
    """By their ids; raises ValueError where there is none."""
    keys: dict[str, SigningKey] = {}
    for entry in document["keys"]:
        why = _unfit(entry)
        if why:
            log.warning("key of the issuer not taken", kid=str(entry.get("kid"))[:100], why=why)
            continue
        try:
            key = JWKRegistry.import_key(entry)
        except (JoseError, ValueError, TypeError) as error:
            log.warning("key of the issuer not taken", kid=str(entry.get("kid"))[:100], why=type(error).__name__)
            continue
        if isinstance(key, SigningKey) and not _weak(key):
            keys[entry.get("kid") or key.thumbprint()] = key
    if not keys:
        raise ValueError("no signature key published")
    return keys


def _unfit(entry: Mapping[str, Any]) -> str:
    """Why it is no key to verify signatures with, by what it says of itself; empty: it may be one."""
    if entry.get("use", "sig") != "sig" or "verify" not in entry.get("key_ops", ("verify",)):
        return "for another use"
    if entry.get("alg", "RS256") not in ALGORITHMS or entry.get("kty") not in ("RSA", "EC"):
        return "of another kind"
    if any(name in entry for name in _PRIVATE):
        return "its private half is published: whoever reads it signs with it"
    return ""


def _weak(key: SigningKey) -> bool:
    if isinstance(key, ECKey):
        weak = key.curve_name != CURVE
    else:
        numbers = key.public_key.public_numbers()
        weak = numbers.n.bit_length() < RSA_BITS or numbers.e < RSA_EXPONENT
    if weak:
        log.warning("key of the issuer not taken", kid=key.kid, why="weak")
    return weak
