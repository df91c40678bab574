"""A load generator light enough not to be what is measured: keep-alive connections, ready-made requests, status only.

Run as `python -m tests.bench.http_load HOST PORT CONNECTIONS SECONDS` with the headers and body as JSON on standard input;
prints requests per second.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from uuid import uuid4

import uvloop


async def load(host: str, port: int, connections: int, seconds: float, headers: dict[str, str], body: str) -> float:
    content = body.encode()
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    batch = uuid4().hex
    done = 0
    until = time.perf_counter() + seconds

    async def connection(number: int) -> None:
        nonlocal done
        reader, writer = await asyncio.open_connection(host, port)
        sequence = 0
        while time.perf_counter() < until:
            sequence += 1
            writer.write(
                f"POST /api/v1/dossiers HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\n"
                f"idempotency-key: {batch}-{number}-{sequence}\r\n{head}content-length: {len(content)}\r\n\r\n".encode()
                + content
            )
            answer = await reader.readuntil(b"\r\n\r\n")
            if not answer.startswith(b"HTTP/1.1 201"):
                raise RuntimeError(answer.decode()[:300])
            length = int(answer.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
            await reader.readexactly(length)
            done += 1
        writer.close()

    began = time.perf_counter()
    await asyncio.gather(*(connection(number) for number in range(connections)))
    return done / (time.perf_counter() - began)


if __name__ == "__main__":
    wanted = json.load(sys.stdin)
    host, port, connections, seconds = sys.argv[1:]
    rate = uvloop.run(load(host, int(port), int(connections), float(seconds), wanted["headers"], wanted["body"]))
    print(rate)
