"""Tells the others who reads what in an emergency: what is opened or ended here goes to `platform.emergencies`, in batches."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Final

import structlog

from dossier_intake.emergency.store import EmergencyStore
from dossier_shared.adapters.kafka import KafkaSender
from dossier_shared.clock import Clock, instant
from dossier_shared.contracts.envelope import Record
from dossier_shared.contracts.topics import EMERGENCIES

LOOK_EVERY: Final = 0.5  # seconds
AT_ONCE: Final = 500
AGAIN: Final = timedelta(days=730)  # as long as the topic keeps them
log = structlog.get_logger()


class EmergencyPublisher:
    """`sender`: of its own, so that a topic that cannot be written disturbs no dossier's events. A record may be sent twice."""

    def __init__(self, sender: KafkaSender, store: EmergencyStore, clock: Clock) -> None:
        self._sender, self._store, self._clock = sender, store, clock
        self._begun = False

    async def run(self) -> None:
        try:
            while True:
                try:
                    if not self._begun:
                        await self._store.tell_again(instant(self._clock.now() - AGAIN))
                        self._begun = True
                    await self.once()
                except Exception as error:
                    log.warning("emergency accesses not published", error=repr(error)[:200])
                await asyncio.sleep(LOOK_EVERY)
        finally:
            await self._sender.stop()

    async def once(self) -> int:
        """How many the broker has taken."""
        entries = await self._store.untold(AT_ONCE)
        if not entries:
            return 0
        records = [Record(one.id.encode(), one.model_dump_json().encode(), []) for one in entries]
        taken = await self._sender.send(EMERGENCIES.name, records)
        done = [one for one, ok in zip(entries, taken, strict=True) if ok]
        if done:
            await self._store.told(done)
        return len(done)
