"""Seals what a service recorded in clear, before personal data were encrypted: sealed parts of its journals, and results.

In place, each dossier by itself, by a write guarded as any other; an event's number and hash stay as they are, and with them the
chain (`contracts/boxes.py`). Killed in between, it goes on where it was; done twice it does nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any, Final, NamedTuple

import structlog

from dossier_shared.adapters.clear_files import ClearFile, ClearFiles, SpoiltFile
from dossier_shared.adapters.mongo import Document, DossierCollection
from dossier_shared.contracts import boxes
from dossier_shared.errors import KeyUnknown
from dossier_shared.journal.outages import passes
from dossier_shared.journal.persons import PersonKeys
from dossier_shared.repair.rebuild import files_in
from dossier_shared.runtime.vouching import Statements

log = structlog.get_logger()
AT_ONCE: Final = 100  # dossiers of one call
LOOKED_THROUGH: Final = 500  # of one page of the report
_TRIES: Final = 5  # of a dossier that others write meanwhile
_TOGETHER: Final = 16  # of these at a time: what each waits for is the database's disk
FILES: Final = 10  # of one call
_FIELDS: Final = ("seq", "recorded", "sealed", "sealed_hash", "data.file", "data.documents")
_WANTED: Final = {
    "holder": 1, "version": 1, "seq": 1, "published": 1, **{f"journal.{name}": 1 for name in _FIELDS},
}  # fmt: skip
_OF_SEGMENTS: Final = {"dossier": 1, **{f"events.{name}": 1 for name in _FIELDS}}


class NotSealed(Exception):
    """Why a dossier stays as it is. The message names nobody."""


class Clear(NamedTuple):
    """What a dossier has in clear: how many sealed parts, from when to when; `unkept`: no key is known for it yet."""

    id: str
    entries: int
    first: str | None
    last: str | None
    unkept: bool


class Page(NamedTuple):
    """Of the report: dossiers that are to be sealed, and those with a box that nobody vouches for."""

    looked: int
    last: str | None
    clear: list[Clear]
    altered: list[str]


class Outcome(NamedTuple):
    """`failed`: by dossier, why."""

    entries: int
    failed: dict[str, str]


class SealedFiles(NamedTuple):
    """`failed`: by file, why. `last`: after which the next call goes on; None: that was all."""

    files: int
    failed: dict[str, str]
    last: str | None


class Resealing:
    """`results`: its files are results of dossiers, sealed with these."""

    def __init__(
        self, dossiers: DossierCollection, files: ClearFiles, keys: PersonKeys, said: Statements, *, results: bool
    ) -> None:
        self._dossiers, self.files, self._keys, self._said = dossiers, files, keys, said
        self._results = results

    # -- the report

    async def page(self, after: str) -> Page:
        table = self._dossiers.table
        query = {"_id": {"$gt": after}}
        found = await table.find(query, _WANTED).sort("_id", 1).limit(LOOKED_THROUGH).to_list(None)
        segments = await self._segments([one["_id"] for one in found])
        vouched = await self._said.of(one["_id"] for one in found)
        clear, altered = list[Clear](), list[str]()
        for one in found:
            id_ = one["_id"]
            entries = [*(e for s in segments.get(id_, ()) for e in s["events"]), *one.get("journal", ())]
            open_ = {entry["seq"]: entry["recorded"] for entry in entries if _in_clear(entry)}
            if open_ or "holder" not in one:
                at = sorted(open_.values())
                clear.append(Clear(id_, len(at), at[0] if at else None, at[-1] if at else None, "holder" not in one))
            if not all(self._true(id_, entry, vouched.get(id_, set())) for entry in entries if _later(entry)):
                altered.append(id_)
        return Page(len(found), found[-1]["_id"] if len(found) == LOOKED_THROUGH else None, clear, altered)

    def _true(self, id_: str, entry: Mapping[str, Any], vouched: set[tuple[int, str, str]]) -> bool:
        """Its box is vouched for, and, where it can be opened, holds what was recorded."""
        box = bytes(entry["sealed"])
        if (entry["seq"], entry["sealed_hash"], sha256(box).hexdigest()) not in vouched:
            return False
        try:
            plain = self._keys.open(box, self._place(id_, entry["seq"]))
        except KeyUnknown:
            return True
        except ValueError:
            return False
        return plain is None or sha256(plain).hexdigest() == entry["sealed_hash"]

    # -- sealing

    async def seal(self, holders: Mapping[str, str]) -> Outcome:
        """Dossiers, each with whose key is to seal it. One that cannot be sealed stops no neighbour."""
        gate = asyncio.Semaphore(_TOGETHER)

        async def one(id_: str, holder: str) -> int | str:
            async with gate:
                return await self._or_why(id_, self._seal(id_, holder))

        done = dict(zip(holders, await asyncio.gather(*(one(*item) for item in holders.items())), strict=True))
        return Outcome(
            sum(count for count in done.values() if isinstance(count, int)),
            {id_: why for id_, why in done.items() if isinstance(why, str)},
        )

    async def seal_files(self, after: str) -> SealedFiles:
        """Results that were stored while their dossier was sealed; each by its dossier's key."""
        page = await self.files.page(after, FILES)
        done = {file.id: await self._or_why(file.id, self._seal_file(file)) for file in page}
        failed = {id_: why for id_, why in done.items() if isinstance(why, str)}
        return SealedFiles(len(page) - len(failed), failed, str(page[-1].key) if len(page) == FILES else None)

    async def _or_why(self, id_: str, work: Awaitable[int]) -> int | str:
        try:
            return await work
        except (NotSealed, SpoiltFile) as why:
            return str(why)
        except KeyUnknown:
            return "the person's key cannot be used here"
        except Exception as error:
            if passes(error):
                raise
            log.exception("not sealed", what=id_)
            return type(error).__name__

    async def _seal_file(self, file: ClearFile) -> int:
        segment = await self._dossiers.segments.find_one({"events.data.file": file.id}, {"dossier": 1})
        named = {"_id": segment["dossier"]} if segment is not None else {"journal.data.file": file.id}
        dossier = await self._dossiers.table.find_one({**named, "holder": {"$exists": True}}, {"holder": 1})
        if dossier is None:
            raise NotSealed("no dossier names it")
        await self.files.seal(file, dossier["holder"])
        return 1

    async def _seal(self, id_: str, holder: str) -> int:
        """Answers how many sealed parts it closed. Files first: without them it would not be found again."""
        if not self._keys.has(holder):
            raise NotSealed("the person's key has not been heard here")
        for _ in range(_TRIES):
            found = await self._dossiers.table.find_one({"_id": id_}, _WANTED)
            if found is None:
                return 0
            if found["seq"] > found.get("published", 0) and "journal" in found:
                raise NotSealed("it has events that are not published yet")
            segments = (await self._segments([id_])).get(id_, [])
            if self._results:
                await self._seal_results(found.get("holder") or holder, [found.get("journal", ()), *_of(segments)])
            closed = self._close(id_, found.get("holder") or holder, [found.get("journal", ()), *_of(segments)])
            if not closed and "holder" in found:
                return 0
            if closed:
                await self._said.keep(id_, closed)
            if await self._write(found, holder, closed):
                await self._write_segments(segments, closed)
                return len(closed)
        raise NotSealed("others write it all the time")

    def _close(
        self, id_: str, holder: str, journals: Iterable[Sequence[Mapping[str, Any]]]
    ) -> dict[int, tuple[str, bytes]]:
        """By number: what is copied to a segment and not cut yet is there twice."""
        open_ = {entry["seq"]: entry for journal in journals for entry in journal if _in_clear(entry)}
        for entry in open_.values():
            if sha256(entry["sealed"]).hexdigest() != entry["sealed_hash"]:
                raise NotSealed(f"event {entry['seq']} is not what was recorded")
        return {
            seq: (
                entry["sealed_hash"],
                self._keys.seal_later(holder, bytes(entry["sealed"]), self._place(id_, seq)),
            )
            for seq, entry in open_.items()
        }

    async def _write(self, found: Document, holder: str, closed: Mapping[int, tuple[str, bytes]]) -> bool:
        fields: Document = {f"journal.{n}.sealed": box for n, box in _places(found.get("journal", ()), closed)}
        if "holder" not in found:
            fields["holder"] = holder
        if not fields:
            return True
        guard = {"_id": found["_id"], "version": found["version"]}
        result = await self._dossiers.table.update_one(guard, {"$set": fields, "$inc": {"version": 1}})
        return bool(result.modified_count)

    async def _write_segments(self, segments: Sequence[Document], closed: Mapping[int, tuple[str, bytes]]) -> None:
        """Nobody else changes what is in one."""
        for segment in segments:
            fields = {f"events.{n}.sealed": box for n, box in _places(segment["events"], closed)}
            if fields:
                await self._dossiers.segments.update_one({"_id": segment["_id"]}, {"$set": fields})

    async def _segments(self, ids: Sequence[str]) -> dict[str, list[Document]]:
        found: dict[str, list[Document]] = {}
        async for segment in self._dossiers.segments.find({"dossier": {"$in": list(ids)}}, _OF_SEGMENTS):
            found.setdefault(segment["dossier"], []).append(segment)
        return found

    async def _seal_results(self, holder: str, journals: Iterable[Sequence[Mapping[str, Any]]]) -> None:
        named = {file for journal in journals for entry in journal for file in files_in(entry.get("data", {}))}
        for file in await self.files.named(sorted(named)) if named else ():
            await self.files.seal(file, holder)

    def _place(self, id_: str, seq: int) -> bytes:
        return f"{id_}:{self._dossiers.source}:{seq}".encode()


def _in_clear(entry: Mapping[str, Any]) -> bool:
    return entry["sealed"] is not None and not boxes.is_box(entry["sealed"])


def _later(entry: Mapping[str, Any]) -> bool:
    return entry["sealed"] is not None and boxes.is_later(entry["sealed"])


def _of(segments: Sequence[Document]) -> list[Sequence[Mapping[str, Any]]]:
    return [segment["events"] for segment in segments]


def _places(entries: Sequence[Mapping[str, Any]], closed: Mapping[int, tuple[str, bytes]]) -> list[tuple[int, bytes]]:
    return [(n, closed[entry["seq"]][1]) for n, entry in enumerate(entries) if entry["seq"] in closed]
