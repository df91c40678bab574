"""From the services' audit topics into the database, in a consumer group of its own. Nothing of the board waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

import structlog
from pydantic import ValidationError

from dossier_monitor.audit.store import AuditStore
from dossier_shared.adapters.kafka import KafkaSource
from dossier_shared.clock import parse_instant
from dossier_shared.contracts.audit import AuditEntry
from dossier_shared.contracts.deployments import DeploymentEntry
from dossier_shared.contracts.envelope import RawRecord
from dossier_shared.contracts.topics import AUDIT_TOPICS, deployed, parted
from dossier_shared.journal.stream import lasts

log = structlog.get_logger()
GROUP: Final = "monitor-audit"
_WRITER: Final = {topic.name: topic.writer for topic in AUDIT_TOPICS}
_AT_ONCE, _LONGEST_PAUSE = 1000, 5.0


def audit_topics(deployments: Sequence[DeploymentEntry] = ()) -> list[str]:
    """Of every service, and of every deployment of one."""
    own = [
        deployed(topic, entry.name).name
        for topic in AUDIT_TOPICS
        for entry in deployments
        if entry.service == topic.writer
    ]
    return [*_WRITER, *own]


class AuditReader:
    def __init__(self, source: KafkaSource, store: AuditStore) -> None:
        self._source, self._store = source, store

    async def run(self) -> None:
        pause = 0.1
        try:
            while True:
                try:
                    await self._one_batch()
                    pause = 0.1
                except Exception as error:  # the batch is read again, and what of it is stored is left as it is
                    log.warning("audit not read", error=repr(error)[:200])
                    await self._source.reset()
                    await asyncio.sleep(pause)
                    pause = min(pause * 2, _LONGEST_PAUSE)
        finally:
            await self._source.stop()

    async def _one_batch(self) -> None:
        records = await self._source.fetch(_AT_ONCE)
        if not records:
            return
        if entries := read(records):
            await self._store.take(entries)
        await self._source.commit(lasts(records))


def read(records: Sequence[RawRecord]) -> list[tuple[str, AuditEntry]]:
    """Each with whose topic it came by: only that service could write it. What cannot be read is passed over."""
    found = []
    for record in records:
        try:
            entry = AuditEntry.model_validate_json(record.value or b"")
            parse_instant(entry.time)
        except (ValidationError, ValueError) as error:
            log.warning(
                "audit entry cannot be read", topic=record.topic, offset=record.offset, error=type(error).__name__
            )
        else:
            found.append((_WRITER[parted(record.topic)[0]], entry))
    return found
