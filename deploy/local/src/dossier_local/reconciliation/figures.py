"""The figures of a reconciliation, counted from the topics; and how many each source speaks of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime

from dossier_local.reconciliation.report import Report, Stage
from dossier_local.reconciliation.world import ACTIONS, GIVEN_UP, SOURCES, World, by_type
from dossier_shared.contracts.envelope import Event

FACTS = ("submitted", "accepted", "refused", "approved", "rejected", "signed", "delivered", "message-sent")
FIGURE = {"submitted": "filed", "message-sent": "messages"}
# stage: (from event, to event, which of the two times)
STAGES = {
    "acceptance": ("submitted", "accepted", "time"),
    "appraisal": ("accepted", "appraised", "time"),
    "decision": ("appraised", "decided", "time"),
    "signature": ("decided", "signed", "time"),
    "whole": ("submitted", "signed", "time"),
    "signing (real)": ("signing-requested", "signed", "recorded"),
    "delivery (real)": ("signed", "delivered", "recorded"),
    "message (real)": ("message-requested", "message-sent", "recorded"),
    "decision to signing desk (real)": ("decided", "signing-requested", "recorded"),
    "accepted to delivered (real)": ("accepted", "delivered", "recorded"),
}


def fill(report: Report, world: World, now: str | None) -> None:
    found = _facts(world)
    stories = _stories(world)
    report.filed = len(found["submitted"])
    for fact in ("accepted", "refused", "approved", "rejected", "signed", "delivered"):
        setattr(report, fact, len(found[fact]))
    report.open_ids = found["submitted"] - found["refused"] - found["delivered"]
    report.open = len(report.open_ids)
    report.messages = sum(1 for entry in world.ledger if entry.accepted)
    report.stages = stages(stories.values())
    if world.board is not None:
        report.board = {"now": world.board.now, "channels": world.board.channels}
    report.channels = dict(Counter(s["submitted"].data["channel"] for s in stories.values() if "submitted" in s))
    report.duplicates, report.undecodable = world.topics.duplicates, world.topics.undecodable
    report.dead_letters = sum(world.topics.dead_letters.values())
    report.counters = world.counters
    for dossier, story in stories.items():
        if "accepted" not in story:
            continue
        stopped = _stopped(story)
        if "signed" in story:
            measured = story["signed"].time
        else:
            measured = stopped.time if stopped else now or max(e.time for e in story.values())
        if _at(measured) > _due(story):
            report.late_ids.add(dossier)
        elif "signed" in story:
            report.on_time += 1
    report.late = len(report.late_ids)


def totals(world: World) -> dict[str, int]:
    """By the names the board uses; messages as the topics tell them."""
    found = _facts(world)
    ended = [story for story in _stories(world).values() if "signed" in story and "accepted" in story]
    on_time = sum(_at(story["signed"].time) <= _due(story) for story in ended)
    by_name = by_type(world.topics.events)
    return {
        **{FIGURE.get(fact, fact): len(found[fact]) for fact in FACTS},
        "messages": len(by_name.get("message-sent", ())),
        "open": len(found["submitted"] - found["refused"] - found["delivered"]),
        "on_time": on_time,
        "ended_late": len(ended) - on_time,
    }


def _facts(world: World) -> dict[str, set[str]]:
    by_name = by_type(world.topics.events)
    return {fact: {e.dossier for e in by_name.get(fact, ())} for fact in FACTS}


def _due(story: dict[str, Event]) -> datetime:
    """The latest promise: each pause led to a new one."""
    promised = [story[name] for name in ("accepted", "supplement-received", "payment-confirmed") if name in story]
    return _at(max(promised, key=lambda event: event.seq).data["appointment"])


def _stopped(story: dict[str, Event]) -> Event | None:
    """The request that is not answered yet and for which the legal clock stands still."""
    for asks, answers in (("supplement-requested", "supplement-received"), ("payment-requested", "payment-confirmed")):
        if asks in story and (answers not in story or story[answers].heard["review"] < story[asks].seq):
            return story[asks]
    return None


def _stories(world: World) -> dict[str, dict[str, Event]]:
    """Per dossier its events by type: the last of each, but the first appraisal; a decision is also `decided`."""
    stories: dict[str, dict[str, Event]] = {}
    for (dossier, _), events in world.topics.events.items():
        story = stories.setdefault(dossier, {})
        for event in events:
            if event.type != "appraised" or "appraised" not in story:
                story[event.type] = event
            if event.type in ("approved", "rejected"):
                story["decided"] = event
    return stories


def stages(stories: Iterable[dict[str, Event]]) -> dict[str, Stage]:
    """p50 and p99 of each stage, in seconds: of business time, or of this machine's clock where marked (real)."""
    took: dict[str, list[float]] = {name: [] for name in STAGES}
    for story in stories:
        for name, (first, second, clock) in STAGES.items():
            if first in story and second in story:
                start, end = _at(getattr(story[first], clock)), _at(getattr(story[second], clock))
                took[name].append((end - start).total_seconds())
    return {
        name: {"n": len(values), "p50": quantile(values, 0.5), "p99": quantile(values, 0.99)}
        for name, values in took.items()
        if values
    }


def quantile(values: list[float], share: float) -> float:
    """The smallest value that at least `share` of them do not exceed."""
    ordered = sorted(values)
    return round(ordered[max(0, -(-int(share * 1000) * len(ordered) // 1000) - 1)], 6)


def per_source(world: World) -> Iterator[tuple[str, dict[str, int]]]:
    """(source, figures): how many dossiers each source by itself knows to be filed, accepted, …"""
    acknowledged = [a for a in world.clients if a.outcome != GIVEN_UP]
    acts = {ACTIONS[action][0]: {a.dossier for a in acknowledged if a.action == action} for action in ACTIONS}
    acts["accepted"] |= {a.dossier for a in acknowledged if a.action == "file" and a.outcome == "accepted"}  # by rule
    acts["signed"] = acts["signing-requested"]
    yield "clients", {FIGURE.get(f, f): len(acts[f]) for f in FACTS if f in acts}
    for source, topic in SOURCES.items():
        events = [e for (_, w), story in world.topics.events.items() if w == source for e in story]
        yield f"topic {topic}", _counts(events)
    for service, database in world.databases.items():
        if service in SOURCES:
            events = [e for d in database.documents.values() for e in d.events]
            yield f"database {service}", _counts(events)
        else:
            yield f"database {service}", {"filed": len(database.documents)}
    yield "provider", {"messages": sum(1 for entry in world.ledger if entry.accepted)}
    if world.board is not None:
        yield "board", dict(world.board.totals)


def _counts(events: list[Event]) -> dict[str, int]:
    sets: dict[str, set[str]] = {}
    for event in events:
        sets.setdefault(event.type, set()).add(
            event.data["reference"] if event.type == "message-sent" else event.dossier
        )
    return {FIGURE.get(fact, fact): len(sets[fact]) for fact in FACTS if fact in sets}


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)
