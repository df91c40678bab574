"""Which keys each service signs its events with, as `platform.keys` tells, and what that makes of a record."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from dossier_shared.contracts.envelope import RawRecord
from dossier_shared.contracts.keys import EventKey, EventKeys, signed_topic
from dossier_shared.errors import BadRecord
from dossier_shared.journal.key_topic import KeyTopic
from dossier_shared.journal.signatures import HEADER, Key, leaf_of
from dossier_shared.settings.types import Signatures
from dossier_shared.telemetry import metrics

log = structlog.get_logger()


class UnknownKey(BadRecord):
    """Forged, or of a key this process has not heard of yet."""

    def __init__(self, topic: str, id_: bytes) -> None:
        told = id_.decode("ascii", "replace")[:32]
        super().__init__("wrong-signature", f"no key {told!r} of this topic's service is known")
        self.topic, self.id = topic, id_


class _Ring:
    """The keys of one service."""

    def __init__(self, record: EventKeys, before: _Ring | None) -> None:
        topic = _topic(record.service)
        self.record = record
        kept = before.keys if before is not None else {}
        self.keys: dict[bytes, Key] = {}  # by the id as a header has it
        for key in record.keys:
            there = kept.get(key.id.encode())
            self.keys[key.id.encode()] = there if there is not None and there.record == key else Key(key, topic)


class Keyring(KeyTopic):
    """What the topic of keys says, and what it makes of a record. `mode`: what of it is put in force here."""

    def __init__(self, mode: Signatures = "demand") -> None:
        super().__init__()
        self.mode = mode
        self._rings: dict[str, _Ring] = {}  # by the topic their service writes

    def _take(self, record: RawRecord) -> None:
        service = (record.key or b"").decode()
        topic = _topic(service)
        if not record.value:
            self._rings.pop(topic, None)
            return
        found = EventKeys.model_validate_json(record.value)
        if found.service != service:
            raise ValueError(f"of {found.service!r} under the key of {service!r}")
        self._rings[topic] = _Ring(found, self._rings.get(topic))

    def key(self, service: str, id_: str) -> EventKey | None:
        ring = self._rings.get(_topic(service))
        found = ring.keys.get(id_.encode()) if ring is not None else None
        return found.record if found is not None else None

    def demanded(self, service: str) -> bool:
        ring = self._rings.get(_topic(service))
        return ring is not None and ring.record.demanded is not None

    def check(self, raw: RawRecord, hash_: str, *, strict: bool = False) -> None:
        """Of a record that `envelope.decode` has read, and so compared with this hash. Raises BadRecord wrong-signature.

        `strict`: it does not come from its topic, so that its offset is nobody's word (a dead letter handed in again).
        """
        ring = self._rings.get(raw.topic)
        if ring is None or self.mode == "off":
            return
        try:
            if not self._look(ring, raw, hash_, strict):
                metrics.UNSIGNED.labels(raw.topic).inc()
        except BadRecord as why:
            if self.mode != "warn":
                raise
            metrics.UNSIGNED.labels(raw.topic).inc()
            log.warning("signature would be refused", topic=raw.topic, offset=raw.offset, why=str(why))

    def _look(self, ring: _Ring, raw: RawRecord, hash_: str, strict: bool) -> bool:
        """False: unsigned, and nobody demands more."""
        signature = _signature(raw)
        if signature is None:
            demanded = ring.record.demanded
            if demanded is not None and (strict or _behind(raw, demanded)):
                raise BadRecord("wrong-signature", "unsigned, and signatures are demanded of this service")
            return False
        id_, _, rest = signature.partition(b".")
        key = ring.keys.get(id_)
        if key is None:
            raise UnknownKey(raw.topic, id_)
        if key.record.revoked:
            raise BadRecord("wrong-signature", f"key {key.record.id} is revoked")
        if key.record.ends is not None and (strict or _behind(raw, key.record.ends)):
            raise BadRecord("wrong-signature", f"key {key.record.id} was retired before")
        try:
            good = key.covers(leaf_of(hash_, raw.value or b""), rest)
        except ValueError:
            good = False
        if not good:
            why = f"the signature of key {key.record.id} is not of this event on this topic"
            raise BadRecord("wrong-signature", why)
        return True

    async def wait_for(self, unknown: UnknownKey) -> None:
        await self.wait_until(lambda: self._has(unknown.topic, unknown.id))

    def _has(self, topic: str, id_: bytes) -> bool:
        ring = self._rings.get(topic)
        return ring is None or id_ in ring.keys


def _topic(who: str) -> str:
    topic = signed_topic(who)
    if topic is None:
        raise KeyError(f"{who[:100]} signs no events")
    return topic.name


def _signature(raw: RawRecord) -> bytes | None:
    """The last header, where nobody between the writer and us has added more."""
    for name, value in reversed(raw.headers):
        if name == HEADER:
            return value
    return None


def _behind(raw: RawRecord, ends: Sequence[int]) -> bool:
    return raw.partition >= len(ends) or raw.offset >= ends[raw.partition]
