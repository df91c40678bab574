"""Private keys as settings: PEM (PKCS 8) without a password."""

from __future__ import annotations

import re

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import load_pem_private_key

BLOCK = re.compile(r"-----BEGIN [A-Z ]+-----.+?-----END [A-Z ]+-----", re.DOTALL)


def private_keys(pem: str) -> list[PrivateKeyTypes]:
    """In the order given; none where one of them cannot be read."""
    try:
        return [load_pem_private_key(block.encode(), None) for block in BLOCK.findall(pem)]
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return []
