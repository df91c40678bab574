"""Faust's Kafka transport, handing over what it fetched of a partition as one message, not record by record.

Faust spends some 100 µs on each message, thrice what folding an event costs. A lot's message stands at the place of its last
record, and its value is the list. Faust's acknowledgements count single records, so topics are made with `acks=False` and
`store` is told what to commit. Faust drops in silence what lies before the last record it has met: new records, where a topic
was cut off under a running worker. So it is made to forget; what is known the marks tell.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from time import monotonic
from typing import Any

from faust.transport.drivers import aiokafka
from faust.types import TP

PACE = 0.1  # seconds between a fetch and the next: many events of a moment cost little more than one


class Consumer(aiokafka.Consumer):
    _next_at = 0.0

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, Any]]:
        paced = self._next_at - monotonic()
        await asyncio.sleep(paced)  # negative: at once
        batches: dict[TP, list[Any]] = {}
        generation = None
        # After a pause twice: the client held what came at its beginning, the broker holds what came since.
        for patience in (timeout, 0.01) if paced > 0 else (timeout,):
            found, active = await self._wait_next_records(patience)  # may wait out a whole rebalance
            if (
                generation != self.app.consumer_generation_id
            ):  # what came before it is read again from the committed offset
                batches, generation = {}, self.app.consumer_generation_id
            for place, batch in (found or {}).items():
                batches.setdefault(place, []).extend(batch)
        self._next_at = monotonic() + (PACE if batches else 0.0)
        if self.should_stop:
            return
        if not self.flow_active:  # partitions are moving: what was fetched is fetched again
            with suppress(Exception):
                await self.perform_seek()
            return
        for place, batch in batches.items():
            if not self.flow_active or self.app.consumer_generation_id != generation:
                return
            if batch and (active is None or place in active):
                message = self._to_message(place, batch[-1])
                message.value = batch  # type: ignore[assignment]
                self._read_offset[place] = None
                yield place, message

    async def perform_seek(self) -> None:
        """To what is committed. aiokafka leaves a partition where it is if that is 0, or nothing: those go to the beginning."""
        await super().perform_seek()
        left = [place for place in self.assignment() if not self._read_offset[place]]
        if left:
            await self.seek_wait(await self.earliest_offsets(*left))

    async def store(self, offsets: Mapping[TP, int]) -> bool:
        """Commits the next offset to read, per partition; of partitions that have moved away it is not. False: refused."""
        return await self._commit(offsets)


class Transport(aiokafka.Transport):
    Consumer = Consumer
