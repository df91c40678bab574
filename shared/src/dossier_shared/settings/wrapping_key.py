"""The keys by which persons' keys are wrapped for a service: X25519 private keys, PEM (PKCS 8), the newest first."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from hashlib import sha256

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

_PEM = re.compile(r"-----BEGIN [A-Z ]+-----.+?-----END [A-Z ]+-----", re.DOTALL)
_LENGTH = 32  # bytes of a public key


def read_wrapping_keys(pem: str) -> list[X25519PrivateKey]:
    """Raises ValueError, which never tells what was given."""
    found: list[X25519PrivateKey] = []
    for one in _PEM.findall(pem):
        try:
            key = load_pem_private_key(one.encode(), None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            key = None
        if not isinstance(key, X25519PrivateKey):
            found.clear()
            break
        found.append(key)
    if not found:
        raise ValueError("needed: X25519 private keys, PEM, without a password (`dossier privacy new-key`)")
    return found


def usable(pem: str) -> str:
    if pem:
        read_wrapping_keys(pem)
    return pem


def written(key: X25519PrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def read_readers(lines: str) -> dict[str, str]:
    """Lines `name key`, the public wrapping key in base64; by name. Raises ValueError."""
    found = {}
    for number, line in enumerate(filter(str.strip, lines.splitlines()), 1):
        name, _, key = line.strip().partition(" ")
        try:
            raw = b64decode(key.strip(), validate=True)
        except ValueError:
            raw = b""
        if len(raw) != _LENGTH:
            raise ValueError(f"line {number} is not a name and a public wrapping key in base64")
        found[name] = key.strip()
    return found


def usable_readers(lines: str) -> str:
    read_readers(lines)
    return lines


def of_development(service: str) -> X25519PrivateKey:
    """Known to everybody."""
    seed = sha256(f"wrapping key of development, known to everybody: {service}".encode()).digest()
    return X25519PrivateKey.from_private_bytes(seed)


def readers_of_development(services: tuple[str, ...]) -> str:
    keys = {name: of_development(name).public_key().public_bytes_raw() for name in services}
    return "\n".join(f"{name} {b64encode(key).decode()}" for name, key in keys.items())
