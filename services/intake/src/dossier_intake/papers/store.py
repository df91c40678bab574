"""The bytes of papers, never others than those that were filed; and who has opened which."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple

import structlog

from dossier_intake.metrics import PAPERS_SPOILT
from dossier_intake.papers.listing import FiledPaper
from dossier_intake.papers.ranges import Part
from dossier_intake.policy import APPLICANT, Reader
from dossier_shared.adapters.cursors import page_by_time
from dossier_shared.adapters.files import FileStore, StoredFile
from dossier_shared.adapters.mongo import Database, DuplicateKey
from dossier_shared.problems import Problem

log = structlog.get_logger()
REMEMBERED = 2000  # files whose pieces' hashes are kept: about 4 KB for one of 30 MB
VIEWING = 600  # seconds: what one person asks of one paper meanwhile is one opening
LATEST = 20  # openings of a dossier that its page shows


class Checked(NamedTuple):
    """A file whose bytes have been found to be those of its name, and the hash of each of its pieces."""

    file: StoredFile
    size: int
    piece: int
    hashes: tuple[bytes, ...]


class Shelf:
    """Reads a file once to see that it is what was filed, and from then on each piece as it is sent: a part of a file can be
    sent alone, and what is swapped meanwhile is broken off before its first wrong piece."""

    def __init__(self, files: FileStore) -> None:
        self._files = files
        self._checked: OrderedDict[tuple[str, str], Checked] = OrderedDict()

    async def take(self, paper: FiledPaper) -> Checked:
        """Raises Problem where the bytes are gone, or are others."""
        file = await self._files.open(paper.id)
        if file is None:
            raise _spoilt(paper, "gone")
        key = paper.id, str(file.key)
        if key not in self._checked:
            self._checked[key] = await _check(paper, file)
            while len(self._checked) > REMEMBERED:
                self._checked.popitem(last=False)
        self._checked.move_to_end(key)
        return self._checked[key]

    async def read(self, paper: FiledPaper, checked: Checked, part: Part) -> AsyncIterator[bytes]:
        """Raises Problem at the first piece that is not as it was."""
        first = part.start // checked.piece
        at, number = first * checked.piece, first
        if part.start < part.stop:
            async for piece in checked.file.pieces(first):
                if number >= len(checked.hashes) or sha256(piece).digest() != checked.hashes[number]:
                    break
                yield piece[max(part.start - at, 0) : part.stop - at]
                at, number = at + len(piece), number + 1
                if at >= part.stop:
                    return
            self._checked.pop((paper.id, str(checked.file.key)), None)
            raise _spoilt(paper, "changed while it was sent")

    async def whole(self, paper: FiledPaper) -> bytes:
        checked = await self.take(paper)
        return b"".join([piece async for piece in self.read(paper, checked, Part(0, checked.size))])


async def _check(paper: FiledPaper, file: StoredFile) -> Checked:
    whole, sizes, hashes = sha256(), list[int](), list[bytes]()
    async for piece in file.pieces():
        whole.update(piece)
        sizes.append(len(piece))
        hashes.append(sha256(piece).digest())
    if not sizes or whole.hexdigest() != paper.id or len(set(sizes[:-1])) > 1:  # a part is found by the pieces' size
        raise _spoilt(paper, "changed")
    return Checked(file, sum(sizes), sizes[0], tuple(hashes))


def _spoilt(paper: FiledPaper, how: str) -> Problem:
    PAPERS_SPOILT.inc()
    log.error("a paper is not what was filed", file=paper.id, how=how)
    return Problem(
        "paper-spoilt",
        "Tệp trong kho không còn đúng với giấy tờ đã nộp nên không được đưa ra. Hãy báo quản trị hệ thống kèm mã yêu cầu.",
        "The stored file is not the paper that was filed any more, so it is not shown. Tell the administrator the request_id.",
        status=500,
    )


class Openings:
    """Who has opened which paper, or what registers answered: `_id` is dossier, paper, how, the stretch of time, and who."""

    def __init__(self, db: Database) -> None:
        self._table = db["openings"]

    async def ensure_indexes(self) -> None:
        await self._table.create_index([("dossier", 1), ("at", -1), ("_id", -1)], name="of_dossier")

    async def note(self, dossier: str, n: int, how: str, sub: str, reader: Reader, at: datetime) -> None:
        """Written when it returns: before a byte is sent."""
        stretch = int(at.timestamp()) // VIEWING
        opened = {
            "dossier": dossier,
            "n": n,
            "how": how,
            "sub": sub,
            "role": reader.role,
            "agency": reader.agency,
            "at": at,
            **({"emergency": True} if reader.emergency else {}),
        }
        try:
            await self._table.update_one(
                {"_id": f"{dossier}:{n}:{how}:{stretch}:{sub}"}, {"$setOnInsert": opened}, upsert=True
            )
        except DuplicateKey:
            return  # of the same moment: it is there

    async def of(self, dossier: str, limit: int, cursor: str | None) -> tuple[list[dict[str, Any]], str | None]:
        """The newest first, and the cursor of the next page."""
        return await page_by_time(self._table, "at", limit, cursor, ascending=False, where={"dossier": dossier})

    async def by_officers(self, dossiers: Sequence[str]) -> Mapping[str, list[dict[str, Any]]]:
        """The latest of each, the newest first."""
        steps: list[dict[str, Any]] = [
            {"$match": {"dossier": {"$in": list(dossiers)}, "role": {"$ne": APPLICANT}}},
            {"$sort": {"dossier": 1, "at": -1, "_id": -1}},
            {"$group": {"_id": "$dossier", "all": {"$push": "$$ROOT"}}},
            {"$project": {"latest": {"$slice": ["$all", LATEST]}}},
        ]
        return {found["_id"]: found["latest"] async for found in self._table.aggregate(steps)}
