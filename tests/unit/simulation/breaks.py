"""One way to break each source: (kind, source it must be reported in, id, what to do to the world)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from dossier_local.reconciliation.report import Kind
from dossier_local.reconciliation.world import Ack, Board, Database, Document, Fault, Sent, World
from dossier_shared.contracts.envelope import chain_hash

Break = tuple[Kind, str, str, Callable[[World], object]]


def _document(world: World, service: str, dossier: str) -> Document:
    return world.databases[service].documents[dossier]


def _repeat(world: World, dossier: str, source: str, type_: str, *, topic: bool) -> None:
    """Records an event of this type once more under the next number."""
    story = world.topics.events[dossier, source] if topic else _document(world, source, dossier).events
    event = next(e for e in story if e.type == type_)
    again = replace(event, seq=story[-1].seq + 1, previous=story[-1].hash)
    again.hash = chain_hash(again)
    story.append(again)


def _orphan(world: World, code: str) -> None:
    """Filed once more without any client knowing: the same key made two dossiers."""
    first = world.topics.events["waiting", "intake"][0]
    other = replace(first, dossier="orphan", data={**first.data, "code": code})
    other.hash = chain_hash(other)
    world.topics.events["orphan", "intake"] = [other]
    for service in ("review", "notify"):
        world.databases[service].documents["orphan"] = Document("orphan", 0, 0, False, False, {"intake": 1}, None, [])
    world.databases["intake"].documents["orphan"] = Document("orphan", 1, 1, False, False, {}, None, [other])


def _recode(world: World) -> None:
    world.clients = [replace(a, code="C-other") if a.dossier == "granted" and a.code else a for a in world.clients]


def _recode_journal(world: World) -> None:
    event = _document(world, "intake", "granted").events[0]
    _document(world, "intake", "granted").events[0] = replace(event, data={**event.data, "code": "C-declined"})


def _reuse_number(world: World) -> None:
    event = _document(world, "signing", "granted").events[1]
    _document(world, "signing", "granted").events[1] = replace(event, data={**event.data, "number": "C-declined/KQ"})


def _without(world: World, reference: str) -> None:
    world.ledger = [entry for entry in world.ledger if entry.reference != reference]


def _unhear(world: World, service: str, dossier: str, source: str) -> None:
    _document(world, service, dossier).heard[source] -= 1


def _drop(database: Database, dossier: str) -> None:
    del database.documents[dossier]


BREAKS: dict[str, Break] = {
    # removed
    "clients know a dossier nobody has": (
        "lost", "database intake", "ghost", lambda w: w.clients.append(Ack("file", "k", "submitted", "ghost", "C-g"))),
    "clients were told of a decision nobody has": (
        "lost", "topic dossier.reviewed", "waiting", lambda w: w.clients.append(Ack("approve", "k", "approved", "waiting"))),
    "a dossier is not in intake's database": (
        "lost", "database intake", "granted", lambda w: _drop(w.databases["intake"], "granted")),
    "a dossier is not in review's database": (
        "lost", "database review", "waiting", lambda w: _drop(w.databases["review"], "waiting")),
    "a dossier is not in signing's database": (
        "lost", "database signing", "declined", lambda w: _drop(w.databases["signing"], "declined")),
    "a dossier is not in notify's database": (
        "lost", "database notify", "granted", lambda w: _drop(w.databases["notify"], "granted")),
    "an event is not on topic submitted": (
        "lost", "topic dossier.submitted", "granted", lambda w: w.topics.events["granted", "intake"].pop()),
    "an event is not on topic reviewed": (
        "lost", "topic dossier.reviewed", "declined", lambda w: w.topics.events["declined", "review"].pop()),
    "an event is not on topic signed": (
        "lost", "topic dossier.signed", "by-rule", lambda w: w.topics.events["by-rule", "signing"].pop()),
    "an event is not on topic delivered": (
        "lost", "topic dossier.delivered", "by-rule", lambda w: w.topics.events["by-rule", "notify"].pop()),
    "an event is not in a journal": (
        "lost", "database review", "granted", lambda w: _document(w, "review", "granted").events.pop()),
    "a listener has not heard the last event": (
        "lost", "database intake", "granted", lambda w: _unhear(w, "intake", "granted", "notify")),
    "a message is not in the provider's ledger": (
        "lost", "provider", "granted", lambda w: _without(w, "granted:result")),
    "the citizen was never told of a refusal": (
        "lost", "topic dossier.delivered", "refused", lambda w: w.topics.events.pop(("refused", "notify"))),
    # doubled
    "clients have two codes for a dossier": ("doubled", "clients", "granted", _recode),
    "a filing became two dossiers": ("doubled", "database intake", "orphan", lambda w: _orphan(w, "C-orphan")),
    "two dossiers have one code": ("doubled", "topic dossier.submitted", "orphan", lambda w: _orphan(w, "C-waiting")),
    "a journal gives another's code": ("doubled", "database intake", "granted", _recode_journal),
    "a decision stands twice on its topic": (
        "doubled", "topic dossier.reviewed", "granted", lambda w: _repeat(w, "granted", "review", "approved", topic=True)),
    "a decision stands twice in the journal": (
        "doubled", "database review", "granted", lambda w: _repeat(w, "granted", "review", "approved", topic=False)),
    "a signature was asked for twice": (
        "doubled", "database signing", "granted", lambda w: _repeat(w, "granted", "signing", "signing-requested", topic=False)),
    "a result was signed twice": (
        "doubled", "topic dossier.signed", "granted", lambda w: _repeat(w, "granted", "signing", "signed", topic=True)),
    "two results have one number": ("doubled", "database signing", "granted", _reuse_number),
    "a result was delivered twice": (
        "doubled", "database notify", "granted", lambda w: _repeat(w, "granted", "notify", "delivered", topic=False)),
    "a message was asked for twice": (
        "doubled", "topic dossier.delivered", "refused",
        lambda w: _repeat(w, "refused", "notify", "message-requested", topic=True)),
    "a message was sent twice": (
        "doubled", "provider", "granted", lambda w: w.ledger.append(Sent("granted:result", "sim-2", True))),
    "a message was sent that nobody wished for": (
        "doubled", "provider", "x:result", lambda w: w.ledger.append(Sent("x:result", "sim-3", True))),
    "an effect nobody asked for": (
        "doubled", "database intake", "granted",
        lambda w: w.clients.remove(next(a for a in w.clients if a.action == "accept" and a.dossier == "granted"))),
    # broken
    "a chain does not hold": (
        "broken", "topic dossier.signed", "granted",
        lambda w: w.faults.append(Fault("topic dossier.signed", "granted", "event 2 was altered"))),
    "an event waits to be published": (
        "broken", "database notify", "granted", lambda w: setattr(_document(w, "notify", "granted"), "pending", True)),
    "events are parked": ("broken", "database review", "-", lambda w: setattr(w.databases["review"], "waiting", 1)),
    "the board does not answer": ("broken", "board", "-", lambda w: setattr(w, "board", Board({}))),
    "the board shows another number": (
        "broken", "board", "delivered", lambda w: setattr(w, "board", Board({"filed": 5, "delivered": 2}))),
}  # fmt: skip
