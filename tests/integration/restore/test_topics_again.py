"""A topic that is lost is made again from the journals, as docs/operations.md says."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiokafka.admin import AIOKafkaAdminClient

from dossier_local.services import PRODUCT
from dossier_shared.contracts.topics import BY_NAME, DELIVERED, REVIEWED
from dossier_shared.repair.topics import ends
from dossier_shared.settings.broker import Broker

from .conftest import Drill, agreed

pytestmark = pytest.mark.long

Eventually = Callable[..., Awaitable[Any]]
LONG_AGO = "2000-01-01T00:00:00Z"


async def records(drill: Drill, topic: str) -> int:
    return sum((await ends(Broker(drill.stack.kafka), [topic])).values())


async def delete(drill: Drill, topic: str, eventually: Eventually) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=drill.stack.kafka)
    await admin.start()
    try:
        await admin.delete_topics([topic])

        async def gone() -> bool:
            return topic not in await admin.list_topics()

        await eventually(gone, within=30)
    finally:
        await admin.close()


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "lost", [pytest.param(REVIEWED, marks=pytest.mark.nightly), DELIVERED], ids=lambda topic: topic.name
)
async def test_a_lost_topic_is_made_again(drill: Drill, eventually: Eventually, lost: Any) -> None:
    agreed(await drill.play(10))
    owner, readers = lost.writer, BY_NAME[lost.name].readers
    stopped = [name for name in drill.stack.running if name in {s.name for s in PRODUCT}]
    for name in stopped:
        await drill.stack.stop(name)
    await delete(drill, lost.name, eventually)
    assert lost.name in await drill.dossier("topics provision")
    assert await records(drill, lost.name) == 0
    for reader in readers:
        assert (await drill.told(f"recover {reader}"))["events"] == 0
    await drill.rebuild()
    await drill.stack.start(owner)
    assert (await drill.told(f"republish {owner} --since {LONG_AGO}"))["state"] == "finished"
    assert await records(drill, lost.name) == await drill.events(owner)
    await drill.stack.start(*(name for name in stopped if name != owner))
    agreed(await drill.play(10))


async def test_publishing_again_counts_sends_and_is_alone(drill: Drill, eventually: Eventually) -> None:
    agreed(await drill.play(10))
    journals = await drill.mongo["dossier_review"]["dossiers"].find({"seq": {"$gt": 0}}).to_list()
    recorded = sorted(entry["recorded"] for document in journals for entry in document["journal"])
    middle = recorded[len(recorded) // 2]
    since = [d for d in journals if any(entry["recorded"] >= middle for entry in d["journal"])]
    until = [d for d in journals if any(entry["recorded"] < middle for entry in d["journal"])]
    assert 0 < len(since) <= len(journals)

    before = await records(drill, REVIEWED.name)
    expected = {"dossiers": len(since), "events": sum(d["seq"] for d in since)}
    counted = await drill.told(f"republish review --since {middle} --dry-run")
    assert (counted["state"], counted["total"]) == ("counted", expected)
    counted = await drill.told(f"republish review --since {LONG_AGO} --until {middle} --dry-run")
    assert counted["total"]["dossiers"] == len(until)
    assert await records(drill, REVIEWED.name) == before

    sent = await drill.told(f"republish review --since {middle}")
    assert {name: sent[name] for name in expected} == expected
    assert await records(drill, REVIEWED.name) == before + expected["events"]
    marks = await drill.mongo["dossier_review"]["dossiers"].find({"seq": {"$gt": 0}}).to_list()
    assert [(d["_id"], d["version"], d["published"]) for d in marks] == [
        (d["_id"], d["version"], d["published"]) for d in journals
    ]
    assert not [d for d in marks if "pending" in d]

    job = {"_id": "republish"}
    table = drill.mongo["dossier_review"]["recovery"]
    await table.update_one(job, [{"$set": {"state": "running", "by": "review-2", "alive": "$$NOW"}}])
    said = await drill.dossier(f"republish review --since {middle}", status=1)
    assert "republishing-already" in said
    assert json.loads(await drill.dossier("republish review --cancel --json"))["state"] == "running"
    assert (await table.find_one(job) or {})["cancelled"]
    await table.update_one(job, {"$set": {"state": "died"}})
    assert "no instant" in await drill.dossier("republish review --since yesterday", status=2)
    agreed(await drill.play(5))
