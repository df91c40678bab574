"""What each source says, read by itself and not yet compared with any other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from dossier_shared.contracts.envelope import Event
from dossier_shared.contracts.topics import DOSSIER_TOPICS
from dossier_shared.errors import KeyUnknown
from dossier_shared.journal.registry import Registry

# A client's action -> (the event that must follow, the service that records it).
ACTIONS = {
    "file": ("submitted", "intake"),
    "accept": ("accepted", "intake"),
    "refuse": ("refused", "intake"),
    "request-completion": ("completion-requested", "intake"),
    "complete": ("completed", "intake"),
    "withdraw": ("withdrawn", "intake"),
    "ask-withdrawal": ("withdrawal-requested", "intake"),
    "correct": ("corrected", "intake"),
    "withdraw-consent": ("consent-withdrawn", "intake"),
    "supplement": ("supplement-received", "intake"),
    "payment-confirmed": ("payment-confirmed", "intake"),
    "assign": ("assigned", "review"),
    "request-supplement": ("supplement-requested", "review"),
    "request-payment": ("payment-requested", "review"),
    "consult": ("consultation-requested", "review"),
    "answer-consultation": ("consultation-answered", "review"),
    "withdraw-consultation": ("consultation-withdrawn", "review"),
    "request-extension": ("extension-requested", "review"),
    "extend": ("extended", "review"),
    "hand-over": ("handed-over", "review"),
    "grant-withdrawal": ("withdrawal-granted", "review"),
    "decline-withdrawal": ("withdrawal-declined", "review"),
    "appraise": ("appraised", "review"),
    "approve": ("approved", "review"),
    "reject": ("rejected", "review"),
    "return": ("returned", "review"),
    "note": ("noted", "review"),
    "sign": ("signing-requested", "signing"),
    "send-back": ("sent-back", "signing"),
    "hand-over-result": ("delivered", "notify"),
}
# By the verb in its address, where one verb has two outcomes or two services have a verb of the same name.
VERBS = {"ask-withdrawal": "withdraw", "hand-over-result": "hand-over"}
HANDED_OVER = ("counter", "post")  # wishes for a result that telling does not deliver
SOURCES = {topic.source: topic.name for topic in DOSSIER_TOPICS if topic.source}
GIVEN_UP = "given-up"  # outcome of an action that was never answered: it may or may not have happened


class Fault(NamedTuple):
    """A chain that does not hold, or an order that was not kept. `where` as in `Finding.source`."""

    where: str
    dossier: str
    what: str


@dataclass(frozen=True, slots=True)
class Ack:
    """One line of the clients' own file. `outcome`: the status the answer showed, or GIVEN_UP. `times`: events it asked for."""

    action: str
    key: str
    outcome: str
    dossier: str = ""
    code: str | None = None
    at: str = ""
    times: int = 1


@dataclass(slots=True)
class TopicEvents:
    """All four topics, and those of deployments, from offset 0, duplicates dropped at first occurrence."""

    events: dict[tuple[str, str], list[Event]] = field(default_factory=lambda: defaultdict(list))
    records: int = 0
    duplicates: int = 0
    undecodable: int = 0
    dead_letters: dict[str, int] = field(default_factory=dict)  # by service
    registry: Registry = field(default_factory=lambda: Registry("monitor"))  # which deployments there are


@dataclass(slots=True)
class Document:
    """One dossier in one service's database."""

    id: str
    seq: int
    published: int
    pending: bool
    claimed: bool
    heard: dict[str, int]
    status: str | None
    events: list[Event]


@dataclass(slots=True)
class Database:
    service: str
    documents: dict[str, Document] = field(default_factory=dict)
    waiting: int = 0  # parked events

    def events(self, type_: str) -> Iterator[Event]:
        for document in self.documents.values():
            for event in document.events:
                if event.type == type_:
                    yield event


@dataclass(frozen=True, slots=True)
class Sent:
    """One line of the provider's ledger."""

    reference: str
    provider_id: str
    accepted: bool


@dataclass(frozen=True, slots=True)
class Board:
    """The monitor's totals, by the name of the figure; only those it shows."""

    totals: dict[str, int]
    channels: dict[str, dict[str, int]] = field(default_factory=dict)  # every measure of the board, by channel
    now: str | None = None  # by which it judges lateness


@dataclass(slots=True)
class World:
    """Every source. `board` None: not asked."""

    clients: list[Ack] = field(default_factory=list)
    topics: TopicEvents = field(default_factory=TopicEvents)
    databases: dict[str, Database] = field(default_factory=dict)
    ledger: list[Sent] = field(default_factory=list)
    board: Board | None = None
    faults: list[Fault] = field(default_factory=list)
    counters: dict[str, dict[str, float]] = field(default_factory=dict)  # service -> counter -> value


def by_type(events: dict[tuple[str, str], list[Event]]) -> dict[str, list[Event]]:
    found: dict[str, list[Event]] = defaultdict(list)
    for story in events.values():
        for event in story:
            found[event.type].append(event)
    return found


def ids(events: list[Event]) -> set[str]:
    return {event.dossier for event in events}


def sealed(event: Event) -> dict[str, Any]:
    """The sealed part, or nothing where it was erased or is encrypted: there are no keys here."""
    try:
        return event.open()
    except (ValueError, KeyUnknown):
        return {}
