"""A dossier that cannot go on, in the real services: the broker has lost a record, and a record that can never be applied."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.records_to_delete import RecordsToDelete
from pymongo import AsyncMongoClient

from dossier_local import addresses, administration
from dossier_local.stack import Stack
from dossier_shared.contracts.envelope import encode, partition_of
from dossier_shared.contracts.events import Refused, RefusedSealed
from dossier_shared.contracts.topics import PARTITIONS, SUBMITTED
from dossier_shared.journal.dossier import Dossier, New, Rules, record

from .bad_input.offices import PROCEDURE, Eventually, Offices

pytestmark = pytest.mark.long

AT = "2025-07-01T01:00:00.000000Z"


async def test_what_the_broker_lost_is_published_again_and_a_person_may_go_on(
    new_stack: Callable[..., Awaitable[Stack]], eventually: Eventually
) -> None:
    stack = await new_stack(env={"RESEND_AFTER_SECONDS": "1"})
    await stack.start("identity")
    await stack.start("intake")
    mongo: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(stack.mongodb)
    async with httpx.AsyncClient(timeout=60, trust_env=False) as http, mongo:
        offices = Offices(stack, http, mongo)
        dossier = await accepted(offices)
        partition = partition_of(dossier, PARTITIONS)

        async def published() -> bool:
            stored = await offices.stored("intake", dossier)
            return stored is not None and stored["published"] == 2

        await eventually(published)
        admin = AIOKafkaAdminClient(bootstrap_servers=stack.kafka)
        await admin.start()
        await admin.delete_records({TopicPartition(SUBMITTED.name, partition): RecordsToDelete(before_offset=1)})
        await admin.close()

        await stack.start("review")  # it will never see the filing on the topic

        async def heard(seq: int) -> bool:
            stored = await offices.stored("review", dossier)
            waiting = await mongo["dossier_review"]["waiting"].count_documents({})
            return stored is not None and stored["heard"]["intake"]["seq"] == seq and waiting == 0

        await eventually(lambda: heard(2), within=60)
        assert "published again on request" in stack.log("intake").read_text()

        await refused_after_all(stack, (await offices.stored("intake", dossier)) or {}, partition)
        at = addresses.find(stack.folder)

        async def parked() -> list[str]:
            return [item["reason"] for item in await administration.waiting(at, "review")]

        async def illegal() -> bool:
            return await parked() == ["illegal"]

        await eventually(illegal)
        await administration.skip(at, "review", dossier, "intake", 3, "Sự kiện ghi nhầm")
        await eventually(lambda: heard(3))
        stored = (await offices.stored("review", dossier)) or {}
        assert stored["state"]["status"] == "accepted"
        [skipped] = stored["state"]["skipped"]
        assert (skipped["by"], skipped["reason"]) == ("admin-1", "Sự kiện ghi nhầm")


async def accepted(offices: Offices) -> str:
    items = (await offices.http.get(f"{offices.stack.url('intake')}/api/v1/procedures")).json()["items"]
    offices.procedures = {procedure["code"]: procedure for procedure in items}
    offices.agency = offices.procedures[PROCEDURE]["agencies"][0]
    offices.who["citizen"] = await offices.login("citizen", "citizen")
    counter = await offices.login("counter", "counter", agency=offices.agency)
    dossier = await offices.file()
    answer = await offices.post("intake", f"/dossiers/{dossier}/accept", counter)
    assert answer.is_success, answer.text
    return dossier


async def refused_after_all(stack: Stack, stored: dict[str, Any], partition: int) -> None:
    """What intake itself would never record: it chains, and it is illegal."""
    dossier, rules = Dossier.from_document(stored), Rules("intake", lambda state, event: state)
    event = record(
        rules, dossier, New(Refused(), RefusedSealed(reason="?")), time=AT, recorded=AT, agency="H1", actor="rule:x"
    )
    made = encode(event)
    async with AIOKafkaProducer(bootstrap_servers=stack.kafka) as producer:
        await producer.send_and_wait(SUBMITTED.name, made.value, made.key, partition, headers=made.headers)
