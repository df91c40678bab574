"""Pages of papers as pictures: made one at a time, and kept in memory for a while."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict

from dossier_intake.inspection.inspectors import QUEUE, Inspectors, busy
from dossier_intake.inspection.verdicts import Unfit
from dossier_intake.papers.listing import FiledPaper
from dossier_intake.papers.store import Shelf
from dossier_shared.problems import Invalid

KEPT = 32 * 1024 * 1024  # bytes of pictures
KEPT_FOR = 900.0  # seconds


class Previews:
    """One at a time, so that what is handed in finds a free process, and one paper is in memory."""

    def __init__(self, shelf: Shelf, inspectors: Inspectors, kept: int = KEPT) -> None:
        self._shelf, self._inspectors, self._most = shelf, inspectors, kept
        self._turn = asyncio.Semaphore(1)
        self._pictures: OrderedDict[tuple[str, int, int], tuple[float, bytes]] = OrderedDict()
        self._size = 0

    async def page(self, paper: FiledPaper, number: int, width: int) -> bytes:
        """WebP. Raises Problem where there is no such page, or it cannot be drawn."""
        await self._shelf.take(paper)  # what is spoilt is not shown out of memory either
        key = paper.id, number, width
        if (found := self._known(key)) is not None:
            return found
        try:
            async with asyncio.timeout(QUEUE):
                await self._turn.acquire()
        except TimeoutError:
            raise busy() from None
        try:
            if (found := self._known(key)) is not None:
                return found
            verdict = await self._inspectors.page(await self._shelf.whole(paper), number, width)
        finally:
            self._turn.release()
        if isinstance(verdict, Unfit):
            raise Invalid(verdict.code, verdict.vi, verdict.en, status=verdict.status)
        picture = verdict.content or b""
        self._keep(key, picture)
        return picture

    def _known(self, key: tuple[str, int, int]) -> bytes | None:
        made, picture = self._pictures.get(key, (0.0, None))
        return picture if time.monotonic() - made < KEPT_FOR else None

    def _keep(self, key: tuple[str, int, int], picture: bytes) -> None:
        _, before = self._pictures.pop(key, (0.0, b""))
        self._pictures[key] = time.monotonic(), picture
        self._size += len(picture) - len(before)
        while self._size > self._most:
            _, (_, oldest) = self._pictures.popitem(last=False)
            self._size -= len(oldest)
