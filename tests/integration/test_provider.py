"""The message provider keeps an honest ledger, and misbehaves when told to."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from dossier_local.provider_ledger import ProviderLedger
from dossier_local.services import DEVELOPMENT_ONLY
from dossier_local.stack import Stack

Eventually = Callable[..., Awaitable[Any]]


@pytest.fixture(scope="module")
async def process(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    stack = Stack(tmp_path_factory.mktemp("provider"), free_ports=True, services=DEVELOPMENT_ONLY)
    try:
        await stack.start("provider")
        yield stack
    finally:
        await stack.close()


@pytest.fixture
async def provider(process: Stack) -> AsyncIterator[httpx.AsyncClient]:
    await process.start("provider")
    async with httpx.AsyncClient(base_url=process.url("provider"), timeout=5, trust_env=False) as client:
        yield client
        (await client.post("/v1/behaviour", json={})).raise_for_status()


def messages(*references: str, to: str = "+84912345678") -> dict[str, Any]:
    return {"messages": [{"reference": reference, "to": to, "text": "Hồ sơ đã có kết quả"} for reference in references]}


async def entries(provider: httpx.AsyncClient, reference: str) -> list[dict[str, Any]]:
    answer = (await provider.get(f"/v1/messages/{reference}")).json()
    assert answer["reference"] == reference
    found: list[dict[str, Any]] = answer["entries"]
    return found


async def test_each_message_gets_its_own_outcome(provider: httpx.AsyncClient) -> None:
    await provider.post("/v1/behaviour", json={"refuse_suffixes": ["000"]})
    body = messages("good") | {
        "messages": messages("good")["messages"] + messages("bad", to="+84912345000")["messages"]
    }
    outcomes = (await provider.post("/v1/messages", json=body)).json()["messages"]
    assert [(o["reference"], o["status"], o["reason"]) for o in outcomes] == [
        ("good", "accepted", None),
        ("bad", "refused", "number-refused"),
    ]
    assert outcomes == await entries(provider, "good") + await entries(provider, "bad")


async def test_a_reference_sent_twice_is_sent_twice(provider: httpx.AsyncClient) -> None:
    for _ in range(2):
        (await provider.post("/v1/messages", json=messages("twice"))).raise_for_status()
    found = await entries(provider, "twice")
    assert [entry["status"] for entry in found] == ["accepted", "accepted"]
    assert found[0]["provider_id"] != found[1]["provider_id"]


async def test_what_never_arrived_has_no_entry(provider: httpx.AsyncClient) -> None:
    await provider.post("/v1/messages", json=messages("known"))
    answer = await provider.post("/v1/messages:query", json={"references": ["unknown", "known"]})
    assert [(m["reference"], len(m["entries"])) for m in answer.json()["messages"]] == [("unknown", 0), ("known", 1)]


async def test_the_answer_may_be_lost_after_the_effect(provider: httpx.AsyncClient) -> None:
    await provider.post("/v1/behaviour", json={"drop_answers": 1})
    with pytest.raises(httpx.RemoteProtocolError):
        await provider.post("/v1/messages", json=messages("lost"))
    assert len(await entries(provider, "lost")) == 1
    assert (await provider.post("/v1/messages", json=messages("next"))).status_code == 200


async def test_the_answer_may_never_come(provider: httpx.AsyncClient) -> None:
    await provider.post("/v1/behaviour", json={"hang_answers": 1})
    with pytest.raises(httpx.ReadTimeout):
        await provider.post("/v1/messages", json=messages("hung"), timeout=0.5)
    assert len(await entries(provider, "hung")) == 1


async def test_unavailable_means_nothing_was_sent(provider: httpx.AsyncClient) -> None:
    await provider.post("/v1/behaviour", json={"unavailable": 2})
    statuses = [(await provider.post("/v1/messages", json=messages("down"))).status_code for _ in range(3)]
    assert statuses == [503, 503, 200]
    assert len(await entries(provider, "down")) == 1


async def test_a_delay_is_waited(provider: httpx.AsyncClient) -> None:
    await provider.post("/v1/behaviour", json={"delay_ms": 60_000})
    with pytest.raises(httpx.ReadTimeout):
        await provider.post("/v1/messages", json=messages("slow"), timeout=0.5)


async def test_the_ledger_outlives_a_kill(process: Stack, provider: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(*(provider.post("/v1/messages", json=messages(f"k{n}")) for n in range(50)))
    assert all(answer.status_code == 200 for answer in answers)
    await process.kill("provider")
    await process.start("provider")
    lines = [json.loads(line) for line in (await provider.get("/v1/ledger")).text.splitlines()]
    assert {f"k{n}" for n in range(50)} <= {line["reference"] for line in lines}
    assert len(await entries(provider, "k7")) == 1


async def test_nobody_is_told_before_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = ProviderLedger(tmp_path / "ledger.jsonl")
    order: list[str] = []
    real = os.fsync

    def fsync(number: int) -> None:
        order.append(f"synced {os.fstat(number).st_size} bytes")
        real(number)

    monkeypatch.setattr(os, "fsync", fsync)
    await ledger.record([{"reference": "a"}])
    order.append("told")
    assert order == ["synced 18 bytes", "told"]
    ledger.close()


async def test_requests_that_arrive_together_share_a_sync(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = ProviderLedger(tmp_path / "ledger.jsonl")
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", synced.append)
    await asyncio.gather(*(ledger.record([{"reference": str(n)}]) for n in range(100)))
    assert len(synced) == 1
    assert len(b"".join(ledger.stream()).splitlines()) == 100
    ledger.close()


async def test_a_full_disk_is_told_and_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = ProviderLedger(tmp_path / "ledger.jsonl")

    def full(number: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space left"):
            await ledger.record([{"reference": "a"}])
    await ledger.record([{"reference": "b"}])
    assert (ledger.entries("a"), len(ledger.entries("b"))) == ([], 1)
    assert b"".join(ledger.stream()) == ledger.path.read_bytes() == b'{"reference":"b"}\n'
    ledger.close()


def test_a_line_cut_short_is_dropped(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    path.write_bytes(b'{"reference":"whole"}\n{"reference":"cut')
    ledger = ProviderLedger(path)
    assert len(ledger.entries("whole")) == 1
    assert b"".join(ledger.stream()) == b'{"reference":"whole"}\n'
    ledger.close()
