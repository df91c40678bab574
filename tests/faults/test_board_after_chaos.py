"""Whatever happens to the board's processes and topics, its numbers are those of a recount, on every node, and on the page."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from random import Random
from typing import Any

import httpx
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from tests.integration.recount.conftest import Office

from dossier_local.stack import Stack
from dossier_shared.contracts.topics import DOSSIER_TOPICS

from .conftest import KILLS

pytestmark = pytest.mark.long

Eventually = Callable[..., Awaitable[Any]]
WORKER_KILLS = max(4, KILLS // 5)  # 20 of a hundred
DOSSIERS = 8 * WORKER_KILLS
NODES = ("monitor", "monitor#2")


@pytest.fixture(scope="module")
async def office(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Office]:
    async with Stack(tmp_path_factory.mktemp("chaos"), free_ports=True) as stack:
        await stack.start_all()
        await stack.start("monitor#2")
        producer = AIOKafkaProducer(bootstrap_servers=stack.kafka)
        await producer.start()
        async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
            yield Office(stack, http, producer)
        await producer.stop()


async def everything(stack: Stack) -> list[Any]:
    """Every record of the four topics, as it is."""
    consumer = AIOKafkaConsumer(bootstrap_servers=stack.kafka, enable_auto_commit=False, auto_offset_reset="earliest")
    await consumer.start()
    try:
        places = [TopicPartition(topic.name, n) for topic in DOSSIER_TOPICS for n in range(topic.partitions)]
        consumer.assign(places)
        ends, found = await consumer.end_offsets(places), []
        while any([await consumer.position(place) < end for place, end in ends.items()]):
            found += [record for batch in (await consumer.getmany(timeout_ms=500)).values() for record in batch]
        return found
    finally:
        await consumer.stop()


async def inject(office: Office, random: Random) -> None:
    """A third of all there is, once more and in any order."""
    records = await everything(office.stack)
    producer = AIOKafkaProducer(bootstrap_servers=office.stack.kafka)
    await producer.start()
    try:
        again = random.sample(records, len(records) // 3)
        sent = [
            await producer.send(r.topic, r.value, r.key, partition=r.partition, headers=list(r.headers)) for r in again
        ]
        await asyncio.gather(*sent)
    finally:
        await producer.stop()


async def replay(office: Office) -> None:
    """Every service publishes the whole journal of every dossier again."""
    ids = {record.key.decode() for record in await everything(office.stack)}
    headers = await office.admin()
    for service in ("intake", "review", "signing", "notify"):
        for start in range(0, len(ids), 500):
            body = {"dossiers": sorted(ids)[start : start + 500]}
            answer = await office.http.post(
                office.stack.url(service) + "/internal/republish", json=body, headers=headers
            )
            assert answer.status_code == 200, answer.text


async def disturb(office: Office, playing: asyncio.Task[Any]) -> Counter[str]:
    random, done = Random(20261126), Counter[str]()
    for number in range(WORKER_KILLS):
        await asyncio.sleep(random.uniform(0.2, 2.0))  # somewhere in its work, not at a moment chosen by the test
        await office.stack.kill("monitor-worker")
        done["worker"] += 1
        if number % 4 == 1:
            node = NODES[number // 4 % 2]
            await office.stack.kill(node)
            await office.stack.start(node)
            done["web"] += 1
        if number % 5 == 2:
            await inject(office, random)
            done["duplicates"] += 1
        await office.stack.start("monitor-worker")
    done["while playing"] = int(not playing.done())
    await inject(office, random)
    await replay(office)
    return done


async def board(office: Office, node: str) -> dict[str, Any]:
    answer = await office.http.get(office.stack.url(node) + "/api/v1/board", headers=await office.admin())
    found: dict[str, Any] = answer.json()
    return found


def on_page(html: str) -> dict[str, int]:
    """What the overview shows of the whole."""
    found = re.findall(r'<span data-v="/(\w+)" data-f="n"[^>]*>([\d.]+)</span>', html)
    return {name: int(text.replace(".", "")) for name, text in found}


@pytest.mark.timeout(900)
async def test_numbers_are_the_recounts_after_chaos(office: Office, eventually: Eventually) -> None:
    playing = asyncio.create_task(office.play(DOSSIERS, 11, per_second=DOSSIERS / (2.5 * WORKER_KILLS)))
    done = await disturb(office, playing)
    outcome = await playing
    assert outcome.tally.trouble == []
    # the play's own look at the board may have met a worker that had just been killed; the recount below does not
    assert [str(finding) for finding in outcome.report.findings if finding.source != "board"] == []
    assert done["worker"] == WORKER_KILLS
    assert done["web"] >= 1
    assert done["duplicates"] >= 1

    async def settled() -> bool:
        boards = [await board(office, node) for node in NODES]
        for one in boards:
            assert (one["frozen"], one["lag"], one["total"]["filed"]) == (False, 0, DOSSIERS)
        assert boards[0]["total"] == boards[1]["total"]
        assert boards[0]["agencies"] == boards[1]["agencies"]
        return True

    await eventually(settled, within=90)
    view = await office.count(eventually)
    assert view["differences"] == []
    assert (view["difference_count"], view["dossiers"], view["moving"]) == (0, DOSSIERS, 0)
    total = (await board(office, "monitor"))["total"]
    for node in NODES:
        answer = await office.http.get(office.stack.url(node) + "/", headers=await office.admin())
        shown = on_page(answer.text)
        for name in ("open", "late", "filed", "signed", "delivered"):
            assert shown[name] == total[name], (node, name)
