"""The officers' pages: who sees which rows, in which order, with which actions; and what the actions call exists."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable

import httpx
import pytest
from tests.component.desks import Desk, codes, officer
from tests.component.intake.papers import agency_of, filing
from tests.unit.review.support import Case
from tests.unit.review.support import officer as principal
from tests.unit.signing_rules.support import Result

from dossier_intake.commands import VERBS as INTAKE
from dossier_local.memory import Author
from dossier_review.commands import VERBS as REVIEW
from dossier_shared.contracts.events import PaymentRequested, ReasonSealed
from dossier_shared.journal.dossier import New
from dossier_shared.pages.work_list import Action, actions_of
from dossier_signing.commands import VERBS as SIGNING

PAST, FUTURE = "2025-07-04T10:00:00.000000Z", "2099-07-04T10:00:00.000000Z"
LEADER = officer("leader", "leader")
APPRAISE = [
    "propose-approval",
    "propose-rejection",
    "request-supplement",
    "request-payment",
    "consult",
    "request-extension",
]


def offered(page: str, dossier: str) -> list[str]:
    row = page[page.index(f'data-id="{dossier}"') :].partition("</tr>")[0]
    return re.findall(r'data-action="([\w-]+)"', row)


async def test_the_counter_s_list(intake: Desk) -> None:
    citizen, counter = officer("citizen", "citizen", agency=None), officer("Lê Thị Cúc", "counter", agency=agency_of())
    ids = [(await intake.post("/api/v1/dossiers", citizen, filing())).json() for _ in range(3)]
    await intake.post(f"/api/v1/dossiers/{ids[1]['id']}/accept", counter)
    page = await intake.page("/work", counter)
    assert codes(page, [one["code"] for one in ids]) == [ids[0]["code"], ids[2]["code"]]
    assert offered(page, ids[0]["id"]) == ["accept", "refuse", "request-completion"]
    assert "Nộp trực tuyến" in page
    assert "Hạn" not in page  # the legal clock has not begun
    assert "Filed online" in await intake.page("/work?lang=en", counter)
    assert "Nguyễn Văn An" not in page
    elsewhere = await intake.page("/work", officer("x", "counter", agency="H19"))
    assert codes(elsewhere, [one["code"] for one in ids]) == []


async def test_the_counter_confirms_what_was_asked_to_be_paid(intake: Desk) -> None:
    citizen, counter = officer("citizen", "citizen", agency=None), officer("Lê Thị Cúc", "counter", agency=agency_of())
    filed = [(await intake.post("/api/v1/dossiers", citizen, filing())).json() for _ in range(2)]
    owing = filed[0]
    await intake.post(f"/api/v1/dossiers/{owing['id']}/accept", counter)
    asked = New(PaymentRequested(amount_vnd=20_000), ReasonSealed(reason="Lệ phí."))
    await intake.hears(Author("review", owing["id"]).says(*asked[:2]))
    page = await intake.page("/work", counter)
    assert codes(page, [one["code"] for one in filed]) == [filed[1]["code"], owing["code"]]
    assert offered(page, owing["id"]) == ["payment-confirmed"]
    assert "Chờ nộp 20.000 đồng" in page
    await intake.post(f"/api/v1/dossiers/{owing['id']}/payment-confirmed", counter)
    assert codes(await intake.page("/work", counter), [owing["code"]]) == []


async def test_review_s_list_is_everyone_s_own_step_the_earliest_due_first(review: Desk) -> None:
    await review.put(
        Case("future", due=FUTURE).accepted().dossier,
        Case("past", due=PAST).accepted().dossier,
        Case("decide", due=FUTURE).appraised().dossier,
        Case("against", due=PAST).appraised(proposal="reject").dossier,
        Case("own", due=FUTURE).appraised(principal("leader", "leader")).dossier,
        Case("mine", due=FUTURE).assigned(principal("specialist", "specialist")).dossier,
    )
    everything = [f"H19.1-{id_}" for id_ in ("future", "past", "decide", "against", "own", "mine")]
    specialist = await review.page("/work", officer("specialist", "specialist"))
    assert codes(specialist, everything) == ["H19.1-mine", "H19.1-past", "H19.1-future"]
    assert sorted(offered(specialist, "past")) == sorted([*APPRAISE, "take"])
    assert offered(specialist, "mine") == APPRAISE
    assert re.search(r'<span id="late">1</span>', specialist)
    leader = await review.page("/work", LEADER)
    assert codes(leader, everything) == ["H19.1-against", "H19.1-decide", "H19.1-own"]
    assert [offered(leader, id_) for id_ in ("decide", "against", "own")] == [
        ["approve", "return", "reject", "stop", "hand-over"],
        ["approve-nonetheless", "return", "reject", "stop", "hand-over"],
        ["return"],
    ]
    both = await review.page("/work?limit=2", officer("both", "leader", "specialist"))
    assert codes(both, everything) == ["H19.1-against", "H19.1-past"]  # due at the same instant: by id
    assert "2+" in both


async def test_the_leader_s_signatures(signing: Desk) -> None:
    await signing.put(
        Result(dossier="one").decided().dossier,
        Result("database_update", dossier="entry").decided().dossier,
    )
    page = await signing.page("/work", LEADER)
    assert codes(page, ["H19.1-one", "H19.1-entry"]) == ["H19.1-one"]
    assert offered(page, "one") == ["sign", "send-back"]
    assert 'href="/api/v1/dossiers/one/preview" target="_blank"' in page
    assert "Quá hạn" in page
    await signing.post("/api/v1/dossiers/one/sign", LEADER)
    assert codes(await signing.page("/work", LEADER), ["H19.1-one"]) == []


async def test_who_has_no_list_is_told(intake: Desk, review: Desk, signing: Desk) -> None:
    for desk, role in ((intake, "specialist"), (review, "counter"), (signing, "specialist")):
        for who, status, words in (
            ({}, 401, "Bạn chưa đăng nhập"),
            (officer("x", role), 403, "Tài khoản này không dùng được trang này"),
        ):
            answer = await desk.http.get("/work", headers=who)
            assert (answer.status_code, words in answer.text) == (status, True)
    unattached = await signing.http.get("/work", headers=officer("x", "leader", agency=None))
    assert (unattached.status_code, "chưa gắn với cơ quan" in unattached.text) == (403, True)


async def counts(desk: Desk, who: dict[str, str]) -> dict[str, int]:
    answer = await desk.http.get("/api/v1/counts", headers=who)
    assert answer.status_code == 200, answer.text
    return {item["name"]: item["n"] for item in answer.json()["items"]}


async def listed(desk: Desk, who: dict[str, str], found: dict[str, int]) -> dict[str, int]:
    """How many rows each of these filters shows."""
    return {name: (await desk.page(f"/work?filter={name}", who)).count("data-id=") for name in found}


async def test_what_is_counted_is_what_is_listed(review: Desk, intake: Desk, signing: Desk) -> None:
    await review.put(
        Case("free", due=FUTURE).accepted().dossier,
        Case("late", due=PAST).accepted().dossier,
        Case("mine", due=FUTURE).assigned(principal("specialist", "specialist")).dossier,
        Case("theirs", due=FUTURE).assigned(principal("another", "specialist")).dossier,
        Case("decide", due=FUTURE).appraised().dossier,
    )
    specialist = officer("specialist", "specialist")
    found = await counts(review, specialist)
    assert found == dict.fromkeys(("due", "closing", "waiting", "consultation", "done"), 0) | {
        "mine": 1,
        "group": 2,
        "late": 1,
    }
    assert await listed(review, specialist, found) == found
    assert await counts(review, LEADER) == {
        "approval": 1,
        "withdrawal": 0,
        "late": 1,
        "closing": 0,
        "due": 0,
        "waiting": 0,
        "consultation": 0,
        "done": 0,
    }
    latest = await review.page("/work?filter=group&sort=latest", specialist)
    assert codes(latest, ["H19.1-free", "H19.1-late"]) == ["H19.1-free", "H19.1-late"]

    citizen, counter = officer("citizen", "citizen", agency=None), officer("Lê Thị Cúc", "counter", agency=agency_of())
    await intake.post("/api/v1/dossiers", citizen, filing())
    assert await counts(intake, counter) == {"filed": 1, "completing": 0, "owing": 0}
    assert await listed(intake, counter, {"filed": 1, "completing": 0}) == {"filed": 1, "completing": 0}

    await signing.put(Result(dossier="one").decided().dossier)
    assert await counts(signing, LEADER) == {"ready": 1, "failed": 0}
    assert await listed(signing, LEADER, {"ready": 1, "failed": 0}) == {"ready": 1, "failed": 0}


def _paths(actions: list[Action]) -> set[str]:
    return {path.replace("{id}", "{dossier_id}") for a in actions for path in (a.verb.path, a.verb.bulk_path) if path}


async def test_every_action_calls_what_exists_and_sends_what_is_taken(
    intake: Desk, review: Desk, signing: Desk
) -> None:
    for desk, verbs in ((intake, INTAKE), (review, REVIEW), (signing, SIGNING)):
        document, actions = desk.app.openapi(), actions_of(verbs)
        assert {path for path in _paths(actions) if "post" not in document["paths"].get(path, {})} == set()
        for action in actions:
            operation = document["paths"][action.verb.path.replace("{id}", "{dossier_id}")]["post"]
            button = action.button
            sent = {*button.body, *([button.reason] if button.reason else [])}
            sent |= {button.also.name} if button.also else set()
            if sent:
                name = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
                assert sent <= document["components"]["schemas"][name]["properties"].keys(), action.name


@pytest.mark.parametrize("action", [*APPRAISE, "take"])
async def test_the_page_s_own_request_is_accepted(review: Desk, action: str) -> None:
    """What the script sends, from the configuration the page gives it, by cookie."""
    specialist = officer("specialist", "specialist")
    await review.put(Case("one").accepted().dossier)
    page = await review.page("/work", specialist)
    found = re.search(r'<script type="application/json" id="config">(.*?)</script>', page, re.DOTALL)
    version = re.search(r'data-version="(\d+)"', page)
    assert found
    assert version
    call = json.loads(found[1])["actions"][action]
    token = specialist["authorization"].removeprefix("Bearer ")
    send: Callable[..., Awaitable[httpx.Response]] = review.http.post
    path, body = (
        call["path"].replace("{id}", "one"),
        {
            **call["body"],
            **({call["reason"]: "Thiếu."} if call["reason"] else {}),
            **({call["also"]["name"]: 2_000 if call["also"]["number"] else "H19.2"} if call["also"] else {}),
        },
    )
    headers = {"cookie": f"dossier_session={token}", "idempotency-key": "k", "if-match": f'"{version[1]}"'}
    foreign = await send(path, json=body, headers={**headers, "sec-fetch-site": "cross-site"})
    assert (foreign.status_code, foreign.json()["code"]) == (403, "cross-site")
    answer = await send(path, json=body, headers={**headers, "sec-fetch-site": "same-origin"})
    assert answer.status_code == 200, answer.text
    stale = await send(path, json=body, headers={**headers, "sec-fetch-site": "same-origin", "idempotency-key": "k-2"})
    assert (stale.status_code, stale.json()["code"]) == (412, "stale-version")
