"""Notify on a broker and a database in memory, with a provider that keeps a ledger; processes come and go on them."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from tests.unit.notify.told import Told

from dossier_local.memory import MemoryBroker, MemoryCollection, MemorySource, MemoryWaiting
from dossier_notify.handlers import rules
from dossier_notify.http_provider import HttpProvider
from dossier_notify.rules.messages import Texts
from dossier_notify.sending import sending
from dossier_shared.clock import FixedClock
from dossier_shared.contracts.envelope import Event, decode, encode, verify_chain
from dossier_shared.journal import crash
from dossier_shared.journal.consumer import BatchConsumer
from dossier_shared.journal.dead_letters import DeadLetters
from dossier_shared.journal.ledger import Ledger
from dossier_shared.journal.publisher import Publisher, Sweeper

CLAIM = timedelta(seconds=30)
AFTER_CLAIM = CLAIM + timedelta(seconds=1)
WHOLE = ["message-requested", "message-sent", "delivered"]
IDS = [f"d-{n:03}" for n in range(30)]
TOPICS = {"intake": "dossier.submitted", "signing": "dossier.signed", "notify": "dossier.delivered"}


class Killed(BaseException):
    """The process is gone; nothing in it may catch this."""


def kill_at(name: str) -> Any:
    def hook(point: str) -> None:
        if point == name:
            raise Killed(name)

    return hook


@dataclass
class Ledgered:
    """A provider as a transport. `lose`: answers to lose after the fact; `down`: refuse all; `mute`: cannot be asked."""

    entries: list[dict[str, Any]] = field(default_factory=list)
    lose: int = 0
    down: bool = False
    mute: bool = False
    refuse: frozenset[str] = frozenset()
    calls: list[int] = field(default_factory=list)

    @property
    def sent(self) -> Counter[str]:
        return Counter(entry["reference"] for entry in self.entries)

    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self._respond)

    async def _respond(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        if self.down or (self.mute and request.url.path.endswith(":query")):
            return httpx.Response(503)
        if request.url.path.endswith(":query"):
            return httpx.Response(200, json={"messages": [self._known(r) for r in body["references"]]})
        self.calls.append(len(body["messages"]))
        new = [self._entry(message) for message in body["messages"]]
        self.entries += new
        if self.lose:
            self.lose -= 1
            await asyncio.sleep(3600)
        return httpx.Response(200, json={"messages": new})

    def _known(self, reference: str) -> dict[str, Any]:
        return {"reference": reference, "entries": [e for e in self.entries if e["reference"] == reference]}

    def _entry(self, message: dict[str, str]) -> dict[str, Any]:
        refused = message["to"] in self.refuse
        number = len(self.entries)
        return {
            "reference": message["reference"],
            "provider_id": f"p-{number}",
            "status": "refused" if refused else "accepted",
            "reason": "number-refused" if refused else None,
        }


class World:
    """What outlives a process."""

    def __init__(self) -> None:
        self.broker, self.dossiers, self.waiting = MemoryBroker(), MemoryCollection(), MemoryWaiting()
        self.clock = FixedClock(datetime(2025, 7, 3, 2, 0, tzinfo=UTC))
        self.provider = Ledgered()
        self.lives = 0

    def tell(self, *events: Event) -> None:
        for event in events:
            self.broker.append(TOPICS[event.source], encode(event))

    def published(self) -> dict[str, list[Event]]:
        """Notify's events by dossier, duplicates dropped as every reader does; each chain must hold."""
        heard: dict[str, list[Event]] = {}
        for record in self.broker.all(TOPICS["notify"]):
            event = decode(record)
            events = heard.setdefault(event.dossier, [])
            if event.seq == len(events) + 1:
                events.append(event)
            assert event.seq <= len(events), "a gap"
        assert not any(verify_chain(events) for events in heard.values())
        return heard

    def stories(self) -> dict[str, list[str]]:
        return {dossier: [event.type for event in events] for dossier, events in self.published().items()}

    def process(self, instance: str = "notify-1", *, lingers: timedelta = timedelta(0)) -> Process:
        self.lives += 1
        return Process(self, f"{instance}@{self.lives}", lingers)


class Process:
    """One life of one replica; every step is taken by hand."""

    def __init__(self, world: World, claimant: str, lingers: timedelta = timedelta(0)) -> None:
        self.world = world
        own = rules(Texts())
        self.publisher = Publisher("notify", world.broker, world.dossiers, world.clock)
        self.ledger = Ledger(own, world.dossiers, self.publisher, world.clock, claimant=claimant, claim_for=CLAIM)
        self.source = MemorySource(world.broker, [TOPICS["intake"], TOPICS["signing"]], "notify")
        dead = DeadLetters("notify", world.broker)
        self.consumer = BatchConsumer(self.ledger, self.source, world.waiting, dead)
        self.provider = HttpProvider("http://provider.test", timeout=0.05, transport=world.provider.transport())
        self.effects = sending(
            self.ledger,
            world.dossiers.open_claims,
            provider=self.provider,
            margin=timedelta(seconds=7.5),
            sweep_every=2.0,
            lingers=lingers,
        )

    async def consume(self, limit: int = 1000) -> None:
        while records := await self.source.fetch(limit):
            await self.consumer.handle(records)
        await self.consumer.drain_waiting(older_than=timedelta(0))

    async def act(self) -> int:
        done = 0
        while self.effects._fresh:
            done += await self.effects.act_once()
        return done

    async def publish(self) -> None:
        await self.publisher.publish_once()
        await self.publisher.drain()

    async def sweep(self) -> None:
        """Both sweepers: intents left open, and what a crash left unpublished."""
        while await self.effects.sweep():
            pass
        await Sweeper(self.publisher, self.world.dossiers, self.world.clock, after=timedelta(0)).sweep()
        await self.publish()

    async def run(self) -> None:
        """All that is to do now."""
        await self.consume()
        await self.act()
        await self.publish()


def references(ids: Sequence[str], kind: str = "result") -> dict[str, int]:
    return {f"{id_}:{kind}": 1 for id_ in ids}


def tell(world: World, ids: Sequence[str] = IDS) -> None:
    for id_ in ids:
        told = Told(id_)
        world.tell(told.submitted(), told.accepted(), told.signed())


async def killed_at(point: str, process: Process) -> None:
    crash.set_hook(kill_at(point))
    with pytest.raises(Killed):
        await process.run()
    crash.set_hook(None)


def assert_each_told_once(world: World, ids: Sequence[str] = IDS) -> None:
    assert world.provider.sent == references(ids)
    assert world.stories() == dict.fromkeys(ids, WHOLE)
