"""The `/metrics` page, and HTTP times by route template."""

from __future__ import annotations

from time import perf_counter

from prometheus_client import Histogram
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dossier_shared.telemetry.metrics import HTTP_SECONDS
from dossier_shared.telemetry.metrics_registry import CONTENT_TYPE, page
from dossier_shared.telemetry.request import route_template

_METHODS = frozenset({"GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"})
_children: dict[tuple[str, str, int], Histogram] = {}


class HttpMetrics:
    """Outermost, so that it times and counts what every other layer answers."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status, started = 499, perf_counter()  # 499: the client left before an answer

        async def observed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, observed)
        finally:
            method = scope["method"]
            key = (method if method in _METHODS else "other", route_template(scope), status)
            child = _children.get(key)
            if child is None:
                child = _children[key] = HTTP_SECONDS.labels(key[0], key[1], str(status))
            child.observe(perf_counter() - started)


def metrics_page(process: str) -> Response:
    return Response(page(process), media_type=CONTENT_TYPE)
