"""Database and broker in memory, with the same promises as the real ones: one scenario suite runs on both."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

import bson
from bson.codec_options import CodecOptions
from bson.errors import BSONError

from dossier_shared.contracts.envelope import Event, RawRecord, Record, partition_of
from dossier_shared.contracts.events import EventData, Part
from dossier_shared.contracts.topics import BY_NAME
from dossier_shared.errors import Refusal, Unstorable
from dossier_shared.journal import dossier as journal
from dossier_shared.journal.consumer import ParkedEvent
from dossier_shared.journal.dead_letters import StoredRecord
from dossier_shared.journal.dossier import Dossier, New, Rules, state_changes
from dossier_shared.journal.hearing import Position
from dossier_shared.journal.persons import PersonKeys

_AWARE: CodecOptions[dict[str, Any]] = CodecOptions(tz_aware=True)


def _stored(document: dict[str, Any]) -> dict[str, Any]:
    """As a database would give it back."""
    return bson.decode(bson.encode(document), _AWARE)


class MemoryCollection:
    """`DossierCollection` without MongoDB: guarded writes, marks that compare with `seq`, the pending index."""

    def __init__(self) -> None:
        self.documents: dict[str, dict[str, Any]] = {}
        self.segments: dict[tuple[str, int], list[dict[str, Any]]] = {}  # by dossier and first event
        self.persons: PersonKeys | None = None

    async def load(self, ids: Iterable[str], *, journal: bool = True) -> dict[str, Dossier]:
        found = {}
        for id_ in ids:
            if id_ in self.documents:
                dossier = Dossier.from_document(_stored(self.documents[id_]))
                if not journal:
                    dossier.journal = []
                dossier.before, dossier.persons = dossier.state, self.persons
                dossier.claimed_before = dossier.claim is not None
                found[id_] = dossier
        return found

    async def load_whole(self, ids: Iterable[str]) -> dict[str, Dossier]:
        found = await self.load(ids)
        for id_, dossier in found.items():
            moved = [e for (of, _), events in sorted(self.segments.items()) if of == id_ for e in events]
            dossier.journal, dossier.base = [*moved[: dossier.base], *dossier.journal], 0
        return found

    async def copy(self, dossier: Dossier, count: int) -> int:
        return len(self.segments.setdefault((dossier.id, dossier.base + 1), dossier.journal[:count]))

    async def cut(self, dossier: Dossier, count: int) -> bool:
        document = self.documents[dossier.id]
        if document["version"] != dossier.version:
            return False
        document |= {
            "journal": document["journal"][count:],
            "base": dossier.base + count,
            "version": dossier.version + 1,
        }
        return True

    async def write(self, dossiers: Sequence[Dossier], recorded: datetime) -> dict[str, Refusal | None]:
        lost: dict[str, Refusal | None] = {}
        for dossier in dossiers:
            document = self.documents.get(dossier.id)
            if (document["version"] if document else 0) != dossier.version:
                lost[dossier.id] = None
                continue
            new = dict(document or {"_id": dossier.id, "published": 0, "heard": {}, "journal": [], "state": {}})
            new["version"] = dossier.version + 1
            changes, gone = state_changes(dossier)
            new["state"] = {k: v for k, v in new["state"].items() if k not in gone} | changes
            new["heard"] = {**new["heard"], **{source: dossier.heard[source] for source in dossier.newly_heard}}
            new["seq"] = new.get("seq", 0)
            if dossier.holder:
                new["holder"] = dossier.holder
            if dossier.claim:
                new["claim"] = dossier.claim
            elif dossier.claimed_before:
                new.pop("claim", None)
            if dossier.fresh:
                new |= {"seq": dossier.seq, "journal": [*new["journal"], *dossier.fresh], "pending": recorded}
            try:
                self.documents[dossier.id] = _stored(new)
            except (BSONError, OverflowError, UnicodeError, RecursionError):
                lost[dossier.id] = Unstorable()
        return lost

    async def mark(self, full: Mapping[int, Sequence[str]], partial: Mapping[int, Sequence[str]]) -> None:
        for k, ids in full.items():
            for id_ in ids:
                document = self.documents[id_]
                if document["seq"] == k:
                    document["published"] = k
                    document.pop("pending", None)
                else:
                    document["published"] = max(document["published"], k)
        for k, ids in partial.items():
            for id_ in ids:
                self.documents[id_]["published"] = max(self.documents[id_]["published"], k)

    async def pending_before(self, instant: datetime) -> AsyncIterator[list[Dossier]]:
        ids = [
            id_ for id_, document in self.documents.items() if "pending" in document and document["pending"] <= instant
        ]
        if ids:
            yield list((await self.load(ids)).values())

    async def oldest_pending(self) -> datetime | None:
        return min((d["pending"] for d in self.documents.values() if "pending" in d), default=None)

    async def open_claims(self, until: str, claimant: str, limit: int) -> list[Dossier]:
        instance = claimant.partition("@")[0]
        ids = [
            id_
            for id_, document in self.documents.items()
            if (claim := document.get("claim"))
            and (claim["until"] < until or (claim["by"].startswith(f"{instance}@") and claim["by"] != claimant))
        ]
        return list((await self.load(ids[:limit])).values())


class MemoryWaiting:
    def __init__(self) -> None:
        self.items: dict[str, ParkedEvent] = {}

    async def of(self, dossiers: Sequence[str]) -> list[ParkedEvent]:
        return sorted((i for i in self.items.values() if i.event.dossier in set(dossiers)), key=lambda i: i.event.seq)

    async def put(self, items: Sequence[ParkedEvent]) -> None:
        for item in items:
            first = self.items.setdefault(item.id, item)
            self.items[item.id] = first._replace(reason=item.reason)

    async def drop(self, ids: Sequence[str]) -> None:
        for id_ in ids:
            self.items.pop(id_, None)

    async def older_than(self, instant: datetime, limit: int, *, after: str | None = None) -> list[ParkedEvent]:
        found = [item for item in self.items.values() if item.since <= instant]
        if after is not None:
            found = sorted(item for item in found if item.id > after)
        return found[:limit]

    async def count(self) -> int:
        return len(self.items)


@dataclass
class MemoryBroker:
    """Topics as lists. `fail` names records (by key) it does not take, `down` refuses everything; what exceeds the topic's
    `max.message.bytes` is refused, and with it its neighbours of the same key, as they would share a record batch."""

    logs: defaultdict[tuple[str, int], list[StoredRecord]] = field(default_factory=lambda: defaultdict(list))
    committed: defaultdict[str, dict[Position, int]] = field(default_factory=lambda: defaultdict(dict))
    fail: set[bytes] = field(default_factory=set)
    down: bool = False

    async def send(self, topic: str, records: Sequence[Record]) -> list[bool]:
        acked: list[bool] = []
        limit = int(BY_NAME[topic].config.get("max.message.bytes", "1048576"))
        for key, neighbours in groupby(records, lambda record: record.key):
            run = list(neighbours)
            ok = not self.down and key not in self.fail and all(len(record.value) < limit for record in run)
            if ok:
                for record in run:
                    self.append(topic, record)
            acked += [ok] * len(run)
        return acked

    def append(self, topic: str, record: Record) -> None:
        partitions = BY_NAME[topic].partitions if topic in BY_NAME else 1
        partition = partition_of(record.key.decode("utf-8", "replace"), partitions)
        log = self.logs[topic, partition]
        log.append(StoredRecord(topic, partition, len(log), record.key, record.value, list(record.headers)))

    def all(self, topic: str) -> list[StoredRecord]:
        return [record for (name, _), log in sorted(self.logs.items()) if name == topic for record in log]


class MemorySource:
    """One member of a consumer group with every partition. A new one (a restarted process) begins at the committed offsets."""

    def __init__(self, broker: MemoryBroker, topics: Sequence[str], group: str) -> None:
        self.broker, self.topics, self.group = broker, tuple(topics), group
        self.positions: dict[Position, int] = dict(broker.committed[group])

    async def fetch(self, limit: int) -> list[RawRecord]:
        await asyncio.sleep(0)
        records: list[RawRecord] = []
        for (topic, partition), log in sorted(self.broker.logs.items()):
            if topic not in self.topics:
                continue
            position = Position(topic, partition)
            start = self.positions.get(position, 0)
            read = log[start : start + limit - len(records)]
            records += read
            self.positions[position] = start + len(read)
        return records

    async def commit(self, offsets: Mapping[Position, int]) -> bool:
        self.broker.committed[self.group].update(offsets)
        return True

    async def rewind(self, offsets: Mapping[Position, int]) -> None:
        self.positions.update(offsets)


class Author:
    """Plays another service: makes its events of one dossier, each chained to the one before."""

    def __init__(
        self,
        source: str,
        dossier: str,
        *,
        agency: str = "H19.1",
        at: str = "2025-07-01T01:00:00.000000Z",
        holder: str | None = None,
        persons: PersonKeys | None = None,
    ) -> None:
        """`holder`: by whose key of `persons` its sealed parts are encrypted."""
        self.dossier, self.agency, self.at = Dossier(dossier, holder=holder, persons=persons), agency, at
        self.rules = Rules(source=source, evolve=lambda state, event: state)

    def says(
        self,
        data: EventData,
        sealed: Part | None = None,
        *,
        at: str | None = None,
        heard: Mapping[str, int] | None = None,
        traceparent: str | None = None,
        files: bool = False,
        actor: str | None = None,
    ) -> Event:
        """Makes the next event. `at`: when it happened and was recorded. `heard`: this service's consumer positions then.
        `files`: see `New.files`. `actor`: who
        did it, where no rule did."""
        self.at = at or self.at
        self.dossier.heard = {source: {"seq": seq, "hash": ""} for source, seq in (heard or {}).items()}
        return journal.record(
            self.rules, self.dossier, New(data, sealed, actor=actor, files=files),
            time=self.at, recorded=self.at, agency=self.agency, actor=f"rule:{self.rules.source}", traceparent=traceparent,
        )  # fmt: skip
