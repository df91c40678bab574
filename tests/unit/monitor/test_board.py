"""The board in a web node: sums up the tree, who sees what, how old it is, what a reader missed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from dossier_monitor.board.board import Board, named
from dossier_monitor.board.scopes import scope_of
from dossier_monitor.board.views import View, body
from dossier_monitor.pages.live import leaf_of
from dossier_monitor.projection.cells import Cell
from dossier_monitor.projection.records import Heartbeat, agency_record, heartbeat_record, place_record
from dossier_shared.clock import FixedClock, instant
from dossier_shared.http.tokens import Principal
from dossier_shared.problems import Forbidden

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)


def put(board: Board, agency: str, in_hand: int, above: list[str] | None = None, partition: int = 0) -> None:
    board.take([place_record(Cell(partition, agency, "p", "online"), {"stage:submitted": in_hand}).value])
    if above is not None:
        board.take([agency_record(partition, agency, f"Cơ quan {agency}", above).value])


def heartbeat(board: Board, partition: int, age: float, **changes: Any) -> None:
    values: dict[str, Any] = {
        "partition": partition,
        "at": instant(NOW - timedelta(seconds=age)),
        "now": instant(NOW),
        "last_time": instant(NOW),
        "last_recorded": instant(NOW - timedelta(seconds=90)),
        "lag": 1,
        "positions": {},
        "folded": 1,
        "skipped": 2,
        "ahead": 0,
        "worker": "w",
    }
    board.take([heartbeat_record(Heartbeat(**values | changes)).value])


@pytest.fixture
def board() -> Board:
    board = Board(FixedClock(NOW).now, frozen_after=5, partitions=2)
    put(board, "A", 3, ["P", "R"])
    put(board, "B", 4, ["R"])
    put(board, "Z", 9, [])
    return board


def opened(board: Board, scope: str | None) -> dict[str, int]:
    return {row.code: named(row.total)["open"] for row in board.rows(scope)}


def test_numbers_are_summed_up_the_tree(board: Board) -> None:
    assert opened(board, None) == {"A": 3, "P": 3, "B": 4, "R": 7, "Z": 9}
    assert named(board.total("R"))["open"] == 7
    assert named(board.total(None))["open"] == 16


def test_a_new_version_of_a_cell_replaces_and_another_partition_adds(board: Board) -> None:
    put(board, "A", 5)
    put(board, "A", 1, partition=1)
    assert opened(board, "R") == {"A": 6, "P": 6, "B": 4, "R": 10}


def test_an_agency_that_moves_takes_its_numbers_along(board: Board) -> None:
    put(board, "A", 3, ["Z"])
    assert opened(board, None) == {"A": 3, "P": 0, "B": 4, "R": 4, "Z": 12}


def test_the_tree_may_be_told_before_the_numbers_or_after() -> None:
    board = Board(FixedClock(NOW).now, frozen_after=5, partitions=2)
    board.take([agency_record(0, "A", "", ["R"]).value])
    put(board, "A", 3)
    assert opened(board, "R") == {"A": 3, "R": 3}


@pytest.mark.parametrize(
    ("roles", "agency", "narrower", "seen"),
    [
        ({"superior"}, "R", None, {"A", "P", "B", "R"}),
        ({"superior"}, "R", "P", {"A", "P"}),
        ({"leader"}, "A", None, {"A"}),
        ({"superior"}, "nobody", None, set()),
        ({"admin"}, None, None, {"A", "P", "B", "R", "Z"}),
    ],
)
async def test_a_watcher_sees_the_own_subtree(
    board: Board, roles: set[str], agency: str | None, narrower: str | None, seen: set[str]
) -> None:
    scope = scope_of(Principal("x", frozenset(roles), agency), board, narrower)
    assert {row["code"] for row in (await body(board, scope))["agencies"]} == seen


@pytest.mark.parametrize(("agency", "narrower"), [("R", "Z"), ("A", "R"), ("A", "unknown"), (None, None)])
def test_and_nothing_beyond_it(board: Board, agency: str | None, narrower: str | None) -> None:
    with pytest.raises(Forbidden):
        scope_of(Principal("x", frozenset({"superior"}), agency), board, narrower)


def test_a_reader_is_told_what_changed_since_and_nothing_else(board: Board) -> None:
    view = View(board, "overview", "R")
    change, whole = view.change, orjson.loads(view.message(0, 1).split(b"data: ")[1])["values"]
    assert (whole["/open"], whole["A/open"], whole["P/open"]) == (7, 3, 3)
    assert "Z/open" not in whole, "outside the scope"
    put(board, "B", 5)
    assert view.refresh(flows=False)
    message = view.message(change, 1)
    assert message.startswith(f"id: {view.life}-{view.change}\nevent: change\ndata: ".encode())
    told = orjson.loads(message.split(b"data: ")[1])["values"]
    assert told == {"/open": 8, "/stage:submitted": 8, "B/open": 5, "B/stage:submitted": 5}
    assert orjson.loads(view.message(view.change, 1).split(b"data: ")[1])["values"] == {}
    assert message is view.message(change, 1), "encoded once for all who share scope and place"
    assert not view.refresh(flows=False)


def test_an_agencys_page_shows_its_procedures_and_what_is_below(board: Board) -> None:
    values = View(board, "agency", "R").values
    assert (values["p:p/open"], values["c:online/open"], values["P/open"], values["B/open"]) == (7, 7, 3, 4)
    assert "A/open" not in values, "not right below"


@pytest.mark.parametrize("ident", [None, "", "other-1", "L-x", "L-999", "L", "L-" + "9" * 99, "L-²"])
def test_a_place_in_another_life_is_answered_with_a_snapshot(board: Board, ident: str | None) -> None:
    view = View(board, "overview", None)
    assert view.since(ident and ident.replace("L", view.life)) == 0
    assert view.since(f"{view.life}-{view.change}") == view.change


def test_it_says_how_old_it_is(board: Board) -> None:
    assert (board.meta().frozen, board.meta().pulse_age, board.meta().last_event_age) == (True, None, None)
    heartbeat(board, 0, age=1)
    assert board.meta().frozen, "one of two partitions has not been heard of"
    heartbeat(board, 1, age=4)
    meta = board.meta()
    assert (meta.frozen, meta.pulse_age, meta.last_event_age, meta.lag, meta.skipped) == (False, 4, 90, 2, 2)
    heartbeat(board, 0, age=6, worker="late")
    assert not board.meta().frozen, "an older sign of life does not replace a newer one"


def test_it_stands_still_when_one_partition_does(board: Board) -> None:
    heartbeat(board, 0, age=0)
    heartbeat(board, 1, age=5.1)
    assert board.meta().frozen


def test_what_is_not_a_record_of_ours_is_passed_over(board: Board) -> None:
    before = opened(board, None)
    board.take(
        [
            None,
            b"",
            b"{",
            b"[1]",
            b'{"kind": "news"}',
            orjson.dumps({"kind": None}),
            b'{"kind": "cell"}',
            b'{"kind": "pulse"}',
        ]
    )
    assert opened(board, None) == before


def test_who_watches_one_agency_alone_lands_on_it(board: Board) -> None:
    assert [leaf_of(board, scope) for scope in ("A", "P", "R", "?", None)] == ["A", None, None, None, None]
