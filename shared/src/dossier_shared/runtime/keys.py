"""The topic of keys, followed into memory, by every process that hears or publishes events."""

from __future__ import annotations

from collections.abc import Collection, Set

from dossier_shared.adapters.compacted import Followed
from dossier_shared.adapters.kafka import KafkaSender
from dossier_shared.clock import Clock
from dossier_shared.contracts.topics import KEYS
from dossier_shared.journal.keyring import Keyring
from dossier_shared.journal.signing import Signer, SigningSender
from dossier_shared.settings.event_key import read_event_key
from dossier_shared.settings.service import ServiceSettings
from dossier_shared.settings.types import Signatures


def signing(settings: ServiceSettings, sender: KafkaSender, ring: Keyring, clock: Clock) -> SigningSender:
    """By which a service sends its events."""
    private = read_event_key(settings.event_key) if settings.event_key else None
    return SigningSender(sender, settings.called, Signer(settings.called, private, ring, clock.now))


class Keys:
    """`topics`: others of this process, by which a broker that has no topic of keys is told from one that answers nothing yet."""

    def __init__(self, topics: Collection[str], mode: Signatures) -> None:
        self.ring = Keyring(mode)
        self.followed = Followed((KEYS,), self.ring.take, self.ring.whole, self._absent)
        self._topics = frozenset(topics)

    def _absent(self, there: Set[str]) -> None:
        """A deployment of before has the topic only once it is provisioned again: nobody's events are signed there."""
        if self._topics <= there:
            self.ring.whole()
