"""The key a service signs its events with: an Ed25519 private key in a PEM file (PKCS 8, without a password)."""

from __future__ import annotations

from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key


def read_event_key(path: Path) -> Ed25519PrivateKey:
    """Raises ValueError, which tells the file and never its content."""
    try:
        found = load_pem_private_key(path.read_bytes(), None)
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, TypeError, UnsupportedAlgorithm):
        found = None
    if not isinstance(found, Ed25519PrivateKey):
        raise ValueError(f"{path} is no Ed25519 private key in PEM without a password")
    return found


def usable(path: Path | None) -> Path | None:
    if path is not None:
        read_event_key(path)
    return path
