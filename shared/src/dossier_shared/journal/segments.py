"""Long journals: the oldest published events move to segment documents, so that a dossier's document stays small.

A segment (`_id` = dossier:first) is inserted first; then its events are removed from the document, by an update guarded by
`version`. A crash between the two leaves a copy, never a hole. The latest events stay, and with them the hash that the next event
follows. A repeated command is recognised among the events that stay (a hundred at least, unless they are very large).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import orjson
import structlog

from dossier_shared.journal.dossier import Dossier
from dossier_shared.journal.outages import passes

log = structlog.get_logger()
LONG, KEEP = 400, 100  # events: when to move, and how many stay
LARGE, KEEP_BYTES = 1024 * 1024, 512 * 1024  # the same in bytes
AT_ONCE = 4 * 1024 * 1024  # bytes of one segment
_NOTEWORTHY = 16 * 1024  # bytes of one event that make its dossier worth a look


class Journal(Protocol):
    """Where journals are stored: `adapters.mongo.DossierCollection`, or `dossier_local.memory.MemoryCollection`."""

    async def load(self, ids: Sequence[str], *, journal: bool = True) -> dict[str, Dossier]: ...

    async def copy(self, dossier: Dossier, count: int) -> int:
        """Copies the oldest `count` events to a segment; one left by an earlier attempt stays as it is. Answers its length."""
        ...

    async def cut(self, dossier: Dossier, count: int) -> bool:
        """Removes them from the document. False: the document has changed meanwhile, and nothing was done."""
        ...


class Segments:
    """Notices long journals and shortens them in the background."""

    def __init__(self, journal: Journal, *, every: float = 5.0) -> None:
        self.journal, self.every = journal, every
        self._long: set[str] = set()

    def notice(self, dossiers: Sequence[Dossier]) -> None:
        """Called after each write. A journal missed in a crash is noticed at its next write."""
        for dossier in dossiers:
            if len(dossier.journal) > LONG or any(event.size > _NOTEWORTHY for event in dossier.recorded):
                self._long.add(dossier.id)

    async def run(self) -> None:
        while True:
            await asyncio.sleep(self.every)
            try:
                await self.move()
            except Exception as error:
                log.warning("long journals not moved", error=repr(error)[:300])

    async def move(self) -> int:
        """One pass; answers how many events moved. Events that are not published yet are tried again in the next pass."""
        moved = 0
        for id_ in list(self._long):
            try:
                moved += await self._move(id_)
            except Exception as error:
                if passes(error):
                    raise
                log.exception("long journal not moved", dossier=id_)  # the others go on
        return moved

    async def _move(self, id_: str) -> int:
        dossier = (await self.journal.load([id_])).get(id_)
        count = movable(dossier) if dossier else 0
        if dossier and count:
            count = await self.journal.copy(dossier, count)
            if await self.journal.cut(dossier, count):
                log.info("journal moved to a segment", dossier=id_, to=dossier.base + count)
                return count
        elif dossier is None or not is_long(dossier):
            self._long.discard(id_)
        return 0


def is_long(dossier: Dossier) -> bool:
    return len(dossier.journal) > LONG or sum(map(_size, dossier.journal)) > LARGE


def movable(dossier: Dossier) -> int:
    """How many of the oldest events to move now: published ones, as many as make the document short again."""
    sizes = [_size(entry) for entry in dossier.journal]
    left, bytes_left = len(sizes), sum(sizes)
    if left <= LONG and bytes_left <= LARGE:
        return 0
    count, bytes_gone = 0, 0
    while count < min(dossier.published - dossier.base, len(sizes) - 1):
        if (left <= KEEP and bytes_left <= KEEP_BYTES) or bytes_gone + sizes[count] > AT_ONCE:
            break
        left, bytes_left, bytes_gone = left - 1, bytes_left - sizes[count], bytes_gone + sizes[count]
        count += 1
    return count


def _size(entry: Mapping[str, Any]) -> int:
    return len(entry["sealed"] or b"") + len(orjson.dumps(entry["data"])) + 500
