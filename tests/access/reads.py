"""Who may read what of a dossier: every route that names one and only reads, of every service, for each role and relation.

The apps are built as in production and connected to nothing: their dossiers are in memory, and what is read besides, of a
database or a file, counts as reached. Routes are found, not listed: a new one changes the table.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

import httpx
from aiokafka import AIOKafkaConsumer
from fastapi import FastAPI
from pymongo.synchronous.topology import Topology
from sse_starlette import EventSourceResponse
from tests.component.desks import TrustingVerifier, officer
from tests.unit.notify.told import Told
from tests.unit.review.support import ASKED, Case
from tests.unit.signing_rules.support import MADE, Result

from dossier_intake.catalogue.catalogue import Catalogue
from dossier_local.memory import MemoryCollection
from dossier_local.openapi import app_of
from dossier_monitor.timelines.handlers import RULES as MONITOR
from dossier_notify import handlers as notify
from dossier_notify.rules.messages import Texts
from dossier_review.handlers import consult_agencies
from dossier_shared.contracts.topics import SERVICES
from dossier_shared.http import quotas
from dossier_shared.journal.consumer import Fold
from dossier_shared.journal.dossier import Dossier
from dossier_shared.journal.steps import Moment

from .endpoints import Reached
from .matrix import CONSENTS, OUTSIDE, RELATIONS, ROLES
from .routes import Route, reads_of_a_dossier
from .stages import CENTRE, CLOCK, DOSSIER, FILER, PERSON, Filed, consulting, directory_of, grown

EXPECTED = Path(__file__).parent / "reads.txt"
HEAD = """\
# Who may read what of a dossier. `+` is let in, `-` 403, 404 as if there were none. Relations as in expected.txt.
# `python -m tests.access reads` prints the table anew. A changed cell is a changed right: read it before you put it here.
"""

DRAFT = "04-draft"  # of review's forms the one for the fewest


class Row(NamedTuple):
    service: str
    path: str
    role: str
    cells: tuple[str, ...]


async def rows() -> list[Row]:
    return [row for service in SERVICES for row in await of(service)]


async def of(service: str) -> list[Row]:
    async with reader(service) as (app, http):
        return [row async for row in asked(http, reads_of_a_dossier(service, app), ROLES)]


async def asked(http: httpx.AsyncClient, among: Iterable[Route], roles: Iterable[str]) -> AsyncIterator[Row]:
    for route, role in product(among, roles):
        cells = [await _cell(http, route, role, relation) for relation in RELATIONS]
        yield Row(route.service, route.path, role, tuple(cells))


def expected() -> list[Row]:
    lines = [
        re.split(r"\s{2,}", line) for line in EXPECTED.read_text("utf-8").splitlines() if line[:1] not in ("", "#")
    ]
    return [Row(line[0], line[1], line[2], tuple(line[3:])) for line in lines[1:]]


def table(found: Sequence[Row]) -> str:
    lines = [("service", "path", "role", *RELATIONS), *((*row[:3], *row.cells) for row in found)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    told, last = [""], ""
    for line in lines:
        told += [""] if last and line[1] != last else []
        last = line[1]
        told.append("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip())
    return HEAD + "\n".join(told) + "\n"


@asynccontextmanager
async def reader(service: str) -> AsyncIterator[tuple[FastAPI, httpx.AsyncClient]]:
    with mock.patch.object(Catalogue, "load_packaged", return_value=grown()):
        app = app_of(service)
    store, runtime = MemoryCollection(), app.state.runtime
    for relation in (None, *CONSENTS):
        dossier = DOSSIERS[service]()
        consent = CONSENTS[relation] if relation else {}
        dossier.id = _named(relation)
        dossier.state = {**dossier.state, "person": PERSON, "received_at": CENTRE, "owner": FILER, **consent}
        assert not await store.write([dossier], CLOCK.now())
    app.state.verifier = TrustingVerifier()
    known = directory_of(grown())
    runtime.directory.agencies.update(known.agencies)
    runtime.directory.whole()
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    with _unconnected(), mock.patch.multiple(runtime.dossiers, load=store.load, load_whole=store.load_whole):
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as http:
            yield app, http


@contextmanager
def _unconnected() -> Iterator[None]:
    """What is read of database or broker besides the dossier, and a stream, has been let through."""
    with (
        mock.patch.object(Topology, "select_server", side_effect=Reached()),
        mock.patch.object(AIOKafkaConsumer, "start", side_effect=Reached()),
        mock.patch.object(EventSourceResponse, "__call__", side_effect=Reached()),
        mock.patch.object(quotas, "demand"),
    ):
        yield


async def _cell(http: httpx.AsyncClient, route: Route, role: str, relation: str) -> str:
    sub, agency = RELATIONS[relation]
    if relation in ("filer", "person") and role in OUTSIDE:
        agency = None
    headers = officer(
        sub, role, agency=agency, person=PERSON if relation == "person" else "",
        emergency=code(route.service) if relation == "emergency" else "",
    )  # fmt: skip
    answer = await http.get(route.to(_named(relation), DRAFT if route.service == "review" else ""), headers=headers)
    assert answer.status_code < 500, f"{route.path} {role} {relation}: {answer.text[:500]}"
    if (
        answer.status_code == 404
        and "dossier-not-found" not in answer.text
        and "json" in answer.headers["content-type"]
    ):
        return "+"  # it was let in, and there is no such paper or form
    return {403: "-", 404: "404", 401: "401"}.get(answer.status_code, "+")


def _named(relation: str | None) -> str:
    """The dossier on which who asks is put to the test: what it says of the consent is in its state."""
    return f"{DOSSIER}-{relation.replace(' ', '-')}" if relation and relation in CONSENTS else DOSSIER


@cache
def code(service: str) -> str:
    return str(DOSSIERS[service]().state.get("code", DOSSIER))


def _of_intake() -> Dossier:
    """Of a dossier on which another agency's opinion is awaited."""
    (asked,) = consult_agencies(Case().assigned().state, [ASKED], "Có tranh chấp không?")
    return Filed(grown()).hears(asked)


def _of_signing() -> Dossier:
    result = Result(dossier=DOSSIER).decided()
    result.asked()
    result.comes_back(MADE)
    return result.dossier


def _of_notify() -> Dossier:
    told, dossier = Told(DOSSIER), Dossier[Any](DOSSIER)
    Fold([told.submitted(delivery="counter"), told.signed()], notify.rules(Texts()))(dossier, Moment(CLOCK.now()))
    return dossier


def _of_monitor() -> Dossier:
    told, dossier = Told(DOSSIER), Dossier[Any](DOSSIER)
    Fold([told.submitted(), told.accepted()], MONITOR)(dossier, Moment(CLOCK.now()))
    return dossier


DOSSIERS: Mapping[str, Any] = {
    "intake": _of_intake,
    "review": lambda: consulting().dossier,
    "signing": _of_signing,
    "notify": _of_notify,
    "monitor": _of_monitor,
}
