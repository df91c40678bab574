"""The topic of deployments, followed into memory, by every process that hears or publishes events."""

from __future__ import annotations

from collections.abc import Collection, Set

from dossier_shared.adapters.compacted import Followed
from dossier_shared.contracts.topics import DEPLOYMENTS
from dossier_shared.journal.registry import Registry


class Deployments:
    """`topics`: others of this process, by which a broker that has no such topic is told from one that answers nothing yet."""

    def __init__(self, service: str, deployment: str, topics: Collection[str]) -> None:
        self.registry = Registry(service, deployment)
        self.followed = Followed(
            (DEPLOYMENTS,), self.registry.take, self.registry.whole, self._absent, self.registry.seen
        )
        self._topics = frozenset(topics)

    def _absent(self, there: Set[str]) -> None:
        """A deployment of before has the topic only once it is provisioned again: one service serves everybody there."""
        if self._topics <= there:
            self.registry.whole()
