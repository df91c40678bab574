"""What two that judge at once, or one that comes too late, can do to an alarm: nothing."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from dossier_local.memory import MemoryBroker, MemoryCollection
from dossier_monitor.alarms.judging import Cleared, Measure, Raised, Still
from dossier_monitor.alarms.observation import AgencyFigures
from dossier_monitor.alarms.recording import RULES, acknowledging, clearing, raising, refreshing
from dossier_monitor.alarms.rules import read_rules
from dossier_shared.clock import FixedClock
from dossier_shared.contracts.envelope import Event, verify_chain
from dossier_shared.contracts.topics import ALARM
from dossier_shared.journal.dossier import Dossier
from dossier_shared.journal.ledger import Ledger
from dossier_shared.journal.publisher import Publisher
from dossier_shared.journal.steps import Command, Step, Work

NOW = datetime(2025, 7, 1, 3, tzinfo=UTC)
[LATE] = [rule for rule in read_rules() if rule.kind == "late-share"]
[ASIDE] = [rule for rule in read_rules() if rule.kind == "dead-letters"]
AGENCY = AgencyFigures("H19.1", 50, 6, name="Xã A", above=("H19", "G01"))
RAISED = Raised(LATE, Measure("H19.1", "H19.1", 0.12, {"open": 50, "late": 6}), AGENCY)
ID = RAISED.id


class World:
    """One database and broker; as many nodes as wanted."""

    def __init__(self) -> None:
        self.broker, self.alarms, self.clock = MemoryBroker(), MemoryCollection(), FixedClock(NOW)

    def node(self) -> Ledger:
        self.publisher = Publisher(RULES.source, self.broker, self.alarms, self.clock)
        return Ledger(RULES, self.alarms, self.publisher, self.clock, claimant="m")

    async def do(self, *steps: Step, alarm: str = ID) -> Dossier:
        """Each by a node of its own, all at once."""
        await asyncio.gather(*(self.node().write({alarm: Work([step])}) for step in steps))
        return (await self.alarms.load([alarm]))[alarm]

    async def acknowledge(self, note: str, number: int, alarm: str = ID) -> Dossier:
        command = Command(id=note, fingerprint=note, actor="superior:u-1", agency="H19")
        return await self.node().execute(alarm, acknowledging(note, number), command)


def types(alarm: Dossier) -> list[str]:
    return [entry["type"] for entry in alarm.journal]


@pytest.fixture
def world() -> World:
    return World()


async def test_two_that_judge_at_once_raise_and_clear_it_once(world: World) -> None:
    alarm = await world.do(raising(RAISED, NOW, 1), raising(RAISED, NOW, 1))
    assert types(alarm) == ["alarm-raised"]
    alarm = await world.do(*[clearing(Cleared(ID, LATE, 0.01), NOW, 1)] * 2)
    assert types(alarm) == ["alarm-raised", "alarm-cleared"]
    alarm = await world.do(*[raising(RAISED, NOW, 1)] * 3)
    assert types(alarm) == ["alarm-raised", "alarm-cleared", "alarm-raised"]
    assert alarm.state["number"] == 2


async def test_who_lost_the_lease_overwrites_nothing(world: World) -> None:
    await world.do(raising(RAISED, NOW, 2))
    alarm = await world.do(clearing(Cleared(ID, LATE, 0.0), NOW, 1), refreshing(Still(ID, RAISED.measure), 1))
    assert (types(alarm), alarm.state["term"]) == (["alarm-raised"], 2)
    alarm = await world.do(clearing(Cleared(ID, LATE, 0.0), NOW, 3))
    alarm = await world.do(raising(RAISED, NOW, 2))
    assert types(alarm) == ["alarm-raised", "alarm-cleared"]


async def test_new_figures_are_no_event(world: World) -> None:
    await world.do(raising(RAISED, NOW, 1))
    worse = Measure("H19.1", "H19.1", 0.5, {"open": 50, "late": 25})
    alarm = await world.do(refreshing(Still(ID, worse), 1))
    assert (types(alarm), alarm.state["value"], alarm.state["figures"]["late"]) == (["alarm-raised"], 0.5, 25)


async def test_an_acknowledgement_counts_once_and_for_the_raising_that_was_seen(world: World) -> None:
    await world.do(raising(RAISED, NOW, 1))
    alarm = await world.acknowledge("đã phân công", 1)
    alarm = await world.acknowledge("lần hai", 1)
    assert alarm.state["acknowledged"]["note"] == "đã phân công"
    await world.do(clearing(Cleared(ID, LATE, 0.0), NOW, 1))
    await world.do(raising(RAISED, NOW, 1))
    alarm = await world.acknowledge("của lần trước", 1)
    assert (alarm.state["number"], alarm.state["acknowledged"]) == (2, None)
    assert types(alarm).count("alarm-acknowledged") == 1


async def test_an_acknowledged_dead_letter_is_seen(world: World) -> None:
    letters = Raised(ASIDE, Measure("review", "", 2.0, {"total": 7, "new": 2}), None)
    alarm = await world.do(raising(letters, NOW, 1), alarm=letters.id)
    assert (alarm.state["told"], alarm.state["agency"]) == (["operators"], "")
    alarm = await world.acknowledge("đã xem", 1, letters.id)
    assert alarm.state["seen"] == 7
    said = Event(dossier=letters.id, source="monitor", **alarm.journal[-1])
    assert (said.type, said.agency) == ("alarm-acknowledged", ""), "of no agency, whoever has seen it"
    await world.do(clearing(Cleared(letters.id, ASIDE, 0.0), NOW, 1), alarm=letters.id)
    alarm = await world.do(raising(letters, NOW, 1), alarm=letters.id)
    assert alarm.state["seen"] == 7


async def test_what_is_published_says_whom_it_concerns_and_holds_no_note(world: World) -> None:
    await world.do(raising(RAISED, NOW, 1))
    alarm = await world.acknowledge("Nguyễn Văn A lo việc này", 1)
    events = [Event(dossier=ID, source="monitor", **entry) for entry in alarm.journal]
    assert verify_chain(events) is None
    data: dict[str, Any] = events[0].data
    assert (data["agency_name"], data["overseers"], data["told"]) == ("Xã A", ["H19", "G01"], ["H19.1", "H19"])
    world.publisher.submit([alarm])
    await world.publisher.publish_once()
    await world.publisher.drain()
    records = world.broker.all(ALARM.name)
    assert len(records) == 2
    value = (records[1].value or b"").decode()
    assert "Nguyễn Văn A" not in value.partition('"sealed":')[0]
    assert "Nguyễn Văn A" in value.partition('"sealed":')[2]
