"""One event, as the journal keeps it and as a topic carries it (CloudEvents 1.0, Kafka binary mode).

key      the dossier's id
headers  ce_specversion `1.0`, ce_id `<dossier>:<source>:<seq>`, ce_source, ce_type `vn.dossier.<type>.v1`, ce_time,
         ce_hash, content-type `application/json`; ce_traceparent (W3C) where what led to it is being traced
value    {"actor", "agency", "data", "heard", "portal", "previous", "recorded", "sealed_hash"}, and last, where there is
         a sealed part, "sealed" (text: JSON, or encrypted: a box). `data` never holds personal data.

`hash` is the SHA-256 of id, type, time and the value as sent without `sealed`: it covers the hash of the event before
(`previous`) and the SHA-256 of the sealed bytes as stored, so that these can be encrypted per citizen and erased while the
chain still verifies (`boxes.py`); of what was recorded in clear and sealed later it stays that of the clear bytes. Readers
hash the bytes they got; nothing is serialised again to check it. It does not cover ce_traceparent: who sends the event again
may not know it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple, Protocol
from zlib import crc32

import orjson

from dossier_shared.contracts import boxes, traceparent
from dossier_shared.contracts.erased import stand_in
from dossier_shared.contracts.topics import BY_NAME, EVENT_TOPICS, parted
from dossier_shared.errors import BadRecord, KeyUnknown

GENESIS = "0" * 64  # `previous` of the first event of a source
# Far below the broker's limit: an event too large for Kafka would block its dossier for ever.
MAX_EVENT_BYTES = 256 * 1024
MAX_SEQ = 2**31 - 1
_PREFIX, _VERSION = "vn.dossier.", ".v1"
_SPECVERSION, _CONTENT_TYPE = ("ce_specversion", b"1.0"), ("content-type", b"application/json")


class Record(NamedTuple):
    """What goes to a topic. An empty value is sent as none: on a compacted topic nothing is under its key any more."""

    key: bytes
    value: bytes
    headers: list[tuple[str, bytes]]


class RawRecord(Protocol):
    """What comes from a topic (aiokafka's ConsumerRecord has this shape)."""

    @property
    def topic(self) -> str: ...
    @property
    def partition(self) -> int: ...
    @property
    def offset(self) -> int: ...
    @property
    def key(self) -> bytes | None: ...
    @property
    def value(self) -> bytes | None: ...
    @property
    def headers(self) -> Sequence[tuple[str, bytes]]: ...


class Opener(Protocol):
    """Who has the persons' keys (`journal.persons.PersonKeys`)."""

    def open(self, sealed: bytes, place: bytes) -> bytes | None:
        """What is in a box; None where its person is erased. Raises KeyUnknown."""
        ...


@dataclass(slots=True)
class Event:
    """`time` is when it happened (business), `recorded` this machine's clock; both ISO 8601 UTC with microseconds."""

    dossier: str
    source: str
    seq: int
    type: str  # short name: "accepted" for vn.dossier.accepted.v1
    time: str
    recorded: str
    agency: str
    actor: str  # "<role>:<subject>" or "rule:<name>"; a subject is an opaque id, never a name
    portal: int | None  # national portal status code after this event
    heard: dict[str, int]  # how far the writer had heard each other source when it decided this
    data: dict[str, Any]
    sealed: bytes | None
    sealed_hash: str | None
    previous: str
    hash: str = ""
    command: str | None = None  # idempotency: hash of subject and key; journal only, never published
    fingerprint: str | None = None  # idempotency: hash of the request; journal only
    traceparent: str | None = None  # what led to it, for whoever traces; no part of the hash
    onward: str | None = field(init=False, default=None, repr=False, compare=False)  # of what is recorded on hearing it
    persons: Opener | None = field(init=False, default=None, repr=False, compare=False)  # by whose keys it opens
    _plain: bytes | None = field(init=False, default=None, repr=False, compare=False)  # of what was encrypted just now
    _opened: dict[str, Any] | None = field(init=False, default=None, repr=False, compare=False)
    _signed: bytes | None = field(init=False, default=None, repr=False, compare=False)  # the bytes `hash` covers

    @property
    def size(self) -> int:
        """Bytes of what is sent, escapes and headers apart."""
        return len(self._signed or b"") + len(self.sealed or b"")

    def open(self) -> dict[str, Any]:
        """The sealed part as JSON; empty where there is none. Of an erased person: what must be there, without saying anything.
        Raises KeyUnknown."""
        if self._opened is None:
            sealed = self._plain or self.sealed
            if sealed and boxes.is_box(sealed):
                if self.persons is None:
                    raise KeyUnknown()
                plain = self.persons.open(sealed, self.place)
                if plain is not None and boxes.is_later(sealed) and sha256(plain).hexdigest() != self.sealed_hash:
                    raise ValueError("what was sealed later is not what was recorded")
                self._opened = orjson.loads(plain) if plain is not None else stand_in(self.type)
            else:
                self._opened = orjson.loads(sealed) if sealed else stand_in(self.type) if self.sealed_hash else {}
        return self._opened

    @property
    def place(self) -> bytes:
        """To which its sealed part is bound: nobody moves it to another event."""
        return f"{self.dossier}:{self.source}:{self.seq}".encode()


def chain_hash(event: Event) -> str:
    """What `hash` must be; keeps the bytes it was made of, to be sent as they are."""
    event._signed = signed = orjson.dumps(
        {
            "actor": event.actor,
            "agency": event.agency,
            "data": event.data,
            "heard": event.heard,
            "portal": event.portal,
            "previous": event.previous,
            "recorded": event.recorded,
            "sealed_hash": event.sealed_hash,
        },
        option=orjson.OPT_SORT_KEYS,
    )
    head = f"{event.dossier}:{event.source}:{event.seq}\n{_PREFIX}{event.type}{_VERSION}\n{event.time}\n"
    return sha256(head.encode() + signed).hexdigest()


def partition_of(dossier: str, partitions: int) -> int:
    return crc32(dossier.encode()) % partitions


# -- journal (one MongoDB subdocument) ---------------------------------------------------------------------------------


def to_entry(event: Event) -> dict[str, Any]:
    """As the journal keeps it: dossier and source are the document's and the database's own."""
    entry = {
        "seq": event.seq,
        "type": event.type,
        "time": event.time,
        "recorded": event.recorded,
        "agency": event.agency,
        "actor": event.actor,
        "portal": event.portal,
        "heard": event.heard,
        "data": event.data,
        "sealed": event.sealed,
        "sealed_hash": event.sealed_hash,
        "previous": event.previous,
        "hash": event.hash,
        "command": event.command,
        "fingerprint": event.fingerprint,
    }
    # absent where there is none: a version that does not know it must be able to take the journal back
    if event.traceparent is not None:
        entry["traceparent"] = event.traceparent
    return entry


def from_entry(dossier: str, source: str, entry: Mapping[str, Any]) -> Event:
    try:
        return Event(dossier=dossier, source=source, **entry)
    except TypeError:  # a later version, since rolled back, keeps more with an event
        known = {name: entry[name] for name in _KEPT if name in entry}
        return Event(dossier=dossier, source=source, **known)


_KEPT = tuple(f.name for f in fields(Event) if f.init and f.name not in ("dossier", "source"))


# -- topic ---------------------------------------------------------------------------------------------------------------


_TYPES = {name: ("ce_type", f"{_PREFIX}{name}{_VERSION}".encode()) for t in EVENT_TOPICS for name in t.events}
_SOURCES = {topic.source: ("ce_source", topic.source.encode()) for topic in EVENT_TOPICS if topic.source}
# topic -> its source, and the short name of each type that belongs there
_BELONGS = {
    topic.name: (topic.source, topic.source.encode(), {_TYPES[name][1]: name for name in topic.events})
    for topic in EVENT_TOPICS
    if topic.source
}
_SEALED = b',"sealed":'
_TRACEPARENT = "ce_traceparent"  # CloudEvents' extension for distributed tracing


def encode(event: Event) -> Record:
    signed = event._signed
    if signed is None:
        chain_hash(event)
        signed = event._signed or b""
    value = signed
    if event.sealed is not None:
        value = b"%b%b%b}" % (signed[:-1], _SEALED, orjson.dumps(event.sealed.decode()))
    headers = [
        _SPECVERSION,
        ("ce_id", f"{event.dossier}:{event.source}:{event.seq}".encode()),
        _SOURCES[event.source],
        _TYPES[event.type],
        ("ce_time", event.time.encode()),
        ("ce_hash", event.hash.encode()),
        _CONTENT_TYPE,
    ]
    if event.traceparent is not None:
        headers.append((_TRACEPARENT, event.traceparent.encode()))
    return Record(event.dossier.encode(), value, headers)


def decode(record: RawRecord) -> Event:
    """The event of a record, verified as far as a single record can be.

    Raises BadRecord: undecodable, unknown-version, unknown-type, wrong-key, wrong-writer, wrong-hash.
    """
    belongs = _BELONGS.get(record.topic) or _BELONGS.get(parted(record.topic)[0])
    if belongs is None:
        raise BadRecord("wrong-writer", f"no events belong on {record.topic}")
    try:
        return _decoded(record, *belongs)
    except (BadRecord, MemoryError):
        raise
    except Exception as error:  # pure: what it stumbles over once it stumbles over for ever
        raise BadRecord("undecodable", f"{type(error).__name__}: {error}") from error


def _decoded(record: RawRecord, source: str, source_bytes: bytes, types: Mapping[bytes, str]) -> Event:
    head = dict(record.headers)
    if head["ce_specversion"] != b"1.0":
        raise BadRecord("unknown-version", f"CloudEvents {head['ce_specversion'].decode()}")
    type_ = head["ce_type"]
    name = types.get(type_)
    if name is None:
        raise _unknown(record.topic, type_.decode())
    if head["ce_source"] != source_bytes:
        raise BadRecord("wrong-writer", f"{head['ce_source'].decode()} may not write to {record.topic}")
    id_ = head["ce_id"]
    dossier, writer, number = id_.decode().rsplit(":", 2)
    if record.key != dossier.encode():
        raise BadRecord("wrong-key", "the record's key is not its dossier's id")
    if writer != source:
        raise BadRecord("wrong-writer", f"{writer} may not write to {record.topic}")
    value = record.value or b""
    body = orjson.loads(value)
    sealed, signed = None, value
    sealed_text = body.get("sealed")
    if sealed_text is not None:
        tail = b"%b%b}" % (_SEALED, orjson.dumps(sealed_text))
        if not value.endswith(tail):
            raise BadRecord("undecodable", "`sealed` must come last")
        signed = value[: -len(tail)] + b"}"
        sealed = sealed_text.encode()
        # of what was sealed later the hash is of what is in it: `Event.open` compares, and the signature covers the box
        if not boxes.is_later(sealed) and sha256(sealed).hexdigest() != body["sealed_hash"]:
            raise BadRecord("wrong-hash", "the sealed part does not match its hash")
    time, hash_, trace = head["ce_time"], head["ce_hash"].decode(), head.get(_TRACEPARENT)
    if sha256(b"%b\n%b\n%b\n%b" % (id_, type_, time, signed)).hexdigest() != hash_:
        raise BadRecord("wrong-hash", "the event does not match its hash")
    event = Event(  # in the order of its fields: by name would take twice as long
        dossier, source, int(number), name, time.decode(), body["recorded"], body["agency"], body["actor"],
        body["portal"], body["heard"], body["data"], sealed, body["sealed_hash"], body["previous"], hash_,
        None, None, traceparent.read(trace) if trace is not None else None,
    )  # fmt: skip
    event._signed = signed
    _demand_shape(event)
    return event


def _demand_shape(event: Event) -> None:
    if not (
        0 < event.seq <= MAX_SEQ
        and isinstance(event.data, dict)
        and isinstance(event.heard, dict)
        and isinstance(event.previous, str)
        and isinstance(event.agency, str)
        and isinstance(event.actor, str)
        and (event.portal is None or type(event.portal) is int)
        and {int}.issuperset(map(type, event.heard.values()))
    ):
        raise BadRecord("undecodable", "a field is not of its type")
    for text in (event.time, event.recorded):
        if datetime.fromisoformat(text).tzinfo is None:
            raise BadRecord("undecodable", f"not an instant with an offset: {text}")


def _unknown(topic: str, type_: str) -> BadRecord:
    name, _, version = type_.removeprefix(_PREFIX).rpartition(".")
    if not type_.startswith(_PREFIX) or name not in _TYPES:
        return BadRecord("unknown-type", type_)
    if name not in BY_NAME[parted(topic)[0]].events:
        return BadRecord("wrong-writer", f"{name} does not belong on {topic}")
    return BadRecord("unknown-version", f"{name}: {version}")


def verify_chain(events: Iterable[Event]) -> str | None:
    """The first fault of one source's events of one dossier, from its first on, or None."""
    previous, expected = GENESIS, 1
    for event in events:
        if event.seq != expected:
            return f"expected event {expected}, found {event.seq}"
        if event.previous != previous:
            return f"event {event.seq} does not follow the one before"
        if chain_hash(event) != event.hash:
            return f"event {event.seq} was altered"
        previous, expected = event.hash, expected + 1
    return None
