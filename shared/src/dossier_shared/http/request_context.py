"""The outermost layer of every request: its id, the headers of every answer, and a 500 for a fault of ours."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from urllib.parse import urlsplit

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dossier_shared.http.deprecation import deprecation_headers
from dossier_shared.http.problems import as_problem, refusal, unexpected
from dossier_shared.telemetry.request import request_id

log = structlog.get_logger("dossier.http")

_SANE = re.compile(rb"[A-Za-z0-9._:-]{8,100}")
_NOSNIFF = (b"x-content-type-options", b"nosniff")
_NO_STORE = (b"cache-control", b"no-store")
_HSTS = (b"strict-transport-security", b"max-age=31536000")  # of this name only: others below it are not ours to bind
_PAGE_HEADERS = (
    (b"referrer-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
)


def origin_of(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def policy(neighbours: Iterable[str], issuer: str = "") -> bytes:
    """Nothing inline, nothing foreign. Other services of ours may have origins of their own: pages ask them, and search there.
    Signing out goes on to the issuer, which browsers take for a part of the form's action."""
    ours = " ".join(["'self'", *sorted({origin_of(address) for address in neighbours})])
    return (
        f"default-src 'self'; connect-src {ours}; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
        f"form-action {ours}{f' {origin_of(issuer)}' if issuer else ''}; frame-ancestors 'none'"
    ).encode()


class RequestContext:
    """Sets `scope["request_id"]` and the context variable that logs read. `neighbours`: the other services' public addresses."""

    def __init__(self, app: ASGIApp, neighbours: Iterable[str] = (), issuer: str = "") -> None:
        self.app = app
        self.page_headers = ((b"content-security-policy", policy(neighbours, issuer)), *_PAGE_HEADERS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given, secure = None, scope["scheme"] == "https"
        for name, value in scope["headers"]:
            if name == b"x-request-id":
                given = value
            elif name == b"x-forwarded-proto":  # forged, it binds nobody: a browser minds HSTS over https only
                secure = value.partition(b",")[0].strip().lower() == b"https"
        ident = given.decode() if given is not None and _SANE.fullmatch(given) else os.urandom(16).hex()
        scope["request_id"] = ident
        request_id.set(ident)
        started = False

        async def respond(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                self.complete(message, ident, secure)
                route = scope.get("route")
                if getattr(route, "deprecated", None):
                    message["headers"].extend(deprecation_headers(route))
            await send(message)

        try:
            await self.app(scope, receive, respond)
        except ClientDisconnect:
            log.debug("client-gone", path=scope["path"])
        except Exception as exc:
            problem = as_problem(exc)
            if problem is None:
                problem = unexpected()
                log.exception("unexpected", method=scope["method"], path=scope["path"])
            if not started:
                await (await refusal(Request(scope), problem, exc))(scope, receive, respond)
            elif problem.http_status >= 500:
                raise

    def complete(self, message: Message, ident: str, secure: bool) -> None:
        headers: list[tuple[bytes, bytes]] = list(message["headers"])
        page = cached = permitted = False
        for name, value in headers:
            if name == b"content-type":
                page = value.startswith(b"text/html")
            elif name == b"cache-control":
                cached = True
            elif name == b"permissions-policy":
                permitted = True
        headers.append((b"x-request-id", ident.encode()))
        headers.append(_NOSNIFF)
        if secure:
            headers.append(_HSTS)
        if not cached:
            headers.append(_NO_STORE)
        if page:
            headers.extend(one for one in self.page_headers if not (permitted and one[0] == b"permissions-policy"))
        message["headers"] = headers
