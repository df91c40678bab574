"""The person's page: what waits first, each dossier as a story, told while it is open; and what an officer sees of registers."""

from __future__ import annotations

from contextlib import aclosing
from datetime import datetime, timedelta
from typing import Any

from sse_starlette.event import ensure_bytes
from tests.component.desks import Desk, codes, officer
from tests.component.intake.papers import agency_of, filing

from dossier_intake.pages.live import Changes
from dossier_intake.pages.story import story
from dossier_intake.state import State
from dossier_intake.store import Dossiers
from dossier_shared.http.tokens import Principal
from dossier_shared.pages.texts import texts

CITIZEN = officer("Nguyễn Văn An", "citizen", agency=None)
OTHER = officer("other", "citizen", agency=None)
COUNTER = officer("counter", "counter", agency=agency_of())


async def filed(intake: Desk, who: dict[str, str] = CITIZEN) -> dict[str, Any]:
    answer = await intake.post("/api/v1/dossiers", who, filing())
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def ask(intake: Desk, dossier: dict[str, Any]) -> None:
    answer = await intake.post(
        f"/api/v1/dossiers/{dossier['id']}/request-completion", COUNTER, {"text": "Thiếu bản chụp."}
    )
    assert answer.status_code == 200, answer.text


async def test_what_waits_for_the_person_stands_first_and_is_told_once(intake: Desk) -> None:
    old, new = await filed(intake), await filed(intake)
    page = await intake.page("/", CITIZEN)
    assert 'id="waits"' not in page
    assert codes(page, [old["code"], new["code"]]) == [new["code"], old["code"]]
    await ask(intake, old)
    page = await intake.page("/", CITIZEN)
    assert "Đang chờ bạn: 1 hồ sơ" in page
    assert f'href="#d-{old["code"]}"' in page
    assert codes(page, [old["code"], new["code"]]) == [old["code"], new["code"]]
    assert page.count(f'id="d-{old["code"]}"') == 1
    assert "Cơ quan yêu cầu gửi đủ giấy tờ rồi mới nhận hồ sơ." in page
    sent = await intake.post(f"/api/v1/dossiers/{old['id']}/complete", CITIZEN, {"text": "Xin gửi sau."})
    assert sent.status_code == 200, sent.text
    page = await intake.page("/", CITIZEN)
    assert "Đã nhận lúc" in page, "what came is confirmed"
    assert 'id="waits"' not in page


async def test_an_open_page_is_told_of_its_own_dossiers_and_of_no_other(intake: Desk) -> None:
    mine, theirs = await filed(intake), await filed(intake, OTHER)
    who = Principal("Nguyễn Văn An", frozenset({"citizen"}))
    changes = Changes(Dossiers(intake.runtime.dossiers), intake.runtime.dossiers)
    async with aclosing(changes.stream(who)) as told:
        first = await anext(told)
        drawn = first["data"]
        assert b"retry: 3000" in ensure_bytes(first, "\n"), "as it travels"
        assert f'data-mark="{drawn}"' in await intake.page("/", CITIZEN), "the page and its stream say the same"
        await changes.once()
        (watch,) = changes.watches
        assert not watch.changed.is_set()
        await intake.post(f"/api/v1/dossiers/{theirs['id']}/accept", COUNTER)
        await changes.once()
        assert not watch.changed.is_set()
        await intake.post(f"/api/v1/dossiers/{mine['id']}/accept", COUNTER)
        await changes.once()
        assert watch.changed.is_set()
        now = (await anext(told))["data"]
        assert now != drawn
        assert (await intake.http.get("/live/mark", headers=CITIZEN)).json() == {"mark": now}
        assert f'data-mark="{now}"' in await intake.page("/", CITIZEN)
    assert changes.watches == set(), "a page that is closed is watched no more"


async def test_nobody_else_is_told(intake: Desk) -> None:
    assert (await intake.http.get("/live/mark")).status_code == 401
    assert (await intake.http.get("/live/mark", headers=COUNTER)).status_code == 403
    assert (await intake.http.get("/live", headers=COUNTER)).status_code == 403


def test_the_story_is_told_the_latest_first_without_what_is_between_offices() -> None:
    at = [f"2026-03-0{day}T02:00:00.000000Z" for day in range(1, 9)]
    state: State = {
        "submitted_at": at[0], "accepted_at": at[1],
        "pauses": [{"what": "supplement", "start": at[2], "end": at[3]}],
        "brought": [{"what": "supplement", "at": at[3], "text": None, "papers": ["giấy chứng sinh.pdf"]}],
        "asked": {"what": "consultation", "at": at[4]},
        "decided_at": at[5], "outcome": "approved", "signed_at": at[6], "downloaded_at": at[7],
    }  # fmt: skip
    told = story(state, texts("vi"))
    assert [one.said for one in told] == [
        "Bạn đã tải văn bản kết quả.", "Kết quả đã được ký.", "Đã được đồng ý, chờ ký.", "Bạn đã gửi bổ sung:",
        "Cơ quan yêu cầu bổ sung giấy tờ.", "Cơ quan đã nhận hồ sơ.", "Bạn đã nộp hồ sơ.",
    ]  # fmt: skip
    assert told[3].detail == "giấy chứng sinh.pdf"
    assert told[0].at - told[-1].at == timedelta(days=7)
    assert isinstance(told[0].at, datetime)
