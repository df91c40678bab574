"""Every service under a path of one origin: a reverse proxy that takes the path off, as a real one in front would."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
from aiohttp import web
from yarl import URL

from dossier_local.ports import LOOPBACK

SERVICES = ("intake", "review", "signing", "notify", "monitor")
_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "upgrade", "te", "trailer"})


@dataclass(slots=True)
class Origin:
    """`url` ends without a slash. `escaped`: what was asked for that is under no service's path."""

    url: str = ""
    escaped: list[str] = field(default_factory=list)

    @property
    def env(self) -> dict[str, str]:
        """What the services and the issuer are told of it."""
        return {
            **{f"{name.upper()}_PATH": f"/{name}" for name in SERVICES},
            "NEIGHBOURS": json.dumps({name: f"{self.url}/{name}" for name in SERVICES}),
            "IDENTITY_PUBLIC_URL": f"{self.url}/identity",
        }


@asynccontextmanager
async def origin(inner: Callable[[str], str], names: Sequence[str] = (*SERVICES, "identity")) -> AsyncIterator[Origin]:
    """`inner`: where a service answers without its path. The Host header stays the origin's own."""
    made = Origin()
    session = aiohttp.ClientSession(
        auto_decompress=False, timeout=aiohttp.ClientTimeout(), connector=aiohttp.TCPConnector(limit=0)
    )

    async def pass_on(request: web.Request) -> web.StreamResponse:
        name, slash, rest = request.raw_path.removeprefix("/").partition("/")
        if name not in names or not slash:
            made.escaped.append(f"{request.method} {request.raw_path}")
            return web.Response(status=404, text="under no service's path")
        headers = [(key, value) for key, value in request.headers.items() if key.lower() not in _HOP]
        asked = session.request(
            request.method,
            URL(f"{inner(name)}/{rest}", encoded=True),
            headers=headers,
            data=request.content if request.can_read_body else None,
            allow_redirects=False,
        )
        async with asked as found:
            answer = web.StreamResponse(status=found.status, reason=found.reason)
            for key, value in found.headers.items():
                if key.lower() not in _HOP:
                    answer.headers.add(key, value)
            await answer.prepare(request)
            async for piece in found.content.iter_any():
                await answer.write(piece)
            return answer

    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", pass_on)
    runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, LOOPBACK, 0)
        await site.start()
        made.url = f"http://{LOOPBACK}:{runner.addresses[0][1]}"
        yield made
    finally:
        await runner.cleanup()
        await session.close()
