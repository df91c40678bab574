"""The keys to which persons' keys are wrapped, of a service or a deployment: X25519 private keys, PEM, the newest first."""

from __future__ import annotations

import re
from base64 import b64decode
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from dossier_shared.contracts.deployments import DEPLOYABLE
from dossier_shared.contracts.topics import SERVICES
from dossier_shared.settings.pem import private_keys
from dossier_shared.settings.types import DEPLOYMENT

_NAME = re.compile(rf"{'|'.join(SERVICES)}|(?:{'|'.join(DEPLOYABLE)})\.{DEPLOYMENT}")
_LENGTH = 32  # bytes of a public key


def read_wrapping_keys(pem: str) -> list[X25519PrivateKey]:
    """Raises ValueError, which never tells what was given."""
    given = private_keys(pem)
    found = [key for key in given if isinstance(key, X25519PrivateKey)]
    if not found or len(found) < len(given):
        raise ValueError("needed: X25519 private keys, PEM, without a password (`dossier privacy new-key`)")
    return found


def usable(pem: str) -> str:
    if pem:
        read_wrapping_keys(pem)
    return pem


def written(key: X25519PrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def read_readers(lines: str) -> dict[str, str]:
    """Lines `name key`: a service, or a deployment as `review.long-khanh`, and its public wrapping key in base64; by name. Raises
    ValueError."""
    found = {}
    for number, line in enumerate(filter(str.strip, lines.splitlines()), 1):
        name, _, key = line.strip().partition(" ")
        try:
            raw = b64decode(key.strip(), validate=True)
        except ValueError:
            raw = b""
        if len(raw) != _LENGTH or not _NAME.fullmatch(name):
            raise ValueError(
                f"line {number} is not the name of a service or deployment and a public wrapping key in base64"
            )
        found[name] = key.strip()
    return found


def usable_readers(lines: str) -> str:
    read_readers(lines)
    return lines


def of_development(name: str) -> X25519PrivateKey:
    """Known to everybody. `name`: of a service, or of a deployment."""
    seed = sha256(f"wrapping key of development, known to everybody: {name}".encode()).digest()
    return X25519PrivateKey.from_private_bytes(seed)
