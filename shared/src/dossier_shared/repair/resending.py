"""Answers requests to publish again (`contracts/resend_request.py`) with whole journals, batch by batch.

A service that has missed an event for a minute asks on its own topic `<service>.resend-request` (key: the dossier's id; value:
`{"source": <whose events>}`). Every service reads these topics and answers what concerns its own events.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

import structlog

from dossier_shared.contracts.resend_request import Missing
from dossier_shared.journal.dossier import Dossier
from dossier_shared.journal.publisher import Sender, republish
from dossier_shared.telemetry import metrics

log = structlog.get_logger()
_AT_ONCE = 100  # journals in memory while they are sent again


class Journals(Protocol):
    async def load_whole(self, ids: Iterable[str]) -> dict[str, Dossier]:
        """With all events, also those in segments; for reading only."""
        ...


class Resender:
    """Publishes whole journals again, batch by batch."""

    def __init__(self, source: str, sender: Sender, journals: Journals, deployment: str = "") -> None:
        self.source, self.sender, self.journals, self.deployment = source, sender, journals, deployment

    async def answer(self, requests: Sequence[Missing]) -> int:
        """Answers requests; returns the number of events sent. What Kafka did not take is asked for again by who misses it."""
        ids = list(dict.fromkeys(request.dossier for request in requests if request.source == self.source))
        sent = await self.resend(ids)
        if ids:
            metrics.RESENT.inc(sent)
            log.info("published again on request", dossiers=len(ids), events=sent)
        return sent

    async def resend(self, ids: Sequence[str]) -> int:
        sent = 0
        for first in range(0, len(ids), _AT_ONCE):
            found = await self.journals.load_whole(ids[first : first + _AT_ONCE])
            sent += await republish(self.source, self.sender, list(found.values()), self.deployment)
        return sent
