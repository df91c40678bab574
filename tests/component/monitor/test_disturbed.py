"""Bad input is shown as what it is, and disturbs nothing else."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit

import httpx
import orjson
import psutil
import pytest
from tests.component.monitor.conftest import Watch
from tests.unit.monitor.stories import START, Chain, lives

from dossier_shared.contracts.envelope import Event, Record, encode

pytestmark = pytest.mark.long

Eventually = Callable[..., Awaitable[Any]]


def filed(chain: Chain, dossier: str, agency: str, above: list[str], at: datetime = START) -> Event:
    data = {"code": dossier, "procedure": "p", "catalogue": "1", "channel": "online", "owner": "o", "overseers": above}
    return chain.event(dossier, "intake", "submitted", at, agency, data, {"applicant": {"name": "A"}})


async def shows(watch: Watch, eventually: Eventually, filed: int) -> dict[str, Any]:
    async def check() -> dict[str, Any]:
        board = await watch.board()
        assert (board["total"]["filed"], board["lag"], board["frozen"]) == (filed, 0, False)
        return board

    board: dict[str, Any] = await eventually(check, within=60)
    return board


async def test_a_broken_event_is_counted_and_said_on_the_page(watch: Watch, eventually: Eventually) -> None:
    events = [event for story in lives(20, 1) for event in story]
    await watch.feed(events)
    good = encode(events[0])
    for bad in (
        Record(good.key, b"\xff\x00", good.headers),
        Record(good.key, good.value[:-9] + b"}", good.headers),
        Record(b"another", good.value, good.headers),
        Record(good.key, good.value, []),
        Record(good.key, b"x" * 900_000, good.headers),
    ):
        assert all(await watch.sender.send("dossier.submitted", [bad]))
    await shows(watch, eventually, 20)

    async def counted() -> bool:
        assert (await watch.board())["skipped"] == 5
        return True

    await eventually(counted, within=20)
    page = await watch.client.get("/", headers=await watch.headers("admin"))
    assert "5 bản ghi không đọc được" in page.text


async def test_an_agency_nobody_knows_is_shown_by_its_code_to_those_who_see_all(
    watch: Watch, eventually: Eventually
) -> None:
    await watch.feed([filed(Chain(), "unknown-1", "X-NOWHERE|%<b>", [])])
    board = await shows(watch, eventually, 21)
    row = next(row for row in board["agencies"] if row["code"] == "X-NOWHERE|%<b>")
    assert (row["name_vi"], row["total"]["open"]) == ("X-NOWHERE|%<b>", 1)
    page = await watch.client.get("/", headers=await watch.headers("admin"))
    assert "X-NOWHERE|%&lt;b&gt;" in page.text
    assert '<b>"' not in page.text
    province = await watch.board("superior", agency="H19")
    assert "X-NOWHERE|%<b>" not in {row["code"] for row in province["agencies"]}


async def test_a_clock_in_the_future_makes_nobody_else_late(watch: Watch, eventually: Eventually) -> None:
    before = await watch.board()
    await watch.feed([filed(Chain(), "ahead-1", "X-H19-25217", ["H19"], datetime.now(UTC) + timedelta(days=9999))])
    board = await shows(watch, eventually, 22)
    assert (board["total"]["late"], board["now"]) == (before["total"]["late"], before["now"])

    async def said() -> bool:
        assert (await watch.board())["ahead"] == 1
        return True

    await eventually(said, within=10)
    page = await watch.client.get("/?lang=en", headers=await watch.headers("admin"))
    assert "1 event dated in the future" in page.text


async def test_what_was_never_filed_is_told_apart(watch: Watch, eventually: Eventually) -> None:
    await watch.feed([Chain().event("never", "review", "appraised", START, data={"proposal": "approve"})])

    async def check() -> bool:
        total = (await watch.board())["total"]
        assert (total["filed"], total["unfiled"]) == (22, 1)
        return True

    await eventually(check, within=30)


async def test_a_client_that_never_reads_holds_up_nobody(watch: Watch, eventually: Eventually) -> None:
    address = urlsplit(watch.stack.url("monitor"))
    token = (await watch.headers("admin"))["authorization"]
    stuck = []
    for _ in range(20):
        one = socket.socket()
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        one.connect((address.hostname, address.port))
        one.sendall(f"GET /api/v1/board/stream HTTP/1.1\r\nhost: x\r\nauthorization: {token}\r\n\r\n".encode())
        stuck.append(one)
    node = psutil.Process(watch.stack.pid("monitor"))
    before = node.memory_info().rss
    chain, waits = Chain(), []
    async with (
        httpx.AsyncClient(base_url=watch.stack.url("monitor"), trust_env=False, timeout=30) as client,
        client.stream("GET", "/api/v1/board/stream", headers={"authorization": token}) as answer,
    ):
        lines = answer.aiter_lines()
        for number in range(1, 31):
            began = perf_counter()
            await watch.feed([filed(chain, f"stuck-{number}", "X-H19-25220", ["H19"])])
            async with asyncio.timeout(20):
                async for line in lines:
                    if line.startswith("data:") and orjson.loads(line[5:])["values"].get("/filed") == 22 + number:
                        break
            waits.append(perf_counter() - began)
    assert sorted(waits)[len(waits) // 2] < 3, waits
    assert node.memory_info().rss - before < 30 * 2**20
    for one in stuck:
        one.close()


async def test_ten_thousand_agencies_are_shown_by_level(watch: Watch, eventually: Eventually) -> None:
    chain = Chain()
    await watch.feed(filed(chain, f"many-{n}", f"T{n:05d}", [f"T-{n // 100:03d}", "H19"]) for n in range(10_000))
    board = await shows(watch, eventually, 10_052)
    assert len(board["agencies"]) > 10_100
    headers = await watch.headers("superior", agency="H19")
    began = perf_counter()
    page = await watch.client.get("/", headers=headers)
    assert page.status_code == 200
    assert perf_counter() - began < 5
    assert page.text.count("<tr data-code=") >= 100, "the next level"
    assert 'data-code="T00001"' not in page.text
    district = await watch.client.get("/agencies/T-007", headers=headers)
    assert district.text.count('<tr data-code="T007') == 100
