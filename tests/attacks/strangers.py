"""The routes of a service to one dossier, and who has nothing to do with it. The apps are built as in production; their
dossiers are in memory, in states through which the golden stories go."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager
from typing import Any, NamedTuple
from unittest import mock

import httpx
from tests.access.endpoints import EXPECTED
from tests.access.matrix import OUTSIDE, ROLES
from tests.access.routes import Route, routes_to_one
from tests.access.stages import Act
from tests.access.test_every_state import states
from tests.component.desks import TrustingVerifier, officer

from dossier_local.memory import MemoryCollection
from dossier_local.openapi import app_of
from dossier_local.verb_tables import verbs_of
from dossier_monitor.alarms.store import AlarmStore
from dossier_shared.adapters.mongo import DossierCollection
from dossier_shared.journal.dossier import Dossier

NOWHERE, ALARM = "0197a2c0-0000-7000-8000-00000000ffff", "alarm"
_OWN = frozenset({"x-request-id", "date", "content-length"})


class Place(NamedTuple):
    """`starts`: the stored documents of one dossier each, by state."""

    http: httpx.AsyncClient
    memory: MemoryCollection
    starts: Mapping[str, Mapping[str, dict[str, Any]]]

    def put(self, state: str) -> str:
        (id_,) = self.starts[state]
        self.memory.documents = {id_: dict(self.starts[state][id_])}
        return id_


def routes(service: str) -> list[Route]:
    return routes_to_one(service, app_of(service))


def let_in(route: Route) -> Iterator[str]:
    """Roles that get into it at all."""
    lines = (line.split() for line in EXPECTED.read_text("utf-8").splitlines() if line[:1] not in ("", "#"))
    cells = next(line[3:] for line in lines if tuple(line[:3]) == route)
    return (role for role, cell in zip(ROLES, cells, strict=False) if cell == "+")


def stranger(role: str) -> dict[str, str]:
    return officer("stranger", role, agency=None if role in OUTSIDE else "H99.9")


@asynccontextmanager
async def place(service: str, acts: list[Act]) -> AsyncIterator[Place]:
    """Whatever collection a route asks has what was put last."""
    with mock.patch.dict(os.environ, {"MONGODB_URL": "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=1"}):
        app, memory = app_of(service), MemoryCollection()
    app.state.verifier = TrustingVerifier()
    runtime = app.state.runtime

    async def one(_: AlarmStore, alarm: str, *, whole: bool = False) -> Dossier | None:
        return (await memory.load([alarm])).get(alarm)

    with ExitStack() as patched:
        for name in ("load", "load_whole", "write"):
            patched.enter_context(mock.patch.object(DossierCollection, name, _of(getattr(memory, name))))
        patched.enter_context(mock.patch.object(DossierCollection, "find", mock.AsyncMock(return_value=[])))
        patched.enter_context(mock.patch.object(AlarmStore, "one", one))
        starts = {**await states(service, runtime.rules), ALARM: next(a.start for a in acts if a.service == "monitor")}
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as http:
            yield Place(http, memory, starts)
        await runtime.ledger.close()


def _of(method: Callable[..., Any]) -> Callable[..., Any]:
    return lambda _, *given, **named: method(*given, **named)


def told(answer: httpx.Response, id_: str) -> tuple[Any, ...]:
    """All that tells one answer from another, but for the request's own id and the dossier's."""
    headers = {name: value.replace(id_, "…") for name, value in answer.headers.items() if name not in _OWN}
    text = answer.text.replace(id_, "…")
    if answer.headers.get("content-type", "").startswith("application/problem+json"):
        text = str({name: value for name, value in answer.json().items() if name != "request_id"}).replace(id_, "…")
    elif "x-request-id" in answer.headers:
        text = text.replace(answer.headers["x-request-id"], "…")
    return answer.status_code, headers, text


def calls(route: Route, acts: Sequence[Act]) -> list[dict[str, Any]]:
    """What is sent there that a service would take from whom it is for: each command of a page is a call of its own."""
    if route.method == "GET":
        return [{}]
    if route.verb == "emergency":
        return []  # who may take one is told of the dossier by saying why: decision 0049
    bodies = {act.name: act.body for act in acts if act.service == route.service}
    if route.path.startswith("/api/"):
        return [{"json": bodies[route.verb]}]
    if route.verb == "acknowledge":
        return [{"data": {"key": "k", "note": "a"}}]
    if route.path.startswith("/take-back/"):
        return [{"data": {"key": "k" * 22, "text": "a"}}]
    if route.path.startswith("/bring/"):
        return [{"data": {"key": "k" * 22, "text": "a"}, "files": [("file.", ("", b""))]}]
    if route.verb == "answers":
        return [{"data": {"key": "k", "reason": "a"}}]
    return [
        {"data": {"action": button.name, "key": "k", "version": "77", **_flat(bodies[verb.name])}}
        for verb in verbs_of(route.service)
        for button in verb.shown()
    ]


def _flat(body: Mapping[str, Any], before: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in body.items():
        found |= _flat(value, f"{before}{name}.") if isinstance(value, Mapping) else {f"{before}{name}": str(value)}
    return found
