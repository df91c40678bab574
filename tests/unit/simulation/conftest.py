"""A small world in which everything agrees: one dossier of each fate, told alike by every source."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import orjson
import pytest

from dossier_local.reconciliation.world import SOURCES, Ack, Board, Database, Document, Sent, World
from dossier_shared.contracts.envelope import GENESIS, Event, chain_hash
from dossier_shared.contracts.topics import heard_by

DAY = "2026-06-01T{:02d}:00:00.000000Z"
DUE = "2026-06-01T08:00:00.000000Z"


class Maker:
    """Appends events to every source that must know of them."""

    def __init__(self) -> None:
        self.world = World(databases={s: Database(s) for s in SOURCES})
        self.hour = 0

    def add(
        self,
        dossier: str,
        source: str,
        type_: str,
        sealed: dict[str, Any] | None = None,
        by: str = "rule:x",
        **data: Any,
    ) -> Event:
        story = self.world.topics.events[dossier, source]
        raw = orjson.dumps(sealed) if sealed else None
        at = DAY.format(self.hour)
        event = Event(
            dossier, source, len(story) + 1, type_, at, at, "A1", by, None, {}, data, raw,
            sha256(raw).hexdigest() if raw else None, story[-1].hash if story else GENESIS,
        )  # fmt: skip
        event.hash = chain_hash(event)
        story.append(event)
        document = self.document(source, dossier)
        document.events.append(event)
        document.seq = document.published = event.seq
        for listener in SOURCES:
            if any(topic.source == source for topic in heard_by(listener)):
                self.document(listener, dossier).heard[source] = event.seq
        return event

    def document(self, service: str, dossier: str) -> Document:
        documents = self.world.databases[service].documents
        return documents.setdefault(dossier, Document(dossier, 0, 0, False, False, {}, None, []))

    def act(self, action: str, dossier: str, outcome: str = "done") -> None:
        code = f"C-{dossier}" if action == "file" else None
        self.world.clients.append(Ack(action, f"{action}:{dossier}", outcome, dossier, code))

    def file(self, dossier: str, *, straight: bool = False) -> None:
        self.add(
            dossier, "intake", "submitted", {"applicant": {"name": "An", "phone": "+84912345678"}}, "citizen:c1",
            code=f"C-{dossier}", channel="online", messages=["refused", "result"],
        )  # fmt: skip
        self.act("file", dossier, "accepted" if straight else "submitted")

    def tell(self, dossier: str, kind: str) -> None:
        reference = f"{dossier}:{kind}"
        self.add(dossier, "notify", "message-requested", reference=reference, kind=kind)
        self.add(dossier, "notify", "message-sent", reference=reference, provider_id="sim-1")
        self.world.ledger.append(Sent(reference, "sim-1", True))

    def sign(self, dossier: str, *, by: str = "leader:l1") -> None:
        self.add(
            dossier, "signing", "signing-requested", by=by, reference=f"{dossier}:result", number=f"C-{dossier}/KQ"
        )
        self.add(dossier, "signing", "signed", number=f"C-{dossier}/KQ", file=sha256(dossier.encode()).hexdigest())
        self.tell(dossier, "result")
        self.add(dossier, "notify", "delivered")

    def whole(self, dossier: str, decision: str) -> None:
        self.file(dossier)
        self.add(dossier, "intake", "accepted", by="counter:o1", appointment=DUE)
        self.act("accept", dossier)
        self.hour += 1
        self.add(dossier, "review", "appraised", by="specialist:o2")
        self.act("appraise", dossier)
        self.hour += 1
        self.add(dossier, "review", {"approve": "approved", "reject": "rejected"}[decision], by="leader:l1")
        self.act(decision, dossier)
        self.hour += 1
        self.sign(dossier)
        self.act("sign", dossier)


@pytest.fixture
def world() -> World:
    maker = Maker()
    maker.whole("granted", "approve")
    maker.whole("declined", "reject")
    maker.file("refused")
    maker.add("refused", "intake", "refused", by="counter:o1")
    maker.act("refuse", "refused")
    maker.tell("refused", "refused")
    maker.file("waiting")
    maker.file("by-rule", straight=True)
    maker.add("by-rule", "intake", "accepted", appointment=DUE)
    maker.add("by-rule", "review", "appraised")
    maker.add("by-rule", "review", "approved")
    maker.sign("by-rule", by="rule:signing")
    maker.world.board = Board({"filed": 5, "accepted": 3, "refused": 1, "signed": 3, "delivered": 3})
    return maker.world
