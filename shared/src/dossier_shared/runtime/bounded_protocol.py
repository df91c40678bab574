"""uvicorn's protocol with bounds on how long and how large a client's request may be.

A head must come within 15 s and 32 KiB (else 408, 431), a body at 64 KiB in 20 s at least (else 408). Time counts only while we
read: a slow application is not the client's fault. There is no timer per request: once a second all connections are looked at.
"""

from __future__ import annotations

import asyncio
from typing import Any, Literal

import orjson
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from dossier_shared.problems import Problem

HEAD_BYTES = 32 * 1024
HEAD_SECONDS = 15.0
BODY_BYTES, BODY_SECONDS = 64 * 1024, 20.0
SWEEP_SECONDS = 1.0


def head_too_large() -> Problem:
    return Problem(
        "head-too-large",
        f"Phần đầu yêu cầu dài quá {HEAD_BYTES // 1024} KB. Hãy xoá bớt cookie hoặc rút gọn địa chỉ rồi thử lại.",
        f"The request's head is longer than {HEAD_BYTES // 1024} KB. Delete cookies or shorten the address and try again.",
        status=431,
    )


def too_slow() -> Problem:
    return Problem(
        "request-too-slow",
        "Yêu cầu gửi đến quá chậm nên bị ngắt, chưa ghi nhận gì. Hãy gửi lại khi đường truyền tốt hơn.",
        "The request came too slowly and was dropped; nothing was recorded. Send it again over a better line.",
        status=408,
    )


def malformed() -> Problem:
    return Problem(
        "malformed-request",
        "Yêu cầu không đúng giao thức HTTP. Hãy kiểm tra chương trình gửi.",
        "This is not a valid HTTP request. Check the program that sent it.",
    )


class BoundedProtocol(HttpToolsProtocol):
    _reads: Literal["head", "body", "nothing"]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)  # type: ignore[arg-type]
        self._refused = False
        self._begin("head")
        _watch(self.loop, self.connections)

    def _begin(self, reads: Literal["head", "body", "nothing"]) -> None:
        self._reads, self._since = reads, self.loop.time()
        self._size = 0  # of a head: what came of it; of a body: what came since its latest piece
        self._progress = 0  # of a body: since the last look

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        if self._reads == "nothing":
            self._begin("head")
        self._size += len(data)
        super().data_received(data)
        if self._reads != "nothing" and self._size > HEAD_BYTES:
            self._refuse(head_too_large())

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self._reads != "head":  # another follows in the same packet
            self._begin("head")

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._reads == "head":  # what comes behind a body is nobody's
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        if self._size > HEAD_BYTES and sum(len(n) + len(v) + 4 for n, v in self.headers) + len(self.url) > HEAD_BYTES:
            self._refuse(head_too_large())
            raise ValueError("head too large")  # the parser goes no further
        self._begin("body")
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._size, self._progress = 0, self._progress + len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._begin("nothing")
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        self._refuse(malformed())

    def look(self, now: float) -> None:
        """Once a second."""
        if self._refused or self._reads == "nothing":
            return
        if self.flow.read_paused:
            self._since, self._progress = now, 0
        elif self._reads == "head":
            if now - self._since > HEAD_SECONDS:
                self._refuse(too_slow() if self._size else None)
        elif now - self._since > BODY_SECONDS:
            if self._progress < BODY_BYTES:
                self._refuse(too_slow())
            self._since, self._progress = now, 0

    def _refuse(self, problem: Problem | None) -> None:
        """Answers where nothing has been answered yet, and closes."""
        if self._refused or self.transport.is_closing():
            return
        self._refused = True
        under_way = self._reads == "body" and self.cycle is not None and self.cycle.response_started
        waiting = self._reads == "head" and self.cycle is not None and not self.cycle.response_complete
        if problem is not None and not under_way and not waiting:
            body = orjson.dumps(problem.body())
            self.transport.write(
                STATUS_LINE[problem.http_status]
                + b"content-type: application/problem+json\r\ncache-control: no-store\r\nconnection: close\r\n"
                + b"content-length: %d\r\n\r\n" % len(body)
                + body
            )
        self.transport.close()


_watched: dict[int, asyncio.TimerHandle] = {}


def _watch(loop: asyncio.AbstractEventLoop, connections: set[Any]) -> None:
    """Looks at the connections as long as there are any."""

    def sweep() -> None:
        now = loop.time()
        for connection in list(connections):
            connection.look(now)
        if connections:
            _watched[id(connections)] = loop.call_later(SWEEP_SECONDS, sweep)
        else:
            del _watched[id(connections)]

    if id(connections) not in _watched:
        _watched[id(connections)] = loop.call_later(SWEEP_SECONDS, sweep)
