"""Stores where consumers have stopped and what persons decided, in the service's database: any replica answers for all."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from dossier_shared.adapters.mongo import Database
from dossier_shared.clock import Clock, instant
from dossier_shared.journal.hearing import Pass, Position


class HearingStore:
    """Two collections: `hearing`, which consumers have stopped and why; `passes`, who decided what."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self.stops: Any = db["hearing"]
        self.passed: Any = db["passes"]
        self.clock = clock

    async def stop(self, group: str, member: str, why: str) -> None:
        fields = {"group": group, "member": member, "why": why, "since": instant(self.clock.now())}
        await self.stops.replace_one({"_id": member}, fields, upsert=True)

    async def go_on(self, member: str) -> None:
        await self.stops.delete_one({"_id": member})

    async def stopped(self, group: str) -> list[dict[str, Any]]:
        return list(await self.stops.find({"group": group}, {"_id": 0, "group": 0}).sort("since", 1).to_list(None))

    async def decide(self, group: str, decision: Pass) -> None:
        until = [{"topic": at.topic, "partition": at.partition, "offset": end} for at, end in decision.until.items()]
        fields = {"by": decision.by, "reason": decision.reason, "at": instant(self.clock.now())}
        await self.passed.insert_one({"_id": uuid4().hex, "group": group, "until": until, **fields})

    async def decided(self, group: str) -> list[Pass]:
        """The latest."""
        found = await self.passed.find({"group": group}).sort("at", -1).limit(100).to_list(None)
        return [
            Pass(d["by"], d["reason"], {Position(u["topic"], u["partition"]): u["offset"] for u in d["until"]})
            for d in found
        ]
