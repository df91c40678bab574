"""The topic of keys, followed into memory, by every process that hears or publishes events."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from dossier_shared.adapters.compacted import Follower
from dossier_shared.adapters.kafka import KafkaSender
from dossier_shared.clock import Clock
from dossier_shared.contracts.topics import KEYS
from dossier_shared.journal.keyring import Keyring
from dossier_shared.journal.signing import Signer, SigningSender
from dossier_shared.settings.event_key import read_event_key
from dossier_shared.settings.service import ServiceSettings
from dossier_shared.settings.types import Signatures

SELDOM = 1.0  # seconds; what comes is handed on at once
LOOK_AGAIN = 1.0  # seconds between two questions for the topic


def signing(settings: ServiceSettings, sender: KafkaSender, ring: Keyring, clock: Clock) -> SigningSender:
    """By which a service sends its events."""
    private = read_event_key(settings.event_key) if settings.event_key else None
    return SigningSender(sender, settings.service, Signer(settings.service, private, ring, clock.now))


class Keys:
    """`topics`: others of this process, by which a broker that has no topic of keys is told from one that answers nothing yet."""

    def __init__(self, sender: KafkaSender, topics: Sequence[str], mode: Signatures) -> None:
        self.ring = Keyring(mode)
        self._sender, self._topics = sender, tuple(topics)
        self._reading = Follower(sender.broker, (KEYS,), self.ring.take, self.ring.whole, rest=SELDOM)

    async def run(self) -> None:
        while not await self._there():
            await asyncio.sleep(LOOK_AGAIN)
        await self._reading.run()

    async def once(self) -> None:
        """For a program that ends by itself. Raises OSError where the broker is away."""
        if not await self._sender.reachable():
            raise OSError("the broker is away: nobody knows what is signed")
        if await self._there():
            await self._reading.once()
        self.ring.whole()

    async def _there(self) -> bool:
        """A deployment of before has the topic only once it is provisioned again: nobody's events are signed there."""
        if not await self._sender.reachable():
            return False
        missing = await self._sender.missing([KEYS.name, *self._topics])
        if missing == [KEYS.name]:
            self.ring.whole()
        return KEYS.name not in missing
