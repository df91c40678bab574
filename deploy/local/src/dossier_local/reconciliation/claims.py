"""What the clients were told, against where it must be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from dossier_local.reconciliation.report import Finding
from dossier_local.reconciliation.world import ACTIONS, GIVEN_UP, HANDED_OVER, SOURCES, World, by_type, ids
from dossier_shared.contracts.envelope import Event


def acknowledged(world: World) -> Iterator[Finding]:
    """Every acknowledged effect is in its owner's database and on its topic, as often as it was acknowledged."""
    acknowledged: Counter[tuple[str, str]] = Counter()
    doubt: Counter[tuple[str, str]] = Counter()
    for ack in {(a.action, a.key, a.dossier): a for a in world.clients}.values():
        (doubt if ack.outcome == GIVEN_UP else acknowledged)[ack.action, ack.dossier] += ack.times
    topics = {name: Counter(_by_clients(events)) for name, events in by_type(world.topics.events).items()}
    for action, (type_, service) in ACTIONS.items():
        database = world.databases.get(service)
        stored = Counter(_by_clients(database.events(type_))) if database else Counter()
        on_topic = topics.get(type_, Counter())
        acked = Counter({dossier: n for (a, dossier), n in acknowledged.items() if a == action})
        for where, there in ((f"database {service}", stored), (f"topic {SOURCES[service]}", on_topic)):
            for dossier, times in acked.items():
                if there[dossier] < times:
                    yield Finding("lost", where, dossier, f"{action} was acknowledged, {type_} is missing")
            extra = [d for d, n in there.items() if n > acked[d] + doubt[action, d]]
            if action == "file":  # who was never answered cannot name the dossier
                unanswered = sum(1 for a in world.clients if a.action == "file" and a.outcome == GIVEN_UP)
                extra = extra if len(extra) > unanswered else []
            for dossier in extra:
                yield Finding("doubled", where, dossier, f"{type_} stands there and no client asked for it")


def _by_clients(events: Iterator[Event] | list[Event]) -> Iterator[str]:
    return (event.dossier for event in events if not event.actor.startswith("rule:"))


def _not_signed(world: World) -> set[str]:
    """Sent back after the signature was asked for, and not asked for again."""
    last = {
        dossier: event.type
        for (dossier, _), story in world.topics.events.items()
        for event in story
        if event.type in ("signing-requested", "sent-back")
    }
    return {dossier for dossier, type_ in last.items() if type_ == "sent-back"}


def _to_be_fetched(world: World, filed: list[Event]) -> set[str]:
    """Signed, such a one waits at the counter or for the post until somebody hands it over."""
    handed = {a.dossier for a in world.clients if a.action == "hand-over-result" and a.outcome != GIVEN_UP}
    return {event.dossier for event in filed if event.data.get("delivery") in HANDED_OVER} - handed


def outcomes(world: World) -> Iterator[Finding]:
    """Where a dossier must have come to, judged by what its clients were told."""
    by_name = by_type(world.topics.events)
    done = {name: ids(events) for name, events in by_name.items()}
    notify = world.databases.get("notify")
    kept = {event.dossier for event in notify.events("delivered")} if notify else set()
    must = {a.dossier for a in world.clients if a.action == "sign" and a.outcome != GIVEN_UP}
    must |= {a.dossier for a in world.clients if a.action == "file" and a.outcome == "accepted"}  # by rule
    must -= _not_signed(world)
    fetched = _to_be_fetched(world, by_name.get("submitted", []))
    for dossier in (must & fetched) - done.get("signed", set()):
        yield Finding("lost", "topic dossier.signed", dossier, "its result was ordered and is not signed")
    for dossier in must - fetched:
        for where, there in (("topic dossier.delivered", done.get("delivered", set())), ("database notify", kept)):
            if dossier not in there:
                yield Finding("lost", where, dossier, "its result was ordered and is not delivered")
