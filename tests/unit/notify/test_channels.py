"""Only what is certain is an answer; everything else is asked for later."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from dossier_notify.channels import Answer, Message, ProviderUnavailable, QueryRefused
from dossier_notify.http_provider import HttpProvider
from dossier_shared.journal.outages import passes

Respond = Callable[[httpx.Request], httpx.Response]
ONE = Message("d:result", "+84912345678", "Ho so")


def provider(respond: Respond, timeout: float = 5.0) -> HttpProvider:
    return HttpProvider("http://provider.test", timeout=timeout, token="secret", transport=httpx.MockTransport(respond))


def accepting(request: httpx.Request) -> httpx.Response:
    return answering([outcome(m["reference"]) for m in json.loads(request.content)["messages"]])


def outcome(reference: str, **changes: Any) -> dict[str, Any]:
    return {"reference": reference, "provider_id": f"p-{reference}", "status": "accepted", "reason": None} | changes


def answering(messages: list[dict[str, Any]]) -> httpx.Response:
    return httpx.Response(200, json={"messages": messages})


async def test_each_message_has_its_own_answer() -> None:
    seen: list[httpx.Request] = []

    def respond(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return answering([outcome("a"), outcome("b", status="refused", reason="number-refused"), outcome("stranger")])

    answers = await provider(respond).send([ONE._replace(reference="a"), ONE._replace(reference="b")])
    assert answers == {"a": Answer("p-a"), "b": Answer("p-b", "number-refused")}
    assert json.loads(seen[0].content)["messages"][0] == {"reference": "a", "to": "+84912345678", "text": "Ho so"}
    assert seen[0].headers["authorization"] == "Bearer secret"


async def test_calls_carry_at_most_two_hundred() -> None:
    sizes: list[int] = []

    def respond(request: httpx.Request) -> httpx.Response:
        sizes.append(len(json.loads(request.content)["messages"]))
        return accepting(request)

    answers = await provider(respond).send([ONE._replace(reference=str(n)) for n in range(450)])
    assert (sizes, len(answers)) == ([200, 200, 50], 450)


@pytest.mark.parametrize(
    "response",
    [
        httpx.Response(503),
        httpx.Response(500),
        httpx.Response(429),
        httpx.Response(401),
        httpx.Response(404),
        httpx.Response(200, text="<html>"),
        httpx.Response(200, json={}),
        answering([]),
        answering([{"reference": "d:result"}]),
        answering([outcome("d:result", status="maybe")]),
        answering([outcome("stranger")]),
    ],
    ids=lambda response: f"{response.status_code} {response.text[:30]}",
)
async def test_an_answer_that_says_nothing_is_none(response: httpx.Response) -> None:
    assert await provider(lambda _: response).send([ONE]) == {}


async def test_a_broken_connection_is_no_answer() -> None:
    def respond(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("late", request=request)

    assert await provider(respond).send([ONE]) == {}
    with pytest.raises(ProviderUnavailable):
        await provider(respond).query(["d:result"])


async def test_a_slow_answer_ends_with_the_time_allowed() -> None:
    class Slow(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            await asyncio.sleep(30)
            raise AssertionError("waited for")

    slow = HttpProvider("http://provider.test", timeout=0.05, transport=Slow())
    assert await slow.send([ONE]) == {}
    with pytest.raises(ProviderUnavailable):
        await slow.query(["d:result"])


async def test_one_unreadable_message_does_not_hold_up_the_others() -> None:
    calls = 0

    def respond(request: httpx.Request) -> httpx.Response:
        nonlocal calls
        calls += 1
        if any(m["reference"] == "137" for m in json.loads(request.content)["messages"]):
            return httpx.Response(422, json={"detail": []})
        return accepting(request)

    answers = await provider(respond).send([ONE._replace(reference=str(n)) for n in range(200)])
    assert len(answers) == 200
    assert {reference for reference, answer in answers.items() if answer.reason} == {"137"}
    assert answers["137"].reason == "request-refused-422"
    assert calls <= 17


async def test_what_was_learnt_before_the_connection_broke_is_kept() -> None:
    calls = 0

    def respond(request: httpx.Request) -> httpx.Response:
        nonlocal calls
        calls += 1
        return accepting(request) if calls == 1 else httpx.Response(503)

    assert len(await provider(respond).send([ONE._replace(reference=str(n)) for n in range(300)])) == 200


def known(reference: str, *entries: dict[str, Any]) -> dict[str, Any]:
    return {"reference": reference, "entries": list(entries)}


async def test_asking_tells_the_known_from_the_unknown() -> None:
    refused = outcome("b", status="refused", reason="blocked")
    body = [known("a", outcome("a")), known("b", refused), known("c"), known("d", refused, outcome("d"))]
    answers = await provider(lambda _: answering(body)).query(["a", "b", "c", "d"])
    assert answers == {"a": Answer("p-a"), "b": Answer("p-b", "blocked"), "d": Answer("p-d")}


@pytest.mark.parametrize(
    "response",
    [
        httpx.Response(503),
        httpx.Response(404),
        httpx.Response(200, json={}),
        httpx.Response(200, text=""),
        answering([]),
        answering([known("other")]),
        answering([known("d:result", {"status": "maybe"})]),
    ],
    ids=lambda response: f"{response.status_code} {response.text[:30]}",
)
async def test_silence_about_a_reference_is_not_a_licence_to_send(response: httpx.Response) -> None:
    with pytest.raises(ProviderUnavailable):
        await provider(lambda _: response).query(["d:result"])


@pytest.mark.parametrize("status", [400, 413, 422])
async def test_a_question_the_provider_will_not_read_may_be_one_reference_s_fault(status: int) -> None:
    """So the references are asked about by halves (effects), and one alone holds up no other."""
    with pytest.raises(QueryRefused) as refused:
        await provider(lambda _: httpx.Response(status, json={"detail": []})).query(["d:result"])
    assert not passes(refused.value)
