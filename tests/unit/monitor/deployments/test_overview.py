"""Who serves whom, for who asks: the common ones, and of the others what serves an agency one watches; with how far each is."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

from tests.unit.core.deploying import BEGIN, LATER, entry, tell

from dossier_monitor.alarms.offsets import Offsets, Reading, asides, readers
from dossier_monitor.board.board import Board
from dossier_monitor.deployments.routes import Overview
from dossier_shared.clock import FixedClock
from dossier_shared.contracts.topics import heard_by
from dossier_shared.http.tokens import Principal
from dossier_shared.journal.registry import Registry
from dossier_shared.runtime.service import Runtime

ABOVE = {"H1": ("P",), "H2": ("P",), "Q1": ("Q",)}
ENTRIES = [
    entry(), entry("an-binh", "H2", "Q1", until=LATER), entry("ky-so", "Q1", service="signing", since=LATER),
]  # fmt: skip
READING = Reading({"review": 3, "review.an-binh": 7}, {"review.an-binh": 1.5}, {"review": 1})


class Said:
    def __init__(self, reading: Reading | None) -> None:
        self.reading = reading

    async def lately(self, _: object) -> Reading | None:
        return self.reading


def overview(reading: Reading | None = READING, at: str = BEGIN) -> Overview:
    runtime = SimpleNamespace(clock=FixedClock(at), registry=tell(Registry("monitor"), *ENTRIES))
    board = SimpleNamespace(above=lambda code: ABOVE.get(code, ()), agencies={}, directory=None)
    return Overview(cast(Runtime, runtime), cast(Board, board), cast(Offsets, Said(reading)))


def superior(agency: str) -> Principal:
    return Principal("giang", frozenset({"superior"}), agency, "Giang")


ADMIN = Principal("admin", frozenset({"admin"}), None, "admin")


async def test_everything_for_who_looks_after_the_whole() -> None:
    found = await overview().below(ADMIN)
    assert [(one.service, one.name, [served.agency for served in one.agencies]) for one in found] == [
        ("review", "", []),
        ("review", "an-binh", ["H2", "Q1"]),
        ("review", "long-khanh", ["H1"]),
        ("signing", "", []),
        ("signing", "ky-so", ["Q1"]),
    ]
    assert [(one.lag, one.behind, one.dead_letters) for one in found[:3]] == [
        (3, None, 1), (7, 1.5, None), (None, None, None),
    ]  # fmt: skip


async def test_a_superior_sees_whom_they_watch() -> None:
    found = await overview().below(superior("P"))
    assert [(one.name, [served.agency for served in one.agencies]) for one in found] == [
        ("", []), ("an-binh", ["H2"]), ("long-khanh", ["H1"]), ("", []),
    ]  # fmt: skip


async def test_what_is_in_force_is_what_is_filed_now() -> None:
    async def now(at: str) -> list[bool]:
        return [served.in_force for one in await overview(at=at).below(ADMIN) for served in one.agencies]

    assert await now("2025-06-30T23:59:59.999999Z") == [False, False, False, False]
    assert await now(BEGIN) == [True, True, True, False]
    assert await now(LATER) == [False, False, True, True]


async def test_of_a_broker_that_is_away_no_figure_is_made_up() -> None:
    assert {(one.lag, one.behind, one.dead_letters) for one in await overview(None).below(ADMIN)} == {
        (None, None, None)
    }


def test_how_far_a_deployment_is_is_judged_by_what_it_hears() -> None:
    plain, found = readers([]), readers(ENTRIES)
    assert found.keys() - plain.keys() == {"review.long-khanh", "review.an-binh", "signing.ky-so"}
    group, topics = found["review.an-binh"]
    assert group == "review.an-binh"
    assert {topic.name for topic in topics} == {*(t.name for t in heard_by("review")), "dossier.signed.ky-so"}
    assert {"dossier.reviewed.long-khanh", "dossier.signed.ky-so"} <= {topic.name for topic in found["intake"][1]}
    assert "review.audit.an-binh" in {topic.name for topic in found["monitor-audit"][1]}
    assert asides(ENTRIES)["signing.ky-so"] == "signing.dead-letter.ky-so"
