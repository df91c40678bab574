"""Attack 3 and its siblings: no answer of a list, filter, count, order, export or stream depends on what its reader is not shown,
so that no row of questions can bring it out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from tests.access.endpoints import walk

from dossier_local.contracts.desk_stories import desk_story
from dossier_local.contracts.stories import story
from dossier_local.openapi import app_of
from dossier_monitor.audited import AUDITED as MONITOR
from dossier_monitor.projection.dossier import DossierProjection, row, take
from dossier_monitor.timelines.handlers import rules
from dossier_shared.contracts.audit import SEARCH
from dossier_shared.contracts.envelope import Event
from dossier_shared.contracts.topics import SERVICES
from dossier_shared.http.quotas import TABLE
from dossier_shared.runtime.directory import Directory

# Who a dossier is about is asked for by `q` alone, which knows what its asker is shown; a whole code that is in hand finds one's
# own or nothing.
DOCUMENTS = Path(__file__).parents[2] / "docs/openapi"
WHO = {("monitor", "/api/v1/search", "q"), ("intake", "/api/v1/dossiers", "code")}
WHAT = frozenset(
    " ".join(
        [
            "after age agency at channel cursor detail did dossier download dry_run due due_from due_to ended ended_from",
            "ended_to filed_from filed_to first frames from how ids kind lang last limit name of officer open",
            "outcome own part period procedure reached replace repository service since stage stand state substitute to took",
            "type until version view waits who width",
        ]
    ).split()
)


def parameters() -> Iterator[tuple[str, str, str]]:
    for service in SERVICES:
        document = orjson.loads((DOCUMENTS / f"{service}.json").read_bytes())  # held to the code by tests/contracts
        for path, operations in document["paths"].items():
            for operation in operations.values():
                for one in operation.get("parameters", ()):
                    if one["in"] == "query":
                        yield service, path, one["name"]


def test_nobody_is_found_by_a_filter() -> None:
    asked = {one for one in parameters() if one[2] not in WHAT}
    assert asked == WHO


def strange(event: Event) -> Event:
    """Of somebody else, in everything that is sealed."""
    return replace(event, sealed=None if event.sealed is None else other(event.sealed))


def other(sealed: bytes) -> bytes:
    return orjson.dumps(changed(orjson.loads(sealed)))


def changed(value: Any) -> Any:
    match value:
        case dict():
            return {name: changed(one) for name, one in value.items()}
        case list():
            return [changed(one) for one in value]
        case str():
            return f"Ng{value[::-1]}"
    return value


@pytest.mark.parametrize("told", [story, desk_story])
def test_what_is_sealed_reaches_nothing_but_the_keys_of_search(told: Any) -> None:
    """Board, lists, indicators, history, exports and stories are made of the state without them."""
    evolve = rules(Directory().above).evolve
    states: list[dict[str, Any]] = [{}, {}]
    marks = [DossierProjection(), DossierProjection()]
    seen = 0
    for event in told():
        for place, one in enumerate((event, strange(event))):
            states[place] = dict(evolve(states[place], one))  # type: ignore[arg-type]
            take(marks[place], one)
        seen += strange(event) != event
        mine, theirs = ({name: value for name, value in state.items() if name != "search"} for state in states)
        assert mine == theirs, event.type
        assert row(marks[0]) == row(marks[1]), event.type
    assert seen >= 3
    assert states[0]["search"] != states[1]["search"], "or else the same was compared with the same"


@pytest.mark.parametrize("path", ["/search", "/api/v1/search"])
def test_a_search_is_counted_and_told(path: str) -> None:
    assert TABLE["search"].paths.fullmatch(path)
    assert MONITOR[f"GET {path}"] == SEARCH


def test_no_other_route_searches() -> None:
    found = {
        path for service in SERVICES for path, _ in walk(app_of(service).routes) if "search" in path or "find" in path
    }
    assert found == {"/search", "/api/v1/search"}
