"""What stands twice where it may stand once."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from dossier_local.reconciliation.report import Finding
from dossier_local.reconciliation.world import SOURCES, World
from dossier_shared.contracts.envelope import Event

ONCE = (
    ("submitted",), ("accepted",), ("refused",), ("approved", "rejected"), ("signed",), ("delivered",),
    ("withdrawn", "withdrawal-granted"),
)  # fmt: skip


def once(world: World) -> Iterator[Finding]:
    """What may happen once in a dossier's life happened once, in each source by itself; a decision once more each time it was
    sent back."""
    back = Counter(e.dossier for story in world.topics.events.values() for e in story if e.type == "sent-back")
    where: dict[str, list[Event]] = defaultdict(list)
    for name, events in _everywhere(world):
        where[name] += events
    for source, events in where.items():
        times = Counter((event.dossier, event.type) for event in events)
        for types in ONCE:
            for dossier in {d for d, t in times if t in types}:
                if sum(times[dossier, t] for t in types) > 1 + (back[dossier] if "approved" in types else 0):
                    yield Finding("doubled", source, dossier, f"{' and '.join(types)} more than once")
        for dossier in {d for d, t in times if t == "signing-requested"}:
            if times[dossier, "signing-requested"] > 1 + times[dossier, "signing-failed"] + times[dossier, "sent-back"]:
                yield Finding("doubled", source, dossier, "a signature was asked for again though none had failed")
        passed = Counter((e.dossier, e.data["id"]) for e in events if e.type == "consultation-overdue")
        for (dossier, question), n in passed.items():
            if n > 1:
                yield Finding("doubled", source, dossier, f"the limit of {question} has passed {n} times")
        wishes = Counter((e.dossier, e.data.get("kind")) for e in events if e.type == "message-requested")
        for (dossier, kind), n in wishes.items():
            if n > 1:
                yield Finding("doubled", source, dossier, f"{n} messages of kind {kind}")


def codes(world: World) -> Iterator[Finding]:
    """One code per dossier and one dossier per code, over all sources; the same for results' numbers and files."""
    seen: dict[str, list[tuple[str, str, str]]] = {"code": [], "number": [], "result file": []}
    seen["code"] += [("clients", a.dossier, a.code) for a in world.clients if a.dossier and a.code]
    for name, events in _everywhere(world):
        for event in events:
            if event.type == "submitted":
                seen["code"].append((name, event.dossier, event.data["code"]))
            elif event.type == "signed":
                seen["number"].append((name, event.dossier, event.data["number"]))
                if event.data.get("file"):
                    seen["result file"].append((name, event.dossier, event.data["file"]))
    for what, triples in seen.items():
        of, holders = defaultdict(set), defaultdict(set)
        for _, dossier, value in triples:
            of[dossier].add(value)
            holders[value].add(dossier)
        for name, dossier, value in triples:
            if len(of[dossier]) > 1:
                yield Finding("doubled", name, dossier, f"two {what}s: {', '.join(sorted(of[dossier]))}")
            if len(holders[value]) > 1:
                yield Finding("doubled", name, dossier, f"shares its {what} {value}")


def _everywhere(world: World) -> Iterator[tuple[str, list[Event]]]:
    for (_, source), story in world.topics.events.items():
        yield f"topic {SOURCES[source]}", story
    for service, database in world.databases.items():
        for document in database.documents.values():
            yield f"database {service}", document.events
