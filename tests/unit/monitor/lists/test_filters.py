"""Filters, places and files of lists: pure."""

from __future__ import annotations

import csv
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from io import StringIO
from typing import Any, get_args

import orjson
import pytest
from pydantic import ValidationError

from dossier_monitor.lists import filters
from dossier_monitor.lists.export import COLUMNS, as_csv, as_json
from dossier_monitor.lists.filters import Filter, ListQuery, RowPlace
from dossier_monitor.lists.rows import desk, row_of
from dossier_monitor.projection.domain import DUE, due_state, unfinished
from dossier_monitor.projection.dossier import DossierProjection, micros, take
from dossier_monitor.projection.facts import facts
from dossier_shared.clock import instant
from dossier_shared.errors import Refusal
from dossier_shared.http.tokens import Principal

from ..stories import START, lives  # noqa: TID252


def document(projection: DossierProjection) -> dict[str, Any]:
    return {"_id": "d", "state": {"code": "c", "facts": facts(projection, projection.overseers)}}


def test_every_word_of_the_domain_can_be_asked_for() -> None:
    assert set(get_args(filters.Due)) == {*DUE, "pressing"}


def test_empty_fields_of_a_form_say_nothing_and_wrong_values_are_refused() -> None:
    chosen = ListQuery.model_validate({"agency": "H19", "stage": "", "own": "true", "age": "3", "limit": "7"})
    assert chosen.given == {"agency": "H19", "own": "true", "age": "3"}
    assert chosen.but(age=None, stage="signing") == {"agency": "H19", "own": "true", "stage": "signing"}
    for bad in ({"stage": "x"}, {"age": "13"}, {"took": "whole:13"}, {"filed_to": "9999-12-31"}):
        with pytest.raises(ValidationError):
            Filter.model_validate(bad)


def test_a_line_says_the_same_of_its_deadline_as_the_board() -> None:
    seen = set()
    for story in lives(200, 5):
        projection = DossierProjection()
        for event in story:
            take(projection, event)
        for hours in range(0, 120, 6):
            now = micros(instant(START + timedelta(hours=hours)))
            row = row_of(document(projection), now)
            expected = due_state(projection, now) if unfinished(projection) else None
            assert row["due_state"] == expected
            seen.add(expected)
    assert seen == {None, "none", "late", "today", "soon", "later"}


@pytest.mark.parametrize("place", [RowPlace(None, "a"), RowPlace("2026-11-16T01:00:00.000000Z", "đ|/")])
def test_a_place_goes_through_an_address(place: RowPlace) -> None:
    assert RowPlace.decode(place.encode("m"), "m") == place


@pytest.mark.parametrize("text", ["", "x", "e30", "W10", "WzEsMl0", "é", "[1]"])
def test_what_is_no_place_is_refused(text: str) -> None:
    with pytest.raises(Refusal, match="invalid-place"):
        RowPlace.decode(text, "m")


async def rows_of(*rows: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
    for row in rows:
        yield row


async def whole(parts: AsyncIterator[bytes]) -> bytes:
    return b"".join([part async for part in parts])


@pytest.mark.parametrize("count", [0, 1, 499, 500, 501, 1200])
async def test_a_file_has_every_line_once(count: int) -> None:
    rows = [{"code": str(number), "due": "2026-11-16T01:00:00.000000Z"} for number in range(count)]
    text = await whole(as_csv(rows_of(*rows)))
    lines = list(csv.reader(StringIO(text.decode("utf-8-sig"))))
    assert [line[0] for line in lines[1:]] == [row["code"] for row in rows]
    assert text.count(b"\xef\xbb\xbf") == 1
    if count:
        assert lines[1][[name for name, _, _ in COLUMNS].index("due")] == "2026-11-16 08:00:00"
    assert orjson.loads(await whole(as_json(rows_of(*rows)))) == rows


@pytest.mark.parametrize("text", ["=1+1", "+84", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
async def test_a_cell_is_never_a_formula(text: str) -> None:
    answer = (await whole(as_csv(rows_of({"code": "c", "procedure_name": text})))).decode("utf-8-sig")
    cells = list(csv.reader(StringIO(answer, newline="")))[1]
    assert [cell for cell in cells if text in cell] == [f"'{text}"]


def principal(roles: Sequence[str], agency: str | None) -> Principal:
    return Principal(sub="s", roles=frozenset(roles), agency=agency)


def test_the_way_to_the_work_is_for_who_may_act_there() -> None:
    base = {"review": "https://review.example"}
    row = {"stage": "approval", "agency": "A"}
    mine = desk(row, principal(["leader"], "A"), base)
    assert (mine and mine.url) == "https://review.example/work"
    for who, known in ((["leader"], {}), (["superior"], base), (["counter"], base)):
        found = desk(row, principal(who, "A"), known)
        assert (found and found.service, found and found.url) == ("review", None)
    other = desk(row, principal(["leader"], "B"), base)
    assert (other and other.url) is None
    assert desk({"stage": "delivered", "agency": "A"}, principal(["leader"], "A"), base) is None
