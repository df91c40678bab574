"""What a service says of sealed parts it has sealed later: which box stands for which digest, signed with its key.

A later box is covered by no hash of the chain. So before it is stored, a statement is: for each event the digest that the chain
covers, and that of the box. Who has no key of the person checks box and statement; who has it, what is in the box as well.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from typing import Any, Final

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pymongo import ASCENDING

from dossier_shared.adapters.mongo import Database, Document
from dossier_shared.clock import Clock, instant
from dossier_shared.journal.keyring import Keyring

_CONTEXT: Final = b"vn.dossier.resealed.v1\n"
Vouch = Callable[[bytes], tuple[str, bytes]]
Boxes = Mapping[int, tuple[str, bytes]]
"""By the event's number, the digest the chain covers, and the box."""


class Statements:
    def __init__(self, db: Database, source: str, called: str, vouch: Vouch, keys: Keyring, clock: Clock) -> None:
        self._table, self._source, self._called = db["resealed"], source, called
        self._vouch, self._keys, self._clock = vouch, keys, clock

    async def ensure_indexes(self) -> None:
        await self._table.create_index([("dossier", ASCENDING)])

    async def keep(self, dossier: str, boxes: Boxes) -> None:
        entries = [[seq, before, sha256(box).hexdigest()] for seq, (before, box) in sorted(boxes.items())]
        at = instant(self._clock.now())
        key, signature = self._vouch(_said(self._source, dossier, at, entries))
        await self._table.insert_one(
            {"dossier": dossier, "at": at, "entries": entries, "key": key, "signature": signature}
        )

    async def of(self, dossiers: Iterable[str]) -> dict[str, set[tuple[int, str, str]]]:
        """What is vouched for, by dossier: an event's number, the digest before, the box's."""
        found: dict[str, set[tuple[int, str, str]]] = {}
        async for one in self._table.find({"dossier": {"$in": list(dossiers)}}):
            if self._holds(one):
                found.setdefault(one["dossier"], set()).update((seq, old, new) for seq, old, new in one["entries"])
        return found

    def _holds(self, one: Document) -> bool:
        """Unsigned, it holds where nobody demands more."""
        if not one["signature"]:
            return not self._keys.demanded(self._called)
        key = self._keys.key(self._called, one["key"])
        if key is None or key.revoked:
            return not self._keys.demanded(self._called)
        said = _said(self._source, one["dossier"], one["at"], one["entries"])
        try:
            Ed25519PublicKey.from_public_bytes(b64decode(key.public)).verify(bytes(one["signature"]), said)
        except InvalidSignature:
            return False
        return True


def _said(source: str, dossier: str, at: str, entries: list[list[Any]]) -> bytes:
    return _CONTEXT + orjson.dumps([source, dossier, at, entries])
