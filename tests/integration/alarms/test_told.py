"""An alarm becomes one text message, wherever notify is killed on the way; the provider's own ledger is the witness."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from tests.referees.topics import cloud_events

from dossier_shared.contracts.topics import ALARM, DELIVERED

from .watch import Told, Watch, read

pytestmark = pytest.mark.long

Eventually = Callable[..., Awaitable[Any]]
POINTS = ("write.before", "write.after", "effect.intent", "effect.done", "consume.written")
PHONE = "+8490000000"


def agency(point: str) -> str:
    return f"N{POINTS.index(point)}.1"


RECIPIENTS = {agency(point): [f"{PHONE}{number}"] for number, point in enumerate(POINTS)}
ENV = {
    "NOTIFY_ALARM_RECIPIENTS": json.dumps(RECIPIENTS),
    "NOTIFY_CLAIM_SECONDS": "4",
    "NOTIFY_SWEEP_SECONDS": "0.2",
}


async def sent(watch: Watch) -> list[str]:
    """References the provider has taken for officials' phones, one per time it was sent."""
    async with httpx.AsyncClient(base_url=watch.stack.url("provider"), trust_env=False) as client:
        lines = (await client.get("/v1/ledger")).text.splitlines()
    return [entry["reference"] for entry in map(json.loads, lines) if entry["to"].startswith(PHONE)]


@pytest.fixture(scope="module")
async def quiet(watch: Watch) -> Watch:
    """Business time is after every appointment from the start: what is accepted is late at once."""
    await watch.stack.start("provider")
    await watch.tick("2025-07-04T03:00:00.000000Z")
    return watch


@pytest.mark.parametrize("point", POINTS)
async def test_told_once_though_notify_is_killed(quiet: Watch, eventually: Eventually, point: str) -> None:
    watch, code = quiet, agency(point)
    alarm = f"late:{code}"
    await watch.stack.stop("notify")
    await watch.stack.start("notify", env={**ENV, "CRASH_AT": point}, ready=False)
    dossiers = [Told(code, "N") for _ in range(4)]
    await watch.tell(*(d.filed() for d in dossiers), *(d.accepted() for d in dossiers))

    async def raised() -> bool:
        return [a["id"] for a in await watch.alarms("late", "superior", agency=code, state="raised")] == [alarm]

    await eventually(raised, within=60)
    assert await watch.stack.wait("notify", 60) == -9
    await watch.stack.start("notify", env=ENV)

    async def told() -> bool:
        return any(reference.startswith(f"alarm:{alarm}:1:") for reference in await sent(watch))

    await eventually(told, within=60)
    assert (await watch.acknowledge(alarm, "đã biết", f"k-{code}", "admin")).status_code == 200
    await watch.tell(*(d.signed() for d in dossiers))

    async def cleared() -> bool:
        return [event.type for event in await watch.published(alarm)][-1:] == ["alarm-cleared"]

    await eventually(cleared, within=60)

    async def heard_to_the_end() -> bool:
        alarms = await watch.alarms("late", "superior", agency=code)
        return [a["status"] for a in alarms] == ["cleared"] and await caught_up(watch)

    await eventually(heard_to_the_end, within=60)
    references = [reference for reference in await sent(watch) if reference.startswith(f"alarm:{alarm}:")]
    assert len(references) == 1, references


async def caught_up(watch: Watch) -> bool:
    """Notify has read the topic of alarms, and has no message open."""
    metrics = (await watch.client.get(watch.stack.url("notify") + "/metrics")).text
    outbox = next(line for line in metrics.splitlines() if line.startswith("dossier_notify_outbox "))
    return float(outbox.split()[1]) == 0 and await watch.read_up("notify-alarms")


async def test_nothing_about_alarms_is_on_the_topic_of_dossiers(quiet: Watch) -> None:
    events = await read(quiet.stack.kafka, DELIVERED.name, DELIVERED.partitions)
    assert not [event for event in events if "alarm" in event.dossier or event.data.get("kind") == "alarm"]


async def test_the_topic_of_alarms_is_read_by_librdkafka_and_the_cloudevents_sdk(quiet: Watch) -> None:
    events = await asyncio.to_thread(cloud_events, quiet.stack.kafka, ALARM.name)
    assert {event["type"].split(".")[2] for event in events} == set(ALARM.events)
