"""A batch answers for every item, whatever one of them is."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import httpx
import pytest
from pymongo.errors import AutoReconnect
from tests.component.desks import Desk, officer
from tests.component.intake.conftest import intake as intake
from tests.component.intake.papers import agency_of, filing
from tests.component.review.conftest import review as review
from tests.component.signing_api.conftest import keys as keys
from tests.component.signing_api.conftest import signing as signing
from tests.unit.review.support import Case

from dossier_intake import handlers
from dossier_intake.filing.checks import Checked, Filing, check_filing
from dossier_intake.state import State
from dossier_review.schemas import case_view
from dossier_shared.http.batches import RefusedItem, read_items
from dossier_shared.http.commands import Batch, BatchItem
from dossier_shared.problems import Problem

CITIZEN, AGENT = officer("citizen", "citizen", agency=None), officer("agent", "agent", agency=None)
COUNTER = officer("counter", "counter", agency=agency_of())
LEADER = officer("leader", "leader")
Outcome = tuple[str, int, str | None]


async def sent(desk: Desk, path: str, who: dict[str, str], body: bytes) -> httpx.Response:
    headers = {**who, "idempotency-key": "lot", "content-type": "application/json"}
    return await desk.http.post(path, content=body, headers=headers)


def told(answer: httpx.Response) -> list[Outcome]:
    """Key, status, code; the refused ones say where they stood."""
    assert answer.status_code == 200, answer.text
    items = answer.json()["items"]
    assert all(item["position"] == place for place, item in enumerate(items) if item["status"] >= 400)
    return [(item["key"], item["status"], item.get("problem", {}).get("code")) for item in items]


async def filed(intake: Desk, count: int) -> list[str]:
    items = [{"key": f"filed-{n}", "filing": filing()} for n in range(count)]
    answer = await intake.post("/api/v1/dossiers:batch", AGENT, {"items": items})
    return [item["dossier"]["id"] for item in answer.json()["items"]]


async def test_a4_one_that_breaks_us_is_told_apart_from_three_that_are_accepted(
    intake: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = await filed(intake, 4)
    broken = (await intake.stored(ids[1]))["state"]["code"]
    accept = handlers.accept_dossier

    def accepting(state: State, *rest: Any) -> Any:
        if state["code"] == broken:
            raise ZeroDivisionError("a limit nothing can be computed with")
        return accept(state, *rest)

    monkeypatch.setattr(handlers, "accept_dossier", accepting)
    body = {"items": [{"key": f"k-{n}", "dossier": id_} for n, id_ in enumerate(ids)]}
    for _ in range(2):
        answer = await intake.post("/api/v1/dossiers:accept", COUNTER, body)
        assert told(answer) == [("k-0", 200, None), ("k-1", 500, "internal"), ("k-2", 200, None), ("k-3", 200, None)]
        assert "limit" not in answer.text
    monkeypatch.undo()
    assert [status for _, status, _ in told(await intake.post("/api/v1/dossiers:accept", COUNTER, body))] == [200] * 4


async def test_a4_a_filing_that_breaks_us_leaves_its_neighbours_filed(
    intake: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def checking(catalogue: Any, wish: Filing, *rest: Any) -> Checked:
        if "Bình" in wish.applicant.name:
            raise RecursionError
        return check_filing(catalogue, wish, *rest)

    monkeypatch.setattr("dossier_intake.filing_api.check_filing", checking)
    names = ("An", "Bình", "Chi")
    applicants = [{"name": f"Nguyễn Văn {name}", "phone": "0912345678"} for name in names]
    items = [{"key": name, "filing": filing(applicant=one)} for name, one in zip("abc", applicants, strict=True)]
    answer = await intake.post("/api/v1/dossiers:batch", AGENT, {"items": items})
    assert told(answer) == [("a", 201, None), ("b", 500, "internal"), ("c", 201, None)]


async def test_a4_a_view_that_fails_does_not_hide_what_was_recorded(
    review: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await review.put(*(Case(id_).appraised().dossier for id_ in ("one", "two")))

    def shown(dossier: Any) -> dict[str, Any]:
        if dossier.id == "one":
            raise KeyError("status")
        return case_view(dossier)

    monkeypatch.setattr("dossier_review.api.case_view", shown)
    batch = [{"key": "1", "dossier": "one"}, {"key": "2", "dossier": "two"}]
    answer = await review.post("/api/v1/dossiers:approve", LEADER, {"items": batch})
    assert told(answer) == [("1", 500, "internal"), ("2", 200, None)]


async def test_a4_an_outage_for_all_is_one_answer_to_repeat(review: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    await review.put(Case("one").appraised().dossier)

    async def away(*_: Any, **__: Any) -> Any:
        raise AutoReconnect("away")

    monkeypatch.setattr(review.runtime.dossiers, "load", away)
    body = {"items": [{"key": "1", "dossier": "one"}]}
    answer = await review.post("/api/v1/dossiers:approve", LEADER, body)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")


GOOD = b'{"key": "good", "dossier": "good"}'
# what it is, the item's text, its key as told, status, code
MALFORMED: dict[str, tuple[bytes, str, int, str]] = {
    "a note of 4,001 letters": (json.dumps({"key": "k", "dossier": "x", "note": "a" * 4001}).encode(), "k", 422, "invalid"),
    "an empty id": (b'{"key": "k", "dossier": ""}', "k", 422, "invalid"),
    "an empty key": (b'{"key": "", "dossier": "x"}', "", 422, "invalid"),
    "a NUL": (b'{"key": "k", "dossier": "x", "note": "a\\u0000b"}', "k", 400, "nul-character"),
    "a NUL as a key": (b'{"key": "\\u0000", "dossier": "x"}', "", 400, "nul-character"),
    "a bare NUL": (b'{"key": "k", "dossier": "x", "note": "a\x00b"}', "k", 400, "nul-character"),
    "half a surrogate": (b'{"key": "k", "dossier": "x", "note": "\\ud83d"}', "k", 400, "not-json"),
    "the other half": (b'{"key": "k", "dossier": "x", "note": "\\ude00!"}', "k", 400, "not-json"),
    "a wrong byte": (b'{"key": "k", "dossier": "x", "note": "\xff"}', "k", 400, "not-utf8"),
    "a control character": (b'{"key": "k", "dossier": "x", "note": "a\nb"}', "k", 400, "not-json"),
    "a wrong type": (b'{"key": "k", "dossier": ["x"]}', "k", 422, "invalid"),
    "a number for a key": (b'{"key": 7, "dossier": "x"}', "", 422, "invalid"),
    "no key": (b'{"dossier": "x"}', "", 422, "invalid"),
    "no dossier": (b'{"key": "k"}', "k", 422, "invalid"),
    "one field too many": (b'{"key": "k", "dossier": "x", "noet": "a"}', "k", 422, "invalid"),
    "a text": (b'"k"', "", 422, "invalid"),
    "null": (b"null", "", 422, "invalid"),
    "a list": (b'[{"key": "k", "dossier": "x"}]', "", 422, "invalid"),
    "a number beyond 64 bits": (b'{"key": "k", "dossier": "x", "note": 99999999999999999999}', "k", 400, "number-too-large"),
    "a nest": (b'{"key": "k", "dossier": "x", "note": ' + b"[" * 3000 + b"]" * 3000 + b"}", "", 400, "nesting-too-deep"),
    "no JSON at all": (b'{"key": "k", "dossier": x}', "", 400, "not-json"),
    "a key of 201 letters": (b'{"key": "' + b"k" * 201 + b'", "dossier": "x"}', "", 422, "invalid"),
    "a key with a blank": (b'{"key": "a b", "dossier": "x"}', "", 422, "invalid"),
}  # fmt: skip


async def test_a5_one_malformed_item_is_told_and_the_others_are_decided(review: Desk) -> None:
    for number, (what, (text, key, status, code)) in enumerate(MALFORMED.items()):
        first, last = f"first-{number}", f"last-{number}"
        await review.put(*(Case(id_).appraised().dossier for id_ in (first, last)))
        around = [json.dumps({"key": id_, "dossier": id_}).encode() for id_ in (first, last)]
        body = b'{"items": [' + around[0] + b", " + text + b", " + around[1] + b" ]}"
        answer = await sent(review, "/api/v1/dossiers:approve", LEADER, body)
        assert told(answer) == [(first, 200, None), (key, status, code), (last, 200, None)], what
        problem = answer.json()["items"][1]["problem"]
        assert problem["message"]["vi"]
        assert problem["message"]["en"]
        assert (await review.stored(last))["state"]["status"] == "approved"


async def test_a5_every_batch_of_every_service_does_so(intake: Desk, review: Desk, signing: Desk) -> None:
    halves = b'{"items": [{"key": "\\ud83d"}, {"key": "k", "dossier": "nowhere", %s}, 7]}'
    specialist = officer("specialist", "specialist")
    for desk, path, who, more in (
        (intake, "dossiers:accept", COUNTER, b'"appointment": null'),
        (intake, "dossiers:payment-confirmed", COUNTER, b'"receipt": "1"'),
        (review, "dossiers:assign", LEADER, b'"officer": "x"'),
        (review, "dossiers:appraise", specialist, b'"proposal": "approve"'),
        (review, "dossiers:approve", LEADER, b'"note": null'),
        (review, "dossiers:request-supplement", specialist, b'"text": "a"'),
        (review, "dossiers:request-payment", specialist, b'"amount_vnd": 1, "reason": "a"'),
        (review, "dossiers:consult", specialist, b'"agency": "H1", "question": "a"'),
        (review, "dossiers:answer-consultation", specialist, b'"answer": "a"'),
        (signing, "dossiers:sign", LEADER, b'"more": 1'),
    ):
        answer = await sent(desk, f"/api/v1/{path}", who, halves % more)
        assert told(answer) == [("", 400, "not-json"), ("k", 404, "dossier-not-found"), ("", 422, "invalid")], path


async def test_a5_filings_too(intake: Desk) -> None:
    good = json.dumps({"key": "good", "filing": filing()}).encode()
    bad = (b'{"key": "a", "filing": []}', b'{"key": "b", "filing": {"x": "\\udfff"}}', b'{"key": "c"}', b"[]")
    answer = await sent(intake, "/api/v1/dossiers:batch", AGENT, b'{"items": [' + b",".join([*bad, good]) + b"]}")
    assert told(answer) == [
        ("a", 422, "invalid"),
        ("b", 400, "not-json"),
        ("c", 422, "invalid"),
        ("", 422, "invalid"),
        ("good", 201, None),
    ]


async def test_a5_one_key_for_two_actions_is_told_to_the_second(review: Desk) -> None:
    await review.put(*(Case(id_).appraised().dossier for id_ in ("one", "two")))
    items = [{"key": "k", "dossier": id_} for id_ in ("one", "two", "one")]
    answer = await review.post("/api/v1/dossiers:approve", LEADER, {"items": items})
    assert told(answer) == [("k", 200, None), ("k", 422, "idempotency-key-reused"), ("k", 200, None)]
    assert [entry["type"] for entry in (await review.stored("one"))["journal"]] == ["appraised", "approved"]
    assert (await review.stored("two"))["state"]["status"] == "in_review"


UNUSABLE: list[tuple[bytes, int]] = [
    (b"", 400),
    (b"[1", 400),
    (b'"items"', 422),
    (b"{}", 422),
    (b'{"items": {}}', 422),
    (b'{"items": []}', 422),
    (b'{"items": [ ], "x": "\\ud800"}', 400),
    (b'{"items": [' + b",".join([GOOD] * 501) + b"]}", 422),
    (b'{"items": [' + b",".join([b'"\\ud800"'] * 501) + b"]}", 422),
    (b'{"x": "\\ud800", "items": [' + GOOD + b"]}", 400),
    (b'{"items": [' + GOOD, 400),
    (b'{"items": [' + b"[" * 1_000_100, 400),
    (b'{"items": ["' + b'\\"' * 900_000, 400),
]


async def test_a5_only_an_envelope_that_cannot_be_used_is_refused_whole(review: Desk) -> None:
    await review.put(Case("good").appraised().dossier)
    for body, status in UNUSABLE:
        answer = await sent(review, "/api/v1/dossiers:approve", LEADER, body)
        assert (answer.status_code, answer.json()["status"]) == (status, status), body[:80]
    assert (await review.stored("good"))["state"]["status"] == "in_review"


def keys_of(items: Sequence[BatchItem | RefusedItem]) -> list[str]:
    return [item.key for item in items]


def test_a5_text_that_looks_like_structure_is_no_structure() -> None:
    tricky = (
        rb'{"items2": [{"items": [1]}], "text": "\"items\": [", "items": [{"key": "a]},", "dossier": "\\"}, "\ud800"]}'
    )
    assert keys_of(read_items(Batch, BatchItem, tricky)) == ["a]},", ""]
    with pytest.raises(Problem):
        read_items(Batch, BatchItem, rb'{"items": [1], "items": [{"key": "a", "dossier": "x"}, "\ud800"]}')
