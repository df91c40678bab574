"""Databases against topics, listeners against owners, and whether the record itself is whole."""

from __future__ import annotations

from collections.abc import Iterator

from dossier_local.reconciliation.report import Finding
from dossier_local.reconciliation.world import SOURCES, World
from dossier_shared.contracts.topics import SERVICES, heard_by


def journals(world: World) -> Iterator[Finding]:
    """The same events, by number and hash, in the owner's journal and on its topic."""
    for source, topic in SOURCES.items():
        database = world.databases.get(source)
        stored = {(d.id, e.seq): e.hash for d in (database.documents.values() if database else ()) for e in d.events}
        sent = {
            (dossier, e.seq): e.hash
            for (dossier, writer), story in world.topics.events.items()
            if writer == source
            for e in story
        }
        for (dossier, seq), hash_ in stored.items():
            if (dossier, seq) not in sent:
                yield Finding("lost", f"topic {topic}", dossier, f"event {seq} was never published")
            elif sent[dossier, seq] != hash_:
                yield Finding("doubled", f"topic {topic}", dossier, f"event {seq} is another than in the journal")
        for dossier, seq in sent.keys() - stored.keys():
            yield Finding("lost", f"database {source}", dossier, f"event {seq} is on the topic only")


def hearing(world: World) -> Iterator[Finding]:
    """Every listener has heard everything."""
    last = {(d, s): story[-1].seq for (d, s), story in world.topics.events.items() if story}
    for service in SERVICES:
        database = world.databases.get(service)
        if database is None:
            continue
        sources = {topic.source for topic in heard_by(service)}
        for (dossier, source), seq in last.items():
            if source not in sources:
                continue
            document = database.documents.get(dossier)
            heard = document.heard.get(source, 0) if document else 0
            if heard < seq:
                yield Finding("lost", f"database {service}", dossier, f"heard {source} up to {heard} of {seq}")


def integrity(world: World) -> Iterator[Finding]:
    """Chains and order: on the topics as read, in the journals as stored."""
    for where, dossier, what in world.faults:
        yield Finding("broken", where, dossier, what)
    for service, database in world.databases.items():
        if database.waiting:
            yield Finding("broken", f"database {service}", "-", f"{database.waiting} events are parked")
        for document in database.documents.values():
            if document.pending or document.published != document.seq:
                what = f"published up to {document.published} of {document.seq}"
                yield Finding("broken", f"database {service}", document.id, what)
