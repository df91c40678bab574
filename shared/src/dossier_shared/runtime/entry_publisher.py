"""Tells the others what was given or taken back here: the entries of a store go to their compacted topic, in batches."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Final

import structlog

from dossier_shared.adapters.entry_store import E, EntryStore
from dossier_shared.adapters.kafka import KafkaSender
from dossier_shared.clock import Clock, instant
from dossier_shared.contracts.envelope import Record

LOOK_EVERY: Final = 0.5  # seconds
AT_ONCE: Final = 500
log = structlog.get_logger()


class EntryPublisher:
    """`sender`: of its own, so that a topic that cannot be written disturbs no dossier's events. A record may be sent twice.

    `again`: for how long after its end an entry is said again at each start: the topic may have been lost meanwhile.
    """

    def __init__(
        self, sender: KafkaSender, topic: str, store: EntryStore[E], clock: Clock, again: timedelta = timedelta()
    ) -> None:
        self._sender, self._topic, self._store = sender, topic, store
        self._clock, self._again, self._begun = clock, again, False

    async def run(self) -> None:
        try:
            while True:
                try:
                    if not self._begun:
                        await self._store.tell_again(instant(self._clock.now() - self._again))
                        self._begun = True
                    await self.once()
                except Exception as error:
                    log.warning("entries not published", topic=self._topic, error=repr(error)[:200])
                await asyncio.sleep(LOOK_EVERY)
        finally:
            await self._sender.stop()

    async def once(self) -> int:
        """How many the broker has taken."""
        entries = await self._store.untold(AT_ONCE)
        if not entries:
            return 0
        records = [Record(one.id.encode(), one.model_dump_json().encode(), []) for one in entries]
        taken = await self._sender.send(self._topic, records)
        done = [one for one, ok in zip(entries, taken, strict=True) if ok]
        if done:
            await self._store.told(done)
        return len(done)
