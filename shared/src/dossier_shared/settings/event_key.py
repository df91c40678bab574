"""The key a service signs its events with: an Ed25519 private key in PEM (PKCS 8), without a password."""

from __future__ import annotations

from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from dossier_shared.settings.pem import private_keys


def read_event_key(pem: str) -> Ed25519PrivateKey:
    """Raises ValueError, which never tells what was given."""
    found = next(iter(private_keys(pem)), None)
    if not isinstance(found, Ed25519PrivateKey):
        raise ValueError("needed: an Ed25519 private key, PEM, without a password (`dossier keys new`)")
    return found


def usable(pem: str) -> str:
    if pem:
        read_event_key(pem)
    return pem


def of_development(service: str) -> bytes:
    """The private key of the repository's own secrets for Compose, known to everybody."""
    return sha256(f"of development, known to everybody: {service}".encode()).digest()
