"""The consumer of what is no dossier: one at fault is a dead letter alone, and offsets are committed after all the rest."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from tests.unit.notify.test_alarms import ABOUT

from dossier_local.memory import Author, MemoryBroker, MemorySource
from dossier_local.waiting import eventually
from dossier_shared.contracts.envelope import Event, Record, encode
from dossier_shared.contracts.events import AlarmAcknowledged
from dossier_shared.contracts.topics import ALARM, dead_letter
from dossier_shared.errors import BadRecord, Unavailable, Unstorable
from dossier_shared.journal import crash
from dossier_shared.journal.dead_letters import DeadLetters, unwrap
from dossier_shared.journal.hearing import DeadLetterLimit, Hearing, Pass, Position
from dossier_shared.journal.stream import REFUSED_FOR, EventConsumer
from dossier_shared.repair.looking import understood

from .signed import Holder, on_topic, ring_of, tell

GROUP = "notify-alarms"
NAMES = [f"late:H19.{number}" for number in range(7)]


class Killed(BaseException):
    """As a SIGKILL."""


class Kept:
    """What persons decided, in memory."""

    def __init__(self) -> None:
        self.stops: list[str] = []
        self.passes: list[Pass] = []

    async def stop(self, group: str, member: str, why: str) -> None:
        self.stops.append(why)

    async def go_on(self, member: str) -> None:
        self.stops.clear()

    async def stopped(self, group: str) -> list[dict[str, Any]]:
        return [{"why": why} for why in self.stops]

    async def decide(self, group: str, decision: Pass) -> None:
        self.passes.append(decision)

    async def decided(self, group: str) -> list[Pass]:
        return list(self.passes)


class Stage:
    """A topic, one consumer, and what was done with its events. `faults`: by alarm, raised; `refusals`: answered."""

    def __init__(self, *, max_run: int = 100) -> None:
        self.broker, self.kept = MemoryBroker(), Kept()
        self.done: list[str] = []
        self.calls = 0
        self.faults: dict[str, Exception] = {}
        self.refusals: dict[str, Exception] = {}
        self.max_run = max_run
        self.start()

    def start(self) -> None:
        """Another life: it begins at the committed offsets."""
        self.source = MemorySource(self.broker, [ALARM.name], GROUP)
        hearing = Hearing(GROUP, GROUP, [ALARM.name], self.kept, max_run=self.max_run)
        self.consumer = EventConsumer(self.source, DeadLetters("notify", self.broker), hearing, self.act)

    async def act(self, events: Sequence[Event]) -> list[Exception | None]:
        self.calls += 1
        for event in events:
            if event.dossier in self.faults:
                raise self.faults[event.dossier]
        self.done += [event.dossier for event in events if event.dossier not in self.refusals]
        return [self.refusals.get(event.dossier) for event in events]

    def put(self, *names: str) -> None:
        for name in names:
            self.broker.append(ALARM.name, encode(alarm(name)))

    def garbage(self, count: int = 1) -> None:
        for _ in range(count):
            self.broker.append(ALARM.name, Record(b"late:H19.0", b"?", []))

    async def batch(self) -> bool:
        return await self.consumer.handle(await self.source.fetch(1000))

    def committed(self) -> int:
        return sum(self.broker.committed[GROUP].values())

    def letters(self) -> list[str]:
        return [unwrap(record)[1] for record in self.broker.all(dead_letter("notify"))]


def alarm(name: str) -> Event:
    return Author("monitor", name).says(AlarmAcknowledged(**ABOUT))


async def test_what_cannot_be_read_is_put_aside_alone_and_offsets_come_last() -> None:
    stage = Stage()
    stage.put(*NAMES[:3])
    stage.garbage()
    stage.put(*NAMES[3:])
    assert await stage.batch()
    assert (sorted(stage.done), stage.letters(), stage.committed()) == (NAMES, ["undecodable"], 8)

    def kill(point: str) -> None:
        if point == "consume.written":
            raise Killed

    stage.put("late:H19.9")
    crash.set_hook(kill)
    with pytest.raises(Killed):
        await stage.batch()
    crash.set_hook(None)
    stage.start()
    await stage.batch()
    assert (stage.done[-2:], stage.committed()) == (["late:H19.9"] * 2, 9), "acted on again, not lost"


async def test_one_at_fault_is_found_by_halving() -> None:
    stage = Stage()
    stage.put(*NAMES)
    stage.faults[NAMES[3]] = ValueError("fits no message")
    await stage.batch()
    assert sorted(stage.done) == [name for name in NAMES if name != NAMES[3]]
    assert (stage.letters(), stage.committed()) == (["invalid-data"], len(NAMES))


@pytest.mark.parametrize(("why", "attempts"), [(Unstorable(), 1), (Unavailable("write-refused"), 4)])
async def test_what_a_database_refuses_is_put_aside_in_the_end(
    monkeypatch: pytest.MonkeyPatch, why: Exception, attempts: int
) -> None:
    stage = Stage()
    stage.put(*NAMES)
    stage.refusals[NAMES[3]] = why
    records = await stage.source.fetch(1000)
    for passed in range(attempts - 1):  # as an outage is waited out
        monkeypatch.setattr(stage.consumer, "_monotonic", lambda at=passed * (REFUSED_FOR / 3 - 1): at)
        with pytest.raises(Unavailable):
            await stage.consumer.handle(records)
        assert (stage.letters(), stage.committed()) == ([], 0)
    monkeypatch.setattr(stage.consumer, "_monotonic", lambda: REFUSED_FOR)
    assert await stage.consumer.handle(records)
    assert (stage.calls, stage.letters(), stage.committed()) == (attempts, ["invalid-data"], len(NAMES))
    assert NAMES[3] not in stage.done


async def test_an_outage_is_waited_out_and_blamed_on_nobody() -> None:
    stage = Stage()
    stage.put(*NAMES)
    stage.faults[NAMES[0]] = ConnectionError("away")
    running = asyncio.create_task(stage.consumer.run())
    await eventually(lambda: stage.consumer.trouble, within=10)
    assert (stage.done, stage.committed()) == ([], 0)
    stage.faults.clear()
    await eventually(lambda: stage.committed() == len(NAMES), within=10)
    stage.consumer.finish()
    await running
    assert (sorted(stage.done), stage.letters()) == (NAMES, [])


async def test_beyond_the_limit_it_stands_at_its_offset_until_somebody_decides() -> None:
    stage = Stage(max_run=3)
    stage.put(*NAMES[:2])
    stage.garbage(3)
    with pytest.raises(DeadLetterLimit):
        await stage.batch()
    stage.start()
    running = asyncio.create_task(stage.consumer.run())
    await eventually(lambda: stage.kept.stops, within=10)
    assert (stage.done, stage.letters(), stage.committed()) == ([], [], 0)
    ends = {Position(topic, number): len(log) for (topic, number), log in stage.broker.logs.items()}
    await stage.kept.decide(GROUP, Pass("admin-1", "Đã xem.", ends))
    await eventually(lambda: stage.committed() == 5, within=10)
    assert (sorted(stage.done), stage.letters()) == (NAMES[:2], ["passed"] * 3)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


async def test_a_dead_letter_is_tried_again_by_who_consumes_its_topic() -> None:
    stage = Stage()
    stage.put(*NAMES[:2])
    stage.garbage(1)
    stage.refusals[NAMES[1]] = Unstorable()
    records = await stage.source.fetch(1000)
    assert await stage.consumer.replay(records) == ["applied", "invalid-data", "undecodable"]
    stage.refusals.clear()
    assert await stage.consumer.replay(records[1:2]) == ["applied"]


async def test_an_alarm_the_monitor_did_not_sign_is_told_to_nobody() -> None:
    stage, monitor = Stage(), Holder("monitor")
    stage.consumer.keys = keys = ring_of(monitor)
    forged, told = alarm(NAMES[0]), alarm(NAMES[1])
    stage.broker.append(ALARM.name, encode(forged))
    stage.broker.append(ALARM.name, monitor.signs_one(told))
    assert await stage.batch()
    assert (stage.done, stage.letters()) == ([told.dossier], ["wrong-signature"])
    letter = on_topic(encode(forged), ALARM.name)
    tell(keys, monitor.key, service="monitor", demanded=[10**9] * 6)
    assert await stage.consumer.replay([letter]) == ["wrong-signature"]
    with pytest.raises(BadRecord, match="wrong-signature"):
        understood(replace(letter, offset=10**9), keys)
