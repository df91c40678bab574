"""What a client may make a server wait for and keep: heads, bodies, uploads. The first half asks the real server."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from starlette.requests import Request
from tests.component.desks import Desk, officer
from tests.component.intake.conftest import intake as intake
from tests.unit.web.support import Issuer, bearer, command_headers, make_app

from dossier_intake.uploads.incoming import Incoming
from dossier_shared.http.limits import BodyLimit
from dossier_shared.problems import ServiceUnavailable

PROGRAM = """
import sys
from starlette.requests import Request
from starlette.responses import Response
from dossier_shared.runtime import bounded_protocol
from dossier_shared.http.fast_lane import fast_lane
from dossier_shared.runtime.server import run
from dossier_shared.settings.service import ServiceSettings
from dossier_shared.http.app import create_app

bounded_protocol.HEAD_SECONDS, bounded_protocol.BODY_SECONDS, bounded_protocol.SWEEP_SECONDS = 1.0, 1.0, 0.1

async def ready():
    return {"all": True}

async def size(request: Request) -> Response:
    return Response(str(len(await request.body())))

app = create_app(
    ServiceSettings(service="probe", port=int(sys.argv[1]), database="x"), title="Probe", readiness=ready,
    body_limits={"/size": 16 * 1024 * 1024},
)
fast_lane(app, "POST", "/size", size)
run(app, app.state.settings)
"""
GET = b"GET /health/live HTTP/1.1\r\nhost: x\r\n"
Connect = Callable[[], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]


@pytest.fixture(scope="module")
async def port() -> AsyncIterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, str(port), stdout=asyncio.subprocess.DEVNULL,
        env={**os.environ, "OIDC_ISSUER": "http://127.0.0.1:9", "ALLOWED_HOSTS": "x"},
    )  # fmt: skip

    try:
        async with asyncio.timeout(120):
            while process.returncode is None:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                except OSError:
                    await asyncio.sleep(0.05)
                else:
                    writer.close()
                    break
        yield port
    finally:
        process.terminate()
        await process.wait()


@pytest.fixture
async def connect(port: int) -> AsyncIterator[Connect]:
    writers: list[asyncio.StreamWriter] = []

    async def open_() -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writers.append(writer)
        return reader, writer

    yield open_
    for writer in writers:
        writer.close()
    await asyncio.gather(*(writer.wait_closed() for writer in writers), return_exceptions=True)


async def answer(reader: asyncio.StreamReader) -> tuple[int, str]:
    """Status and code of what came until the server closed; 0 where it closed without a word."""
    async with asyncio.timeout(20):
        try:
            raw = await reader.read()
        except ConnectionResetError:
            return 0, ""
    if not raw:
        return 0, ""
    head, _, body = raw.partition(b"\r\n\r\n")
    assert b"connection: close" in head
    assert json.loads(body)["message"]["vi"]
    return int(head.split()[1]), json.loads(body)["code"]


async def feeds(writer: asyncio.StreamWriter, piece: bytes, *, pause: float = 0.0, most: int = 10**9) -> int:
    """How much the server took before it closed."""
    sent = 0
    try:
        while sent < most:
            writer.write(piece)
            await asyncio.wait_for(writer.drain(), 10)
            sent += len(piece)
            await asyncio.sleep(pause)
    except (ConnectionError, TimeoutError):
        pass
    return sent


async def test_attack_1_two_hundred_unfinished_requests_are_dropped(connect: Connect) -> None:
    lines = [await connect() for _ in range(200)]
    for _, writer in lines:
        writer.write(GET)
    assert {await answer(reader) for reader, _ in lines} == {(408, "request-too-slow")}
    reader, writer = await connect()
    writer.write(GET + b"connection: close\r\n\r\n")
    assert b"200 OK" in await reader.readline()


async def test_attack_1_who_connects_and_says_nothing_is_dropped(connect: Connect) -> None:
    assert await answer((await connect())[0]) == (0, "")


async def test_attack_1_a_byte_now_and_then_is_no_progress(connect: Connect) -> None:
    _, writer = await connect()
    writer.write(GET)
    assert await feeds(writer, b"x", pause=0.2, most=1000) < 100
    _, writer = await connect()
    writer.write(b"POST /size HTTP/1.1\r\nhost: x\r\ncontent-length: 9000000\r\n\r\n")
    assert await feeds(writer, b"x", pause=0.2, most=1000) < 100


@pytest.mark.parametrize(
    "begins",
    [
        b"GET /health/live HTTP/1.1\r\nx: ",
        b"GET /",
        b"GET / HTTP/1.1\r\nhost: x\r\ncookie: ",
        b"POST /size HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\nx: ",
    ],
)
async def test_attack_1_an_endless_head_is_cut_off(connect: Connect, begins: bytes) -> None:
    _, writer = await connect()
    writer.write(begins)
    assert await feeds(writer, b"y" * 16384, most=64 * 1024 * 1024) < 16 * 1024 * 1024  # what the kernel's buffers hold


async def test_attack_1_endless_small_headers_are_cut_off_too(connect: Connect) -> None:
    _, writer = await connect()
    writer.write(GET)
    assert await feeds(writer, b"a: b\r\n" * 2000, most=64 * 1024 * 1024) < 16 * 1024 * 1024


async def test_attack_1_a_long_head_in_one_piece_is_431(connect: Connect) -> None:
    for long in (b"cookie: " + b"c" * 33_000, b"x: y\r\n" * 6000 + b"z: 1"):
        reader, writer = await connect()
        writer.write(GET + long + b"\r\n\r\n")
        assert await answer(reader) in ((431, "head-too-large"), (0, ""))
    reader, writer = await connect()
    writer.write(GET + b"cookie: " + b"c" * 30_000 + b"\r\nconnection: close\r\n\r\n")
    assert b"200 OK" in await reader.readline()


async def test_attack_1_a_body_that_stalls_is_dropped_and_one_that_flows_is_read(connect: Connect) -> None:
    head = b"POST /size HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 9000000\r\n\r\n"
    stalled = [await connect() for _ in range(15)]
    for _, writer in stalled:
        writer.write(head + b"a" * 100_000)
    reader, writer = await connect()
    writer.write(head)
    for _ in range(9):  # longer than a look takes, always moving
        writer.write(b"a" * 1_000_000)
        await writer.drain()
        await asyncio.sleep(0.2)
    assert (await reader.read()).endswith(b"9000000")
    assert {await answer(line) for line, _ in stalled} <= {(408, "request-too-slow"), (0, "")}


async def test_attack_1_what_is_no_http_is_told_so(connect: Connect) -> None:
    reader, writer = await connect()
    writer.write(b"\x16\x03\x01\x02\x00\x01\x00")
    assert await answer(reader) == (400, "malformed-request")


# -- bodies in memory ---------------------------------------------------------------------------------------------------------


async def test_e10_bodies_in_memory_are_bounded_all_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dossier_shared.http.limits.BodyLimit.__init__.__defaults__", (2**21, None, (), 300_000))
    app = make_app(Issuer().verifier())
    body = json.dumps({"text": "a" * 100_000}).encode()
    held, release = asyncio.Semaphore(0), asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield body[:90_000]
        held.release()
        await release.wait()
        yield body[90_000:]

    async with httpx.AsyncClient(transport=Streaming(app), base_url="http://intake.test") as client:

        async def post(content: Any) -> httpx.Response:
            return await client.post("/fast", content=content, headers=command_headers())

        slow_ones = [asyncio.create_task(post(slow())) for _ in range(3)]
        for _ in slow_ones:
            await held.acquire()
        refused = await post(body)
        assert (refused.status_code, refused.json()["code"], refused.headers["retry-after"]) == (503, "too-busy", "2")
        assert (await client.get("/api/v1/notes", headers=bearer())).status_code == 405
        slow_ones[0].cancel()
        await asyncio.gather(slow_ones[0], return_exceptions=True)
        assert (await post(body)).status_code == 201, "what was given up makes room"
        release.set()
        assert [one.status_code for one in await asyncio.gather(*slow_ones[1:])] == [201, 201]


class Streaming(httpx.AsyncBaseTransport):
    """As httpx's own, but a body is handed on while it comes."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        parts = aiter(request.stream)  # type: ignore[arg-type]
        status, headers, answered = 0, [], bytearray()

        async def receive() -> dict[str, Any]:
            try:
                return {"type": "http.request", "body": await anext(parts), "more_body": True}
            except StopAsyncIteration:
                return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            nonlocal status, headers
            if message["type"] == "http.response.start":
                status, headers = message["status"], message["headers"]
            else:
                answered.extend(message.get("body", b""))

        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": request.method,
            "headers": [(name.lower(), value) for name, value in request.headers.raw], "scheme": "http",
            "path": request.url.path, "raw_path": request.url.raw_path, "query_string": request.url.query,
            "server": ("intake.test", 80), "client": ("127.0.0.1", 1), "root_path": "", "state": {},
        }  # fmt: skip
        await self.app(scope, receive, send)
        return httpx.Response(status, headers=headers, content=bytes(answered))


def test_e10_what_is_held_is_given_back() -> None:
    async def gone(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        raise ConnectionError

    async def piece() -> dict[str, Any]:
        return {"type": "http.request", "body": b"a" * 1000, "more_body": True}

    limit = BodyLimit(gone)
    scope = {"type": "http", "method": "POST", "path": "/x", "query_string": b"", "headers": []}
    with pytest.raises(ConnectionError):
        asyncio.run(limit(scope, piece, None))  # type: ignore[arg-type]
    assert limit.held == 0


def request(pieces: list[bytes], pause: asyncio.Event | None = None) -> Request:
    waiting = list(pieces)

    async def receive() -> dict[str, Any]:
        if not waiting and pause is not None:
            await pause.wait()
        piece = waiting.pop(0) if waiting else b""
        return {"type": "http.request", "body": piece, "more_body": bool(waiting) or bool(pause and not pause.is_set())}

    return Request({"type": "http", "method": "POST", "headers": [], "path": "/", "query_string": b""}, receive)


async def test_e10_uploads_come_to_disk_and_few_are_in_memory_at_once() -> None:
    incoming, inside, most = Incoming(at_once=60, each=60, in_memory=3_000_000), 0, 0

    async def upload(number: int) -> bytes:
        nonlocal inside, most
        async with incoming.body(request([b"%02d" % number, b"a" * 999_998]), str(number)) as content:
            inside, most = inside + 1, max(most, inside + 1)
            await asyncio.sleep(0.001)
            inside -= 1
            return content[:2]

    async with asyncio.timeout(30):
        assert await asyncio.gather(*map(upload, range(60))) == [b"%02d" % n for n in range(60)]
    assert most <= 3


@asynccontextmanager
async def stalled(incoming: Incoming, *people: str) -> AsyncIterator[None]:
    end = asyncio.Event()

    async def one(person: str) -> None:
        async with incoming.body(request([b"a"], end), person):
            pass

    tasks = [asyncio.create_task(one(person)) for person in people]
    async with asyncio.timeout(10):
        while not set(people) <= incoming._under_way.keys():
            await asyncio.sleep(0.001)
    try:
        yield
    finally:
        end.set()
        await asyncio.gather(*tasks)


async def test_attack_1_one_person_does_not_take_all_the_room_for_uploads() -> None:
    incoming = Incoming(at_once=4, each=2, wait=0.05)
    async with stalled(incoming, "one", "one"):
        with pytest.raises(ServiceUnavailable) as refused:
            async with incoming.body(request([b"a"]), "one"):
                pass
        assert (refused.value.code, refused.value.http_status, refused.value.retry_after) == ("uploads-busy", 503, 2)
        async with incoming.body(request([b"b"]), "another") as content:
            assert content == b"b"
        async with stalled(incoming, "two", "three"):
            with pytest.raises(ServiceUnavailable):
                async with incoming.body(request([b"a"]), "four"):
                    pass
    async with incoming.body(request([b"a"]), "one") as content:
        assert content == b"a"
    assert not incoming._under_way


async def test_e10_an_upload_without_a_turn_is_503_and_may_be_repeated(
    intake: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(self: Incoming, person: str) -> None:
        raise ServiceUnavailable("uploads-busy")

    headers = {**officer("c", "citizen", agency=None), "content-type": "application/pdf"}
    with monkeypatch.context() as patched:
        patched.setattr(Incoming, "_begin", full)
        refused = await intake.http.post("/api/v1/documents?name=a.pdf", content=b"%PDF-1.7 a", headers=headers)
    assert (refused.status_code, refused.json()["code"], refused.headers["retry-after"]) == (503, "uploads-busy", "2")
