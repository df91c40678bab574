"""The worker's own small site: liveness, readiness, metrics. It listens before anything else is up."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import orjson
from aiohttp import web

from dossier_shared.telemetry.metrics import READY, tell_build
from dossier_shared.telemetry.metrics_registry import CONTENT_TYPE, page

Checks = Callable[[], Mapping[str, bool | str]]


class Site:
    def __init__(self, host: str, port: int, identity: Mapping[str, str], checks: Checks) -> None:
        self._host, self._port, self._identity, self._checks = host, port, dict(identity), checks
        tell_build(identity["service"], "dossier_monitor")
        app = web.Application()
        app.router.add_get("/health/live", self._live)
        app.router.add_get("/health/ready", self._ready)
        app.router.add_get("/metrics", self._metrics)
        self._runner = web.AppRunner(app, access_log=None)

    async def start(self) -> None:
        await self._runner.setup()
        await web.TCPSite(self._runner, self._host, self._port).start()

    async def stop(self) -> None:
        await self._runner.cleanup()

    async def _live(self, _request: web.Request) -> web.Response:
        return _json({"live": True, **self._identity})

    async def _ready(self, _request: web.Request) -> web.Response:
        checks = dict(self._checks())
        good = all(check is True for check in checks.values())
        return _json({"ready": good, **self._identity, "checks": checks}, 200 if good else 503)

    async def _metrics(self, _request: web.Request) -> web.Response:
        READY.set(all(check is True for check in self._checks().values()))
        return web.Response(body=page(self._identity["service"]), headers={"content-type": CONTENT_TYPE})


def _json(body: object, status: int = 200) -> web.Response:
    return web.Response(body=orjson.dumps(body), status=status, content_type="application/json")
