"""Filing, accepting and refusing over real documents, through the fast lane and beside it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import httpx
import pytest
from pymongo.errors import ServerSelectionTimeoutError
from tests.component.desks import Desk, officer
from tests.component.intake.papers import STRAIGHT_THROUGH, agency_of, filing

from dossier_intake.filing.checks import Checked, check_filing
from dossier_intake.filing_api import dossier_id
from dossier_intake.store import Codes
from dossier_local.memory import Author
from dossier_local.simulation.papers import scan
from dossier_shared.contracts.events import (
    Approved,
    DecisionSealed,
    PaymentRequested,
    ReasonSealed,
    Rejected,
    SupplementRequested,
    SupplementRequestedSealed,
)
from dossier_shared.journal.dossier import Dossier
from dossier_shared.problems import Invalid

CITIZEN = officer("citizen", "citizen", agency=None)
COUNTER = officer("counter", "counter", agency=agency_of())


async def filed(intake: Desk, key: str | None = None) -> str:
    answer = await intake.post("/api/v1/dossiers", CITIZEN, filing(), key)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def test_small_batches_that_come_together_are_written_together(
    intake: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the first is being written, all the others come; codes enough are leased before."""
    agent, writes, write = officer("agent", "agent", agency=None), [], intake.runtime.dossiers.write
    checked, everything = 0, asyncio.Event()
    leasing = {
        "items": [{"key": f"before-{n}", "filing": filing()} for n in range(57)]
    }  # 8, 16, 32, 64 codes at a time
    assert (await intake.post("/api/v1/dossiers:batch", agent, leasing)).status_code == 200

    def check(*given: Any) -> Checked:
        nonlocal checked
        checked += 1
        if checked == 60:
            everything.set()
        return check_filing(*given)

    async def counted(dossiers: Sequence[Dossier], recorded: datetime) -> Any:
        writes.append(len(dossiers))
        await everything.wait()
        return await write(dossiers, recorded)

    monkeypatch.setattr("dossier_intake.filing_api.check_filing", check)
    monkeypatch.setattr(intake.runtime.dossiers, "write", counted)
    bodies = [{"items": [{"key": f"lot-{batch}-{n}", "filing": filing()} for n in range(5)]} for batch in range(12)]
    async with asyncio.timeout(20):
        answers = await asyncio.gather(*(intake.post("/api/v1/dossiers:batch", agent, body) for body in bodies))
    for body, answer in zip(bodies, answers, strict=True):
        assert [(item["key"], item["status"]) for item in answer.json()["items"]] == [
            (item["key"], 201) for item in body["items"]
        ]
    assert sum(writes) == 60
    assert len(writes) <= 3


async def test_papers_taken_from_what_offices_hold_are_recorded(intake: Desk) -> None:
    """What comes as a file all the same was not reused."""
    code, paper = "1.001193", "G15-KQ004389"
    paper_scan = await intake.http.post(
        "/api/v1/documents", headers={**CITIZEN, "content-type": "application/pdf"}, content=scan("G1", 1)
    )
    file = {"code": paper, "id": paper_scan.json()["id"]}
    for documents, reused in (([], [paper]), ([file], [])):
        body = filing(code, documents=documents, reused=[paper])
        answer = await intake.post("/api/v1/dossiers", CITIZEN, body)
        assert answer.status_code == 201, answer.text
        data = (await intake.stored(answer.json()["id"]))["journal"][0]["data"]
        assert (data["reused"], paper in data["reusable"]) == (reused, True)
    refused = await intake.post("/api/v1/dossiers", CITIZEN, filing(reused=["NO-SUCH"]))
    assert (refused.status_code, refused.json()["code"]) == (422, "document-not-reusable")
    assert refused.json()["errors"][0]["path"] == "/reused/0"


async def test_the_fast_lane_answers_as_the_route_does(intake: Desk) -> None:
    """The same requests, once through the lane and once through FastAPI's routing."""

    async def all_kinds() -> list[tuple[int, str, str]]:
        key = {"idempotency-key": "lane"}
        asked = [
            ({**CITIZEN, **key}, b"{"),
            ({**CITIZEN, **key}, b'{"procedure": 1}'),
            (CITIZEN, b"{}"),
            (key, b"{}"),
            ({**officer("s", "specialist"), **key}, b"{}"),
            ({**CITIZEN, **key}, b"[" * 100 + b"]" * 100),
            ({**CITIZEN, **key}, b'"' + b"a" * 2_200_000 + b'"'),
        ]
        answers = [await intake.http.post("/api/v1/dossiers", headers=head, content=body) for head, body in asked]
        answers.append(await intake.post("/api/v1/dossiers", CITIZEN, filing(), "lane"))
        answers.append(await intake.http.get("/api/v1/dossiers", headers=CITIZEN))
        answers.append(await intake.http.delete("/api/v1/dossiers", headers=CITIZEN))
        return [(a.status_code, a.headers["content-type"], _told(a)) for a in answers]

    lanes = dict(intake.app.state.lanes)
    assert set(lanes) == {("POST", "/api/v1/dossiers"), ("POST", "/api/v1/dossiers:batch")}
    fast = await all_kinds()
    intake.app.state.lanes.clear()
    assert await all_kinds() == fast
    assert [status for status, _, _ in fast] == [400, 422, 400, 401, 403, 400, 413, 201, 200, 405]
    metrics = (await intake.http.get("/metrics")).text
    assert 'route="/api/v1/dossiers",status="201"' in metrics


def _told(answer: httpx.Response) -> str:
    body = answer.json()
    return str(body.get("code") or body)


async def test_twenty_at_once_under_one_key_are_one_dossier(intake: Desk) -> None:
    answers = await asyncio.gather(*(intake.post("/api/v1/dossiers", CITIZEN, filing(), "same") for _ in range(20)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert await intake.runtime.dossiers.table.count_documents({}) == 1


async def test_a_repeat_keeps_its_answer_though_the_catalogue_has_changed(
    intake: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await intake.post("/api/v1/dossiers", CITIZEN, filing(), "k")

    def gone(*_: object) -> None:
        raise Invalid("procedure-unknown", "Không còn thủ tục này.", "The procedure is gone.")

    monkeypatch.setattr("dossier_intake.filing_api.check_filing", gone)
    again = await intake.post("/api/v1/dossiers", CITIZEN, filing(), "k")
    assert (again.status_code, again.json()) == (201, first.json())
    other = await intake.post("/api/v1/dossiers", CITIZEN, filing(channel="postal"), "k")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
    new = await intake.post("/api/v1/dossiers", CITIZEN, filing(), "k-2")
    assert (new.status_code, new.json()["code"]) == (422, "procedure-unknown")
    assert await intake.runtime.dossiers.table.count_documents({}) == 1


async def test_a_repeat_is_answered_to_a_counter_that_is_still_there(intake: Desk) -> None:
    wish = filing()
    here, elsewhere = (officer("c", "counter", agency=code) for code in (wish["agency"], "H19.151"))
    first = await intake.post("/api/v1/dossiers", here, wish, "k")
    again = await intake.post("/api/v1/dossiers", here, wish, "k")
    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
    assert (await intake.post("/api/v1/dossiers", elsewhere, wish, "k")).status_code in (403, 404)


async def test_a_refused_filing_may_be_corrected_under_its_key(intake: Desk) -> None:
    bad = filing(applicant={"name": "Nguyễn Văn An", "phone": "12"})
    assert (await intake.post("/api/v1/dossiers", CITIZEN, bad, "k")).status_code == 422
    assert (await intake.post("/api/v1/dossiers", CITIZEN, filing(), "k")).status_code == 201


async def test_accepting_many_answers_for_each(intake: Desk) -> None:
    one, two, three = [await filed(intake) for _ in range(3)]
    refused = await intake.post(f"/api/v1/dossiers/{two}/refuse", COUNTER, {"reason": "Ảnh mờ."})
    assert (refused.json()["status"], refused.json()["reason"]) == ("refused", "Ảnh mờ.")
    items = [
        {"key": "1", "dossier": one},
        {"key": "2", "dossier": two},
        {"key": "3", "dossier": "nowhere"},
        {"key": "4", "dossier": three, "appointment": "2030-01-01T10:00:00+07:00"},
    ]
    answer = (await intake.post("/api/v1/dossiers:accept", COUNTER, {"items": items})).json()["items"]
    assert [(item["status"], item.get("problem", {}).get("code")) for item in answer] == [
        (200, None),
        (409, "illegal-transition"),
        (404, "dossier-not-found"),
        (403, "appointment-refused"),
    ]
    assert answer[0]["dossier"]["appointment_lines"]
    repeated = (await intake.post("/api/v1/dossiers:accept", COUNTER, {"items": items[:1]})).json()["items"]
    assert repeated == answer[:1]
    assert len((await intake.stored(one))["journal"]) == 2
    replay = officer("counter", "counter", "replay", agency=agency_of())
    accepted = (await intake.post("/api/v1/dossiers:accept", replay, {"items": items[3:]})).json()["items"]
    assert accepted[0]["dossier"]["appointment"] == "2030-01-01T03:00:00.000000Z"


async def test_straight_through_is_accepted_in_the_same_write(intake: Desk) -> None:
    answer = await intake.post("/api/v1/dossiers", CITIZEN, filing(STRAIGHT_THROUGH))
    assert (answer.json()["status"], answer.json()["version"]) == ("accepted", 1)


async def test_the_citizen_reads_the_reason_of_a_rejection_not_the_note_of_an_approval(intake: Desk) -> None:
    for model, seen in ((Approved, None), (Rejected, "Lời của lãnh đạo.")):
        id_ = await filed(intake)
        decision = model(code="c", procedure="p", result_kind="certificate", owner="citizen")
        event = Author("review", id_).says(decision, DecisionSealed(holder="A", reason="Lời của lãnh đạo."))

        await intake.hears(event)
        view = (await intake.http.get(f"/api/v1/dossiers/{id_}", headers=CITIZEN)).json()
        assert (view["status"], view.get("reason")) == (model.name, seen)
        assert view["agency_name"].startswith("Ủy ban nhân dân")


async def test_what_is_asked_of_the_citizen_is_on_their_page_and_is_brought(intake: Desk) -> None:
    id_ = await filed(intake)
    accepted = (await intake.post(f"/api/v1/dossiers/{id_}/accept", COUNTER)).json()
    path = f"/api/v1/dossiers/{id_}/supplement"
    early = await intake.post(path, CITIZEN, {"text": "Đây ạ."})
    assert (early.status_code, early.json()["code"]) == (409, "nothing-awaited")
    review = Author("review", id_)
    await intake.hears(review.says(SupplementRequested(), SupplementRequestedSealed(text="Thiếu <i>chữ ký</i>.")))
    page = await intake.page("/", CITIZEN)
    assert "Chờ bạn bổ sung" in page
    assert "Cơ quan đề nghị gửi thêm giấy tờ" in page
    assert "Thiếu &lt;i&gt;chữ ký&lt;/i&gt;." in page
    unknown = {"documents": [{"code": "G1", "id": "0" * 64}]}
    for body, code in (({}, "supplement-empty"), (unknown, "document-unknown"), ({"text": ""}, "supplement-empty")):
        refused = await intake.post(path, CITIZEN, body)
        assert (refused.status_code, refused.json()["code"]) == (422, code)
    neighbour = await intake.post(path, officer("x", "citizen", agency=None), {"text": "Của tôi."})
    assert (neighbour.status_code, neighbour.json()["code"]) == (404, "dossier-not-found")
    upload = {**CITIZEN, "content-type": "application/pdf"}
    paper = await intake.http.post("/api/v1/documents?name=b.pdf", headers=upload, content=scan("G1", 1))
    whole = {"text": "Đã ký.", "documents": [{"code": "supplement", "id": paper.json()["id"]}]}
    given = await intake.post(path, CITIZEN, whole, "same")
    assert (given.status_code, given.json()["status"]) == (200, "in_review")
    assert given.json()["appointment"] >= accepted["appointment"]
    assert (await intake.post(path, CITIZEN, whole, "same")).json() == given.json()
    assert "Chờ bạn bổ sung" not in await intake.page("/", CITIZEN)
    await intake.hears(review.says(PaymentRequested(amount_vnd=20_000), ReasonSealed(reason="Lệ phí.")))
    assert "nộp 20.000 đồng" in await intake.page("/", CITIZEN)
    refused = await intake.post(f"/api/v1/dossiers/{id_}/payment-confirmed", CITIZEN)
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    items = {"items": [{"key": "a", "dossier": id_, "receipt": "BL-7"}, {"key": "b", "dossier": "nowhere"}]}
    paid = (await intake.post("/api/v1/dossiers:payment-confirmed", COUNTER, items)).json()["items"]
    assert [(item["status"], item.get("dossier", {}).get("status")) for item in paid] == [
        (200, "in_review"),
        (404, None),
    ]


def test_the_desk_names_a_dossier_by_who_files_and_their_key() -> None:
    assert dossier_id("0" * 32) == "00000000-0000-8000-8000-000000000000"
    assert dossier_id("f" * 32) != dossier_id("f" * 31 + "e")


async def test_the_counters_queue_and_the_catalogue_are_read(intake: Desk) -> None:
    id_ = await filed(intake)
    queue = await intake.http.get("/api/v1/queue", headers=COUNTER)
    assert [one["id"] for one in queue.json()["items"]] == [id_]
    for part in ("procedures", "agencies"):
        answer = (await intake.http.get(f"/api/v1/{part}")).json()
        assert answer["version"]
        assert all(one["code"] for one in answer["items"])


async def test_an_outage_is_waited_for_once_by_a_batch_not_by_each_of_its_filings(
    intake: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    async def away(_: Codes, agency: str, __: date) -> str:
        asked.append(agency)
        raise ServerSelectionTimeoutError("nobody there")

    batch = {"items": [{"key": f"away-{n}", "filing": filing()} for n in range(5)]}
    agent = officer("agent", "agent", agency=None)
    with monkeypatch.context() as broken:
        broken.setattr(Codes, "next", away)
        assert (await intake.post("/api/v1/dossiers:batch", agent, batch)).status_code == 503
    assert len(asked) == 1
    answer = await intake.post("/api/v1/dossiers:batch", agent, batch)
    assert [item["status"] for item in answer.json()["items"]] == [201] * 5
