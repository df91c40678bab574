"""The topic of deployments, followed into memory, by every process that hears or publishes events."""

from __future__ import annotations

from collections.abc import Collection, Sequence, Set
from functools import partial

import structlog
from aiokafka import ConsumerRecord

from dossier_shared.adapters.compacted import Followed, Take
from dossier_shared.contracts.entries import DelegationEntry
from dossier_shared.contracts.topics import DELEGATIONS, DEPLOYMENTS, deployed
from dossier_shared.journal.registry import Registry

log = structlog.get_logger()


class Deployments:
    """`topics`: others of this process, by which a broker that has no such topic is told from one that answers nothing yet."""

    def __init__(self, service: str, deployment: str, topics: Collection[str]) -> None:
        self.registry = Registry(service, deployment)
        self.followed = Followed(
            (DEPLOYMENTS,), self.registry.take, self.registry.whole, self._absent, self.registry.seen
        )
        self._topics, self._lent = frozenset(topics), set[str]()

    def delegations(self, take: Take) -> list[Followed]:
        """Those topics of reviews of their own that are not followed yet. `take` gets what their agencies may say: who stands in
        for whom at another one is not theirs to tell."""
        found = []
        for entry in self.registry.entries:
            topic = deployed(DELEGATIONS, entry.name)
            own = ("", self.registry.deployment) if self.registry.service == DELEGATIONS.writer else None
            if entry.service != DELEGATIONS.writer or topic.name in self._lent or (own and entry.name not in own):
                continue
            self._lent.add(topic.name)
            found.append(Followed((topic,), partial(self._allowed, take, entry.name)))
        return found

    def _allowed(self, take: Take, name: str, records: Sequence[ConsumerRecord]) -> None:
        for record in records:  # one after the other: what they serve may change between
            agencies = self.registry.agencies(DELEGATIONS.writer, name)
            try:
                told = DelegationEntry.model_validate_json(record.value).agency if record.value else None
            except ValueError:
                told = None
            if told in agencies:
                take([record])
            else:
                log.warning("delegation passed over", topic=record.topic, offset=record.offset, agency=told)

    def _absent(self, there: Set[str]) -> None:
        """A deployment of before has the topic only once it is provisioned again: one service serves everybody there."""
        if self._topics <= there:
            self.registry.whole()
