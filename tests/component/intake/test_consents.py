"""A helper's list, the person's page and the counter's case, as a consent lives, ends and is withdrawn; on the real database."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from tests.component.desks import Desk, officer
from tests.component.intake.papers import agency_of, filing

from dossier_intake.tracking import tracking
from dossier_shared.clock import FixedClock, instant
from dossier_shared.vocabulary.persons import person_of

NUMBER = "075090123456"
PERSON = person_of(b"of these tests alone", "citizen", NUMBER)
OWNER = officer("Nguyễn Văn An", "citizen", agency=None, person=PERSON)
HELPER = officer("helper", "agent", agency=None)
COUNTER = officer("counter", "counter", agency=agency_of())
FORM = {"content-type": "application/x-www-form-urlencoded", "accept": "text/html"}
MOST = 2


async def filed(intake: Desk, **consent: str) -> dict[str, Any]:
    wish = filing(applicant={"name": "Nguyễn Văn An", "citizen_id": NUMBER}, consent={"kind": "paper", **consent})
    answer = await intake.post("/api/v1/dossiers", HELPER, wish)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def over(intake: Desk, dossier: str, until: datetime) -> None:
    """As it is once that time has come."""
    change = {"$set": {"state.consent_until": instant(until)}}
    assert (await intake.runtime.dossiers.table.update_one({"_id": dossier}, change)).modified_count == 1


async def listed(intake: Desk, who: dict[str, str]) -> list[str]:
    """Page by page."""
    found: list[str] = []
    cursor = ""
    while True:
        page = (await intake.http.get(f"/api/v1/dossiers?limit={MOST}{cursor}", headers=who)).json()
        found += [one["id"] for one in page["items"]]
        if page["next"] is None:
            return found
        cursor = f"&cursor={page['next']}"


async def withdrawn(intake: Desk, page: str, who: dict[str, str]) -> httpx.Response:
    """By the page's own form, as a browser without a script sends it."""
    action = re.search(r'action="([^"]+/consent\?[^"]+)"', page)
    key = re.search(r'name="key" value="([^"]+)"', page)
    assert action is not None
    assert key is not None
    return await intake.http.post(action[1].replace("&amp;", "&"), content=f"key={key[1]}", headers={**who, **FORM})


async def test_the_helpers_list_has_what_they_may_see_now_page_by_page(intake: Desk) -> None:
    ids = [(await filed(intake, until="31/12/2199"))["id"] for _ in range(3)] + [(await filed(intake))["id"]]
    newest = ids[::-1]
    assert await listed(intake, HELPER) == newest
    await over(intake, ids[0], datetime.now(UTC) - timedelta(seconds=1))
    await over(intake, ids[1], datetime.now(UTC) + timedelta(hours=1))
    assert await listed(intake, HELPER) == newest[:3]
    taken_back = await intake.post(f"/api/v1/dossiers/{ids[3]}/withdraw-consent", OWNER)
    assert taken_back.status_code == 200, taken_back.text
    assert await listed(intake, HELPER) == [ids[2], ids[1]]
    both = officer("helper", "agent", agency=None, person=PERSON)
    for person in (OWNER, both):
        assert await listed(intake, person) == newest, "who is the person sees it as the person"
    for gone in (ids[0], ids[3]):
        for path in ("", "/documents", "/forms/06"):
            assert (await intake.http.get(f"/api/v1/dossiers/{gone}{path}", headers=HELPER)).status_code == 404
    code = (await intake.http.get(f"/api/v1/dossiers/{ids[0]}", headers=OWNER)).json()["code"]
    assert (await intake.http.get(f"/api/v1/dossiers?code={code}", headers=HELPER)).status_code == 404
    again = filing(applicant={"name": "Nguyễn Văn An", "citizen_id": NUMBER}, consent={"kind": "paper"})
    repeated = await intake.post("/api/v1/dossiers", HELPER, again, key="key-4")
    assert repeated.status_code == 404, "a repeat of the filing is no way back"


async def test_it_is_judged_by_the_services_clock_at_each_request(
    intake: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    dossier = await filed(intake, until="2199-12-31")
    ends = datetime(2199, 12, 31, 17, tzinfo=UTC)
    for now, seen in ((ends - timedelta(seconds=1), [dossier["id"]]), (ends, [])):
        monkeypatch.setattr(intake.runtime, "clock", FixedClock(now))
        assert await listed(intake, HELPER) == seen
        answer = await intake.http.get(f"/api/v1/dossiers/{dossier['id']}", headers=HELPER)
        assert answer.status_code == (200 if seen else 404)
        assert await listed(intake, OWNER) == [dossier["id"]]


async def test_the_person_is_told_until_when_and_withdraws_it_on_their_page(intake: Desk) -> None:
    dossier = await filed(intake, until="2199-12-31")
    seen_by_helper = await intake.page("/", HELPER)
    assert "Bạn nộp hồ sơ này thay người khác." in seen_by_helper
    assert "/consent?" not in seen_by_helper, "it is the person's to withdraw"
    page = await intake.page("/", OWNER)
    assert "Người khác đã nộp hồ sơ này thay bạn." in page
    assert "hết ngày 31/12/2199" in page
    done = await withdrawn(intake, page, OWNER)
    assert (done.status_code, done.headers["location"]) == (303, "/?lang=vi&done=consent")
    page = await intake.page("/?lang=en&done=consent", OWNER)
    assert "The consent was withdrawn at" in page
    assert "The consent is withdrawn. Who filed the dossier cannot see it any more." in page
    assert "/consent?" not in page
    assert dossier["code"] not in await intake.page("/", HELPER)
    refused = await intake.http.post(
        f"/dossiers/{dossier['id']}/consent?lang=vi", content="key=k", headers={**HELPER, **FORM}
    )
    assert refused.status_code == 404
    journal = (await intake.stored(dossier["id"]))["journal"]
    assert [(entry["type"], entry["actor"]) for entry in journal[1:]] == [
        ("consent-withdrawn", "citizen:Nguyễn Văn An"),
    ]


async def test_a_page_of_what_is_over_says_so(intake: Desk) -> None:
    await over(intake, (await filed(intake))["id"], datetime.now(UTC) - timedelta(days=1))
    page = await intake.page("/", OWNER)
    assert "Sự đồng ý đã hết hạn lúc" in page
    assert "/consent?" not in page


async def test_the_receipt_of_who_filed_opens_nothing_any_more(intake: Desk) -> None:
    dossier, key = await filed(intake), b"of these tests alone"

    async def opened(secret: str) -> int:
        asked = {"code": dossier["code"], "secret": secret}
        return (await intake.http.get("/track", params=asked)).status_code

    receipt = tracking(dossier["id"], key)
    assert await opened(receipt) == 200
    await intake.post(f"/api/v1/dossiers/{dossier['id']}/withdraw-consent", OWNER)
    ended = (await intake.stored(dossier["id"]))["state"]["consent_withdrawn"]
    assert [await opened(secret) for secret in (receipt, tracking(dossier["id"], key, ended))] == [404, 200]


async def test_the_counter_records_what_the_person_came_to_say(intake: Desk) -> None:
    dossier = await filed(intake, until="2199-12-31")
    address = f"/cases/{dossier['id']}"
    page = await intake.page(address, COUNTER)
    assert "người dân đồng ý đến" in page
    key = re.search(r'name="key" value="([^"]+)"', page)
    assert key is not None
    typed = f"action=withdraw-consent&key={key[1]}"
    done = await intake.http.post(f"{address}?lang=vi", content=typed, headers={**COUNTER, **FORM})
    assert done.status_code == 303, done.text
    page = await intake.page(address, COUNTER)
    assert "người dân đã rút lại sự đồng ý lúc" in page
    assert 'value="withdraw-consent"' not in page
    assert await listed(intake, HELPER) == []
    assert await listed(intake, OWNER) == [dossier["id"]]
