"""B9 and E4 on the board in memory: names and tree of the directory, whatever events tell, in whatever order they come."""

from __future__ import annotations

import orjson
import pytest

from dossier_monitor.board.board import Board, named
from dossier_monitor.board.scopes import scope_of
from dossier_monitor.board.streaming import Hub
from dossier_monitor.board.views import View, body
from dossier_monitor.pages.framing import agency_name
from dossier_monitor.projection.cells import Cell
from dossier_monitor.projection.records import agency_record, place_record, procedure_record
from dossier_monitor.tail.lines import Line, Wanted, matches
from dossier_monitor.timelines.sight import demand_sight
from dossier_monitor.timelines.state import State
from dossier_shared.http.tokens import Principal
from dossier_shared.journal.dossier import Dossier
from dossier_shared.problems import Forbidden, NotFound
from dossier_shared.runtime.directory import Directory

from ..unit.monitor.test_board import NOW  # noqa: TID252
from .directories import agency, directory, gone, procedure, record


def board_of(known: Directory) -> Board:
    return Board(lambda: NOW, 5, 2, known)


def filed(board: Board, code: str, *above: str, name: str = "tên trong sự kiện", number: int = 3) -> None:
    """What the worker tells of an agency in which something is."""
    board.take([place_record(Cell(0, code, "p", "online"), {"stage:submitted": number}).value])
    board.take([agency_record(0, code, name, list(above)).value])


def in_hand(board: Board, scope: str | None) -> dict[str, int]:
    return {row.code: named(row.total)["open"] for row in board.rows(scope)}


def superior(code: str) -> Principal:
    return Principal("s", frozenset({"superior"}), code)


@pytest.mark.parametrize("directory_first", [True, False])
def test_b9_an_event_never_takes_a_name_or_a_place_in_the_tree_back(directory_first: bool) -> None:
    known = Directory()
    board = board_of(known)
    entries = [record(one) for one in (agency("OLD"), agency("NEW"), agency("A", "NEW", name="Tên mới"))]
    if directory_first:
        known.take(entries)
    filed(board, "A", "OLD")
    known.take(entries)
    for name in ("Tên cũ", "Tên mới", "Tên cũ"):
        filed(board, "A", "OLD", name=name)
        assert agency_name(board, "A", "vi") == "Tên mới"
        assert agency_name(board, "A", "en") == "Agency A"
        assert in_hand(board, "NEW") == {"A": 3, "NEW": 3}
        assert in_hand(board, "OLD") == {"OLD": 0}
    assert in_hand(board, None) == {"A": 3, "NEW": 3, "OLD": 0}
    assert named(board.total(None))["open"] == 3, "counted once"


def test_b9_an_agency_takes_those_below_it_along() -> None:
    known = directory(agency("R"), agency("S"), agency("P", "R"), agency("A", "P", "R"))
    board = board_of(known)
    filed(board, "A", "P", "R")
    filed(board, "P", "R", number=1)
    before = board.tick
    known.take([record(agency("P", "S")), record(agency("A", "P", "S"))])
    assert in_hand(board, "S") == {"S": 4, "P": 4, "A": 3}
    assert in_hand(board, "R") == {"R": 0}
    assert {row.code for row in board.rows(None, before)} >= {"R", "S", "P", "A"}, "readers of both are told"
    assert board.above("A", ("R",)) == ["P", "S"]


def test_b9_an_agency_taken_out_of_the_catalogue_is_as_its_events_tell() -> None:
    known = directory(agency("R"), agency("A", "R", name="Tên mới"), agency("E", "R"))
    board = board_of(known)
    filed(board, "A", "OLD", name="Tên cũ")
    known.take([gone("A"), gone("E")])
    assert agency_name(board, "A", "vi") == "Tên cũ"
    assert in_hand(board, "OLD") == {"OLD": 3, "A": 3}
    assert in_hand(board, "R") == {"R": 0}, "and one that never had a dossier is no longer there"


def test_b9_procedures_are_called_as_in_force() -> None:
    known = Directory()
    board = board_of(known)
    board.take([procedure_record(0, "p", "Tên cũ").value])
    assert board.procedure_name("p") == "Tên cũ"
    known.take([record(procedure("p", "Tên mới"))])
    board.take([procedure_record(0, "p", "Tên cũ").value])
    assert board.procedure_name("p", "Tên cũ trong hồ sơ") == "Tên mới"
    assert board.procedure_name("q", "như hồ sơ ghi") == "như hồ sơ ghi"


async def test_b9_who_is_no_longer_above_is_shown_nothing_more_on_an_open_page() -> None:
    known = directory(agency("OLD"), agency("NEW"), agency("A", "OLD"))
    board = board_of(known)
    filed(board, "A", "OLD")
    hub = Hub(board)
    view = hub.view("overview", "OLD")
    stream = hub.stream(view, 0)
    told = [await anext(stream) for _ in range(2)][1]
    assert b'"A/open":3' in told
    place = f"{view.life}-{view.change}"
    known.take([record(agency("A", "NEW"))])
    view.refresh(flows=False)
    told = await anext(stream)
    said = orjson.loads(told.split(b"data: ")[1])
    assert told.split(b"\n")[1] == b"event: snapshot"
    assert said["redraw"] is True
    assert not [key for key in said["values"] if key.startswith("A/")]
    assert said["values"]["/open"] == 0
    assert hub.view("overview", "OLD").since(place) == 0, "who comes back begins anew"
    await stream.aclose()


def test_b9_the_stream_of_events_is_cut_by_the_tree_as_it_is_now() -> None:
    known = directory(agency("OLD"), agency("NEW"), agency("A", "OLD"))
    board = board_of(known)
    line = Line(1, "intake", "submitted", "d", "A", ("OLD",), 1, {})
    assert [matches(line, Wanted(), scope, board) for scope in ("OLD", "NEW")] == [True, False]
    known.take([record(agency("A", "NEW"))])
    assert [matches(line, Wanted(), scope, board) for scope in ("OLD", "NEW")] == [False, True]


def test_b9_a_timeline_is_opened_by_the_tree_as_it_is_now() -> None:
    board = board_of(directory(agency("OLD"), agency("NEW"), agency("A", "NEW")))
    dossier: Dossier[State] = Dossier("d", state={"agency": "A", "overseers": ["OLD"], "owner": "o"})
    assert demand_sight(superior("NEW"), dossier, board)
    with pytest.raises(NotFound):
        demand_sight(superior("OLD"), dossier, board)
    elsewhere: Dossier[State] = Dossier("e", state={"agency": "in no catalogue", "overseers": ["OLD"], "owner": "o"})
    assert demand_sight(superior("OLD"), elsewhere, board), (
        "of what the directory does not have the events' word stands"
    )


async def test_e4_an_agency_without_dossiers_is_there_for_itself_and_its_superiors() -> None:
    board = board_of(directory(agency("R"), agency("E", "R", name="Cơ quan mới")))
    for who, narrower in (("R", "E"), ("E", None), ("E", "E")):
        scope = scope_of(superior(who), board, narrower)
        (row,) = [row for row in (await body(board, scope))["agencies"] if row["code"] == "E"]
        assert (row["name_vi"], row["above"], row["total"]["open"]) == ("Cơ quan mới", ["R"], 0)
    assert View(board, "overview", "R").values["E/open"] == 0
    assert View(board, "agency", "E").values["/open"] == 0


def test_e4_a_code_nobody_knows_is_said_to_be_so() -> None:
    board = board_of(directory(agency("R"), agency("S")))
    filed(board, "T", "R")
    for who in (superior("R"), Principal("a", frozenset({"admin"}))):
        with pytest.raises(NotFound) as told:
            scope_of(who, board, "nowhere")
        assert told.value.code == "agency-unknown"
    assert scope_of(superior("R"), board, "T") == "T", "in no catalogue, and has dossiers"
    with pytest.raises(Forbidden):
        scope_of(superior("R"), board, "S")


@pytest.mark.parametrize("known", [Directory(), directory()], ids=["not read yet", "empty: not told yet"])
def test_e4_before_the_directory_is_known_nothing_is_said_to_be_unknown(known: Directory) -> None:
    board = board_of(known)
    with pytest.raises(Forbidden):
        scope_of(superior("R"), board, "nowhere")
    assert scope_of(Principal("a", frozenset({"admin"})), board, "nowhere") == "nowhere"
