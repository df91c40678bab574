"""Commands that come too early, too late, twice or with the wrong headers, at every service."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import pytest

from .offices import SERVICES, Offices, key, refused
from .test_access import COMMANDS

REASON = {"reason": "Thiếu giấy tờ."}
# service, action, role, body, stage -> code
ILLEGAL: list[tuple[str, str, str, dict[str, Any], str, int, str]] = [
    *[
        ("intake", action, "counter", body, stage, 409, "illegal-transition")
        for action, body in (("accept", {}), ("refuse", REASON))
        for stage in ("accepted", "appraised", "approved", "signed")
    ],
    ("review", "appraise", "specialist", {"proposal": "approve"}, "submitted", 409, "dossier-not-ready"),
    ("review", "note", "specialist", {"text": "Đã gọi điện."}, "submitted", 409, "dossier-not-ready"),
    ("review", "approve", "leader", {}, "accepted", 409, "illegal-transition"),
    ("review", "reject", "leader", REASON, "accepted", 409, "illegal-transition"),
    ("review", "return", "leader", REASON, "accepted", 409, "illegal-transition"),
    ("review", "appraise", "specialist", {"proposal": "approve"}, "appraised", 409, "illegal-transition"),
    *[
        ("review", action, "leader", body, stage, 409, "illegal-transition")
        for action, body in (
            ("approve", {}),
            ("reject", REASON),
            ("return", REASON),
            ("appraise", {"proposal": "reject"}),
        )
        for stage in ("approved", "signed")
    ],
    ("review", "approve", "deputy", {}, "appraised", 403, "same-person"),
    ("review", "reject", "deputy", REASON, "appraised", 403, "same-person"),
    ("signing", "sign", "leader", {}, "signed", 409, "illegal-transition"),
    ("signing", "sign", "leader", {}, "accepted", 404, "dossier-not-found"),
]


@pytest.mark.parametrize(("service", "action", "role", "body", "stage", "status", "code"), ILLEGAL)
async def test_a_move_the_lifecycle_does_not_have(
    offices: Offices, service: str, action: str, role: str, body: dict[str, Any], stage: str, status: int, code: str
) -> None:
    async with offices.nothing_written():
        path = f"/dossiers/{offices.at[stage]}/{action}"
        answer = await offices.post(service, path, offices.who[role], body)
        refused(answer, status, code)
        assert ("retry-after" in answer.headers) is (code in ("dossier-not-ready", "dossier-not-found"))


@pytest.mark.parametrize("service", SERVICES)
async def test_headers_and_bodies_of_a_command(offices: Offices, service: str) -> None:
    name, role, body, stage = COMMANDS[service]
    who, path = offices.who[role], f"/dossiers/{offices.at[stage]}/{name}"
    url = f"{offices.stack.url(service)}/api/v1{path}"

    async def post(wrong: Any = body, **headers: str) -> Any:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return await offices.post(service, path, {**who, **given}, wrong)

    async with offices.nothing_written():
        refused(await offices.http.post(url, headers=who, json=body), 400, "idempotency-key-missing")
        for bad in ("", "a b", "x" * 201):
            refused(await post(idempotency_key=bad), 422, "idempotency-key-invalid")
        refused(await post(if_match='"999"'), 412, "stale-version")
        refused(await post(if_match="latest"), 422, "if-match-invalid")
        refused(await post(x_occurred_at="2025-07-01T08:00:00+07:00"), 403, "occurred-at-refused")
        refused(await offices.post(service, "/dossiers/nowhere/" + name, who, body), 404, "dossier-not-found")
        if service != "signing":  # which reads no body
            refused(await post({"surprise": 1}), 422, "invalid")
            refused(await offices.post(service, path, who, content=b"{"), 400, "not-json")
        refused(await offices.post(service, path, who, content=b"[" + b" " * 3_000_000), 413, "body-too-large")
        refused(await offices.http.get(url, headers=who), 405, "method-not-allowed")


async def test_only_a_replay_sets_times(offices: Offices) -> None:
    path, replay = (
        f"/dossiers/{offices.at['submitted']}/accept",
        await offices.login("r", "replay", "counter", agency=offices.agency),
    )
    async with offices.nothing_written():
        answer = await offices.post(
            "intake", path, offices.who["counter"], {"appointment": "2030-01-01T10:00:00+07:00"}
        )
        refused(answer, 403, "appointment-refused")
        refused(await offices.post("intake", path, replay, {"appointment": "tomorrow"}), 422, "instant-invalid")
        refused(await offices.post("intake", path, replay, x_occurred_at="yesterday"), 422, "occurred-at-invalid")
        filed = await offices.post(
            "intake", "/dossiers", offices.who["citizen"], offices.filing(), x_occurred_at="2025-07-01T08:00:00+07:00"
        )
        refused(filed, 403, "occurred-at-refused")


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+00:00", "1899-12-31T08:00:00+07:00", "9999-12-31T08:00:00+07:00"])
async def test_a_replay_at_the_ends_of_the_calendar(offices: Offices, at: str) -> None:
    replay = await offices.login("r", "replay", "counter", agency=offices.agency)
    accept = f"/dossiers/{offices.at['submitted']}/accept"
    async with offices.nothing_written():
        for path, body in ((accept, {}), ("/dossiers", offices.filing())):
            answer = await offices.post("intake", path, {**replay, "x-occurred-at": at}, body)
            refused(answer, 422, "occurred-at-invalid")
        answer = await offices.post("intake", accept, replay, {"appointment": at})
        refused(answer, 422, "instant-invalid")


@pytest.mark.parametrize("query", ["limit=0", "limit=x", "limit=501", "limit=99999999999999999999", "limit=1&limit=-1"])
async def test_a_limit_that_is_none(offices: Offices, query: str) -> None:
    for service, who in (("intake", "counter"), ("review", "leader"), ("signing", "leader")):
        answer = await offices.get(service, f"/queue?stage=approval&{query}", offices.who[who])
        refused(answer, 422, "invalid")


async def test_reasons_must_be_given(offices: Offices) -> None:
    async with offices.nothing_written():
        for reason in ({}, {"reason": ""}, {"reason": "  "}, {"reason": "x" * 4001}, {"reason": 1}):
            for service, stage, action, role in (
                ("intake", "submitted", "refuse", "counter"),
                ("review", "appraised", "reject", "leader"),
                ("review", "appraised", "return", "leader"),
            ):
                path = f"/dossiers/{offices.at[stage]}/{action}"
                refused(await offices.post(service, path, offices.who[role], reason), 422, "invalid")


async def test_one_key_is_one_command(offices: Offices) -> None:
    same, citizen, counter = key(), offices.who["citizen"], offices.who["counter"]
    first = await offices.post("intake", "/dossiers", citizen, offices.filing(), idempotency_key=same)
    again = await offices.post("intake", "/dossiers", citizen, offices.filing(), idempotency_key=same)
    assert (again.status_code, again.json(), again.headers["etag"]) == (201, first.json(), first.headers["etag"])
    async with offices.nothing_written():
        for other in (offices.filing(channel="postal"), offices.filing(procedure="9.999999")):
            answer = await offices.post("intake", "/dossiers", citizen, other, idempotency_key=same)
            refused(answer, 422, "idempotency-key-reused")
    neighbour = await offices.post("intake", "/dossiers", offices.who["agent"], offices.filing(), idempotency_key=same)
    assert neighbour.json()["id"] != first.json()["id"]
    path = f"/dossiers/{first.json()['id']}"
    accepted = await offices.post("intake", f"{path}/accept", counter, idempotency_key=same)
    assert accepted.status_code == 200
    async with offices.nothing_written():
        repeated = await offices.post("intake", f"{path}/accept", counter, idempotency_key=same, if_match='"1"')
        assert (repeated.status_code, repeated.json()["appointment"]) == (200, accepted.json()["appointment"])
        answer = await offices.post("intake", f"{path}/refuse", counter, REASON, idempotency_key=same)
        refused(answer, 422, "idempotency-key-reused")


async def test_the_same_filing_twenty_times_at_once(offices: Offices) -> None:
    same, citizen = key(), offices.who["citizen"]
    before = await offices.books()
    answers = await asyncio.gather(
        *(offices.post("intake", "/dossiers", citizen, offices.filing(), idempotency_key=same) for _ in range(20))
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len({(answer.json()["id"], answer.json()["code"]) for answer in answers}) == 1
    new = set((await offices.books())["intake"].items()) - set(before["intake"].items())
    assert new == {(answers[0].json()["id"], 1)}


async def test_two_officers_at_once_one_goes_through(offices: Offices) -> None:
    dossier = await offices.file()
    other = await offices.login("second-counter", "counter", agency=offices.agency)
    calls = [("accept", {}), ("refuse", REASON)] * 5
    answers = await asyncio.gather(
        *(
            offices.post("intake", f"/dossiers/{dossier}/{action}", who, body)
            for (action, body), who in zip(calls, [offices.who["counter"], other] * 5, strict=True)
        )
    )
    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 9}
    stored = await offices.stored("intake", dossier)
    assert stored is not None
    assert stored["seq"] == len(stored["journal"]) == 2


async def test_an_officer_that_does_not_exist(offices: Offices) -> None:
    """There is no directory of officers here: what is no account is refused, and who is not there holds nothing up."""
    path, leader = f"/dossiers/{offices.at['accepted']}/assign", offices.who["leader"]
    async with offices.nothing_written():
        for officer in ("", "  ", "\u200b\u202e", "x" * 201, {"$ne": None}, ["specialist"], 1, True):
            refused(await offices.post("review", path, leader, {"officer": officer}), 422, "invalid")
    given = await offices.post("review", path, leader, {"officer": "không có ai"})
    assert (given.status_code, given.json()["assigned_to"]) == (200, "không có ai")
    loads = (await offices.get("review", "/workload", leader)).json()["items"]
    assert {load["officer"]: load["open"] for load in loads}["không có ai"] == 1
    released = await offices.post("review", "/officers/kh%C3%B4ng%20c%C3%B3%20ai/release", leader)
    assert (released.status_code, released.json()) == (200, {"released": 1, "refused": 0})
    refused(await offices.post("review", "/officers/nobody/release", leader, {"to": {"$ne": ""}}), 422, "invalid")
