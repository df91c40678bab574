"""What shows a dossier, a paper or a result is audited: a new route is in its service's table, or said here to be nobody's."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest

from dossier_shared.contracts.audit import KINDS
from dossier_shared.contracts.topics import SERVICES
from dossier_shared.http.audit import COMMON, Audited

# routes with something in their path that show nobody's dossier
NOBODYS = {
    "intake": {
        "/api/v1/uploads/{upload_id}", "/file/{code}", "/procedures/{code}",
        # of a draft, by nobody but who began it; and the receipt of who has just filed
        "/filing/{draft_id}", "/drafts/{draft_id}/check", "/drafts/{draft_id}/papers/{file}", "/filed/{dossier_id}",
    },
    "review": set[str](),
    "signing": {"/api/v1/signing-runs/{run}"},
    "notify": set[str](),
    "monitor": {
        "/agencies/{code}", "/api/v1/alarms/{alarm_id}", "/api/v1/indicators/{name}/dossiers", "/indicators/{name}",
        "/api/v1/recounts/{run}",
        "/api/v1/timelines/{code_or_id}/changes",  # that there is a change; what, is looked at
    },
}  # fmt: skip
ALL = {"/static/shared/{name}", "/static/{name}", *(call.partition(" ")[2] for call in COMMON if "{" in call)}


@pytest.mark.parametrize("service", SERVICES)
def test_every_route_to_one_thing_is_audited_or_nobodys(service: str) -> None:
    table: Audited = import_module(f"dossier_{service}.audited").AUDITED
    routes = set(routes_of(service))
    shown = {path for method, path in routes if method == "GET" and "{" in path}
    audited = {call.partition(" ")[2] for call in table if "{" in call}
    assert shown - audited - ALL == NOBODYS[service]
    assert not audited & NOBODYS[service]
    assert {tuple(call.split(" ")) for call in table} <= routes, "a row of what is not there"
    assert {*table.values(), *COMMON.values()} <= set(KINDS)


def routes_of(service: str) -> Iterator[tuple[str, str]]:
    settings = import_module(f"dossier_{service}.settings").Settings()
    yield from walk(import_module(f"dossier_{service}.app").build(settings).routes)


def walk(routes: Any, prefix: str = "") -> Iterator[tuple[str, str]]:
    for route in routes:
        if hasattr(route, "original_router"):
            yield from walk(route.original_router.routes, prefix + route.include_context.prefix)
        else:
            for method in getattr(route, "methods", None) or ():
                yield method, prefix + route.path
