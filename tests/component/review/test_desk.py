"""Lists, counts and workload of an office; each answered from an index; the cases of who has left."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, get_args

import pytest
from tests.cases.directories import agency, record
from tests.component.desks import Desk, officer
from tests.unit.review.support import ASKED, Case, decisions
from tests.unit.review.support import officer as principal
from tests.unit.review.test_the_office_s_day import WISH

from dossier_review import assigning, handlers
from dossier_review.assigning import Assigner
from dossier_review.lists import OPEN, Day, ListName, at_stage, listed
from dossier_review.store import DESK, Cases, Desks
from dossier_review.workload import Standing
from dossier_shared.adapters.cursors import Cursor, Section
from dossier_shared.clock import FixedClock, instant
from dossier_shared.contracts.entries import OfficeDays
from dossier_shared.journal.limits import Limits

CONSULTING = principal("specialist", "specialist")
IN_ORDER = {  # of lists that may be long: the index that has their order
    **dict.fromkeys(("appraisal", "approval", "waiting", "due", "late"), "queue_in_order"), "mine": DESK, "group": DESK,
}  # fmt: skip
SPECIALIST, LEADER = officer("specialist", "specialist"), officer("leader", "leader")


@pytest.fixture
async def desk(review: Desk) -> Desk:
    """At nine in the morning of the day on which `today` is due; everything in it happened then."""
    today, clock = instant(FixedClock("2025-07-01T08:00:00.000000Z").now()), FixedClock("2025-07-01T02:00:00.000000Z")
    review.runtime.clock = clock
    future = instant(clock.now() + timedelta(days=3))
    await review.put(
        Case("today", due=today).assigned().dossier,
        Case("late", due="2025-07-01T01:00:00.000000Z").accepted().dossier,
        Case("free", due=future).accepted().dossier,
        Case("wish", due=future).accepted().hears(WISH).dossier,
        Case("given", due=future).assigned(principal("colleague", "specialist")).dossier,
        Case("appraised", due=future).appraised().dossier,
        Case("decided", due=future).approved().dossier,
        Case("waits", due=future).awaiting("consultation").dossier,
    )
    return review


async def test_each_list_has_its_cases_and_the_count_of_them(desk: Desk) -> None:
    expected: dict[str, list[str]] = {
        "appraisal": ["wish", "late", "today", "free", "given"],
        "approval": ["appraised"],
        "waiting": ["waits"],
        "consultation": [],
        "mine": ["today"],
        "group": ["wish", "late", "free"],
        "due": ["today"],
        "closing": ["today"],
        "late": ["late"],
        "withdrawal": ["wish"],
        "done": ["appraised", "decided"],
    }
    lists: dict[str, list[str]] = {}
    for name in expected:
        found: list[str] = []
        cursor: str | None = ""
        while cursor is not None:
            query = f"stage={name}&limit=2" + (f"&cursor={cursor}" if cursor else "")
            page = (await desk.http.get(f"/api/v1/queue?{query}", headers=SPECIALIST)).json()
            found += [case["id"] for case in page["items"]]
            cursor = page["next"]
        lists[name] = found
    assert lists == expected
    counts = (await desk.http.get("/api/v1/queue/counts", headers=SPECIALIST)).json()
    assert counts == {name: len(cases) for name, cases in expected.items()}
    asked = (await desk.http.get("/api/v1/queue/counts", headers=officer("x", "leader", agency=ASKED))).json()
    assert asked == {**dict.fromkeys(expected, 0), "consultation": 1}


async def test_what_waits_while_its_clock_stands_is_due_but_not_closing(desk: Desk) -> None:
    today = instant(FixedClock("2025-07-01T08:00:00.000000Z").now())
    await desk.put(Case("stands", due=today).awaiting("supplement").dossier)
    for name, ids in (("due", {"today", "stands"}), ("closing", {"today"})):
        listed_now = (await desk.http.get(f"/api/v1/queue?stage={name}", headers=SPECIALIST)).json()["items"]
        assert {case["id"] for case in listed_now} == ids
        assert (await desk.http.get("/api/v1/queue/counts", headers=SPECIALIST)).json()[name] == len(ids)


async def test_how_near_an_appointment_is_is_told_by_days_the_agency_works(desk: Desk) -> None:
    async def near() -> list[bool]:
        """In the list, its count, the work list and the case page."""
        rows = (await desk.http.get("/api/v1/queue?stage=closing", headers=SPECIALIST)).json()["items"]
        counts = (await desk.http.get("/api/v1/queue/counts", headers=SPECIALIST)).json()
        page = await desk.page("/work?filter=closing", SPECIALIST)
        return [
            "free" in {row["id"] for row in rows}, counts["closing"] > 1, "H19.1-free" in page,
            "/forms/04-draft" in await desk.page("/cases/free", SPECIALIST),
        ]  # fmt: skip

    assert await near() == [False] * 4, "three working days ahead"
    off = OfficeDays(weekend=[5, 6], off=["2025-07-02"], worked=[], since="2025-01-01", until="2025-12-31")
    desk.runtime.directory.take([record(agency("H19.1", office_days=off))])
    assert await near() == [True] * 4, "two"


async def test_the_work_list_begins_with_what_the_person_wants_back(desk: Desk) -> None:
    page = await desk.page("/work", LEADER)
    assert page.index("H19.1-wish") < page.index("H19.1-appraised")
    assert "H19.1-free" not in page


async def test_who_has_how_much(desk: Desk) -> None:
    items = (await desk.http.get("/api/v1/workload", headers=LEADER)).json()["items"]
    assert items == [
        {"officer": "colleague", "open": 1, "due": 0, "late": 0},
        {"officer": "specialist", "open": 1, "due": 1, "late": 0},
        {"officer": None, "open": 5, "due": 0, "late": 1},
    ]


async def test_the_cases_of_who_has_left_are_given_on(desk: Desk) -> None:
    refused = await desk.post("/api/v1/officers/specialist/release", SPECIALIST)
    assert refused.json()["code"] == "forbidden"
    given = await desk.post("/api/v1/officers/specialist/release", LEADER, {"to": "colleague"}, "k")
    assert given.json() == {"released": 1, "refused": 0}
    assert (await desk.stored("today"))["state"]["assigned_to"] == "colleague"
    back = await desk.post("/api/v1/officers/colleague/release", LEADER)
    assert back.json() == {"released": 2, "refused": 0}
    assert "assigned_to" not in (await desk.stored("given"))["state"]
    kept = await desk.post("/api/v1/officers/colleague/release", LEADER, {"to": "citizen"})
    assert kept.json() == {"released": 0, "refused": 0}


async def test_what_nobody_has_is_shared_out_and_what_arrives_by_itself(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the API, by the page without a script, and by the agency's rule; a repeat gives nothing twice."""
    ticked = {"officers": ["colleague", "specialist"], "dossiers": ["free", "today", "elsewhere"]}
    once = (await desk.post("/api/v1/dossiers:share-out", LEADER, ticked, "k")).json()["items"]
    assert [(one["key"], one["status"]) for one in once] == [("free", 200), ("today", 409), ("elsewhere", 404)]
    assert once[0]["dossier"]["assigned_to"] == "colleague"
    again = (await desk.post("/api/v1/dossiers:share-out", LEADER, ticked, "k")).json()["items"]
    assert again[0]["dossier"]["version"] == once[0]["dossier"]["version"]

    page = await desk.page("/workload?officer=specialist&do=tick", LEADER)
    assert page.count('name="dossier"') == page.count(" checked") - 1 == 2
    form = {"key": "p", "do": "share", "officer": "specialist", "dossier": ["late", "given"]}
    answer = await desk.http.post("/workload", data=form, headers={**LEADER, "sec-fetch-site": "same-origin"})
    assert answer.status_code == 200
    assert "→ specialist" in answer.text
    assert "Hồ sơ đã có cán bộ nhận" in answer.text
    assert (await desk.stored("late"))["state"]["assigned_to"] == "specialist"

    kept = {**form, "key": "q", "do": "keep", "more": "newcomer"}
    await desk.http.post("/workload", data=kept, headers={**LEADER, "sec-fetch-site": "same-origin"})
    rule = (await desk.http.get("/api/v1/assigning", headers=LEADER)).json()
    assert (rule["officers"], rule["by"]) == (["specialist", "newcomer"], "leader")
    assigner = Assigner(desk.runtime, Cases(desk.runtime.dossiers), Desks(desk.runtime.db))
    assert await assigner.once() == 0, "what was there before is given by people"
    new, late = Case("new", due="2025-07-09T10:00:00.000000Z").accepted().dossier, "2025-07-01T02:30:00.000000Z"
    new.state["accepted_at"] = late
    await desk.put(new)
    assert [await assigner.once(), await assigner.once()] == [1, 0]
    stored = await desk.stored("new")
    monkeypatch.setattr(assigning, "AT_ONCE", 1)
    for name, owner in (("own", "specialist"), ("next", "")):
        case = Case(name, due=f"2025-07-{9 if owner else 10:02}T10:00:00.000000Z").accepted().dossier
        case.state |= {"accepted_at": late, "owner": owner}
        await desk.put(case)
    await Desks(desk.runtime.db).keep(Standing("H19.1", ("specialist",), rule["since"], "leader"))
    assert await assigner.once() == 1, "what none of them may have holds nobody up"
    assert [(await desk.stored(name))["state"].get("assigned_to") for name in ("own", "next")] == [None, "specialist"]
    assert (stored["state"]["assigned_to"], stored["journal"][-1]["actor"]) == ("newcomer", "rule:review")
    await desk.post("/api/v1/officers/newcomer/release", LEADER)
    assert (await desk.http.get("/api/v1/assigning", headers=LEADER)).json()["officers"] == ["specialist"]
    assert (await desk.http.get("/api/v1/assigning", headers=SPECIALIST)).status_code == 403


async def test_a_limit_that_passes_by_itself_is_told_once(desk: Desk) -> None:
    case, limit = Case("slow").accepted(), "2025-07-01T01:30:00.000000Z"
    case.does(CONSULTING, decisions.consult_agencies(case.state, CONSULTING, [ASKED], "Đúng không?", limit))
    await desk.put(case.dossier)
    cases = Cases(desk.runtime.dossiers)
    desk.runtime.ledger.engine.clock = desk.runtime.clock
    limits = Limits(desk.runtime.ledger, cases.passed, handlers.overdue)
    assert [await limits.once(), await limits.once()] == [1, 0]
    last = (await desk.stored("slow"))["journal"][-1]
    assert (last["type"], last["actor"], last["data"]["limit"]) == ("consultation-overdue", "rule:review", limit)


async def test_every_list_is_found_by_an_index(desk: Desk) -> None:
    table, day = desk.runtime.dossiers.table, Day.of(desk.runtime.clock.now())
    for name in get_args(ListName):
        for query in listed(name, "specialist", "H19.1", day).queries:
            for section in (Section(query, "due"), Section(query, "due", ascending=False)):
                beyond = section.beyond(Cursor(0, day.now, "free"))
                for asked in (section.query, beyond):
                    plan = await table.find(asked).sort(section.keys).explain()
                    assert "COLLSCAN" not in set(stages(plan["queryPlanner"]["winningPlan"])), name
                if index := IN_ORDER.get(name):
                    plan = await table.find(section.query).sort(section.keys).hint(index).explain()
                    sorts = "SORT" in set(stages(plan["queryPlanner"]["winningPlan"]))
                    assert not sorts, (name, "all of it is sorted for each page")
    pipeline = [{"$match": at_stage("H19.1", *OPEN)}, {"$group": {"_id": "$state.stage", "open": {"$sum": 1}}}]
    explain = {"aggregate": table.name, "pipeline": pipeline, "cursor": {}, "hint": DESK}
    plan = await table.database.command("explain", explain)
    assert "COLLSCAN" not in str(plan)


def stages(plan: Any) -> Iterator[str]:
    if isinstance(plan, dict):
        yield from (value for key, value in plan.items() if key == "stage")
        for value in plan.values():
            yield from stages(value)
    elif isinstance(plan, list):
        for value in plan:
            yield from stages(value)
