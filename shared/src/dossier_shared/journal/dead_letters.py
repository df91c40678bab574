"""Dead letters: records that can never be read, kept whole, with the reason and their topic, partition and offset.

A service writes and reads its own. Replaying a dead letter hands it to this service's consumer again, never back to the topic.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from dossier_shared.contracts.envelope import RawRecord, Record
from dossier_shared.contracts.topics import dead_letter, deployed_name
from dossier_shared.errors import BadRecord, Unavailable
from dossier_shared.journal.publisher import Sender
from dossier_shared.telemetry import metrics

_OWN = "dead_letter_"


@dataclass(slots=True)
class StoredRecord:
    """A record as it was on its original topic; has the shape of `RawRecord`."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]] = field(default_factory=list)


class DeadLetters:
    """Writes to the service's dead-letter topic."""

    def __init__(self, service: str, sender: Sender, deployment: str = "") -> None:
        self.topic, self.sender = deployed_name(dead_letter(service), deployment), sender

    async def put(self, bad: Sequence[tuple[RawRecord, BadRecord]]) -> None:
        """Sends all at once and waits until Kafka has acknowledged them; raises Unavailable where it does not."""
        records = [wrap(raw, why) for raw, why in bad]
        acked = await self.sender.send(self.topic, records)
        left = [number for number, done in enumerate(acked) if not done]
        if left:  # the broker is away, or takes these nowhere: a note of each says where the record itself still is
            notes = [records[number]._replace(key=b"", value=b"", headers=_own(*bad[number])) for number in left]
            if not all(await self.sender.send(self.topic, notes)):
                raise Unavailable("dead-letter-unavailable")
        for _, why in bad:
            metrics.DEAD_LETTERS.labels(why.reason).inc()


def wrap(raw: RawRecord, why: BadRecord) -> Record:
    """The record as a dead letter. A foreign record may have headers without a value."""
    headers = [(name, value or b"") for name, value in raw.headers]
    return Record(raw.key or b"", raw.value or b"", [*headers, *_own(raw, why)])


def _own(raw: RawRecord, why: BadRecord) -> list[tuple[str, bytes]]:
    return [
        (f"{_OWN}reason", why.reason.encode()),
        (f"{_OWN}detail", why.detail[:500].encode(errors="replace")),
        (f"{_OWN}topic", raw.topic.encode()),
        (f"{_OWN}partition", b"%d" % raw.partition),
        (f"{_OWN}offset", b"%d" % raw.offset),
    ]


def unwrap(record: RawRecord) -> tuple[StoredRecord, str, str]:
    """From a dead letter: the original record, the reason and its detail."""
    own = {name.removeprefix(_OWN): value.decode() for name, value in record.headers if name.startswith(_OWN)}
    original = StoredRecord(
        topic=own["topic"],
        partition=int(own["partition"]),
        offset=int(own["offset"]),
        key=record.key,
        value=record.value,
        headers=[(name, value) for name, value in record.headers if not name.startswith(_OWN)],
    )
    return original, own["reason"], own.get("detail", "")
