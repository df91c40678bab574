"""Review's HTTP over real documents: the queue, batches, what is answered to whom."""

from __future__ import annotations

from tests.component.desks import Desk, officer
from tests.component.work.test_lists import offered
from tests.unit.review.support import Case
from tests.unit.review.support import officer as principal

SPECIALIST = officer("specialist-2", "specialist")
LEADER = officer("leader", "leader")
BOTH = officer("both", "leader", "specialist")


async def test_the_queue_is_by_stage_and_appointment(review: Desk) -> None:
    await review.put(
        Case("later", due="2025-07-09T10:00:00.000000Z").accepted().dossier,
        Case("sooner").accepted().dossier,
        Case("decided").approved().dossier,
        Case("appraised").appraised().dossier,
    )
    for stage, expected in (("appraisal", ["sooner", "later"]), ("approval", ["appraised"])):
        answer = await review.http.get(f"/api/v1/queue?stage={stage}", headers=LEADER)
        assert [case["id"] for case in answer.json()["items"]] == expected
    elsewhere = await review.http.get("/api/v1/queue?stage=appraisal", headers=officer("x", "leader", agency="H19.2"))
    assert elsewhere.json()["items"] == []
    nowhere = await review.http.get("/api/v1/queue?stage=appraisal", headers=officer("x", "leader", agency=None))
    assert (nowhere.status_code, nowhere.json()["code"]) == (403, "no-agency")


async def test_through_appraisal_return_and_rejection(review: Desk) -> None:
    await review.put(Case("one").accepted().dossier)
    path = "/api/v1/dossiers/one"
    first = await review.post(f"{path}/appraise", SPECIALIST, {"proposal": "reject", "note": "Thiếu."})
    assert (first.json()["stage"], first.json()["proposal"]) == ("approval", "reject")
    back = await review.post(f"{path}/return", LEADER, {"reason": "Xem lại."})
    assert back.json()["stage"] == "appraisal"
    await review.post(f"{path}/note", officer("c", "counter"), {"text": "Đã gọi điện."})
    await review.post(f"{path}/appraise", SPECIALIST, {"proposal": "reject"})
    last = await review.post(f"{path}/reject", LEADER, {"reason": "Không đủ điều kiện."})
    assert (last.json()["status"], last.json()["notes"]) == ("rejected", 1)
    journal = (await review.stored("one"))["journal"]
    assert [entry["type"] for entry in journal] == ["appraised", "returned", "noted", "appraised", "rejected"]
    assert [entry["actor"].partition(":")[0] for entry in journal] == [
        "specialist",
        "leader",
        "counter",
        "specialist",
        "leader",
    ]


async def test_a_repeat_has_no_second_effect_and_the_same_answer(review: Desk) -> None:
    await review.put(Case("one").accepted().dossier)
    first = await review.post("/api/v1/dossiers/one/appraise", SPECIALIST, {"proposal": "approve"}, "k")
    again = await review.post("/api/v1/dossiers/one/appraise", SPECIALIST, {"proposal": "approve"}, "k")
    other = await review.post("/api/v1/dossiers/one/appraise", SPECIALIST, {"proposal": "reject"}, "k")
    assert (again.status_code, again.json(), again.headers["etag"]) == (200, first.json(), first.headers["etag"])
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
    assert len((await review.stored("one"))["journal"]) == 1


async def test_a_batch_answers_for_every_item(review: Desk) -> None:
    await review.put(
        Case("mine").appraised(principal("both", "leader", "specialist")).dossier,
        Case("good").appraised().dossier,
        Case("early").accepted().dossier,
        Case("unheard").submitted().dossier,
    )
    items = [{"key": f"k-{id_}", "dossier": id_} for id_ in ("mine", "good", "early", "unheard", "nowhere")]
    answer = await review.post("/api/v1/dossiers:approve", BOTH, {"items": items})
    assert [(item["status"], item.get("problem", {}).get("code")) for item in answer.json()["items"]] == [
        (403, "same-person"),
        (200, None),
        (409, "illegal-transition"),
        (409, "dossier-not-ready"),
        (404, "dossier-not-found"),
    ]
    assert (await review.stored("good"))["state"]["status"] == "approved"
    assert len((await review.stored("mine"))["journal"]) == 1


async def test_cases_are_given_out_in_a_batch_and_one_is_taken(review: Desk) -> None:
    await review.put(
        *(Case(id_).accepted().dossier for id_ in ("one", "two", "three")), Case("done").approved().dossier
    )
    items = [{"key": f"k-{id_}", "dossier": id_, "officer": "specialist-2"} for id_ in ("one", "two", "done")]
    answer = await review.post("/api/v1/dossiers:assign", LEADER, {"items": items})
    assert [(i["status"], i.get("dossier", {}).get("assigned_to")) for i in answer.json()["items"]] == [
        (200, "specialist-2"),
        (200, "specialist-2"),
        (409, None),
    ]
    other = officer("specialist-3", "specialist")
    refused = await review.post("/api/v1/dossiers/one/appraise", other, {"proposal": "approve"})
    assert (refused.status_code, refused.json()["code"]) == (403, "assigned-to-another")
    taken = await review.post("/api/v1/dossiers/three/assign", other)
    assert taken.json()["assigned_to"] == "specialist-3"
    assert (await review.stored("three"))["journal"][-1]["data"] == {"officer": "specialist-3"}


async def test_a_case_waits_for_another_agency_and_goes_on(review: Desk) -> None:
    await review.put(*(Case(id_).accepted().dossier for id_ in ("one", "two")))
    asked = officer("asked", "specialist", agency="H19.2")
    items = [{"key": id_, "dossier": id_, "agency": "H19.2", "question": "Đúng không?"} for id_ in ("one", "two")]
    answer = await review.post("/api/v1/dossiers:consult", SPECIALIST, {"items": items})
    assert [item["dossier"]["waits_for"]["agency"] for item in answer.json()["items"]] == ["H19.2", "H19.2"]
    for stage, who in (("waiting", SPECIALIST), ("consultation", asked)):
        found = (await review.http.get(f"/api/v1/queue?stage={stage}", headers=who)).json()["items"]
        assert [case["id"] for case in found] == ["one", "two"]
        assert "Đúng không" not in str(found)
    read = await review.http.get("/api/v1/dossiers/one", headers=asked)
    assert (read.status_code, read.json()["waits_for"]["text"]) == (200, "Đúng không?")
    assert "H19.1-one" in await review.page("/work", asked)
    page = await review.page("/work", SPECIALIST)
    assert offered(page, "one") == ["withdraw-request", "request-extension"]
    given = await review.post("/api/v1/dossiers/one/answer-consultation", asked, {"answer": "Đúng."})
    assert (given.json()["status"], given.json()["stage"]) == ("in_review", "appraisal")
    assert (await review.http.get("/api/v1/dossiers/one", headers=asked)).status_code == 404
    again = await review.post("/api/v1/dossiers/one/answer-consultation", asked, {"answer": "Đúng."})
    assert (again.status_code, again.json()["code"]) == (404, "dossier-not-found")


async def test_the_citizen_is_asked_with_words_and_an_amount(review: Desk) -> None:
    await review.put(Case("one").accepted().dossier)
    path = "/api/v1/dossiers/one"
    for action, body in (
        ("request-supplement", {"text": " "}),
        ("request-payment", {"amount_vnd": 0, "reason": "Lệ phí."}),
        ("request-payment", {"amount_vnd": 20_000}),
    ):
        assert (await review.post(f"{path}/{action}", SPECIALIST, body)).status_code == 422
    refused = await review.post(f"{path}/request-supplement", LEADER, {"text": "Thiếu."})
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    waits = await review.post(f"{path}/request-payment", SPECIALIST, {"amount_vnd": 20_000, "reason": "Lệ phí."})
    assert waits.json()["waits_for"] | {"since": ""} == {"what": "payment", "amount_vnd": 20_000, "since": ""}
    early = await review.post(f"{path}/appraise", SPECIALIST, {"proposal": "approve"})
    assert (early.status_code, early.json()["code"]) == (409, "dossier-waits")


async def test_who_sees_what_was_filed(review: Desk) -> None:
    await review.put(Case("one").accepted().dossier)
    read = {
        name: await review.http.get("/api/v1/dossiers/one", headers=who)
        for name, who in {
            "specialist": SPECIALIST,
            "counter": officer("c", "counter"),
            "superior": officer("s", "superior", agency="H19"),
            "other": officer("o", "specialist", agency="H19.2"),
            "other superior": officer("s", "superior", agency="H20"),
        }.items()
    }
    assert read["specialist"].json()["applicant"] == "Nguyễn Văn An"
    assert {name: answer.status_code for name, answer in read.items()} == {
        "specialist": 200,
        "counter": 200,
        "superior": 200,
        "other": 404,
        "other superior": 404,
    }
    for name in ("counter", "superior", "other"):
        assert "Nguyễn" not in read[name].text


async def test_many_are_asked_for_answered_and_appraised_at_once(review: Desk) -> None:
    await review.put(*(Case(id_).accepted().dossier for id_ in ("text", "money", "opinion", "good")))
    asked = officer("asked", "specialist", agency="H19.2")
    for action, who, id_, body, status in (
        ("request-supplement", SPECIALIST, "text", {"text": "Thiếu."}, "awaiting_supplement"),
        ("request-payment", SPECIALIST, "money", {"amount_vnd": 20_000, "reason": "Lệ phí."}, "awaiting_payment"),
        ("consult", SPECIALIST, "opinion", {"agency": "H19.2", "question": "Đúng không?"}, "awaiting_consultation"),
        ("answer-consultation", asked, "opinion", {"answer": "Đúng."}, "in_review"),
        ("appraise", SPECIALIST, "good", {"proposal": "approve"}, "in_review"),
    ):
        items = [{"key": f"{action}-{one}", "dossier": one, **body} for one in (id_, "nowhere")]
        answer = await review.post(f"/api/v1/dossiers:{action}", who, {"items": items})
        done, refused = answer.json()["items"]
        assert (done["dossier"]["id"], done["dossier"]["status"]) == (id_, status), action
        assert refused["problem"]["code"] == "dossier-not-found"
