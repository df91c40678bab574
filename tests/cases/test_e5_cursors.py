"""The 501st is reached by every list: a page at a time, in an order that what comes and goes does not disturb."""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.component.desks import Desk, officer
from tests.component.intake.conftest import intake as intake
from tests.component.review.conftest import review as review
from tests.component.signing_api.conftest import keys as keys
from tests.component.signing_api.conftest import signing as signing
from tests.unit.review.support import ASKED, Case
from tests.unit.signing_rules.support import Result

from dossier_local.stack import Stack
from dossier_monitor.alarms.store import AlarmStore
from dossier_monitor.recount.store import Recounts
from dossier_shared.adapters.cursors import Cursor
from dossier_shared.adapters.mongo import connect, database
from dossier_shared.clock import SystemClock
from dossier_shared.errors import Refusal
from dossier_shared.journal.dossier import Dossier

CITIZEN, COUNTER = officer("citizen", "citizen", agency=None), officer("counter", "counter")
SPECIALIST, LEADER = officer("specialist", "specialist"), officer("leader", "leader")
BROKEN = (
    "", "x", "é", "=", "AAAA", base64.urlsafe_b64encode(b"[1]").decode(), Cursor(7, None, "x").encode("m"), "x" * 400,
    base64.urlsafe_b64encode(b'[0, "\\u0000", "a"]').decode().rstrip("="), base64.urlsafe_b64encode(b"[" * 300).decode(),
    base64.urlsafe_b64encode(b'[true, {"$ne": 1}, "a"]').decode(), base64.urlsafe_b64encode(b'[0, "a", {"$gt": ""}]').decode(),
)  # fmt: skip


async def through(desk: Desk, path: str, who: dict[str, str], **asked: Any) -> list[str]:
    """Every id of the list, page after page."""
    found: list[str] = []
    for _ in range(20):
        answer = await desk.http.get(path, params=asked, headers=who)
        assert answer.status_code == 200, answer.text
        found += [item["id"] for item in answer.json()["items"]]
        if answer.json()["next"] is None:
            return found
        assert len(answer.json()["items"]) == asked["limit"]
        asked["cursor"] = answer.json()["next"]
    raise AssertionError("the list does not end")


async def pages(desk: Desk, path: str, who: dict[str, str]) -> list[str]:
    """The same by the links of a page."""
    found: list[str] = []
    for _ in range(40):  # of twenty rows
        text = await desk.page(path, who)
        found += re.findall(r'data-id="([^"]+)"', text) or re.findall(r">(H19\.1-[\w-]+)<", text)
        onward = re.search(r'href="([^"]+)" rel="next"', text)
        if onward is None:
            assert "cursor" not in path or "Về đầu danh sách" in text
            return found
        path = path.partition("?")[0] + "?" + onward[1].partition("?")[2].replace("&amp;", "&")
    raise AssertionError("the list does not end")


def filed(number: int, status: str = "submitted", **more: Any) -> Dossier:
    """Several at the same instant."""
    at = f"2025-07-01T01:{number // 20:02d}:00.000000Z"
    found = Dossier(f"d-{number:04d}", version=0)
    found.state = {
        "code": f"H19.1-20250701-{number:07d}", "agency": "H19.1", "agency_name": "Xã", "owner": "citizen", "status": status,
        "portal_status": 1, "procedure": "1.001193", "procedure_name": "Khai sinh", "channel": "online", "fee_vnd": 0,
        "submitted_at": at, **more,
    }  # fmt: skip
    found.touched = True
    return found


async def test_e5_the_501st_of_the_counter_is_reached(intake: Desk) -> None:
    asked = {"what": "payment", "at": "2025-07-02T01:00:00.000000Z", "amount_vnd": 5000, "text": "Lệ phí."}
    await intake.put(*(filed(n) for n in range(501)))
    await intake.put(*(filed(n, "awaiting_payment", asked=asked) for n in range(600, 620)))
    expected = [f"d-{n:04d}" for n in range(501)]
    assert await through(intake, "/api/v1/queue", COUNTER, limit=500) == expected
    assert await through(intake, "/api/v1/queue", COUNTER, limit=100) == expected
    owing = [f"d-{n:04d}" for n in range(600, 620)]
    assert await pages(intake, "/work", COUNTER) == [*expected, *owing]
    assert await pages(intake, "/work?limit=501&utm_source=x", COUNTER) == [*expected, *owing]
    mine = await through(intake, "/api/v1/dossiers", CITIZEN, limit=200)
    assert mine == sorted(mine, key=lambda id_: (int(id_[2:]) // 20, id_), reverse=True)
    assert sorted(mine) == [*expected, *owing]
    codes = await pages(intake, "/", CITIZEN)
    assert len(set(codes)) == 521


async def test_e5_what_comes_and_goes_meanwhile_moves_nothing_else(intake: Desk) -> None:
    await intake.put(*(filed(n) for n in range(10, 30)))
    first = (await intake.http.get("/api/v1/queue?limit=10", headers=COUNTER)).json()
    await intake.put(filed(1))
    for gone in first["items"][-2:]:  # the last of the page among them
        await intake.runtime.dossiers.table.update_one({"_id": gone["id"]}, {"$set": {"state.status": "accepted"}})
    rest = await through(intake, "/api/v1/queue", COUNTER, limit=7, cursor=first["next"])
    assert rest == [f"d-{n:04d}" for n in range(20, 30)]


async def test_e5_the_queues_of_review_and_signing(review: Desk, signing: Desk) -> None:
    dues = [f"2025-07-{4 + n % 3:02d}T10:00:00.000000Z" for n in range(31)]
    cases = [Case(f"c-{n:02d}", due=due).accepted() for n, due in enumerate(dues)]
    for case in cases[:4]:
        case.state["assigned_to"] = "specialist"
    asked = [Case(f"x-{n:02d}", due=due).awaiting("consultation") for n, due in enumerate(dues[:5])]
    await review.put(*(case.dossier for case in cases), *(case.dossier for case in asked))
    ordered = [case.dossier.id for case in sorted(cases, key=lambda case: (case.due, case.dossier.id))]
    assert await through(review, "/api/v1/queue", SPECIALIST, stage="appraisal", limit=6) == ordered
    every = [case.dossier.id for case in sorted([*cases, *asked], key=lambda case: (case.due, case.dossier.id))]
    own = [id_ for id_ in every if id_.startswith("c-") and int(id_[2:]) < 4]
    assert await pages(review, "/work?limit=3", SPECIALIST) == [*own, *(id_ for id_ in every if id_ not in own)]
    consulted = [case.dossier.id for case in sorted(asked, key=lambda case: (case.due, case.dossier.id))]
    other = officer("o", "specialist", agency=ASKED)
    assert await through(review, "/api/v1/queue", other, stage="consultation", limit=2) == consulted
    assert await pages(review, "/work?limit=2", other) == consulted
    results = [Result("certificate", f"r-{n:02d}").decided().dossier for n in range(13)]
    for result in results[:5]:  # promised nothing: they come first
        result.state["appointment"] = None
    await signing.put(*results)
    expected = [result.id for result in results]
    assert await through(signing, "/api/v1/queue", LEADER, limit=3) == expected
    assert await pages(signing, "/work?limit=4", LEADER) == expected


async def test_e5_a_broken_cursor_is_told_so(intake: Desk, review: Desk, signing: Desk) -> None:
    for desk, path, who in (
        (intake, "/api/v1/queue", COUNTER),
        (intake, "/api/v1/dossiers", CITIZEN),
        (intake, "/internal/waiting", officer("a", "admin", agency=None)),
        (review, "/api/v1/queue?stage=waiting", SPECIALIST),
        (review, "/api/v1/queue?stage=consultation", SPECIALIST),
        (signing, "/api/v1/queue", LEADER),
    ):
        for cursor in BROKEN:
            answer = await desk.http.get(f"{path}{'&' if '?' in path else '?'}cursor={cursor}", headers=who)
            assert (answer.status_code, answer.json()["code"]) == (422, "invalid-place"), (path, cursor)
    for desk, path, who in ((intake, "/", CITIZEN), (intake, "/work", COUNTER), (signing, "/work", LEADER)):
        page = await desk.http.get(f"{path}?cursor=x", headers=who)
        assert (page.status_code, page.headers["content-type"][:9]) == (422, "text/html")
        assert "Hãy mở lại danh sách từ đầu" in page.text


async def test_e5_alarms_recounts_and_what_waits(stack: Stack, intake: Desk) -> None:
    client = connect(stack.mongodb)
    db = database(client, intake.runtime.settings.database)
    store, begun = AlarmStore(db), datetime(2025, 7, 1, tzinfo=UTC)
    rows: list[dict[str, Any]] = []
    for number in range(40):
        state = {
            "agency": "H1", "status": ("raised", "cleared")[number % 2], "severity": ("info", "critical")[number % 3 == 0],
            "since": f"2025-07-01T0{number % 5}:00:00.000000Z", "acknowledged": None if number % 4 else {"by": "x"},
        }  # fmt: skip
        rows.append({"_id": f"a-{number:02d}", "version": 1, "state": state, "journal": []})
    await store.alarms.table.insert_many(rows)
    whole = [row["_id"] for row in (await store.find(None, None))[0]]
    found: list[str] = []
    cursor: str | None = None
    while True:
        some, cursor = await store.find(None, None, 7, cursor)
        found += [row["_id"] for row in some]
        if cursor is None:
            break
    assert found == whole
    assert len(set(whole)) == 40
    assert [rows[int(id_[2:])]["state"]["status"] for id_ in whole] == ["raised"] * 20 + ["cleared"] * 20
    with pytest.raises(Refusal, match="invalid-place"):
        await store.find(None, None, 7, "x")
    run = {"state": "finished", "by": "night"}
    moments = [begun + timedelta(minutes=n // 3) for n in range(10)]
    await db["recounts"].insert_many([{**run, "_id": f"r-{n}", "started": at} for n, at in enumerate(moments)])
    recounts, seen = Recounts(db, SystemClock()), []
    cursor = None
    while True:
        some, cursor = await recounts.newest(3, cursor)
        seen += [view["id"] for view in some]
        if cursor is None:
            break
    assert seen == [f"r-{n}" for n in reversed(range(10))]
    client.close()
