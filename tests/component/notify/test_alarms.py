"""Alarms as messages, on broker and database in memory: once, whatever is heard again and wherever a process dies."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.unit.notify.test_alarms import raised

from dossier_local.memory import MemoryCollection, MemorySource
from dossier_notify.alarms import RULES, Policy, telling
from dossier_notify.http_provider import HttpProvider
from dossier_notify.sending import sending
from dossier_notify.unpublished import Unpublished
from dossier_shared.contracts.envelope import Record, encode
from dossier_shared.contracts.topics import ALARM, dead_letter
from dossier_shared.journal import crash
from dossier_shared.journal.dead_letters import DeadLetters
from dossier_shared.journal.hearing import Hearing
from dossier_shared.journal.ledger import Ledger
from dossier_shared.journal.stream import EventConsumer

from .rig import AFTER_CLAIM, CLAIM, Killed, World, kill_at

POLICY = Policy({"H19.1": ["+84900000001"], "H19": ["+84900000002"]}, timedelta(days=9), 2)
POINTS = ["write.before", "write.after", "consume.written", "effect.intent", "effect.done"]


class Process:
    """One life of one replica."""

    def __init__(self, world: World, messages: MemoryCollection) -> None:
        world.lives += 1
        ledger = Ledger(
            RULES, messages, Unpublished(), world.clock, claimant=f"notify-1@{world.lives}", claim_for=CLAIM
        )
        self.source = MemorySource(world.broker, [ALARM.name], "notify-alarms")
        hearing = Hearing("notify-alarms", "notify-alarms", [ALARM.name])
        letters = DeadLetters("notify", world.broker)
        self.consumer = EventConsumer(self.source, letters, hearing, telling(ledger, POLICY))
        provider = HttpProvider("http://provider.test", timeout=0.05, transport=world.provider.transport())
        margin = timedelta(seconds=7.5)
        self.effects = sending(ledger, messages.open_claims, provider=provider, margin=margin, sweep_every=2.0)

    async def run(self) -> None:
        while records := await self.source.fetch(100):
            await self.consumer.handle(records)
        while self.effects._fresh:
            await self.effects.act_once()
        while await self.effects.sweep():
            pass


@pytest.mark.parametrize("point", POINTS)
async def test_each_person_is_told_once_though_the_process_dies(world: World, point: str) -> None:
    messages = MemoryCollection()
    for record in (encode(raised()), encode(raised())):
        world.broker.append(ALARM.name, record)
    crash.set_hook(kill_at(point))
    with pytest.raises(Killed):
        await Process(world, messages).run()
    crash.set_hook(None)
    for _ in range(2):
        world.clock.advance(AFTER_CLAIM)
        await Process(world, messages).run()
    world.broker.committed["notify-alarms"].clear()  # everything is heard again
    await Process(world, messages).run()
    assert sorted(world.provider.sent.values()) == [1, 1]
    states: list[dict[str, Any]] = [document["state"] for document in messages.documents.values()]
    assert [state["messages"][0]["status"] for state in states] == ["sent", "sent"]
    assert world.published() == {}


async def test_what_cannot_be_read_is_put_aside_and_holds_nothing_up(world: World) -> None:
    messages = MemoryCollection()
    world.broker.append(ALARM.name, Record(b"late:H19.1", b"?", []))
    world.broker.append(ALARM.name, encode(raised()))
    await Process(world, messages).run()
    assert len(world.broker.all(dead_letter("notify"))) == 1
    assert len(world.provider.entries) == 2


async def test_a_message_is_in_the_trace_of_its_alarm(world: World) -> None:
    messages, traceparent = MemoryCollection(), f"00-{'a1' * 16}-{'b2' * 8}-01"
    world.broker.append(ALARM.name, encode(replace(raised(), traceparent=traceparent)))
    await Process(world, messages).run()
    carried = [entry["traceparent"] for document in messages.documents.values() for entry in document["journal"]]
    assert carried == [traceparent] * 4, "two people: each message asked for, and sent"
