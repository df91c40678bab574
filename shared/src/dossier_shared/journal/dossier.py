"""A dossier in one service: one document with its state, its journal, how far that is published, and its consumer positions.

    { _id: <dossier id>, version, seq, published, pending?, claim?, heard: {source: {seq, hash}}, state: {…},
      holder?, base?, journal: [event base+1 …] }

`heard` is the consumer position of each source: number and hash of its last event applied here. `holder`: by whose key the
sealed parts of its events are encrypted (`persons.py`); absent: they are in clear. Everything here is pure: steps
read a `Dossier` and record events on it in memory; the write engine (`engine.py`) writes the outcome.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Generic, NamedTuple, cast

from typing_extensions import TypedDict, TypeVar

from dossier_shared.contracts import boxes
from dossier_shared.contracts.envelope import GENESIS, MAX_EVENT_BYTES, Event, chain_hash, from_entry, to_entry
from dossier_shared.contracts.events import EventData, Part
from dossier_shared.contracts.lifecycle import PORTAL
from dossier_shared.errors import KeyUnknown, Refusal, Unchained
from dossier_shared.journal.persons import PersonKeys

# in one document, which must stay far below MongoDB's 16 MiB; segments.py moves the published ones away
MAX_EVENTS = 500
HEADROOM = 50  # beyond it, for what rules record: whoever was let in is also let out


class Skipped(TypedDict):
    """An event of another service that was passed over here: it could not be applied."""

    source: str
    seq: int
    hash: str
    by: str
    reason: str
    at: str


class Filed(TypedDict):
    """What decides to which deployment a dossier belongs (`contracts/deployments.py`)."""

    agency: str
    at: str


class CoreState(TypedDict, total=False):
    """What the core reads in a service's state, or writes there; each service's own `State` says the rest."""

    agency: str
    skipped: list[Skipped]
    filed: Filed  # of what a deployment may own: for which agency, and when


# A service's state. Nothing at run time; where it is not named (the engine, the adapters) any state will do.
S = TypeVar("S", bound=Mapping[str, Any], default=Any)


class New(NamedTuple):
    """An event a handler wants recorded."""

    data: EventData
    sealed: Part | None = None
    actor: str | None = None  # None: who gave the command, or the rule that heard the cause
    holder: str | None = None  # by whose key this dossier's sealed parts are encrypted, from this event on
    not_before: str | None = None  # an instant it cannot precede: of a cause heard earlier than the one that set it off
    files: bool = False  # this is a filing, of an agency some deployment serves: each event will say for whom and when


# Decides, in pure code, what follows from an event just applied to the state.
Handler = Callable[[S, Event], Sequence[New]]


@dataclass(frozen=True, slots=True)
class Rules(Generic[S]):
    """What is a service's own: how its state follows from events, and what it records in answer to other services' events.

    An event is parked until the events of the `causal_sources` that it builds on have been applied.
    """

    source: str
    evolve: Callable[[S, Event], S]  # returns a new dict; may raise a Refusal; ignores what it need not know
    hear: Mapping[str, Handler[S]] = field(default_factory=dict)
    causal_sources: frozenset[str] = frozenset()
    publishes: bool = True
    forget: Callable[[S], S] | None = None  # the state of whom is erased; the same one where there is nothing to forget
    settle: Callable[[S], S] | None = None  # what follows from the whole state: once after all heard in a batch


@dataclass(slots=True)
class Dossier(Generic[S]):
    """One document in memory. `fresh`: the events recorded since it was loaded. `heard`: its consumer positions."""

    id: str
    version: int = 0
    seq: int = 0
    published: int = 0
    heard: dict[str, dict[str, Any]] = field(default_factory=dict)
    state: S = field(default_factory=cast(Callable[[], Any], dict))
    journal: list[dict[str, Any]] = field(default_factory=list)
    base: int = 0  # how many of the first events have moved to segments
    claim: dict[str, Any] | None = None
    holder: str | None = None
    held_before: str | None = None  # the holder as loaded
    persons: PersonKeys | None = field(default=None, repr=False, compare=False)
    fresh: list[dict[str, Any]] = field(default_factory=list)
    recorded: list[Event] = field(default_factory=list)  # `fresh` as events
    newly_heard: set[str] = field(default_factory=set)
    touched: bool = False  # something but events changed (a claim)
    before: S | None = None  # the state as loaded: an unchanged one is not written again
    claimed_before: bool = False
    claimed_now: bool = False  # its intent is new in this write, and ours to act on

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Dossier[S]:
        return cls(
            id=document["_id"],
            version=document["version"],
            seq=document["seq"],
            published=document.get("published", 0),
            heard=document.get("heard", {}),
            state=document.get("state", {}),
            journal=document.get("journal", []),
            base=document.get("base", 0),
            claim=document.get("claim"),
            holder=document.get("holder"),
            held_before=document.get("holder"),
        )

    @property
    def exists(self) -> bool:
        """This service knows something of it: it was written before, or a step of this batch has recorded or applied an event."""
        return self.version > 0 or bool(self.fresh) or bool(self.heard)

    @property
    def changed(self) -> bool:
        return bool(self.fresh) or bool(self.newly_heard) or self.touched

    def heard_seq(self, source: str) -> int:
        mark = self.heard.get(source)
        return mark["seq"] if mark else 0

    def tail(self, source: str, after: int) -> list[Event]:
        """The journal after event number `after`, as events."""
        if after < self.base:
            raise RuntimeError(f"events {after + 1} to {self.base} are in segments: load the journal whole")
        own = {event.seq: event for event in self.recorded}
        return [own.get(entry["seq"]) or self.event(source, entry) for entry in self.journal[after - self.base :]]

    def event(self, source: str, entry: Mapping[str, Any]) -> Event:
        """Of its journal."""
        event = from_entry(self.id, source, entry)
        event.persons = self.persons
        return event

    def find_command(self, command: str) -> dict[str, Any] | None:
        return next((entry for entry in reversed(self.journal) if entry["command"] == command), None)


_ABSENT = object()


def state_changes(dossier: Dossier) -> tuple[dict[str, Any], list[str]]:
    """What of the state is new since it was loaded, and which keys are gone.

    Compared by identity, not by value: `evolve` makes a new state of the old one's values and edits none of them in place
    (every test watches that: tests/states.py), so an untouched value is the very same object.
    """
    before = dossier.before or {}
    new = {key: value for key, value in dossier.state.items() if before.get(key, _ABSENT) is not value}
    return new, [key for key in before if key not in dossier.state]


class Savepoint(NamedTuple):
    """What `restore` needs to undo a refused step."""

    seq: int
    state: Any
    heard: dict[str, dict[str, Any]]
    fresh: int
    newly_heard: frozenset[str]
    touched: bool
    holder: str | None


def save(dossier: Dossier) -> Savepoint:
    return Savepoint(
        dossier.seq,
        dossier.state,
        dossier.heard,  # replaced at every change, never edited
        len(dossier.fresh),
        frozenset(dossier.newly_heard),
        dossier.touched,
        dossier.holder,
    )


def restore(dossier: Dossier, point: Savepoint) -> None:
    """Undoes a refused step: the dossier is as it was at `point`."""
    added = len(dossier.fresh) - point.fresh
    if added:
        del dossier.fresh[point.fresh :], dossier.recorded[point.fresh :]
        del dossier.journal[-added:]
    dossier.seq, dossier.state, dossier.heard = point.seq, point.state, point.heard
    dossier.newly_heard, dossier.touched, dossier.holder = set(point.newly_heard), point.touched, point.holder


def command_id(subject: str, key: str) -> str:
    """A command's identity in the journal: a hash, since no client's text is kept."""
    return sha256(f"{subject}\n{key}".encode()).hexdigest()[:32]


def shifted(cause: Event, now: datetime) -> str:
    """Business time of what a rule records in answer to `cause`: the cause's time plus the real time it took to get here.

    In production this is now; in a replay the business clock has days of its own.
    """
    try:
        took = now - datetime.fromisoformat(cause.recorded)
    except ValueError:
        return cause.time
    moved = datetime.fromisoformat(cause.time) + max(took, timedelta(0))
    return moved.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def evolved(rules: Rules[S], state: S, event: Event) -> S:
    """The state after an event, and what the core itself keeps of it. Raises what `evolve` raises; Unchained where the event
    speaks of another filing: its writer is not whose this dossier is."""
    told, known = event.data.get("filed"), state.get("filed")
    if told is None or told == known:
        return rules.evolve(state, event)
    if known is not None:
        raise Unchained("illegal", f"it speaks of a filing at {told['at']}, the dossier was filed at {known['at']}")
    return cast(S, {**rules.evolve(state, event), "filed": {"agency": told["agency"], "at": told["at"]}})


def record(
    rules: Rules[S],
    dossier: Dossier[S],
    new: New,
    *,
    time: str,
    recorded: str,
    agency: str,
    actor: str,
    command: str | None = None,
    fingerprint: str | None = None,
    traceparent: str | None = None,
) -> Event:
    """Records an event on the dossier in memory: number, hash, journal entry, new state."""
    data = new.data.__pydantic_serializer__.to_python(new.data)
    plain = (
        new.sealed.__pydantic_serializer__.to_json(new.sealed, exclude_none=True) if new.sealed is not None else None
    )
    holder, sealed = new.holder or dossier.holder, plain
    if holder is not None and plain is not None:
        if dossier.persons is None:
            raise KeyUnknown()
        sealed = dossier.persons.seal(holder, plain, f"{dossier.id}:{rules.source}:{dossier.seq + 1}".encode())
    if dossier.base + len(dossier.journal) != dossier.seq:
        raise RuntimeError("recording needs the journal: this dossier was loaded without")
    if len(dossier.journal) >= (MAX_EVENTS if command else MAX_EVENTS + HEADROOM):
        raise Refusal("journal-full", limit=MAX_EVENTS)
    portal = PORTAL.get(new.data.name)  # what is no dossier has none
    heard = {source: mark["seq"] for source, mark in dossier.heard.items()}
    previous = dossier.journal[-1]["hash"] if dossier.journal else GENESIS
    at = max(time, new.not_before or "")
    filed = dossier.state.get("filed") or ({"agency": agency, "at": at} if new.files else None)
    if filed is not None:
        data["filed"] = filed
    event = Event(  # in the order of its fields: by name would take twice as long
        dossier.id, rules.source, dossier.seq + 1, new.data.name, at, recorded, agency,
        new.actor or actor, portal, heard, data, sealed, sha256(sealed).hexdigest() if sealed is not None else None,
        previous, "", command, fingerprint, traceparent,
    )  # fmt: skip
    event.persons, event._plain = dossier.persons, plain
    state = evolved(rules, dossier.state, event)
    event.hash = chain_hash(event)
    if event.size > MAX_EVENT_BYTES:
        raise Refusal("event-too-large")
    entry = to_entry(event)
    dossier.state, dossier.holder = state, holder
    dossier.seq = event.seq
    dossier.journal.append(entry)
    dossier.fresh.append(entry)
    dossier.recorded.append(event)
    return event


def hear(rules: Rules[S], dossier: Dossier[S], event: Event, now: datetime, recorded: str) -> bool:
    """Applies an event of another service to the dossier in memory. False: it was applied before, and is dropped.

    Raises Unchained where it cannot be applied now: gap, cause, broken-chain, key, illegal. Whatever is raised, the dossier is
    then unchanged.
    """
    mark = dossier.heard.get(event.source)
    done = mark["seq"] if mark else 0
    if event.seq <= done:
        return False
    if event.seq > done + 1:
        raise Unchained("gap", f"{event.source} {event.seq} came, {done + 1} has not")
    if event.previous != (mark["hash"] if mark else GENESIS):
        raise Unchained("broken-chain", f"{event.source} {event.seq} does not follow the one heard before it")
    for source, seq in event.heard.items():
        if source in rules.causal_sources and dossier.heard_seq(source) < seq:
            raise Unchained("cause", f"decided after {source} {seq}, not heard here yet")
    point = save(dossier)
    dossier.heard = {**dossier.heard, event.source: {"seq": event.seq, "hash": event.hash}}
    dossier.newly_heard.add(event.source)
    event.persons = dossier.persons
    if dossier.holder is None and event.sealed is not None:
        dossier.holder = boxes.holder_of(event.sealed)
    try:
        dossier.state = evolved(rules, dossier.state, event)
        handler = rules.hear.get(event.type)
        if handler is not None:
            news = handler(dossier.state, event)
            if news:
                time, here = shifted(event, now), dossier.state.get("agency", event.agency)
                for new in news:
                    record(
                        rules, dossier, new,
                        time=time, recorded=recorded, agency=here, actor=f"rule:{rules.source}",
                        traceparent=event.onward or event.traceparent,
                    )  # fmt: skip
    except KeyUnknown as unknown:
        restore(dossier, point)
        raise Unchained("key", "the person's key has not been heard here") from unknown
    except Refusal as refusal:
        restore(dossier, point)
        raise Unchained("illegal", str(refusal)) from refusal
    except Exception:
        restore(dossier, point)
        raise
    return True
