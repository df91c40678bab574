"""Audit entries on their way to the topic: kept in memory for a moment, sent in batches. Nobody waits for them, nothing fails
with them.

A process killed takes the entries of its last moment along; a broker away longer than memory lasts, those beyond `MOST`: they
are counted (`dossier_audit_dropped_total`). What changes a dossier is in its journal, written before it is answered.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Final

import structlog

from dossier_shared.adapters.kafka import KafkaSender
from dossier_shared.contracts.audit import AuditEntry
from dossier_shared.contracts.envelope import Record
from dossier_shared.contracts.topics import audit, deployed_name
from dossier_shared.telemetry.metrics import AUDIT_DROPPED, AUDIT_SENT

log = structlog.get_logger()
MOST: Final = 20_000  # entries kept: some ten megabytes
EVERY: Final = 0.25  # seconds between two batches
_AT_ONCE, _LONGEST_PAUSE, _LAST_WORD = 500, 5.0, 3.0


class Trail:
    """`sender`: of its own, so that a topic that cannot be written disturbs no dossier's events."""

    def __init__(self, service: str, sender: KafkaSender, most: int = MOST, deployment: str = "") -> None:
        self._topic, self._sender, self._most = deployed_name(audit(service), deployment), sender, most
        self._waiting: deque[AuditEntry] = deque()
        self._some = asyncio.Event()

    def put(self, entry: AuditEntry) -> None:
        if len(self._waiting) >= self._most:  # the newest: else a flood would wash away what came before it
            AUDIT_DROPPED.inc()
            return
        self._waiting.append(entry)
        self._some.set()

    async def run(self) -> None:
        pause = EVERY
        while True:
            await self._some.wait()
            await asyncio.sleep(pause)
            try:
                sent = await self.flush()
            except Exception as error:
                log.warning("audit not sent", error=repr(error)[:200])
                sent = False
            pause = EVERY if sent else min(pause * 2, _LONGEST_PAUSE)

    async def flush(self) -> bool:
        """Sends what waits; False where the broker did not take all of it."""
        self._some.clear()
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(_AT_ONCE, len(self._waiting)))]
            acknowledged = [False] * len(batch)
            try:
                acknowledged = await self._sender.send(self._topic, [_record(entry) for entry in batch])
            finally:
                left = [entry for entry, done in zip(batch, acknowledged, strict=True) if not done]
                AUDIT_SENT.inc(len(batch) - len(left))
                self._waiting.extendleft(reversed(left))
            if left:
                self._some.set()
                return False
        return True

    async def stop(self) -> None:
        """In good order nothing is lost that the broker takes in time."""
        try:
            await asyncio.wait_for(self.flush(), _LAST_WORD)
        except Exception as error:
            log.warning("audit not sent", error=repr(error)[:200])
        AUDIT_DROPPED.inc(len(self._waiting))
        await self._sender.stop()


def _record(entry: AuditEntry) -> Record:
    return Record(entry.id.encode(), entry.model_dump_json(exclude_defaults=True).encode(), [])
