"""The keys to which persons' keys are wrapped, of a service or a deployment: X25519 private keys, the newest first; each is PEM,
or the URI under which a security module has it."""

from __future__ import annotations

import re
from base64 import b64decode
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from dossier_shared.contracts.deployments import DEPLOYABLE
from dossier_shared.contracts.topics import SERVICES
from dossier_shared.settings import pkcs11_uri
from dossier_shared.settings.pem import BLOCK, private_keys
from dossier_shared.settings.pkcs11_uri import TokenKey
from dossier_shared.settings.types import DEPLOYMENT

_NAME = re.compile(rf"{'|'.join(SERVICES)}|(?:{'|'.join(DEPLOYABLE)})\.{DEPLOYMENT}")
_KEY = re.compile(rf"{BLOCK.pattern}|{pkcs11_uri.KEY.pattern}", re.DOTALL | re.MULTILINE)
_LENGTH = 32  # bytes of a public key


def read_all(text: str) -> list[X25519PrivateKey | TokenKey]:
    """In the order given. Raises ValueError, which never tells what was given."""
    found: list[X25519PrivateKey | TokenKey] = []
    for part in _KEY.findall(text):
        if part.startswith("pkcs11:"):
            found.append(pkcs11_uri.read(part))
        else:
            found += [key for key in private_keys(part) if isinstance(key, X25519PrivateKey)]
    if not found or len(found) < len(_KEY.findall(text)):
        raise ValueError(
            "needed: X25519 private keys, PEM, without a password (`dossier privacy new-key`), or PKCS #11 URIs"
        )
    return found


def read_wrapping_keys(text: str) -> list[X25519PrivateKey]:
    """Those that are not in a security module."""
    return [key for key in read_all(text) if isinstance(key, X25519PrivateKey)]


def usable(text: str) -> str:
    if text:
        read_all(text)
    return text


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
