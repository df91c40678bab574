"""Keeps the tree of agencies in the dossiers' facts (`under`) as the directory in force has it.

Lists and indicators find a scope in it by their indexes. A dossier that something happens to gets it anew; of those that lie
still it is put right here, agency by agency, where an agency has moved. `trees` keeps what has been put right.
"""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import Final

import structlog

from dossier_monitor.projection.facts import under
from dossier_shared.adapters.mongo import Database, Table
from dossier_shared.runtime.directory import Directory

log = structlog.get_logger()
LOOK_EVERY: Final = 1.0  # seconds
# Seconds after which an agency is gone through once more: by then no node is about to write what it worked out from the tree
# of before.
AGAIN: Final = 60.0


class Tree:
    def __init__(self, dossiers: Table, db: Database, directory: Directory, *, again: float = AGAIN) -> None:
        self._dossiers, self._kept, self._directory, self._wait = dossiers, db["trees"], directory, again
        # agency -> agencies above it, and when it was gone through; 0: it need not be once more. None: not read yet
        self._passed: dict[str, tuple[list[str], float]] | None = None

    async def run(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY)
            if self._directory.caught_up:
                try:
                    await self.mend()
                except Exception as error:  # the database is away: tried again
                    log.warning("tree of agencies not brought into the dossiers", error=repr(error)[:200])

    async def mend(self) -> None:
        if self._passed is None:
            self._passed = {kept["_id"]: (kept["above"], 0.0) for kept in await self._kept.find({}).to_list(None)}
        for code, entry in list(self._directory.agencies.items()):
            above = entry.above
            passed, at = self._passed.get(code, (None, 0.0))
            if passed == above and (not at or monotonic() - at < self._wait):
                continue
            right = under(code, above)
            wrong = {"state.facts.agency": code, "state.facts.under": {"$ne": right}}
            done = await self._dossiers.update_many(wrong, {"$set": {"state.facts.under": right}})
            if done.modified_count:
                log.info("an agency has moved: its dossiers with it", agency=code, dossiers=done.modified_count)
            if passed == above:
                await self._kept.update_one({"_id": code}, {"$set": {"above": above}}, upsert=True)
                self._passed[code] = (above, 0.0)
            else:
                self._passed[code] = (above, monotonic())
