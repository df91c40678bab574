"""A topic of keys, followed into memory: what stands, and how a key that is on its way is waited for."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import suppress
from time import monotonic
from typing import Final

import structlog

from dossier_shared.contracts.envelope import RawRecord

log = structlog.get_logger()
NEWS_WITHIN: Final = 3.0  # seconds an unknown key is waited for
SELDOM: Final = 60.0  # seconds between two waits that were in vain: else whoever invents keys would hold everybody up


class KeyTopic(ABC):
    def __init__(self) -> None:
        self._known, self._news = asyncio.Event(), asyncio.Event()
        self._reached = 0  # offset: a reader that begins anew must not bring back what was replaced
        self._waited = float("-inf")  # when last in vain

    @abstractmethod
    def _take(self, record: RawRecord) -> None:
        """Raises ValueError or KeyError where it is none, which never tells what it holds."""

    def whole(self) -> None:
        """Read to the end once."""
        self._known.set()

    async def known(self) -> None:
        """Before that nobody can say which key is missing."""
        await self._known.wait()

    def take(self, records: Sequence[RawRecord]) -> None:
        for record in records:
            if record.offset < self._reached:
                continue
            self._reached = record.offset + 1
            try:
                self._take(record)
            except (ValueError, KeyError) as error:  # what stands stays
                log.error("key cannot be read", topic=record.topic, offset=record.offset, error=type(error).__name__)
        if records:
            self._news.set()

    async def wait_until(self, there: Callable[[], bool]) -> None:
        """For what is on its way, a moment. Where that was in vain, not again for a while."""
        if there() or monotonic() - self._waited < SELDOM:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(NEWS_WITHIN):
                while not there():
                    self._news.clear()
                    await self._news.wait()
        if not there():
            self._waited = monotonic()
