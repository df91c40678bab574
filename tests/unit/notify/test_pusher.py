"""One notice on its way: opened by the subscription's key, signed by ours; every answer is read for what it says."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import timedelta
from typing import Any

import httpx
import pytest
from cryptography.exceptions import InvalidTag

from dossier_notify.push.devices import Device
from dossier_notify.push.pusher import Answered, Pusher, topic_of
from dossier_notify.push.services import WELL_KNOWN, AddressNotPublic, PushServices
from dossier_notify.push.vapid import Vapid

from .push_service import Browser, PushService, coded

VAPID = Vapid(coded(bytes(range(1, 33))), "mailto:it@example.vn")
ORIGIN = "https://fcm.googleapis.com"
DAY = timedelta(days=1)
SAID = json.dumps({"title": "Hồ sơ H19.1-1"}).encode()
Made = Callable[..., Pusher]


def device(browser: Browser, key: str = VAPID.public) -> Device:
    keys = browser.subscription()["keys"]
    return Device("d-1", browser.endpoint, keys["p256dh"], keys["auth"], "vi", key)


@pytest.fixture
def service() -> PushService:
    return PushService(ORIGIN, VAPID.public)


@pytest.fixture
async def made(service: PushService) -> AsyncIterator[Made]:
    pushers: list[Pusher] = []

    async def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(service.answer(request.url.path, request.headers, request.content))

    async def addresses(_: str) -> Sequence[str]:
        return ["142.250.199.10"]

    def make(respond: Any = answer, resolve: Any = addresses, timeout: float = 5.0) -> Pusher:
        services = PushServices(WELL_KNOWN)
        transport = httpx.MockTransport(respond)
        pushers.append(Pusher(VAPID, services, timeout=timeout, transport=transport, resolve=resolve))
        return pushers[-1]

    yield make
    for one in pushers:
        await one.aclose()


def answering(*statuses: int, **headers: str) -> Callable[[httpx.Request], httpx.Response]:
    left = list(statuses)
    return lambda request: httpx.Response(
        left.pop(0), headers={name.replace("_", "-"): v for name, v in headers.items()}
    )


async def test_what_is_sent_is_for_this_subscription_alone_and_signed_by_us(made: Made, service: PushService) -> None:
    browser, other = service.browser("a"), service.browser("b")
    assert await made().push(device(browser), "push:1", SAID, DAY) == Answered("taken")
    assert service.taken == [("/send/a", {"title": "Hồ sơ H19.1-1"})]
    assert service.topics == [topic_of("push:1")]
    bodies: list[bytes] = []

    def keep(request: httpx.Request) -> httpx.Response:
        bodies.append(request.content)
        return httpx.Response(201)

    await made(keep).push(device(browser), "push:1", SAID, DAY)
    assert browser.opened(bodies[0]) == SAID
    assert SAID not in bodies[0]
    with pytest.raises(InvalidTag):
        other.opened(bodies[0])


async def test_it_goes_to_the_address_that_was_looked_at_under_the_name_of_the_service(
    made: Made, service: PushService
) -> None:
    asked: list[httpx.Request] = []

    def keep(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(201)

    async def both(_: str) -> Sequence[str]:
        return ["2404:6800:4005:80b::200a", "142.250.199.10"]

    await made(keep, both).push(device(service.browser("a")), "push:1", SAID, DAY)
    [request] = asked
    assert request.url.host == "2404:6800:4005:80b::200a"
    assert request.headers["host"] == "fcm.googleapis.com"
    assert request.extensions["sni_hostname"] == "fcm.googleapis.com"
    assert request.url.path == "/send/a"


async def test_the_next_address_is_tried_where_one_does_not_connect(made: Made, service: PushService) -> None:
    tried: list[str] = []

    def second(request: httpx.Request) -> httpx.Response:
        tried.append(request.url.host)
        if len(tried) == 1:
            raise httpx.ConnectError("refused", request=request)
        return httpx.Response(201)

    async def both(_: str) -> Sequence[str]:
        return ["142.250.199.10", "142.250.199.11"]

    assert await made(second, both).push(device(service.browser("a")), "push:1", SAID, DAY) == Answered("taken")
    assert tried == ["142.250.199.10", "142.250.199.11"]


@pytest.mark.parametrize(
    ("status", "answered"),
    [
        (201, Answered("taken")), (200, Answered("taken")), (202, Answered("taken")),
        (410, Answered("gone", "device-gone-410")), (404, Answered("gone", "device-gone-404")),
        (429, Answered("busy", "push-service-429")), (500, Answered("busy", "push-service-500")),
        (503, Answered("busy", "push-service-503")), (400, Answered("refused", "request-refused-400")),
        (403, Answered("refused", "request-refused-403")), (413, Answered("refused", "request-refused-413")),
        (302, Answered("refused", "request-refused-302")),
    ],
)  # fmt: skip
async def test_every_answer_is_read(made: Made, service: PushService, status: int, answered: Answered) -> None:
    pusher = made(answering(status, location="http://10.0.0.1/"))
    assert await pusher.push(device(service.browser("a")), "push:1", SAID, DAY) == answered


async def test_who_asks_to_be_left_alone_is(made: Made, service: PushService) -> None:
    pusher = made(answering(429, 201, retry_after="120"))
    browser = device(service.browser("a"))
    assert (await pusher.push(browser, "push:1", SAID, DAY)).how == "busy"
    assert await pusher.push(browser, "push:2", SAID, DAY) == Answered("busy", "push-service-busy"), "and is not called"


async def test_no_answer_in_time_may_have_been_taken(made: Made, service: PushService) -> None:
    async def slow(request: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError

    answer = await made(slow, timeout=0.2).push(device(service.browser("a")), "push:1", SAID, DAY)
    assert answer == Answered("unknown", "no-answer")


@pytest.mark.parametrize(
    ("raised", "how"),
    [
        (httpx.ConnectError("refused"), "busy"), (httpx.ConnectTimeout("late"), "busy"), (httpx.PoolTimeout("full"), "busy"),
        (httpx.ReadError("reset"), "unknown"), (httpx.ReadTimeout("late"), "unknown"),
        (httpx.RemoteProtocolError("?"), "unknown"),
    ],
)  # fmt: skip
async def test_a_line_that_breaks_says_what_is_certain(
    made: Made, service: PushService, raised: Exception, how: str
) -> None:
    def broken(request: httpx.Request) -> httpx.Response:
        raise raised

    assert (await made(broken).push(device(service.browser("a")), "push:1", SAID, DAY)).how == how


@pytest.mark.parametrize(("raised", "how"), [(AddressNotPublic(), "refused"), (OSError("no such name"), "busy")])
async def test_a_name_that_leads_inside_is_never_connected_to(
    made: Made, service: PushService, raised: Exception, how: str
) -> None:
    async def resolve(_: str) -> Sequence[str]:
        raise raised

    answer = await made(resolve=resolve).push(device(service.browser("a")), "push:1", SAID, DAY)
    assert (answer.how, service.calls) == (how, 0)


async def test_a_device_of_another_key_and_one_of_another_service_are_sent_nothing(
    made: Made, service: PushService
) -> None:
    assert (await made().push(device(service.browser("a"), key="of before"), "push:1", SAID, DAY)).how == "gone"
    strange = Browser("https://evil.example/send/a")
    assert (await made().push(device(strange), "push:1", SAID, DAY)).how == "refused"
    assert service.calls == 0
