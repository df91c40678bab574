"""The page of a case: read as the API shows it, acted on by its own forms, without a script."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pypdfium2
import pytest
from tests.component.desks import Desk, officer
from tests.unit.review.support import ASKED, LATER, Case

SPECIALIST, LEADER = officer("specialist", "specialist"), officer("leader", "leader")
HIDDEN = re.compile(r'name="action" value="([^"]+)">\s*<input type="hidden" name="key" value="([^"]+)">\s*'
                    r'<input type="hidden" name="version" value="(\d+)"')  # fmt: skip


async def form(desk: Desk, who: dict[str, str], case: str, action: str, **typed: Any) -> httpx.Response:
    """As a browser sends it: what the page has in its hidden fields, and what was typed."""
    page = await desk.page(f"/cases/{case}", who)
    _, key, version = next(found for found in HIDDEN.findall(page) if found[0] == action)
    return await send(desk, who, case, {"action": action, "key": key, "version": version, **typed})


async def send(desk: Desk, who: dict[str, str], case: str, fields: dict[str, Any]) -> httpx.Response:
    return await desk.http.post(f"/cases/{case}", data=fields, headers=who)


def offered(page: str) -> list[str]:
    return [action for action, _, _ in HIDDEN.findall(page)]


async def test_an_officer_reads_what_was_filed_and_said(review: Desk) -> None:
    await review.put(Case("read").assigned().dossier)
    page = await review.page("/cases/read", SPECIALIST)
    for words in ("H19.1-read", "Nguyễn Văn An", "Giao việc", "Diễn biến và ý kiến"):
        assert words in page, words
    assert offered(page)[:2] == ["propose-approval", "propose-rejection"]
    assert "approve" not in offered(page)


async def test_an_act_is_done_once_however_often_the_form_is_sent(review: Desk) -> None:
    await review.put(Case("once").assigned().dossier)
    page = await review.page("/cases/once", SPECIALIST)
    action, key, version = next(found for found in HIDDEN.findall(page) if found[0] == "note")
    fields = {"action": action, "key": key, "version": version, "text": "Đã đối chiếu bản gốc"}
    for _ in range(2):
        answer = await send(review, SPECIALIST, "once", fields)
        assert (answer.status_code, answer.headers["location"]) == (303, "/cases/once?lang=vi&done=note")
    after = await review.page(answer.headers["location"], SPECIALIST)
    assert after.count("Đã đối chiếu bản gốc") == 1
    assert "Đã thực hiện: Ghi chú" in after
    assert [entry["type"] for entry in (await review.stored("once"))["journal"]].count("noted") == 1


async def test_what_was_typed_comes_back_with_what_is_wrong(review: Desk) -> None:
    await review.put(Case("typed").assigned().dossier)
    answer = await form(review, SPECIALIST, "typed", "request-payment", amount_vnd="8.5", reason="Lệ phí & phí <b>")
    assert answer.status_code == 422
    assert "Số tiền phải là số đồng nguyên" in answer.text
    assert 'value="8.5"' in answer.text
    assert "Lệ phí &amp; phí &lt;b&gt;</textarea>" in answer.text
    done = await form(review, SPECIALIST, "typed", "request-payment", amount_vnd="1.500.000", reason="Lệ phí")
    assert done.status_code == 303
    assert (await review.stored("typed"))["state"]["waits_for"]["amount_vnd"] == 1_500_000


async def test_several_agencies_are_asked_at_once_and_each_sees_its_own_question(review: Desk) -> None:
    await review.put(Case("asks").assigned().dossier)
    fields = {"agencies": [ASKED, "H19.3"], "question": "Có tranh chấp không?", "limit_days": "3"}
    assert (await form(review, SPECIALIST, "asks", "consult", **fields)).status_code == 303
    asked = officer("elsewhere", "specialist", agency=ASKED)
    theirs = await review.page("/cases/asks", asked)
    assert "Có tranh chấp không?" in theirs
    assert "H19.3" not in theirs
    assert offered(theirs) == ["answer-consultation"]
    assert (await form(review, asked, "asks", "answer-consultation", answer="Không")).status_code == 303
    gone = await review.http.get("/cases/asks?done=answer-consultation", headers=asked)
    assert (gone.status_code, gone.headers["location"]) == (303, "/work?lang=vi&done=answer-consultation"), (
        "theirs no more"
    )
    ours = await review.page("/cases/asks", SPECIALIST)
    assert "Không" in ours
    assert "withdraw-consultation" in offered(ours)


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({"action": "approve", "key": "k"}, 403, "không"),
        ({"action": "fly", "key": "k"}, 404, "Không có thao tác này"),
        ({"action": "note", "text": "x"}, 400, "Idempotency-Key"),
        ({"action": "note", "key": "k", "text": "x", "version": "7"}, 412, ""),
        ({"action": "note", "key": "k", "text": "x", "version": "$ne"}, 422, "If-Match"),
        ({"action": "note", "key": "k"}, 422, "thiếu trường bắt buộc"),
        ({"action": "note", "key": "k", "text": "\u200b"}, 422, ""),
    ],
)
async def test_what_no_page_of_ours_sends_is_refused_in_words(
    review: Desk, fields: dict[str, str], status: int, words: str
) -> None:
    await review.put(Case("odd").assigned().dossier)
    before = (await review.stored("odd"))["seq"]
    answer = await send(review, SPECIALIST, "odd", fields)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "text/html; charset=utf-8"), answer.text
    assert words in answer.text
    assert (await review.stored("odd"))["seq"] == before


@pytest.mark.parametrize(
    "who", [officer("stranger", "leader", agency="H19.7"), officer("citizen", "citizen", agency=None)]
)
async def test_to_others_there_is_no_such_case(review: Desk, who: dict[str, str]) -> None:
    await review.put(Case("hidden").assigned().dossier)
    for path in ("/cases/hidden", "/cases/unknown"):
        answer = await review.http.get(path, headers=who)
        assert answer.status_code in (403, 404)
        assert "Nguyễn" not in answer.text
    refused = await send(review, who, "hidden", {"action": "note", "key": "k", "text": "x"})
    assert refused.status_code in (403, 404)
    assert "Nguyễn" not in refused.text


async def test_a_form_of_another_site_does_nothing(review: Desk) -> None:
    """A session's cookie travels by itself."""
    await review.put(Case("forged").assigned().dossier)
    cookie = {"cookie": f"dossier_session={SPECIALIST['authorization'].removeprefix('Bearer ')}"}
    fields = {"action": "note", "key": "k", "text": "x"}
    answer = await review.http.post("/cases/forged", data=fields, headers={**cookie, "sec-fetch-site": "cross-site"})
    assert answer.status_code == 403
    ours = await review.http.post("/cases/forged", data=fields, headers={**cookie, "sec-fetch-site": "same-origin"})
    assert ours.status_code == 303


async def test_more_time_is_given_with_an_apology_on_paper(review: Desk) -> None:
    await review.put(Case("extended").assigned().dossier)
    path = "/api/v1/dossiers/extended/forms/04"
    early = await review.http.get(path, headers=LEADER)
    assert (early.status_code, early.json()["code"]) == (409, "form-not-due")
    why = "Chờ xác minh tại nơi cư trú cũ"
    assert (await form(review, LEADER, "extended", "extend-unasked", amount="2", reason=why)).status_code == 303
    computed = await review.http.get(path, headers=LEADER)
    assert (computed.status_code, computed.json()["code"]) == (409, "form-not-due"), (
        "intake has not computed the day yet"
    )
    await review.runtime.dossiers.table.update_one({"_id": "extended"}, {"$set": {"state.due": LATER}})
    assert path in await review.page("/cases/extended", LEADER)
    answer = await review.http.get(path, headers=LEADER)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    with pypdfium2.PdfDocument(answer.content) as document:
        read = " ".join(" ".join(page.get_textpage().get_text_range() for page in document).split())
    for words in ("PHIẾU XIN LỖI VÀ HẸN LẠI NGÀY TRẢ KẾT QUẢ", why, "04/07/2025", "08/07/2025"):
        assert words in read, words
    for who in (officer("stranger", "leader", agency="H19.7"), officer("citizen", "citizen", agency=None)):
        assert (await review.http.get(path, headers=who)).status_code in (403, 404)
