"""The citizen's own page: only their dossiers, in words, with the promise and its reasons."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from tests.component.desks import Desk, codes, officer
from tests.component.intake.papers import agency_of, filing

from dossier_intake.pages.my_dossiers import STEPS, card
from dossier_intake.state import State
from dossier_shared.clock import instant
from dossier_shared.contracts.lifecycle import STATES
from dossier_shared.journal.dossier import Dossier
from dossier_shared.pages.texts import texts

CITIZEN = officer("Nguyễn Văn An", "citizen", agency=None)
COUNTER = officer("counter", "counter", agency=agency_of())
DUE = datetime(2025, 7, 4, 10, tzinfo=UTC)


async def test_it_shows_one_s_own_dossiers_and_why_the_date(intake: Desk) -> None:
    assert "Bạn chưa nộp hồ sơ nào" in await intake.page("/", CITIZEN)
    mine, refused, other = [
        (await intake.post("/api/v1/dossiers", who, filing())).json()
        for who in (CITIZEN, CITIZEN, officer("someone", "citizen", agency=None))
    ]
    waiting = await intake.page("/", CITIZEN)
    assert "Chờ nhận hồ sơ" in waiting
    accepted = (await intake.post(f"/api/v1/dossiers/{mine['id']}/accept", COUNTER)).json()
    await intake.post(f"/api/v1/dossiers/{refused['id']}/refuse", COUNTER, {"reason": "Ảnh <b>mờ</b>."})
    for lang, status, reason in (("vi", "Không được nhận", "Lý do"), ("en", "Not accepted", "Reason")):
        page = await intake.page(f"/?lang={lang}", CITIZEN)
        assert codes(page, [one["code"] for one in (mine, refused, other)]) == [refused["code"], mine["code"]]
        for line in accepted["appointment_lines"]:
            assert line[lang] in page
            assert (line["basis"] or "") in page
        assert status in page
        assert f'href="https://motcua.test/notify/notices?lang={lang}"' in page
        assert reason in page
        assert "Ảnh &lt;b&gt;mờ&lt;/b&gt;." in page
        assert "<b>mờ" not in page
        assert " style=" not in page


async def test_its_stylesheet_is_served(intake: Desk) -> None:
    page = await intake.page("/", CITIZEN)
    for name in ("my_dossiers.css", "work.css"):
        address = page[page.index(f"/static/shared/{name}") :].partition('"')[0]
        assert "immutable" in (await intake.http.get(address)).headers["cache-control"]


async def test_others_are_sent_where_they_belong(intake: Desk) -> None:
    counter = await intake.http.get("/", headers=COUNTER)
    assert (counter.status_code, counter.headers["location"]) == (303, "/work?lang=vi")
    leader = await intake.http.get("/", headers=officer("leader", "leader"))
    assert (leader.status_code, "Tài khoản này không dùng được trang này" in leader.text) == (403, True)
    nobody = await intake.http.get("/")
    assert (nobody.status_code, "Bạn chưa đăng nhập" in nobody.text) == (401, True)


@pytest.mark.parametrize("status", sorted(set(STATES) - {"draft"}))
@pytest.mark.parametrize("outcome", [None, "approved", "rejected"])
def test_every_state_has_its_words(status: str, outcome: str | None) -> None:
    state: State = {
        "status": status, "code": "c", "procedure": "p", "agency": "a",
        "submitted_at": "2025-07-01T01:00:00.000000Z", "appointment": "2025-07-04T10:00:00.000000Z",
    }  # fmt: skip
    if outcome is not None:
        state["outcome"] = outcome
    shown = card(Dossier("d", state=state), "vi", DUE + timedelta(seconds=1))
    assert shown.status in texts("vi").of("my_status").values()
    assert shown.late is (status not in ("refused", "stopped", "withdrawn", "signed", "delivered"))
    assert shown.tone == ("bad" if outcome == "rejected" or status in ("refused", "rejected") else shown.tone)
    assert ("từ chối" in shown.status) == (outcome == "rejected" and status in ("signed", "delivered"))
    assert not card(Dossier("d", state=state), "vi", DUE).late
    assert len(shown.steps) == {"refused": 1, "withdrawn": 1, "stopped": 2}.get(
        status, len(STEPS)
    )  # what will not come is not shown


@pytest.mark.parametrize(("asked_at", "late"), [(DUE, False), (DUE + timedelta(seconds=1), True)])
def test_while_the_time_limit_stands_it_is_late_only_if_it_was(asked_at: datetime, late: bool) -> None:
    state: State = {
        "status": "awaiting_supplement", "code": "c", "procedure": "p", "agency": "a",
        "submitted_at": "2025-07-01T01:00:00.000000Z", "appointment": instant(DUE),
        "asked": {"what": "supplement", "at": instant(asked_at), "text": "Thiếu chữ ký."},
    }  # fmt: skip
    shown = card(Dossier("d", state=state), "vi", DUE + timedelta(days=9))
    assert (shown.late, shown.asked, shown.supplement) == (late, "Thiếu chữ ký.", "/api/v1/dossiers/d/supplement")
    assert card(Dossier("d", state={**state, "status": "awaiting_payment"}), "vi", DUE).supplement is None


@pytest.mark.parametrize(("signing", "file", "shown"), [
    ("https://ky-so.example.vn", "ab12", "https://ky-so.example.vn/api/v1/dossiers/d/result"),
    ("https://ky-so.example.vn", None, None),  # an entry in a register
    (None, "ab12", None),
])  # fmt: skip
def test_the_signed_result_is_linked_where_there_is_one(
    signing: str | None, file: str | None, shown: str | None
) -> None:
    state: State = {
        "status": "signed", "code": "c", "procedure": "p", "agency": "a", "result_file": file,
        "submitted_at": "2025-07-01T01:00:00.000000Z",
    }  # fmt: skip
    assert card(Dossier("d", state=state), "vi", DUE, signing).result == shown
