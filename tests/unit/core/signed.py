"""Keys of services, as the administrator publishes them, for whoever signs or checks in a test."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from dossier_shared.clock import Clock, FixedClock
from dossier_shared.contracts.envelope import Event, Record, encode
from dossier_shared.contracts.keys import SIGNED_TOPICS, EventKey, EventKeys, key_id
from dossier_shared.contracts.topics import KEYS
from dossier_shared.journal.dead_letters import StoredRecord
from dossier_shared.journal.keyring import Keyring
from dossier_shared.journal.signatures import sign_together
from dossier_shared.journal.signing import Signer

FROM_THE_FIRST = [0] * 6
LONG_AGO = "2020-01-01T00:00:00.000000Z"


class Holder:
    """A service, or somebody who would be it, with a private key."""

    def __init__(self, service: str = "signing", number: int = 1) -> None:
        self.service, self.topic = service, SIGNED_TOPICS[service].name
        self.private = Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)
        public = self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.key = EventKey(id=key_id(public), public=b64encode(public).decode(), since=LONG_AGO)

    def signs(self, *events: Event, topic: str | None = None) -> list[Record]:
        """All under one signature."""
        return list(sign_together(self.private, self.key.id, topic or self.topic, [*map(encode, events)]))

    def signs_one(self, event: Event) -> Record:
        (signed,) = self.signs(event)
        return signed

    def signer(self, ring: Keyring, clock: Clock | None = None) -> Signer:
        return Signer(self.service, self.private, ring, (clock or FixedClock()).now)


def tell(ring: Keyring, *keys: EventKey, service: str = "signing", demanded: list[int] | None = None) -> StoredRecord:
    """The administrator's next record of a service."""
    value = EventKeys(service=service, keys=list(keys), demanded=demanded).model_dump_json().encode()
    record = StoredRecord(KEYS.name, 0, ring._reached, service.encode(), value)
    ring.take([record])
    return record


def ring_of(*holders: Holder, demanded: list[int] | None = FROM_THE_FIRST, **more: Any) -> Keyring:
    ring = Keyring(**more)
    for holder in holders:
        tell(ring, holder.key, service=holder.service, demanded=demanded)
    ring.whole()
    return ring


def on_topic(record: Record, topic: str, *, offset: int = 0, partition: int = 0) -> StoredRecord:
    return StoredRecord(topic, partition, offset, record.key, record.value, record.headers)


def with_signature(record: StoredRecord, signature: bytes) -> StoredRecord:
    headers = [(name, value) for name, value in record.headers if name != "ce_signature"]
    return replace(record, headers=[*headers, ("ce_signature", signature)])
