"""The persons' data keys as `privacy.keys` tells them, in memory; by them sealed parts are encrypted and opened.

A key stays wrapped until it is used: of a hundred thousand persons a service has to do with few at a time.
"""

from __future__ import annotations

import asyncio
import os
from base64 import b64decode
from collections.abc import Collection, Sequence
from contextlib import suppress
from time import monotonic
from typing import Final, NamedTuple

import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from dossier_shared.contracts import boxes
from dossier_shared.contracts.envelope import RawRecord
from dossier_shared.contracts.person_keys import PersonKey
from dossier_shared.errors import KeyUnknown
from dossier_shared.journal.wrapping import NONCE, Wrapper

log = structlog.get_logger()
NEWS_WITHIN: Final = 3.0  # seconds an unknown key is waited for
SELDOM: Final = (
    60.0  # seconds between two waits that were in vain: else whoever invents holders would hold everybody up
)
UNWRAPPED: Final = 20_000  # keys ready for use; then all are unwrapped anew


class _Wrapped(NamedTuple):
    maker: str
    to: str
    box: bytes


class PersonKeys:
    """`name`: as which this process is wrapped for. Without a `wrapper` it opens nothing."""

    def __init__(self, name: str, wrapper: Wrapper | None) -> None:
        self.name, self.wrapper = name, wrapper
        self._wrapped: dict[str, _Wrapped] = {}
        self._ready: dict[str, AESGCM] = {}
        self._erased: set[str] = set()
        self._known, self._news = asyncio.Event(), asyncio.Event()
        self._reached = 0  # offset: a reader that begins anew must not bring back what was replaced
        self._waited = float("-inf")

    def whole(self) -> None:
        """Read to the end once."""
        self._known.set()

    async def known(self) -> None:
        """Before that nobody can say whose key is missing."""
        await self._known.wait()

    def take(self, records: Sequence[RawRecord]) -> None:
        for record in records:
            if record.offset < self._reached:
                continue
            self._reached = record.offset + 1
            try:
                found = PersonKey.model_validate_json(record.value or b"")
                if found.holder.encode() != record.key:
                    raise ValueError("under another's key")
                self.put(found)
            except ValueError as error:  # what stands stays
                log.error("record of a person's key cannot be read", offset=record.offset, error=type(error).__name__)
        if records:
            self._news.set()

    def put(self, record: PersonKey) -> None:
        """Once erased, a key does not come back: a backup may still have it."""
        holder = record.holder
        if record.erased is not None:
            self._erased.add(holder)
        if holder in self._erased:
            self._wrapped.pop(holder, None)
            self._ready.pop(holder, None)
            return
        mine = record.wrappings.get(self.name)
        if mine is None or self.wrapper is None or not self.wrapper.has(mine.to):
            return  # not for this process, or for a wrapping key it has no more
        self._wrapped[holder] = _Wrapped(_shared(record.maker), _shared(mine.to), b64decode(mine.box, validate=True))
        self._ready.pop(holder, None)

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
        return self.wrapper.unwrap(holder, self.name, wrapped.maker, wrapped.to, wrapped.box)

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
        cipher = self.cipher(holder)
        if cipher is None:
            return boxes.pack(holder, b"")
        nonce = os.urandom(NONCE)
        return boxes.pack(holder, nonce + cipher.encrypt(nonce, plain, place))

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
        """For keys that are on their way, a moment. Where that was in vain, not again for a while: who waits is parked."""
        missing = {holder for holder in holders if not self.has(holder)}
        if not missing or monotonic() - self._waited < SELDOM:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(NEWS_WITHIN):
                while missing:
                    self._news.clear()
                    await self._news.wait()
                    missing = {holder for holder in missing if not self.has(holder)}
        if missing:
            self._waited = monotonic()


def _shared(text: str) -> str:
    """One object for all persons: their makers are few."""
    return _TEXTS.setdefault(text, text) if len(_TEXTS) < 1000 else text


_TEXTS: dict[str, str] = {}
