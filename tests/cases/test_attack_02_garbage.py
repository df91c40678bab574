"""Attack 2: 300 garbage records on a topic. Hearing stops, commands and readiness do not; a person passes over."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest
from tests.integration.test_cli import dossier as command
from tests.unit.notify.told import Told

from dossier_local.addresses import token
from dossier_local.stack import Stack
from dossier_monitor.alarms.judging import Memory, judge
from dossier_monitor.alarms.observation import Observation
from dossier_monitor.alarms.parked import STOPPED, read
from dossier_monitor.alarms.rules import read_rules
from dossier_shared.adapters.hearing_store import HearingStore
from dossier_shared.adapters.kafka import KafkaSender
from dossier_shared.adapters.mongo import connect, database
from dossier_shared.clock import SystemClock
from dossier_shared.contracts.envelope import Record, encode
from dossier_shared.errors import BadRecord, Refusal
from dossier_shared.journal.dead_letters import StoredRecord
from dossier_shared.journal.hearing import MAX_RUN, DeadLetterLimit, Hearing, Pass, Position, pass_over

Eventually = Callable[..., Awaitable[Any]]
GARBAGE = 300


async def put(stack: Stack, topic: str, *records: Record) -> None:
    sender = KafkaSender(stack.broker, client_id="attacker")
    try:
        assert all(await sender.send(topic, records))
    finally:
        await sender.stop()


def garbage() -> list[Record]:
    return [Record(uuid4().hex.encode(), b"{", []) for _ in range(GARBAGE)]


@pytest.mark.long
async def test_attack_02_garbage_stops_hearing_and_nothing_else(
    new_stack: Callable[..., Awaitable[Stack]], eventually: Eventually
) -> None:
    stack = await new_stack(env={"SWEEP_AFTER_SECONDS": "1"})
    await stack.start("identity", "provider")
    await stack.start("review", "notify")
    first, second = [Told(str(uuid4())) for _ in range(2)]
    await put(stack, "dossier.submitted", encode(first.submitted()))
    async with httpx.AsyncClient(trust_env=False, timeout=30) as http:

        async def officer(*roles: str) -> dict[str, str]:
            held = await token(stack.url("identity"), "officer-1", *roles, agency=first.intake.agency)
            return {"authorization": f"Bearer {held}", "idempotency-key": uuid4().hex}

        async def note(told: Told) -> int:
            url = f"{stack.url('review')}/api/v1/dossiers/{told.id}/note"
            answer = await http.post(url, json={"text": "Đã xem."}, headers=await officer("leader"))
            return answer.status_code

        async def letters(name: str) -> list[str]:
            """Their reasons."""
            return re.findall(r'"reason": "([a-z-]+)"', await dossier(stack, "dead-letters", "list", name, "--json"))

        async def ready(name: str) -> httpx.Response:
            return await http.get(f"{stack.url(name)}/health/ready")

        async def stopped(name: str) -> bool:
            return "hearing" in (await ready(name)).json()["checks"]

        async def hears_not(name: str) -> None:
            await eventually(lambda: stopped(name), within=60)
            answer = await ready(name)
            told = answer.json()
            assert (answer.status_code, told["ready"]) == (200, True)
            assert told["checks"]["hearing"].startswith("stopped")
            assert "dossier_consumer_stopped 1" in (await http.get(f"{stack.url(name)}/metrics")).text

        await put(stack, "dossier.submitted", encode(first.accepted()))
        await eventually(lambda: _is(note(first), 200), within=60)

        await put(stack, "dossier.submitted", *garbage())
        await put(stack, "monitor.alarm", *garbage())
        for name in ("review", "notify"):
            await hears_not(name)
        await put(stack, "dossier.submitted", encode(second.submitted()), encode(second.accepted()))
        assert (await note(first), await note(second)) == (200, 404)

        await stack.restart("review")  # it comes up
        await hears_not("review")
        assert (await note(first), await note(second)) == (200, 404)

        told = await dossier(stack, "dead-letters", "pass", "review")
        early = await letters("review")  # whatever came in a batch of less than a hundred, before the limit was reached
        assert len(early) < MAX_RUN
        assert all(reason == "undecodable" for reason in early)
        assert f"{GARBAGE - len(early)} records cannot be read" in told
        assert "undecodable" in told
        assert await stopped("review")  # looking is not passing

        before = stack.pid("review")
        await dossier(stack, "dead-letters", "pass", "review", "--reason", "Mật khẩu của intake bị lộ, đã đổi.")
        await eventually(lambda: _is(note(second), 200), within=60)
        assert stack.pid("review") == before
        answer = await ready("review")
        assert (answer.status_code, "hearing" in answer.json()["checks"]) == (200, False)
        assert "dossier_consumer_stopped 0" in (await http.get(f"{stack.url('review')}/metrics")).text
        assert Counter(await letters("review")) == Counter(early) + Counter(passed=GARBAGE - len(early))
        listed = await dossier(stack, "dead-letters", "list", "review", "--json")
        assert listed.count("admin-1: Mật khẩu của intake bị lộ, đã đổi. (undecodable") == GARBAGE - len(early)

        await stack.restart("review")
        assert not await stopped("review")
        assert await note(second) == 200

        await dossier(stack, "dead-letters", "pass", "notify", "--reason", "Cùng một việc.")
        await eventually(lambda: _not(stopped("notify")), within=60)
        both = Counter(await letters("notify"))  # of its two groups
        assert both.total() == 2 * GARBAGE
        assert both["undecodable"] < 2 * MAX_RUN

        admin = {**await officer("admin"), "content-type": "application/json"}
        url = f"{stack.url('review')}/internal/hearing:pass"
        again = await http.post(url, json={"group": "review", "reason": "Không có gì."}, headers=admin)
        assert (again.status_code, again.json()["code"]) == (409, "hearing-goes-on")
        assert (
            await http.post(url, json={"group": "review", "reason": "?" * 5}, headers=await officer("leader"))
        ).status_code == 403


async def _is(asked: Awaitable[int], status: int) -> bool:
    return await asked == status


async def _not(asked: Awaitable[bool]) -> bool:
    return not await asked


async def dossier(stack: Stack, *arguments: str) -> str:
    status, printed = await command(*arguments, folder=stack.folder)
    assert status == 0, printed
    return printed


async def test_attack_02_a_pass_outlives_the_process_and_reaches_no_further(stack: Stack) -> None:
    client = connect(stack.mongodb)
    kept = HearingStore(database(client, f"hearing_{uuid4().hex[:8]}"), SystemClock())
    try:

        def life() -> Hearing:
            return Hearing("review", "review-1", ["dossier.submitted"], kept, max_run=2)

        why, first = BadRecord("undecodable"), life()
        await first.begin()
        decision = Pass("admin-1", "Đã xem.", {Position("dossier.submitted", 3): 10})
        with pytest.raises(Refusal, match="hearing-goes-on"):
            await pass_over(first, decision)
        standing = asyncio.create_task(first.stand("too much", lambda: False))
        while not await kept.stopped("review"):
            await asyncio.sleep(0.01)
        await pass_over(life(), decision)  # asked of another replica
        await asyncio.wait_for(standing, 10)
        assert (first.stopped, await kept.stopped("review")) == (None, [])
        for hearing in (first, life()):
            await hearing.begin()
            count = hearing.count.copy()
            judged = [hearing.bad(_record(3, offset), why, count) for offset in (7, 8, 9)]
            assert {bad.reason for bad in judged} == {"passed"}
            assert hearing.bad(_record(3, 10), why, count) is why
            with pytest.raises(DeadLetterLimit):
                hearing.bad(_record(4, 0), why, count)
    finally:
        await client.drop_database(kept.stops.database.name)
        client.close()


def _record(partition: int, offset: int) -> StoredRecord:
    return StoredRecord("dossier.submitted", partition, offset, b"k", b"{")


async def test_attack_02_the_board_says_that_a_service_has_stopped_hearing() -> None:
    """As an alarm, from the first look on: its rule is there without anybody's doing."""
    [rule] = [rule for rule in read_rules() if rule.kind == "hearing"]
    at = datetime(2026, 6, 1, tzinfo=UTC)
    assert read("dossier_consumer_stopped 1", STOPPED) == 1
    [change] = judge([rule], Observation(now=at, wall=at, hearing={"review": 1, "notify": 0}), Memory())
    assert (type(change).__name__, rule.severity) == ("Raised", "critical")
