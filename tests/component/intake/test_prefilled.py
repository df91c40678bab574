"""A sheet filled in from what offices hold: when asked, only where empty, marked, and without it where they are away."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from html import unescape

import httpx
import pytest
from tests.component.desks import officer
from tests.component.intake.beside_registers import AN, BIRTH, NOTICE, URLS, State, beside, person
from tests.component.intake.papers import agency_of
from tests.component.intake.test_file_online import hidden

from dossier_intake.inspection.inspectors import Inspectors
from dossier_local.simulation.papers import scan
from dossier_local.stack import Stack

STATUS = "1.004873"  # confirmation of marital status: its form has a `person`
ME = officer("An", "citizen", agency=None, person=person(AN), number=AN)
NOBODY = officer("Bình", "citizen", agency=None)
PAPER = "G15-KQ003208"


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dossier_intake.registers.http.WITHIN", 60.0)


@pytest.fixture
async def state(stack: Stack, inspectors: Inspectors) -> AsyncIterator[State]:
    async with beside(stack, inspectors, **URLS) as made:
        yield made


async def begun(state: State, code: str = BIRTH, who: dict[str, str] = ME) -> str:
    page = await state.desk.page(f"/file/{code}", who)
    given = {"key": hidden(page, "key")[0], "agency": agency_of(code)}
    answer = await state.desk.http.post(f"/file/{code}", data=given, headers=who)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


async def posted(
    state: State, where: str, do: str, page: str, who: dict[str, str] = ME, typed: Mapping[str, str] = {}
) -> httpx.Response:
    given = {"revision": hidden(page, "revision")[0], "agency": "", "applicant.kind": "person", "do": do}
    agency = re.search(r'<option value="([^"]+)" selected>', page)
    given["agency"] = agency[1] if agency else ""
    told: dict[str, str | list[str]] = {**given, **typed, "held": hidden(page, "held"), "kept": hidden(page, "kept")}
    return await state.desk.http.post(where, data=told, files=[("file.", ("", b""))], headers=who)


def value(page: str, name: str) -> str:
    found = re.search(rf'<input id="[^"]*" name="{re.escape(name)}" value="([^"]*)"', page)
    return unescape(found[1]) if found else ""


async def test_only_when_asked_only_where_empty_and_marked(state: State) -> None:
    where = await begun(state, STATUS)
    page = await state.desk.page(where, ME)
    assert 'value="state:person"' in page
    assert [one["purpose"] for one in await state.questions(ME)] == [], "nobody is asked until they press"
    typed = {"applicant.name": "Nguyễn Văn A", "form.person.full_name": ""}
    page = (await posted(state, where, "state:person", page, typed=typed)).text
    assert value(page, "applicant.name") == "Nguyễn Văn A", "what was typed stands"
    assert "Dữ liệu của Nhà nước ghi: Nguyễn Văn An" in page
    assert value(page, "form.person.full_name") == "Nguyễn Văn An"
    assert re.fullmatch(r"\d\d/\d\d/\d{4}", value(page, "form.person.birth_date"))
    assert 'id="form-person-full_name-held"' in page
    assert 'aria-describedby="form-person-full_name-held"' in page
    assert {one["purpose"] for one in await state.questions(ME)} == {STATUS}
    again = await state.desk.page(where, ME)
    assert value(again, "form.person.full_name") == "Nguyễn Văn An", "it is in the draft"
    assert AN not in again, "the number is shown in part, and never typed for them"
    corrected = {"applicant.name": "Nguyễn Văn A", "form.person.full_name": "Nguyễn Văn Ân"}
    page = (await posted(state, where, "add:nothing", again, typed=corrected)).text
    assert value(page, "form.person.full_name") == "Nguyễn Văn Ân"
    assert page.count("Dữ liệu của Nhà nước ghi: Nguyễn Văn An") == 2


async def test_a_form_about_another_is_left_alone(state: State) -> None:
    where = await begun(state, STATUS)
    page = (await posted(state, where, "state", await state.desk.page(where, ME))).text
    assert value(page, "applicant.name") == "Nguyễn Văn An"
    assert value(page, "form.person.full_name") == ""


async def test_where_they_are_away_the_page_works_and_says_so(state: State) -> None:
    where = await begun(state)
    state.behave(unavailable=100)
    answer = await posted(
        state, where, "state", await state.desk.page(where, ME), typed={"applicant.phone": "0912345678"}
    )
    assert answer.status_code == 200
    assert "Cơ sở dữ liệu dân cư chưa trả lời được" in answer.text
    assert "Kho kết quả chưa trả lời được" in answer.text
    assert value(answer.text, "applicant.phone") == "0912345678"
    assert value(await state.desk.page(where, ME), "applicant.phone") == "0912345678", "kept before anybody was asked"


async def test_the_repository_s_valid_paper_is_offered(state: State) -> None:
    where = await begun(state)
    page = (await posted(state, where, "state", await state.desk.page(where, ME))).text
    assert "Kho kết quả có giấy này của bạn: số 0471/GCS-2026" in page
    assert f'name="reused" value="{NOTICE}"' in page


async def test_who_has_no_number_is_offered_nothing_to_ask(state: State) -> None:
    assert 'value="state"' not in await state.desk.page(await begun(state, who=NOBODY), NOBODY)


async def test_a_paper_handed_in_before_is_used_again_by_a_tap(state: State) -> None:
    upload = await state.desk.http.post(
        "/api/v1/documents?name=giay.pdf", content=scan("a", 1), headers={**ME, "content-type": "application/pdf"}
    )
    file = upload.json()["id"]
    answer = await state.file(ME, documents=[{"code": PAPER, "id": file}])
    assert answer.status_code == 201, answer.text
    where = await begun(state)
    page = await state.desk.page(where, ME)
    assert f'value="use:{PAPER}:{file}"' in page
    used = (await posted(state, where, f"use:{PAPER}:{file}", page)).text
    assert any(one.startswith(f"{PAPER}|{file}|") for one in hidden(used, "kept"))
    assert f'value="use:{PAPER}:{file}"' not in used
    other = await begun(state, who=NOBODY)
    stolen = await posted(state, other, f"use:{PAPER}:{file}", await state.desk.page(other, NOBODY), NOBODY)
    assert stolen.status_code == 404, "another's hash opens nothing"
    wrong = await posted(state, where, f"use:{NOTICE}:{file}", used)
    assert wrong.status_code == 404, "nor as another paper than it was"


async def test_an_officer_reads_what_registers_answered_and_that_they_did_not(state: State) -> None:
    specialist = officer("s", "specialist", agency=agency_of(BIRTH))
    filed = (await state.file(ME)).json()
    page = await state.desk.page(f"/cases/{filed['id']}", specialist)
    for words in (
        "Tra cứu: Cơ sở dữ liệu quốc gia về dân cư", "Nguyễn Văn Thành", "0471/GCS-2026", "Căn cứ pháp lý", "Trả lời lúc",
    ):  # fmt: skip
        assert words in page, words
    state.behave(unavailable=100)
    away = (await state.file(ME)).json()
    page = await state.desk.page(f"/cases/{away['id']}", specialist)
    assert "Chưa trả lời được khi nộp" in page
    assert "Nguyễn Văn Thành" not in page
    for stranger in (officer("x", "specialist", agency="H19.9"), ME):
        assert (await state.desk.http.get(f"/cases/{filed['id']}", headers=stranger)).status_code in (403, 404)
