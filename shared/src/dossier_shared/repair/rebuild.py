"""Rebuilds one dossier: its own lost events from its topic, and between them the events of others that it had applied.

An event says in `heard` the consumer positions of its writer. So all can be applied again in a possible order: first the others'
events up to those positions, then the event. Handlers are not called: what they recorded is on the topic. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal

from dossier_shared.clock import instant
from dossier_shared.contracts import boxes
from dossier_shared.contracts.envelope import GENESIS, Event, chain_hash, to_entry
from dossier_shared.errors import Refusal, Unchained
from dossier_shared.journal.dossier import Dossier, Rules, evolved, hear

Heard = dict[str, dict[int, Event]]  # by source and number


class Stuck(Exception):
    """What a dossier needs to become whole is nowhere. The message says what."""


def last_hash(dossier: Dossier) -> str:
    return str(dossier.journal[-1]["hash"]) if dossier.journal else GENESIS


def chained(
    own: Iterable[Event], seq: int, previous: str, known_void: Iterable[str] = ()
) -> tuple[list[Event], str | None]:
    """Those that follow event `seq`, whose hash is `previous`, in the order of the topic; and why it ends early, where it does.

    The first of two events with one number is the one the others heard. The second is void, as is what follows it however
    far it went: a life that should not have been. `known_void`: hashes of such passed before.
    """
    found: list[Event] = []
    beyond: Event | None = None
    void, chain = set(known_void), {previous}
    for event in own:
        if event.seq == seq + 1 and event.previous == previous:
            if chain_hash(event) != event.hash:
                return found, f"event {event.seq} was altered"
            found.append(event)
            seq, previous = event.seq, event.hash
            chain.add(previous)
        elif event.hash in chain:
            continue
        elif event.seq <= seq or event.previous in void:
            void.add(event.hash)
        else:
            beyond = beyond or event
    if beyond is not None and beyond.seq > seq:
        return found, f"event {beyond.seq} is on the topic and does not follow event {seq} of the journal"
    return found, None


def differs(dossier: Dossier, event: Event) -> Literal["forked", "void"] | None:
    """Beside the journal's event of this number, where the document still has it. Recorded after ours: the void one of two."""
    place = event.seq - dossier.base - 1
    if place < 0 or dossier.journal[place]["hash"] == event.hash:
        return None
    return "void" if event.recorded > dossier.journal[place]["recorded"] else "forked"


def by_source(events: Iterable[Event]) -> Heard:
    """The first of each number."""
    found: Heard = {}
    for event in events:
        found.setdefault(event.source, {}).setdefault(event.seq, event)
    return found


def rebuild(rules: Rules, dossier: Dossier, own: Sequence[Event], heard: Heard, now: datetime) -> None:
    """Applies `own`, which follow its journal, and of `heard` what they need. Raises Stuck; the dossier is then void."""
    quiet = replace(rules, hear={}, settle=None)
    for event in own:
        _hear_up_to(quiet, dossier, event.heard, heard, now)
        event.persons = dossier.persons
        if event.sealed is not None:
            dossier.holder = boxes.holder_of(event.sealed) or dossier.holder
        try:
            dossier.state = evolved(rules, dossier.state, event)
        except (Refusal, Unchained) as refusal:
            raise Stuck(f"its own event {event.seq} ({event.type}) cannot follow: {refusal}") from refusal
        entry = to_entry(event)
        dossier.seq = event.seq
        dossier.journal.append(entry)
        dossier.fresh.append(entry)
        dossier.recorded.append(event)
    intent = dossier.state.get("intent")
    # whether it was acted on nobody here knows: it falls to the sweeper, who asks first
    dossier.claim = {"by": "recovery@0", "until": instant(now), "reference": intent["reference"]} if intent else None


def _hear_up_to(quiet: Rules, dossier: Dossier, until: Mapping[str, int], heard: Heard, now: datetime) -> None:
    while behind := [source for source, seq in until.items() if dossier.heard_seq(source) < seq]:
        moved = False
        for source in behind:
            while (number := dossier.heard_seq(source) + 1) <= until[source]:
                event = heard.get(source, {}).get(number)
                if event is None:
                    raise Stuck(f"event {number} of {source} is missing: {source} must publish it again")
                if not _heard_one(quiet, dossier, event, now):
                    break
                moved = True
        if not moved:
            raise Stuck(f"what {behind[0]} said after {dossier.heard_seq(behind[0])} waits for a cause that is missing")


def _heard_one(quiet: Rules, dossier: Dossier, event: Event, now: datetime) -> bool:
    """False: it waits for its cause."""
    try:
        hear(quiet, dossier, event, now, instant(now))
    except Unchained as why:
        if why.reason == "cause":
            return False
        if why.reason != "illegal":
            raise Stuck(f"event {event.seq} of {event.source}: {why.detail}") from why
        # it went on although this one could not be applied: somebody had decided so, and that decision is no event
        entry = {
            "source": event.source, "seq": event.seq, "hash": event.hash, "by": "recovery",
            "reason": f"it was gone on without before the database was restored: {why.detail}", "at": instant(now),
        }  # fmt: skip
        dossier.state = {**dossier.state, "skipped": [*dossier.state.get("skipped", ()), entry]}
        dossier.heard = {**dossier.heard, event.source: {"seq": event.seq, "hash": event.hash}}
        dossier.newly_heard.add(event.source)
    return True


def files_named(event: Event) -> list[str]:
    """Ids of the files an event speaks of: papers handed in, a signed result."""
    return files_in(event.data)


def files_in(data: Mapping[str, Any]) -> list[str]:
    """The same, by its data."""
    papers = [paper["id"] for paper in data.get("documents") or () if isinstance(paper, dict) and "id" in paper]
    return [*papers, *([data["file"]] if data.get("file") else [])]
