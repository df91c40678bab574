"""A cursor is good for the list that gave it, and for no other: another's is told so instead of an empty page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import permutations
from typing import Any

import pytest
from tests.component.desks import Desk, officer
from tests.component.intake.conftest import intake as intake
from tests.component.review.conftest import review as review
from tests.unit.review.support import Case

from dossier_intake.store import Dossiers, Office
from dossier_monitor.lists.filters import ListQuery, RowPlace, list_mark
from dossier_review.lists import Day, ListName, listed
from dossier_review.store import Cases
from dossier_shared.adapters.cursors import Page
from dossier_shared.errors import Refusal
from dossier_shared.http.tokens import Principal
from dossier_shared.journal.dossier import Dossier
from dossier_signing.store import ResultList

COUNTER, SPECIALIST = officer("counter", "counter"), officer("specialist", "specialist")

DAY = Day(
    "2025-07-01T01:00:00.000000Z",
    "2025-06-30T17:00:00.000000Z",
    "2025-07-01T17:00:00.000000Z",
    "2025-07-03T17:00:00.000000Z",
)


def asked(**given: Any) -> ListQuery:
    return ListQuery.model_validate(given)


class Full:
    """A collection that always has more."""

    async def find(
        self, query: Mapping[str, Any], *, limit: int, sort: Sequence[tuple[str, int]] = ()
    ) -> list[Dossier]:
        found = [Dossier(f"d-{number}", version=0) for number in range(limit)]
        for one in found:
            one.state = {"due": "2026-11-16T01:00:00.000000Z"}
        return found


async def test_e5_a_cursor_of_another_list_agency_or_stage_is_no_place() -> None:
    rows: Any = Full()
    desk, cases, results = Dossiers(rows), Cases(rows), ResultList(rows)

    def of(name: ListName, agency: str, cursor: str | None) -> Any:
        return cases.queue(listed(name, "o", agency, DAY), 2, cursor)

    def lists(number: int, cursor: str | None) -> Any:
        return (
            lambda: desk.queue(Office("H1"), 2, cursor), lambda: desk.queue(Office("H2"), 2, cursor),
            lambda: desk.waiting(Office("H1"), 2, cursor),
            lambda: desk.own(Principal("H1", frozenset({"citizen"})), 2, cursor), lambda: of("appraisal", "H1", cursor),
            lambda: of("approval", "H1", cursor), lambda: of("approval", "H2", cursor),
            lambda: of("consultation", "H1", cursor), lambda: cases.work("o", "H1", ["appraisal"], 2, cursor),
            lambda: cases.work("p", "H1", ["appraisal"], 2, cursor), lambda: results.queue("H1", 2, cursor),
            lambda: results.queue("H2", 2, cursor),
        )[number]()  # fmt: skip

    cursors: list[str] = []
    for number in range(12):
        page: Page = await lists(number, None)
        assert page.next is not None
        cursors.append(page.next)
        assert (await lists(number, page.next)).rows
    for one, other in permutations(range(12), 2):
        with pytest.raises(Refusal) as told:
            await lists(one, cursors[other])
        assert told.value.code == "invalid-place", (one, other)


def test_e5_a_place_of_the_board_is_bound_to_its_filter() -> None:
    wanted = asked(stage="appraisal", limit=1)
    mark = list_mark(wanted, "H1")
    after = RowPlace("2026-11-16T01:00:00.000000Z", "a").encode(mark)
    assert RowPlace.decode(after, list_mark(asked(stage="appraisal", limit=9, after=after), "H1")).id == "a"
    for other in (
        list_mark(wanted, "H2"), list_mark(wanted, None), list_mark(asked(stage="approval"), "H1"),
        list_mark(asked(stage="appraisal", due="late"), "H1"),
    ):  # fmt: skip
        with pytest.raises(Refusal) as told:
            RowPlace.decode(after, other)
        assert told.value.code == "invalid-place"


async def test_e5_the_counters_cursor_in_reviews_queue_is_422(intake: Desk, review: Desk) -> None:
    cases = [Case(f"c-{n:02d}", due=f"2025-07-0{n + 1}T10:00:00.000000Z").accepted() for n in range(4)]
    await review.put(*(case.dossier for case in cases))
    filed = []
    for number in range(3):
        one = Dossier(f"d-{number}", version=0)
        one.state = {
            "code": f"H19.1-20250701-{number:07d}", "agency": "H19.1", "agency_name": "Xã", "owner": "citizen", "fee_vnd": 0,
            "status": "submitted", "portal_status": 1, "procedure": "1.001193", "procedure_name": "Khai sinh",
            "channel": "online", "submitted_at": f"2025-07-01T01:0{number}:00.000000Z",
        }  # fmt: skip
        one.touched = True
        filed.append(one)
    await intake.put(*filed)
    cursor = (await intake.http.get("/api/v1/queue?limit=2", headers=COUNTER)).json()["next"]
    assert cursor
    for stage in ("stage=appraisal", "stage=waiting"):
        answer = await review.http.get(f"/api/v1/queue?{stage}&cursor={cursor}", headers=SPECIALIST)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid-place")
    assert (await intake.http.get(f"/api/v1/queue?cursor={cursor}", headers=COUNTER)).json()["items"]
