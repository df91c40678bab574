"""The clients are patient, keep their keys, and write down what they were told before it counts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from dossier_local.reconciliation.stored_source import read_clients
from dossier_local.reconciliation.world import Ack
from dossier_local.simulation import client as patience
from dossier_local.simulation.acks import AckFile
from dossier_local.simulation.client import Account, Client, Refused, Unanswered
from dossier_local.simulation.plan import Step

LEADER = Account("leader-1", ("leader",), "A1", "Trần Thị Bình")
APPROVE, SIGN = "/api/v1/dossiers/d1/approve", "/api/v1/dossiers:sign"
Reply = web.Response | None  # None: the connection breaks off


class Services:
    """All of them on one port; `replies` are taken one after the other, the last one for ever."""

    def __init__(self) -> None:
        self.replies: dict[str, list[Reply | Callable[[bytes], Reply]]] = {}
        self.calls: list[tuple[str, dict[str, str], bytes]] = []

    async def answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        self.calls.append((request.path, dict(request.headers), body))
        replies = self.replies[request.path]
        reply = replies.pop(0) if len(replies) > 1 else replies[0]
        made = reply(body) if callable(reply) else reply
        if made is None:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        return web.json_response(text=made.text, status=made.status)

    def called(self, path: str) -> list[dict[str, str]]:
        return [headers for at, headers, _ in self.calls if at == path]


@pytest.fixture
async def acks(tmp_path: Path) -> AsyncIterator[AckFile]:
    made = AckFile(tmp_path / "clients.jsonl")
    yield made
    await made.close()


@pytest.fixture
def services() -> Services:
    made = Services()
    made.replies["/token"] = [web.json_response({"access_token": "t", "expires_in": 3600})]
    return made


@pytest.fixture
async def client(services: Services, acks: AckFile, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Client]:
    monkeypatch.setattr(patience, "FIRST_PAUSE", 0.001)
    monkeypatch.setattr(patience, "LONGEST_PAUSE", 0.01)
    app = web.Application()
    app.router.add_route("*", "/{anything:.*}", services.answer)
    async with TestServer(app) as server:
        url = str(server.make_url("")).rstrip("/")
        made = Client(dict.fromkeys(("identity", "intake", "review", "signing"), url), acks, patience=0.5)
        yield made
        await made.close()


def problem(status: int, code: str) -> web.Response:
    return web.json_response({"status": status, "code": code, "detail": "…"}, status=status)


def view(status: str = "approved", id_: str = "d1") -> web.Response:
    return web.json_response({"id": id_, "code": "C-1", "status": status})


async def approve(client: Client) -> dict[str, Any]:
    return await client.act("approve", "d1", {}, LEADER, key="k1", at="2026-06-01T01:00:00.000000Z")


async def test_the_key_stays_the_same_until_it_is_answered(client: Client, acks: AckFile, services: Services) -> None:
    services.replies[APPROVE] = [
        None, problem(503, "unavailable"), problem(429, "too-many"), problem(404, "dossier-not-found"),
        problem(409, "dossier-not-ready"), view(),
    ]  # fmt: skip
    assert (await approve(client))["status"] == "approved"
    calls = services.called(APPROVE)
    assert {headers["Idempotency-Key"] for headers in calls} == {"k1"}
    assert {headers["X-Occurred-At"] for headers in calls} == {"2026-06-01T01:00:00.000000Z"}
    assert len(calls) == 6
    assert read_clients(acks.path) == [Ack("approve", "k1", "approved", "d1", "C-1", "2026-06-01T01:00:00.000000Z")]


@pytest.mark.parametrize(
    ("status", "code"), [(409, "illegal-transition"), (422, "form-invalid"), (404, "no-route"), (500, "unexpected")]
)
async def test_no_is_no(client: Client, acks: AckFile, services: Services, status: int, code: str) -> None:
    services.replies[APPROVE] = [problem(status, code)]
    with pytest.raises(Refused, match=code):
        await approve(client)
    assert len(services.called(APPROVE)) == 1
    assert read_clients(acks.path) == []


async def test_what_is_never_answered_is_written_down_as_given_up(
    client: Client, acks: AckFile, services: Services
) -> None:
    services.replies[APPROVE] = [None]
    with pytest.raises(Unanswered, match="Disconnected"):
        await approve(client)
    assert [(ack.action, ack.outcome, ack.dossier) for ack in read_clients(acks.path)] == [
        ("approve", "given-up", "d1")
    ]


async def test_what_a_step_builds_on_is_waited_for_and_each_event_is_acknowledged(
    client: Client, acks: AckFile, services: Services
) -> None:
    services.replies[APPROVE] = [problem(409, "illegal-transition"), problem(409, "illegal-transition"), view()]
    step = Step(datetime(2026, 6, 1, 1, tzinfo=UTC), "approve", LEADER, events=3, waits_on=("illegal-transition",))
    await client.take(step, "d1", key="k1")
    assert {headers["X-Occurred-At"] for headers in services.called(APPROVE)} == {step.occurred_at}
    assert [(ack.action, ack.outcome, ack.times) for ack in read_clients(acks.path)] == [("approve", "approved", 3)]


async def test_a_verb_of_two_outcomes_is_asked_for_at_its_one_address(client: Client, services: Services) -> None:
    services.replies["/api/v1/dossiers/d1/withdraw"] = [view("submitted")]
    await client.act("ask-withdrawal", "d1", {}, LEADER, key="k1", at=None)
    assert services.called("/api/v1/dossiers/d1/withdraw")


async def test_a_ceremony_asks_again_only_for_what_was_not_ready(
    client: Client, acks: AckFile, services: Services
) -> None:
    asked: list[list[str]] = []

    def answer(body: bytes) -> web.Response:
        items = orjson.loads(body)["items"]
        asked.append([item["key"] for item in items])
        outcome: dict[str, dict[str, Any]] = {
            "a": {"status": 202, "dossier": {"id": "da", "code": "C-a", "status": "approved"}},
            "b": {"status": 404, "problem": {"code": "dossier-not-found"}},
            "c": {"status": 409, "problem": {"code": "illegal-transition"}},
        }
        if len(asked) == 2:
            outcome["b"] = {"status": 202, "dossier": {"id": "db", "code": "C-b", "status": "approved"}}
        return web.json_response({"items": [{"key": item["key"], **outcome[item["key"]]} for item in items]})

    services.replies[SIGN] = [answer]
    refused = await client.many("sign", [("a", "da", {}), ("b", "db", {}), ("c", "dc", {})], LEADER, at=None)
    assert asked == [["a", "b", "c"], ["b"]]
    assert {key: error.code for key, error in refused.items()} == {"c": "illegal-transition"}
    assert len({headers["Idempotency-Key"] for headers in services.called(SIGN)}) == 2
    assert [(ack.key, ack.dossier, ack.code) for ack in read_clients(acks.path)] == [
        ("a", "da", "C-a"),
        ("b", "db", "C-b"),
    ]


async def test_the_same_content_is_uploaded_once_by_each_account(client: Client, services: Services) -> None:
    services.replies["/api/v1/documents"] = [web.json_response({"id": "x"}, status=201)]
    ids = await asyncio.gather(*(client.upload(b"%PDF-", "giấy tờ.pdf", LEADER) for _ in range(5)))
    assert set(ids) == {"x"}
    assert len(services.called("/api/v1/documents")) == 1
    await client.upload(b"%PDF-", "giấy tờ.pdf", replace(LEADER, sub="another"))
    assert len(services.called("/api/v1/documents")) == 2


async def test_one_token_serves_an_account_until_it_is_old(client: Client, services: Services) -> None:
    services.replies[APPROVE] = [view()]
    await approve(client)
    await approve(client)
    issued = [body for path, _, body in services.calls if path == "/token"]
    assert len(issued) == 1
    assert orjson.loads(issued[0])["roles"] == ["leader", "replay"]


async def test_acknowledgements_that_come_together_are_all_on_disk(acks: AckFile) -> None:
    await asyncio.gather(*(acks.write([Ack("file", f"k{n}", "submitted", f"d{n}")]) for n in range(50)))
    assert {ack.dossier for ack in read_clients(acks.path)} == {f"d{n}" for n in range(50)}


def test_a_line_cut_short_was_never_acknowledged(tmp_path: Path) -> None:
    path = tmp_path / "clients.jsonl"
    path.write_bytes(b'{"action":"file","key":"k","outcome":"submitted","dossier":"d"}\n{"action":"fi')
    assert [ack.dossier for ack in read_clients(path)] == ["d"]
