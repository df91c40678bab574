"""A virus scanner beside the service, where there is one: clamd, asked by its own protocol (INSTREAM)."""

from __future__ import annotations

import asyncio
from typing import Protocol

import structlog

from dossier_shared.problems import ServiceUnavailable

log = structlog.get_logger()
SECONDS = 30.0
_PIECE = 256 * 1024


class Scanner(Protocol):
    async def finds(self, content: bytes) -> str | None:
        """The name of what is in it. Raises ServiceUnavailable where it cannot be asked: nothing is taken unseen."""
        ...


class NoScanner:
    async def finds(self, content: bytes) -> str | None:
        return None


class Clamd:
    """`address`: `host:port`, or the path of a socket."""

    def __init__(self, address: str, seconds: float = SECONDS) -> None:
        self._address, self._seconds = address, seconds

    async def finds(self, content: bytes) -> str | None:
        try:
            async with asyncio.timeout(self._seconds):
                said = await self._ask(content)
        except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
            raise _away(repr(error)) from None
        verdict = said.removeprefix("stream: ").strip()
        if verdict == "OK":
            return None
        if verdict.endswith(" FOUND"):
            return verdict.removesuffix(" FOUND")
        raise _away(verdict)

    async def _ask(self, content: bytes) -> str:
        if "/" in self._address:
            reader, writer = await asyncio.open_unix_connection(self._address)
        else:
            host, _, port = self._address.rpartition(":")
            reader, writer = await asyncio.open_connection(host.strip("[]"), int(port))
        try:
            writer.write(b"zINSTREAM\0")
            for at in range(0, len(content), _PIECE):
                piece = content[at : at + _PIECE]
                writer.write(len(piece).to_bytes(4) + piece)
                await writer.drain()
            writer.write(bytes(4))
            await writer.drain()
            return (await reader.readuntil(b"\0"))[:-1].decode(errors="replace")
        finally:
            writer.close()


def scanner(address: str) -> Scanner:
    return Clamd(address) if address else NoScanner()


def _away(why: str) -> ServiceUnavailable:
    log.warning("the scanner cannot be asked", why=why[:200])
    return ServiceUnavailable(
        "scanner-away",
        "Chưa quét được vi-rút cho tệp. Hãy thử lại sau ít phút.",
        "The file could not be scanned for viruses yet. Try again in a few minutes.",
    )
