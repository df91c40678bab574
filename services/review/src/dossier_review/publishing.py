"""Tells the others who stands in for whom: what was given or taken back here goes to `platform.delegations`, in batches."""

from __future__ import annotations

import asyncio
from typing import Final

import structlog

from dossier_review.store import Delegations
from dossier_shared.adapters.kafka import KafkaSender
from dossier_shared.clock import Clock, instant
from dossier_shared.contracts.envelope import Record
from dossier_shared.contracts.topics import DELEGATIONS, deployed

LOOK_EVERY: Final = 0.5  # seconds
AT_ONCE: Final = 500
log = structlog.get_logger()


class DelegationsPublisher:
    """`sender`: of its own, so that a topic that cannot be written disturbs no dossier's events. A record may be sent twice."""

    def __init__(self, sender: KafkaSender, delegations: Delegations, clock: Clock, deployment: str = "") -> None:
        self._topic = deployed(DELEGATIONS, deployment).name
        self._sender, self._delegations, self._clock = sender, delegations, clock
        self._begun = False

    async def run(self) -> None:
        try:
            while True:
                try:
                    if not self._begun:
                        await self._delegations.tell_again(instant(self._clock.now()))
                        self._begun = True
                    await self.once()
                except Exception as error:
                    log.warning("delegations not published", error=repr(error)[:200])
                await asyncio.sleep(LOOK_EVERY)
        finally:
            await self._sender.stop()

    async def once(self) -> int:
        """How many the broker has taken."""
        entries = await self._delegations.untold(AT_ONCE)
        if not entries:
            return 0
        records = [Record(one.id.encode(), one.model_dump_json().encode(), []) for one in entries]
        taken = await self._sender.send(self._topic, records)
        done = [one for one, ok in zip(entries, taken, strict=True) if ok]
        if done:
            await self._delegations.told(done)
        return len(done)
