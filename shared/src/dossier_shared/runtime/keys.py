"""The topic of keys, followed into memory, by every process that hears or publishes events."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import structlog

from dossier_shared.adapters.compacted import Follower
from dossier_shared.adapters.kafka import KafkaSender
from dossier_shared.contracts.topics import KEYS
from dossier_shared.journal.keyring import Keyring
from dossier_shared.settings.types import Signatures
from dossier_shared.tasks import end

log = structlog.get_logger()
SELDOM = 1.0  # seconds; what comes is handed on at once
LOOK_AGAIN = 0.5  # seconds between two questions for the topic


class Keys:
    """`topics`: others of this process, by which a broker that has no topic of keys is told from one that answers nothing yet."""

    def __init__(self, sender: KafkaSender, topics: Sequence[str], mode: Signatures) -> None:
        self.ring = Keyring(mode)
        self._sender, self._topics = sender, tuple(topics)
        self._reading = Follower(sender.broker, (KEYS,), self.ring.take, self.ring.whole, rest=SELDOM)

    async def run(self) -> None:
        absence = asyncio.create_task(self._absence())
        try:
            await self._reading.run()
        finally:
            await end([absence])

    async def once(self) -> None:
        """For a program that ends by itself. Raises where the broker is away."""
        if not await self._absent():
            await self._reading.once()
        self.ring.whole()

    async def _absence(self) -> None:
        """A deployment of before has the topic only once it is provisioned again: nobody's events are signed there."""
        while not self._reading.caught_up:
            if await self._absent():
                log.warning("there is no topic of keys: nothing that is signed is looked at until it is provisioned")
                self.ring.whole()
                return
            await asyncio.sleep(LOOK_AGAIN)

    async def _absent(self) -> bool:
        return await self._sender.missing([KEYS.name, *self._topics]) == [KEYS.name]
