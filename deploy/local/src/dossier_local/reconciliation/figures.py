"""The figures of a reconciliation, counted from the topics; and how many each source speaks of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime

from dossier_local.reconciliation.report import Report, Stage
from dossier_local.reconciliation.world import ACTIONS, GIVEN_UP, SOURCES, World, by_type
from dossier_shared.contracts.envelope import Event

FACTS = (
    "submitted",
    "accepted",
    "refused",
    "approved",
    "rejected",
    "signed",
    "delivered",
    "stopped",
    "withdrawn",
    "message-sent",
)
FIGURE = {"submitted": "filed", "message-sent": "messages", "withdrawal-granted": "withdrawn"}
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


_PROMISES = ("accepted", "supplement-received", "payment-confirmed", "rescheduled")


def fill(report: Report, world: World, now: str | None) -> None:
    found = _facts(world)
    stories = _stories(world)
    report.filed = len(found["submitted"])
    for fact in ("accepted", "refused", "approved", "rejected", "signed", "delivered", "withdrawn"):
        setattr(report, fact, len(found[fact]))
    report.open_ids = _open(found)
    report.open = len(report.open_ids)
    report.messages = sum(1 for entry in world.ledger if entry.accepted)
    report.stages = stages(stories.values())
    if world.board is not None:
        report.board = {"now": world.board.now, "channels": world.board.channels}
    report.channels = dict(Counter(s["submitted"].data["channel"] for s in stories.values() if "submitted" in s))
    report.duplicates, report.undecodable = world.topics.duplicates, world.topics.undecodable
    report.dead_letters = sum(world.topics.dead_letters.values())
    report.counters = world.counters
    without_result = found["stopped"] | found["withdrawn"]  # no answer is awaited, so none is late
    for dossier, story in stories.items():
        if "accepted" not in story or dossier in without_result:
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
    """By the names the board uses; messages as the topics tell them; `filed:<agency>`: of those whose it is now."""
    found = _facts(world)
    ended = [story for story in _stories(world).values() if "signed" in story and "accepted" in story]
    on_time = sum(_at(story["signed"].time) <= _due(story) for story in ended)
    by_name = by_type(world.topics.events)
    return {
        **{FIGURE.get(fact, fact): len(found[fact]) for fact in FACTS},
        "messages": len(by_name.get("message-sent", ())),
        "open": len(_open(found)),
        "on_time": on_time,
        "ended_late": len(ended) - on_time,
        **{f"filed:{agency}": n for agency, n in Counter(_held(world, found["submitted"])).items()},
    }


def _facts(world: World) -> dict[str, set[str]]:
    by_name = by_type(world.topics.events)
    found = {fact: {e.dossier for e in by_name.get(fact, ())} for fact in FACTS}
    found["withdrawn"] |= {e.dossier for e in by_name.get("withdrawal-granted", ())}
    for dossier in found["approved"] | found["rejected"]:
        for fact in {"approved", "rejected"} - {_decision(world, dossier)}:
            found[fact].discard(dossier)
    return found


def _decision(world: World, dossier: str) -> str:
    """Review's last, unless signing has sent it back."""
    decided = [e for e in world.topics.events[dossier, "review"] if e.type in ("approved", "rejected")]
    back = [e for e in world.topics.events.get((dossier, "signing"), ()) if e.type == "sent-back"]
    undone = max((e.heard.get("review", 0) for e in back), default=0)
    return decided[-1].type if decided[-1].seq > undone else ""


def _open(found: dict[str, set[str]]) -> set[str]:
    return found["submitted"] - found["refused"] - found["delivered"] - found["stopped"] - found["withdrawn"]


def _held(world: World, filed: Iterable[str]) -> Iterator[str]:
    """Of each dossier the agency whose it is: where it was filed, or that it was handed over to last."""
    for dossier in filed:
        given = [e for e in world.topics.events.get((dossier, "review"), ()) if e.type == "handed-over"]
        yield given[-1].data["to"] if given else world.topics.events[dossier, "intake"][0].agency


def _due(story: dict[str, Event]) -> datetime:
    """The latest promise: each pause, extension and hand-over led to a new one."""
    promised = [story[name] for name in _PROMISES if name in story]
    return _at(max(promised, key=lambda event: event.seq).data["appointment"])


def _stopped(story: dict[str, Event]) -> Event | None:
    """The request that is not answered yet and for which the legal clock stands still."""
    for asks, answers in (("supplement-requested", "supplement-received"), ("payment-requested", "payment-confirmed")):
        if asks not in story or ("request-withdrawn" in story and story["request-withdrawn"].seq > story[asks].seq):
            continue
        if answers not in story or story[answers].heard["review"] < story[asks].seq:
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
        yield "board", {name: n for name, n in world.board.totals.items() if ":" not in name}


def _counts(events: list[Event]) -> dict[str, int]:
    sets: dict[str, set[str]] = {}
    for event in events:
        sets.setdefault(FIGURE.get(event.type, event.type), set()).add(
            event.data["reference"] if event.type == "message-sent" else event.dossier
        )
    names = [FIGURE.get(fact, fact) for fact in FACTS]
    return {name: len(sets[name]) for name in names if name in sets}


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)
