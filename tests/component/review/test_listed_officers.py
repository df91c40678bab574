"""An agency that lists its officers: who is chosen, who may act, and whose cases go on when somebody leaves."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.component.desks import Desk, officer
from tests.unit.review.support import Case
from tests.unit.runtime.test_officers import entry, record

from dossier_review.assigning import Assigner
from dossier_review.store import Cases, Desks
from dossier_shared.clock import FixedClock, instant

SPECIALIST, LEADER = officer("specialist", "specialist"), officer("leader", "leader")
AGENCY = "H19.1"


@pytest.fixture
async def desk(review: Desk) -> Desk:
    review.runtime.clock = FixedClock("2025-07-01T02:00:00.000000Z")
    await review.put(Case("free").accepted().dossier, *(Case(f"own{n}").assigned().dossier for n in range(3)))
    listed(review, entry("leader", "leader", agency=AGENCY), entry("specialist", "specialist", agency=AGENCY))
    return review


def listed(desk: Desk, *entries: Any) -> None:
    desk.runtime.directory.officers.take(entries)


def assigner(desk: Desk) -> Assigner:
    return Assigner(desk.runtime, Cases(desk.runtime.dossiers), Desks(desk.runtime.db))


async def holders(desk: Desk) -> list[str | None]:
    return [(await desk.stored(f"own{n}"))["state"].get("assigned_to") for n in range(3)]


async def test_a_case_goes_to_nobody_who_is_not_listed(desk: Desk) -> None:
    listed(desk, entry("counter", "counter", agency=AGENCY), entry("elsewhere", "specialist", agency="H19.2"))
    for wrong in ("nobody", "counter", "elsewhere"):
        for path, body in (
            ("/api/v1/dossiers/free/assign", {"officer": wrong}),
            ("/api/v1/dossiers:share-out", {"officers": ["specialist", wrong], "dossiers": ["free"]}),
            ("/api/v1/officers/specialist/release", {"to": wrong}),
        ):
            answer = await desk.post(path, LEADER, body)
            assert (answer.status_code, answer.json()["code"]) == (422, "officer-unknown"), path
        kept = await desk.http.put("/api/v1/assigning", json={"officers": [wrong]}, headers=LEADER)
        assert kept.json()["code"] == "officer-unknown"
    assert "assigned_to" not in (await desk.stored("free"))["state"]
    given = await desk.post("/api/v1/dossiers/free/assign", LEADER, {"officer": "specialist"})
    assert given.json()["assigned_to"] == "specialist"


async def test_who_is_not_in_office_may_nothing_whatever_the_token_says(desk: Desk) -> None:
    for who in (officer("stranger", "leader"), officer("specialist", "leader")):
        answer = await desk.http.get("/api/v1/workload", headers=who)
        assert (answer.status_code, answer.json()["code"]) == (403, "not-in-office")
    assert (await desk.http.get("/api/v1/workload", headers=officer("specialist", "citizen"))).json()[
        "code"
    ] == "forbidden"
    assert (await desk.http.get("/api/v1/workload", headers=officer("x", "leader", agency="H19.2"))).status_code == 200


async def test_what_who_has_left_had_goes_to_the_successor_once(desk: Desk) -> None:
    goes = instant(desk.runtime.clock.now() + timedelta(hours=1))
    listed(
        desk, entry("newcomer", "specialist", agency=AGENCY),
        entry("specialist", "specialist", agency=AGENCY, valid_until=goes, successor="newcomer"),
    )  # fmt: skip
    minding = assigner(desk)
    assert await minding.give_on() == 0, "still in office"
    desk.runtime.clock = FixedClock("2025-07-01T04:00:00.000000Z")
    assert [await minding.give_on(), await minding.give_on(), await assigner(desk).give_on()] == [3, 0, 0]
    assert await holders(desk) == ["newcomer"] * 3
    assert (await desk.stored("own0"))["journal"][-1]["actor"] == "rule:review"
    assert (await desk.http.get("/api/v1/workload", headers=SPECIALIST)).status_code == 403


async def test_without_a_successor_in_office_it_is_everybody_s_again(desk: Desk) -> None:
    listed(
        desk, entry("gone", "specialist", agency=AGENCY, valid_until="2025-01-01T00:00:00.000000Z"),
        entry("specialist", "specialist", agency=AGENCY, valid_until="2025-06-01T00:00:00.000000Z", successor="gone"),
    )  # fmt: skip
    assert await assigner(desk).give_on() == 3
    assert await holders(desk) == [None] * 3


async def test_pages_name_officers_and_offer_those_listed(desk: Desk) -> None:
    page = await desk.page("/cases/own0", LEADER)
    assert "Trần Thị specialist" in page
    assert '<option value="specialist">Trần Thị specialist</option>' in page
    shared = await desk.page("/workload", LEADER)
    assert "Trần Thị specialist" in shared
    assert 'name="more"' not in shared
    listed(desk, record("leader", None), record("specialist", None))
    assert 'name="more"' in await desk.page("/workload", LEADER)
    assert 'name="officer" value=""' in await desk.page("/cases/own0", LEADER)
