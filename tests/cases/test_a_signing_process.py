"""The real signing process, killed with a poison and healthy results in hand: an old event says what no door would take now."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, suppress
from typing import Any
from uuid import uuid4

import httpx
import pytest

from dossier_local.memory import Author
from dossier_local.stack import Stack
from dossier_shared.adapters.kafka import KafkaSender
from dossier_shared.contracts.envelope import Event, encode
from dossier_shared.contracts.events import Approved, DecisionSealed, Rejected

pytestmark = pytest.mark.long

Eventually = Callable[..., Awaitable[Any]]


@pytest.fixture
async def process(
    tmp_path_factory: pytest.TempPathFactory, a_stack: Callable[..., AbstractAsyncContextManager[Stack]]
) -> AsyncIterator[Stack]:
    async with a_stack(tmp_path_factory.mktemp("signing")) as stack:
        await stack.start("identity")
        await stack.start("signing", env={"CRASH_AT": "effect.intent"})
        yield stack


def decided(id_: str, model: type[Approved | Rejected], reason: str | None = None) -> Event:
    data = model(
        code=f"H19.1-{id_[:8]}", procedure="1.001193", procedure_name="Đăng ký khai sinh",
        agency_name="Ủy ban nhân dân xã Bù Đăng", overseers=["H19"], result_kind="certificate", owner="citizen-1",
    )  # fmt: skip
    return Author("review", id_).says(data, DecisionSealed(holder="Nguyễn Thị Ánh", reason=reason))


async def test_a1_a2_five_are_signed_and_the_sixth_is_back_in_the_queue(process: Stack, eventually: Eventually) -> None:
    good, bad = [str(uuid4()) for _ in range(5)], str(uuid4())
    events = [*(decided(id_, Approved) for id_ in good[:3]), decided(bad, Rejected, "\u200e")]
    events += [decided(id_, Approved) for id_ in good[3:]]
    sender = KafkaSender(process.broker, client_id="test")
    assert all(await sender.send("dossier.reviewed", [encode(event) for event in events]))
    await sender.stop()
    async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
        who = {"sub": "leader-1", "roles": ["leader"], "agency": "H19.1", "name": "Trần Thị Bình", "ttl": 600}
        token = (await client.post(f"{process.url('identity')}/token", json=who)).json()["access_token"]
        client.headers["authorization"] = f"Bearer {token}"

        async def queue() -> dict[str, str | None]:
            found = (await client.get(f"{process.url('signing')}/api/v1/queue")).json()["items"]
            return {one["id"]: one["failure"] for one in found}

        async def arrived() -> bool:
            return set(await queue()) == {*good, bad}

        async def over() -> bool:
            return await queue() == {bad: "empty-reason"}

        await eventually(arrived, within=60)
        items = [{"key": f"sign-{id_}", "dossier": id_} for id_ in [*good[:3], bad, *good[3:]]]

        async def sign() -> list[int]:
            path, key = f"{process.url('signing')}/api/v1/dossiers:sign", {"idempotency-key": "batch-1"}
            asked = await client.post(path, json={"items": items}, headers=key)
            return [item["status"] for item in asked.json()["items"]]

        with suppress(httpx.TransportError):  # killed as soon as it is recorded, perhaps before it could answer
            await sign()
        assert await process.wait("signing") == -9
        await process.start("signing")
        assert await sign() == [202] * 6, "the same word again changes nothing"
        await eventually(over, within=60)
        for id_ in good:
            shown = (await client.get(f"{process.url('signing')}/api/v1/dossiers/{id_}")).json()
            assert (shown["status"], shown["result"]["kind"]) == ("signed", "certificate")
