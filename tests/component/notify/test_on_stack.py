"""The real process on a real broker and database, and the provider's own ledger as the witness."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest
from aiokafka import AIOKafkaConsumer
from tests.unit.notify.push_service import Browser, PushService, coded, listening
from tests.unit.notify.told import Told

from dossier_local.stack import Stack
from dossier_notify.push.vapid import Vapid
from dossier_shared.adapters.kafka import KafkaSender
from dossier_shared.adapters.mongo import connect
from dossier_shared.clock import instant
from dossier_shared.contracts.envelope import Event, decode, encode, verify_chain

Eventually = Callable[..., Awaitable[Any]]
QUICK = {"NOTIFY_CLAIM_SECONDS": "4", "NOTIFY_SWEEP_SECONDS": "0.2"}


@pytest.fixture(scope="module")
async def notify(
    tmp_path_factory: pytest.TempPathFactory, a_stack: Callable[..., AbstractAsyncContextManager[Stack]]
) -> AsyncIterator[Stack]:
    async with a_stack(tmp_path_factory.mktemp("notify")) as stack:
        await stack.start("identity", "provider")
        await stack.start("notify", env=QUICK)
        yield stack


def some(count: int, **about: Any) -> list[Told]:
    return [Told(str(uuid4()), **about) for _ in range(count)]


async def tell(stack: Stack, rounds: Sequence[Sequence[Event]], topic: str) -> None:
    sender = KafkaSender(stack.broker, client_id="test")
    try:
        for events in rounds:
            assert all(await sender.send(topic, [encode(event) for event in events]))
    finally:
        await sender.stop()


async def tell_all(stack: Stack, told: Sequence[Told]) -> None:
    filed = [[t.submitted() for t in told], [t.accepted() for t in told]]
    await asyncio.gather(
        tell(stack, filed, "dossier.submitted"), tell(stack, [[t.signed() for t in told]], "dossier.signed")
    )


async def ledger(stack: Stack) -> Counter[str]:
    async with httpx.AsyncClient(base_url=stack.url("provider"), trust_env=False) as client:
        lines = (await client.get("/v1/ledger")).text.splitlines()
    return Counter(json.loads(line)["reference"] for line in lines)


async def behave(stack: Stack, **behaviour: Any) -> None:
    async with httpx.AsyncClient(base_url=stack.url("provider"), trust_env=False) as client:
        (await client.post("/v1/behaviour", json=behaviour)).raise_for_status()


async def delivered(stack: Stack) -> dict[str, list[str]]:
    """The whole topic, from its beginning: event types by dossier, duplicates dropped, every chain whole."""
    consumer = AIOKafkaConsumer("dossier.delivered", bootstrap_servers=stack.kafka, auto_offset_reset="earliest")
    await consumer.start()
    try:
        ends = await consumer.end_offsets(consumer.assignment())
        heard: dict[str, list[Event]] = {}
        while any([await consumer.position(partition) < end for partition, end in ends.items()]):
            for records in (await consumer.getmany(timeout_ms=200)).values():
                for record in records:
                    event = decode(record)
                    events = heard.setdefault(event.dossier, [])
                    if event.seq == len(events) + 1:
                        events.append(event)
    finally:
        await consumer.stop()
    assert not any(verify_chain(events) for events in heard.values())
    return {dossier: [event.type for event in events] for dossier, events in heard.items()}


async def all_are_told(stack: Stack, told: Sequence[Told], eventually: Eventually) -> None:
    """Each delivered after one message, and the provider has each reference once."""
    whole = ["message-requested", "message-sent", "delivered"]

    async def done() -> bool:
        stories = await delivered(stack)
        return all(stories.get(t.id) == whole for t in told)

    await eventually(done, within=60, every=0.5)
    sent = await ledger(stack)
    assert {t.id: sent[f"{t.id}:result"] for t in told} == {t.id: 1 for t in told}


async def test_everyone_is_told_once_whichever_topic_is_first(notify: Stack, eventually: Eventually) -> None:
    filed_first, signed_first, silent = some(100), some(100), some(20, phone=None)
    await tell_all(notify, filed_first + silent)
    await tell(notify, [[t.signed() for t in signed_first]], "dossier.signed")
    await tell(notify, [[t.submitted() for t in signed_first]], "dossier.submitted")
    await all_are_told(notify, filed_first + signed_first, eventually)
    stories, sent = await delivered(notify), await ledger(notify)
    assert all(stories[t.id] == ["delivered"] and not sent[f"{t.id}:result"] for t in silent)


async def test_a_delivery_is_seen_by_its_owner(notify: Stack, eventually: Eventually) -> None:
    [told] = some(1)
    await tell_all(notify, [told])
    await all_are_told(notify, [told], eventually)
    async with httpx.AsyncClient(trust_env=False) as client:
        who = {"sub": "citizen-1", "roles": ["citizen"], "agency": None, "name": "Ánh", "ttl": 600}
        token = (await client.post(f"{notify.url('identity')}/token", json=who)).json()["access_token"]
        answer = await client.get(
            f"{notify.url('notify')}/api/v1/dossiers/{told.id}", headers={"authorization": f"Bearer {token}"}
        )
        metrics = (await client.get(f"{notify.url('notify')}/metrics")).text
    body = answer.json()
    assert (answer.status_code, body["status"], body["delivery"]["informed"]) == (200, "delivered", True)
    assert [(m["to"], m["status"]) for m in body["messages"]] == [("***678", "sent")]
    assert "dossier_notify_outbox" in metrics
    log = notify.log("notify").read_text()
    assert "912345" not in log


@pytest.mark.parametrize("point", ["effect.intent", "effect.done"])
async def test_killed_at_a_point_and_started_again(notify: Stack, eventually: Eventually, point: str) -> None:
    told = some(50)
    await notify.restart("notify", env={**QUICK, "CRASH_AT": point})
    await tell_all(notify, told)
    assert await notify.wait("notify") == -9
    await notify.start("notify", env=QUICK)
    await all_are_told(notify, told, eventually)


@pytest.mark.parametrize("trouble", [{"drop_answers": 1}, {"hang_answers": 1}, {"unavailable": 3}])
async def test_a_provider_in_trouble(notify: Stack, eventually: Eventually, trouble: dict[str, int]) -> None:
    told = some(50)
    await behave(notify, **trouble)
    await tell_all(notify, told)
    await all_are_told(notify, told, eventually)


async def test_a_provider_away_and_back(notify: Stack, eventually: Eventually) -> None:
    told = some(50)
    await notify.kill("provider")
    await tell_all(notify, told)

    async def requested() -> bool:
        stories = await delivered(notify)
        return all(stories.get(t.id) == ["message-requested"] for t in told)

    await eventually(requested, within=30, every=0.5)
    await notify.start("provider")
    await all_are_told(notify, told, eventually)


PRIVATE, SUBJECT = coded(bytes(range(1, 33))), "mailto:it@example.vn"


async def token(stack: Stack, sub: str) -> dict[str, str]:
    who = {"sub": sub, "roles": ["citizen"], "agency": None, "name": "Ánh", "ttl": 600}
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.post(f"{stack.url('identity')}/token", json=who)
    return {"authorization": f"Bearer {answer.json()['access_token']}"}


async def allow(stack: Stack, browser: Browser) -> str:
    async with httpx.AsyncClient(
        base_url=stack.url("notify"), headers=await token(stack, "citizen-1"), trust_env=False
    ) as client:
        answer = await client.post(
            "/api/v1/me/devices", json=browser.subscription(), headers={"idempotency-key": uuid4().hex}
        )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def test_a_device_is_told_and_no_second_time_by_the_next_life(notify: Stack, eventually: Eventually) -> None:
    async with listening(Vapid(PRIVATE, SUBJECT).public) as service:
        env = {
            **QUICK, "NOTIFY_VAPID_PRIVATE_KEY": PRIVATE, "NOTIFY_VAPID_SUBJECT": SUBJECT,
            "NOTIFY_PUSH_SERVICES": service.origin,
        }  # fmt: skip
        try:
            await notify.restart("notify", env=env)
            await a_life_of_a_device(notify, eventually, service, env)
        finally:
            await notify.restart("notify", env=QUICK)


async def a_life_of_a_device(notify: Stack, eventually: Eventually, service: PushService, env: dict[str, str]) -> None:
    now = instant(datetime.now(UTC))
    first, second = some(2, at=now)
    device = await allow(notify, service.browser("phone"))
    await tell_all(notify, [first])
    await all_are_told(notify, [first], eventually)
    await eventually(lambda: len(service.taken) == 2, within=30)
    await notify.restart("notify", env={**env, "CRASH_AT": "effect.done"})
    await tell(notify, [[second.submitted()], [second.accepted()]], "dossier.submitted")  # no text message of that
    assert await notify.wait("notify") == -9
    assert len(service.taken) == 3
    await notify.start("notify", env=env)
    client = connect(notify.mongodb)
    try:
        reference = f"push:{second.id}:accepted:{device}"
        kept = client["dossier_notify"]["notices"]

        async def over() -> bool:
            found = await kept.find_one({"_id": reference})
            return found is not None and found["state"]["messages"][0].get("reason") == "outcome-unknown"

        await eventually(over, within=30)
        assert len(service.taken) == 3, "what may have arrived is not sent again"
        await tell(notify, [[second.signed()]], "dossier.signed")
        await eventually(lambda: len(service.taken) == 4, within=30)
    finally:
        client.close()
    assert service.calls == 4
