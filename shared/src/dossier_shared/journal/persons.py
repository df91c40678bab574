"""The persons' data keys as `privacy.keys` tells them, in memory; by them sealed parts are encrypted and opened.

A key stays wrapped until it is used: of a hundred thousand persons a service has to do with few at a time.
"""

from __future__ import annotations

import os
from base64 import b64decode
from collections.abc import Collection
from typing import Final, NamedTuple

import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from dossier_shared.contracts import boxes
from dossier_shared.contracts.envelope import RawRecord
from dossier_shared.contracts.person_keys import PersonKey
from dossier_shared.errors import KeyUnknown
from dossier_shared.journal.key_topic import KeyTopic
from dossier_shared.journal.wrapping import NONCE, Wrapper

log = structlog.get_logger()
UNWRAPPED: Final = 20_000  # keys ready for use; then all are unwrapped anew


class _Wrapped(NamedTuple):
    name: str
    maker: str
    to: str
    box: bytes


class PersonKeys(KeyTopic):
    """`name`: as which this process is wrapped for; `before`: as which it was. Without a `wrapper` it opens nothing."""

    def __init__(self, name: str, wrapper: Wrapper | None, before: str = "") -> None:
        super().__init__()
        self.name, self.wrapper = name, wrapper
        self._names = dict.fromkeys((name, before or name))
        self._wrapped: dict[str, _Wrapped] = {}
        self._ready: dict[str, AESGCM] = {}
        self._erased: set[str] = set()

    def _take(self, record: RawRecord) -> None:
        found = PersonKey.model_validate_json(record.value or b"")
        if found.holder.encode() != record.key:
            raise ValueError("under another's key")
        self.put(found)

    def put(self, record: PersonKey) -> None:
        """Once erased, a key does not come back: a backup may still have it."""
        holder = record.holder
        if record.erased is not None:
            self._erased.add(holder)
        if holder in self._erased:
            self._wrapped.pop(holder, None)
            self._ready.pop(holder, None)
            return
        for name in self._names:
            mine = record.wrappings.get(name)
            if mine is not None and self.wrapper is not None and self.wrapper.has(mine.to):
                box = b64decode(mine.box, validate=True)
                self._wrapped[holder] = _Wrapped(name, _shared(record.maker), _shared(mine.to), box)
                self._ready.pop(holder, None)
                return
        # else not for this process, or for a wrapping key it has no more

    def has(self, holder: str) -> bool:
        """Its key, or that there is none any more."""
        return holder in self._wrapped or holder in self._erased

    def erased(self, holder: str) -> bool:
        return holder in self._erased

    def gone(self) -> frozenset[str]:
        """Who is erased."""
        return frozenset(self._erased)

    def holders(self) -> list[str]:
        return list(self._wrapped)

    def key(self, holder: str) -> bytes:
        """The data key itself: to be wrapped anew. Raises KeyUnknown."""
        wrapped = self._wrapped.get(holder)
        if wrapped is None or self.wrapper is None:
            raise KeyUnknown()
        return self.wrapper.unwrap(holder, *wrapped)

    def cipher(self, holder: str) -> AESGCM | None:
        """None: the person is erased. Raises KeyUnknown."""
        ready = self._ready.get(holder)
        if ready is not None:
            return ready
        if holder in self._erased:
            return None
        if len(self._ready) >= UNWRAPPED:
            self._ready.clear()
        try:
            ready = self._ready[holder] = AESGCM(self.key(holder))
        except (InvalidTag, ValueError):
            log.error("a person's key cannot be unwrapped", holder=holder)
            raise KeyUnknown() from None
        return ready

    def seal(self, holder: str, plain: bytes, place: bytes) -> bytes:
        """Of an erased person nothing is kept: the box is empty. Raises KeyUnknown."""
        return boxes.pack(holder, self._closed(holder, plain, place))

    def seal_later(self, holder: str, plain: bytes, place: bytes) -> bytes:
        """What was recorded in clear. Raises KeyUnknown."""
        return boxes.pack_later(holder, self._closed(holder, plain, place))

    def _closed(self, holder: str, plain: bytes, place: bytes) -> bytes:
        cipher = self.cipher(holder)
        if cipher is None:
            return b""
        nonce = os.urandom(NONCE)
        return nonce + cipher.encrypt(nonce, plain, place)

    def open(self, sealed: bytes, place: bytes) -> bytes | None:
        """None: the person is erased. Raises KeyUnknown; ValueError where it was not encrypted for this place by this key."""
        holder, content = boxes.unpack(sealed)
        cipher = self.cipher(holder)
        if cipher is None:
            return None
        try:
            return cipher.decrypt(content[:NONCE], content[NONCE:], place)
        except InvalidTag:
            raise ValueError("the sealed part is not of this event, or not encrypted by this key") from None

    async def wait_for(self, holders: Collection[str]) -> None:
        """What then has none is parked."""
        await self.wait_until(lambda: all(map(self.has, holders)))


def _shared(text: str) -> str:
    """One object for all persons: their makers are few."""
    return _TEXTS.setdefault(text, text) if len(_TEXTS) < 1000 else text


_TEXTS: dict[str, str] = {}
