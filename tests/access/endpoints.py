"""Which role gets into which endpoint: of every route of every service, pages, streams, files and `/internal` among them.

The apps are built as in production and connected to nothing. A request gets as far as the question who asks: what it is told
there is its cell. What comes after, of one dossier, is decided by relations: see `matrix.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

import httpx
from fastapi import FastAPI
from fastapi.routing import _IncludedRouter
from tests.component.desks import TrustingVerifier, officer

from dossier_local.openapi import app_of
from dossier_shared.contracts.topics import SERVICES
from dossier_shared.http import quotas
from dossier_shared.problems import Problem

from .matrix import ROLES

ASKERS = (*ROLES, "recount")
EXPECTED = Path(__file__).parent / "endpoints.txt"
REACHED = 418
HEAD = """\
# Which role gets into which endpoint, of an account of an agency: `+` it is let in, `-` 403. `public`: nobody is asked.
# `python -m tests.access endpoints` prints the table anew. A changed cell is a changed right: read it before you put it here.
"""
# What a route asks for before it asks who is there.
QUERIES: Mapping[str, str] = {
    "/api/v1/me/facts": "procedure=1.001193",
    "/api/v1/queue": "stage=mine",
    "/api/v1/search": "q=abc",
    "/internal/privacy/dossiers": "person=p-" + "a" * 26,
    "/internal/privacy/beside": "person=p-" + "a" * 26,
    "/internal/privacy/devices": "person=p-" + "a" * 26,
}
# Where nobody is asked who they are; every other route must ask.
PUBLIC = frozenset({
    "/health/live", "/health/ready", "/metrics", "/openapi.json", "/static/shared/{name}", "/track",
    "/procedures", "/procedures/{code}", "/sitemap.xml", "/robots.txt", "/filing-worker.js", "/filing-offline",
    "/kiosk", "/kiosk/finish", "/kiosk/still", "/kiosk/leave",
    "/notices-worker.js", "/sign-in", "/signed-in", "/signed-out", "/sign-out", "/back-channel-logout",
    "/api/v1/agencies", "/api/v1/procedures", "/timelines",
    "/open-data", "/open-data/dossiers.csv", "/open-data/dossiers.json", "/open-data/dossiers.xlsx",
})  # fmt: skip
_PARAMETER = re.compile(r"\{[^}]+\}")


class Reached(Problem):
    status = REACHED
    default_code = "reached"


class Row(NamedTuple):
    service: str
    method: str
    path: str
    cells: tuple[str, ...]


@contextmanager
def no_further() -> Iterator[None]:
    """Who is let in gets to know that, and nothing is read for them."""
    with mock.patch.object(quotas, "demand", side_effect=Reached()), mock.patch.object(quotas, "failed"):
        yield


def routes_of(app: FastAPI) -> list[tuple[str, str]]:
    found = {(method, path) for path, route in walk(app.routes) for method in set(route.methods) - {"HEAD", "OPTIONS"}}
    return sorted(found, key=lambda one: (one[1], one[0]))


def walk(routes: Iterable[Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for route in routes:
        if isinstance(route, _IncludedRouter):
            yield from walk(route.original_router.routes, prefix + route.include_context.prefix)
        elif getattr(route, "methods", None):
            yield prefix + route.path, route


async def rows() -> list[Row]:
    with no_further():
        return [row for service in SERVICES for row in await _of(service, app_of(service))]


async def _of(service: str, app: FastAPI) -> list[Row]:
    app.state.verifier = TrustingVerifier()
    found = []
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as http:
        for method, path in routes_of(app):
            cells: tuple[str, ...] = ("public",)
            if path not in PUBLIC:
                assert await _asked(http, method, path, {}) == 401, (
                    f"{method} {path} of {service} does not ask who is there"
                )
                cells = tuple([_cell(await _asked(http, method, path, officer("u", role))) for role in ASKERS])
            found.append(Row(service, method, path, cells))
    return found


async def _asked(http: httpx.AsyncClient, method: str, path: str, headers: Mapping[str, str]) -> int:
    url = _PARAMETER.sub("1" * 64 if "/files/" in path else "1", path) + (
        f"?{QUERIES[path]}" if path in QUERIES else ""
    )
    own: dict[str, Any] = {**headers, "idempotency-key": "k", "tus-resumable": "1.0.0"}
    content = b"{}" if method in ("POST", "PUT", "PATCH") else None
    answer = await http.request(method, url, headers=own, content=content)
    to_sign_in = answer.is_redirect and answer.headers["location"].startswith("/sign-in")
    return 401 if to_sign_in else answer.status_code


def _cell(status: int) -> str:
    return {REACHED: "+", 403: "-"}.get(status, str(status))


def table(found: list[Row]) -> str:
    lines = [("service", "method", "path", *ASKERS), *((*row[:3], *row.cells) for row in found)]
    widths = [max(len(line[n]) for line in lines if n < len(line)) for n in range(len(lines[0]))]
    told = ["  ".join(text.ljust(width) for text, width in zip(line, widths, strict=False)).rstrip() for line in lines]
    return HEAD + "\n" + "\n".join(told) + "\n"
