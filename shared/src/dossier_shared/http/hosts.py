"""The Host header, believed only where it names this service: a page of another name that leads here gets nothing."""

from __future__ import annotations

from collections.abc import Collection

from starlette.types import ASGIApp, Receive, Scope, Send

from dossier_shared.problems import NotFound, Problem

INSIDE = ("/health/", "/metrics", "/internal/")  # asked by the pod's address; proxies do not let them through


def host_unknown() -> Problem:
    return Problem(
        "host-unknown",
        "Địa chỉ này không phải địa chỉ của hệ thống. Hãy mở lại từ địa chỉ chính thức của cơ quan.",
        "This service does not answer under that host name. Use its official address; whoever runs it names others in"
        " ALLOWED_HOSTS.",
        status=421,
    )


class KnownHosts:
    """`hosts`: names without ports, in small letters. Raises 421 under any other."""

    def __init__(self, app: ASGIApp, hosts: Collection[str]) -> None:
        self.app, self.hosts = app, frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(INSIDE):
            written = scope.get("raw_path", b"").decode("latin-1")
            if not written.startswith(INSIDE):  # `/%69nternal`: written so that a proxy does not know it
                raise NotFound()
        elif scope["type"] == "http":
            given = [value for name, value in scope["headers"] if name == b"host"]
            if len(given) != 1 or name_of(given[0]) not in self.hosts:
                raise host_unknown()
        await self.app(scope, receive, send)


def name_of(host: bytes) -> str:
    """Of `name:port` or `[address]:port`."""
    text = host.decode("latin-1").strip().lower()
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0].removesuffix(".")
