"""What is personal of a device (where it is reached, its keys, what it calls itself) is never in the database in clear.

By the person's own key, where this service has one: it goes when the person is erased, in backups too. Else by a key made of
`PERSON_KEY`; without that, as without keys everywhere, in clear.
"""

from __future__ import annotations

import os
from typing import Any, Final

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from dossier_shared.contracts.boxes import is_box
from dossier_shared.journal.persons import PersonKeys

_CONTEXT: Final = b"vn.dossier.devices.v1"
_MARK: Final = b"#"  # by the key made of PERSON_KEY; a person's own begins with `~`, what is in clear with a brace
_NONCE: Final = 12


class DeviceBoxes:
    """`key`: PERSON_KEY. Each box is bound to its device."""

    def __init__(self, keys: PersonKeys, key: bytes) -> None:
        self._keys = keys
        self._cipher = AESGCM(HKDF(SHA256(), 32, None, _CONTEXT).derive(key)) if key else None

    def seal(self, holder: str, id_: str, content: dict[str, Any]) -> bytes:
        plain = orjson.dumps(content)
        if self._keys.has(holder) and not self._keys.erased(holder):
            return self._keys.seal(holder, plain, _place(id_))
        if self._cipher is None:
            return plain
        nonce = os.urandom(_NONCE)
        return _MARK + nonce + self._cipher.encrypt(nonce, plain, _place(id_))

    def open(self, id_: str, box: bytes) -> dict[str, Any] | None:
        """None: of a person who is erased, or by a key we no longer have. Raises KeyUnknown while the person's has not come."""
        try:
            plain = self._opened(id_, box)
            return None if plain is None else dict(orjson.loads(plain))
        except (InvalidTag, ValueError):
            return None

    def _opened(self, id_: str, box: bytes) -> bytes | None:
        if is_box(box):
            return self._keys.open(box, _place(id_))
        if not box.startswith(_MARK):
            return box
        if self._cipher is None:
            return None
        sealed = box[len(_MARK) :]
        return self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], _place(id_))


def _place(id_: str) -> bytes:
    return b"device:" + id_.encode()
