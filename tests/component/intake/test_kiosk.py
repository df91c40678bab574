"""A machine that many people use: how it becomes one, what its pages leave on it, and how whoever used it is gone."""

from __future__ import annotations

import re
from collections.abc import Mapping

import httpx
import pytest
from tests.component.desks import Desk
from tests.component.intake.test_file_online import AGENCY, CODE, MOTHER, begun, posted, ready, sent, sheet

from dossier_intake.pages.kiosk.cookie import new_setting
from dossier_intake.tries import OF_CODE
from dossier_shared.http.auth import COOKIE

WORDS = "bưu điện 12"
HERE = {"sec-fetch-site": "same-origin"}
ELSEWHERE = {"sec-fetch-site": "cross-site"}
CLEARED = '"cache", "storage"'


def machine(who: Mapping[str, str] = {}, key: str = "of these tests alone") -> dict[str, str]:
    """Headers of its browser."""
    return {**who, **HERE, "cookie": f"dossier-kiosk={new_setting(key.encode(), WORDS, 5)}"}


async def test_whoever_looks_after_it_makes_it_one(intake: Desk) -> None:
    page = await intake.page("/kiosk", {})
    assert 'action="/kiosk?lang=vi"' in page
    assert "data-kiosk" not in page
    for code, minutes in (("12345", "5"), (" " * 8, "5"), ("1" * 41, "5"), (WORDS, "7"), (WORDS, "")):
        refused = await intake.http.post("/kiosk", data={"code": code, "minutes": minutes}, headers=HERE)
        assert (refused.status_code, "set-cookie" in refused.headers) == (422, False), (code, minutes)
        assert 'aria-invalid="true"' in refused.text
    assert (await intake.http.post("/kiosk", content=b"\xff" * 10, headers=HERE)).status_code == 422
    begin = {"code": WORDS, "minutes": "5"}
    assert (await intake.http.post("/kiosk", data=begin, headers=ELSEWHERE)).status_code == 403
    answer = await intake.http.post("/kiosk", data=begin, headers=HERE | {"cookie": f"{COOKIE}={'m|citizen'}"})
    assert (answer.status_code, answer.headers["clear-site-data"]) == (303, CLEARED)
    kept = next(one for one in answer.headers.get_list("set-cookie") if one.startswith("__Host-dossier-kiosk="))
    assert all(word in kept for word in ("HttpOnly", "SameSite=lax", "Path=/", "Secure", f"Max-Age={400 * 24 * 3600}"))
    assert WORDS not in kept
    assert any(one.startswith(f'{COOKIE}=""') for one in answer.headers.get_list("set-cookie")), (
        "nobody stays signed in"
    )
    cookie = {"cookie": kept.partition(";")[0], **HERE}
    assert "data-kiosk" in await intake.page("/kiosk", cookie)
    again = await intake.http.post("/kiosk", data={"code": "another code", "minutes": "5"}, headers=cookie)
    assert (again.status_code, "set-cookie" in again.headers) == (303, False), "its code stays the keeper's"
    left = await intake.http.post("/kiosk/leave", data={"code": WORDS}, headers=cookie)
    assert left.status_code == 303


async def test_no_page_of_a_person_s_is_kept_or_filled_in_there(intake: Desk) -> None:
    here = machine(MOTHER)
    where = await begun(intake)
    check = await ready(intake, where)
    before = [
        f"/file/{CODE}?agency={AGENCY}",
        where,
        check,
        "/",
        "/papers",
        "/track",
        "/procedures",
        f"/procedures/{CODE}",
    ]
    pages = {path: await intake.http.get(path, headers=here) for path in before}
    receipt = (await sent(intake, check)).headers["location"]
    pages |= {
        path: await intake.http.get(path, headers=here)
        for path in (receipt, "/", "/kiosk", "/kiosk/still", "/procedures/9.999999")
    }
    wrong = await posted(intake, await begun(intake, key="another"), sheet("1", **{"applicant.name": ""}), who=here)
    pages["a sheet with something wrong"] = wrong
    for path, answer in pages.items():
        assert answer.status_code in (200, 404, 422), path
        assert answer.headers.get_list("cache-control") == ["no-store"], path
        assert 'id="kiosk-finish"' in answer.text, path
        assert 'data-idle="300" data-warning="60"' in answer.text, "one is asked a minute before"
        assert 'class="leaving"' not in answer.text, path
        assert re.search(r"<html [^>]*data-kiosk", answer.text), path
        forms = re.findall(r"<form\b[^>]*>", answer.text)
        assert [one for one in forms if 'autocomplete="off"' not in one] == [], path
        assert re.findall(r'autocomplete="(?!off")[^"]*"', answer.text) == [], path
        refresh = re.findall(r'http-equiv="refresh" content="([^;]*;url=[^?"]*)', answer.text)
        asks = ["60;url=/kiosk/finish"] if path == "/kiosk/still" else ["300;url=/kiosk/still"]
        assert refresh == asks, path
    assert 'autocomplete="name"' in await intake.page(await begun(intake, key="again"), MOTHER), "on one's own phone"


async def test_no_worker_is_given_to_it(intake: Desk) -> None:
    assert (await intake.http.get("/filing-worker.js", headers=machine())).status_code == 404
    assert (await intake.http.get("/filing-worker.js")).status_code == 200


def gone(answer: httpx.Response) -> bool:
    ended = [one for one in answer.headers.get_list("set-cookie") if one.startswith(f'{COOKIE}=""')]
    return answer.headers.get("clear-site-data") == CLEARED and bool(ended)


@pytest.mark.parametrize("method", ["POST", "GET"])
async def test_who_finishes_is_signed_out_and_led_to_the_beginning(intake: Desk, method: str) -> None:
    """GET: as the page that asks whether anybody is there does by itself, where no script runs."""
    here = machine()
    signed_in = {**here, "cookie": f"{here['cookie']}; {COOKIE}=m|citizen"}
    abroad = await intake.http.request(method, "/kiosk/finish", headers=signed_in | ELSEWHERE)
    assert (abroad.status_code, gone(abroad)) == (403, False)
    own = await intake.http.request(method, "/kiosk/finish", headers={**HERE, "cookie": f"{COOKIE}=m|citizen"})
    assert (own.status_code, gone(own)) == (303, False), "one's own phone is not cleared"
    answer = await intake.http.request(method, "/kiosk/finish?lang=en", headers=signed_in)
    assert (answer.status_code, answer.headers["location"]) == (303, "/signed-out?lang=en")
    assert gone(answer)
    assert "dossier-kiosk" not in "".join(answer.headers.get_list("set-cookie")), "it stays a shared machine"
    onward = await intake.http.get(answer.headers["location"], headers=here)
    assert (onward.status_code, onward.headers["location"]) == (303, "/kiosk?lang=en&done=finish")
    assert onward.headers["clear-site-data"] == CLEARED
    start = await intake.http.get(onward.headers["location"], headers=here)
    assert "nothing of yours is left" in start.text
    assert start.headers["clear-site-data"] == CLEARED
    assert "data-used" not in start.text
    assert "http-equiv" not in start.text, "nobody is there: nothing is asked"
    assert any(one.startswith("__Host-dossier-kiosk=") for one in start.headers.get_list("set-cookie")), "renewed"


async def test_whether_somebody_is_there_is_asked_and_leads_back_to_a_page_of_ours_only(intake: Desk) -> None:
    here = machine()
    assert 'href="/filing/abc"' in await intake.page("/kiosk/still?next=/filing/abc", here)
    assert 'href="/"' in await intake.page("/kiosk/still?next=https://elsewhere.test/", here)
    assert 'content="60;url=/kiosk/finish' in await intake.page("/kiosk/still", here)
    assert (await intake.http.get("/kiosk/still")).status_code == 303


async def test_only_the_code_ends_it(intake: Desk) -> None:
    here = machine()
    abroad = await intake.http.post("/kiosk/leave", data={"code": WORDS}, headers=here | ELSEWHERE)
    assert abroad.status_code == 403
    for code in ("", "bưu điện 13"):
        wrong = await intake.http.post("/kiosk/leave", data={"code": code}, headers=here)
        assert (wrong.status_code, "set-cookie" in wrong.headers) == (422, False)
        assert "Mã không đúng" in wrong.text
    answer = await intake.http.post("/kiosk/leave", data={"code": WORDS}, headers=here)
    assert (answer.status_code, answer.headers["clear-site-data"]) == (303, CLEARED)
    assert any(one.startswith('__Host-dossier-kiosk=""') for one in answer.headers.get_list("set-cookie"))


async def test_codes_cannot_be_tried_one_after_another(intake: Desk) -> None:
    here = machine()
    for n in range(OF_CODE):
        assert (await intake.http.post("/kiosk/leave", data={"code": f"{n}"}, headers=here)).status_code == 422
    refused = await intake.http.post("/kiosk/leave", data={"code": WORDS}, headers=here)
    assert refused.status_code == 429
    assert "phút" in refused.text
    other = machine()
    assert (await intake.http.post("/kiosk/leave", data={"code": WORDS}, headers=other)).status_code == 303
