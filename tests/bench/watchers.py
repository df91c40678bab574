"""Watchers of the board, in a process of their own: `python -m tests.bench.watchers <stream url> <token> <how many>`.

Plain sockets that read and throw away, so that what is measured is the node that sends. Ends when its standard input closes.
"""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import uvloop

READ = 65536


async def watch(url: str, token: str, ready: asyncio.Semaphore) -> None:
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    head = f"GET {path} HTTP/1.1\r\nhost: {parts.netloc}\r\nauthorization: Bearer {token}\r\naccept: text/event-stream\r\n\r\n"
    writer.write(head.encode())
    first = await reader.read(READ)
    if b" 200 " not in first[:20]:
        raise RuntimeError(first[:200].decode())
    ready.release()
    while await reader.read(READ):
        pass


async def main(url: str, token: str, count: int) -> None:
    ready = asyncio.Semaphore(0)
    tasks = []
    for _ in range(count):
        tasks.append(asyncio.create_task(watch(url, token, ready)))
        if len(tasks) % 50 == 0:
            await asyncio.sleep(0.05)
    for _ in range(count):
        await asyncio.wait_for(ready.acquire(), 60)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)


@contextlib.asynccontextmanager
async def watchers(url: str, token: str, count: int) -> AsyncIterator[int]:
    """Their process's id, while they watch."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.watchers", url, token, str(count),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        said = await asyncio.wait_for(process.stdout.readline(), 90)
        if said != b"ready\n":
            raise RuntimeError("the watchers did not come up")
        yield process.pid
    finally:
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), 10)
        except TimeoutError:
            process.kill()
            await process.wait()


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
