"""The counter's page, without a script: somebody stands there, and leaves with a code and a day."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from html import unescape
from typing import Any

import httpx
from tests.component.desks import Desk, officer
from tests.component.intake.papers import agency_of
from tests.unit.intake.typed_forms import typed_of

from dossier_intake.catalogue.catalogue import Catalogue
from dossier_intake.store import Dossiers
from dossier_local.simulation.papers import scan
from dossier_shared.clock import parse_instant
from dossier_shared.contracts.audit import SEARCH, AuditEntry
from dossier_shared.pages.rendering import local_time

CODE = "1.001193"  # birth: two papers must come
AGENCY = agency_of(CODE)
COUNTER = officer("Lê Thị Cúc", "counter", agency=AGENCY)
PROCEDURE = Catalogue.load_packaged().procedure(CODE)
assert PROCEDURE.form is not None
EXAMPLE = PROCEDURE.form["examples"][0]
DEMANDED = [paper.code for paper in PROCEDURE.demanded("direct")]
HERE = f"/counter/file?procedure={CODE}"
Files = list[tuple[str, tuple[str, bytes, str]]]


def files(*codes: str) -> Files:
    return [(f"file.{code}", (f"Bản quét {n}.pdf", scan(code, n), "application/pdf")) for n, code in enumerate(codes)]


async def opened(intake: Desk) -> str:
    """The key of a new sheet."""
    return hidden(await intake.page(HERE, COUNTER), "key")[0]


async def test_a_number_is_put_right_on_the_page_and_another_person_s_only_where_it_is_said(intake: Desk) -> None:
    filed = await sent(intake, sheet(await opened(intake)), files(*DEMANDED))
    id_ = filed.headers["location"].split("/")[-1].partition("?")[0]
    here, before = f"/cases/{id_}", (await intake.stored(id_))["state"]
    page = await intake.page(here + "?do=correct", COUNTER)
    given = {"key": "once", "version": hidden(page, "version")[0], "action": "correct", "reason": "Theo căn cước",
             "applicant.citizen_id": "075090123457"}  # fmt: skip
    refused = await intake.http.post(here, data=given, headers=COUNTER)
    assert refused.status_code == 409
    assert "Số giấy tờ mới là của người khác" in refused.text
    assert 'value="075090123457"' in refused.text, "what was typed is kept"
    assert (await intake.stored(id_))["state"] == before
    done = await intake.http.post(here, data={**given, "key": "again", "another_person": "yes"}, headers=COUNTER)
    assert done.status_code == 303, done.text
    now = (await intake.stored(id_))["state"]
    assert now["applicant"]["citizen_id"] == "075090123457"
    assert now["person"] != before["person"]
    assert "075090123456 → 075090123457" in await intake.page(done.headers["location"], COUNTER)


def hidden(page: str, name: str) -> list[str]:
    return [unescape(found) for found in re.findall(rf'<input type="hidden" name="{name}" value="([^"]*)"', page)]


def sheet(key: str, do: str = "file", **changes: Any) -> dict[str, Any]:
    return {
        "key": key, "procedure": CODE, "agency": AGENCY, "do": do, "channel": "direct", "accept": "yes",
        "applicant.kind": "person", "applicant.name": "Nguyễn Văn An", "applicant.citizen_id": "075090123456",
        "applicant.phone": "0912345678", "applicant.address": "Khu phố 3", "delivery.how": "counter",
        "consent.kind": "in_person", **typed_of(PROCEDURE.form or {}, EXAMPLE), **changes,
    }  # fmt: skip


async def sent(intake: Desk, typed: Mapping[str, Any], attached: Files = (), **headers: str) -> httpx.Response:  # type: ignore[assignment]
    """As a browser sends it: always in parts."""
    return await intake.http.post(
        "/counter/file", data=dict(typed), files=attached or [("file.", ("", b""))], headers={**COUNTER, **headers}
    )


async def test_a_walk_in_is_filed_and_accepted_at_once_and_the_page_says_until_when(intake: Desk) -> None:
    answer = await sent(intake, sheet(await opened(intake)), files(*DEMANDED))
    assert answer.status_code == 303, answer.text
    id_ = answer.headers["location"].partition("/counter/filed/")[2].partition("?")[0]
    state = (await intake.stored(id_))["state"]
    assert (state["status"], state["channel"], state["owner"], state["agency"]) == ("accepted", "direct", "", AGENCY)
    assert sorted(paper["code"] for paper in state["documents"]) == sorted(DEMANDED)
    assert state["applicant"]["phone"] == "+84912345678"
    page = await intake.page(answer.headers["location"], COUNTER)
    for words in (state["code"], local_time(parse_instant(state["appointment"]), "vi"),
                  state["appointment_lines"][0]["vi"], f"/api/v1/dossiers/{id_}/forms/01"):  # fmt: skip
        assert words in page
    receipt = await intake.http.get(f"/api/v1/dossiers/{id_}/forms/01", headers=COUNTER)
    assert (receipt.status_code, receipt.content[:5]) == (200, b"%PDF-")
    next_person = re.search(r'<a [^>]*href="([^"]+)" autofocus', page)
    assert next_person is not None
    assert unescape(next_person[1]).startswith(HERE), "where the keyboard is"
    elsewhere = officer("Trần Văn Dũng", "counter", agency="H19.1")
    assert (await intake.http.get(answer.headers["location"], headers=elsewhere)).status_code == 404
    found = await intake.http.get("/counter", headers={**COUNTER, "cookie": f"counter_recent={CODE}"})
    assert found.text.index("mới dùng") < found.text.index('class="code"', found.text.index('class="code"') + 1)


async def test_without_the_tick_it_waits_in_the_list(intake: Desk) -> None:
    typed = sheet(await opened(intake))
    del typed["accept"]
    answer = await sent(intake, typed, files(*DEMANDED))
    page = await intake.page(answer.headers["location"], COUNTER)
    assert "chưa được tiếp nhận" in page
    assert "Hẹn trả kết quả" not in page


async def test_an_error_keeps_everything_that_was_typed_and_the_files(intake: Desk) -> None:
    wrong = {"applicant.name": "", "applicant.citizen_id": "12", "form.child.birth_date": "30/02/2026",
             "form.relation": "<b>bà</b>", "applicant.address": 'Ngõ "3"'}  # fmt: skip
    broken = ("file." + DEMANDED[1], ("hỏng.pdf", b"%PDF-1.7 cut", "application/pdf"))
    answer = await sent(intake, sheet(await opened(intake), **wrong), [*files(DEMANDED[0]), broken])
    page = answer.text
    assert answer.status_code == 422
    assert (await intake.runtime.dossiers.table.find_one({"state.code": {"$exists": True}})) is None
    for name in ("applicant-name", "applicant-citizen_id", "form-child-birth_date"):
        assert f'id="{name}-wrong"' in page, "beside its field"
        assert f'href="#{name}"' in page, "and above the sheet"
        assert f'aria-describedby="{name}-wrong' in page
    assert 'value="30/02/2026"' in page
    assert "Ngõ &#34;3&#34;" in page
    assert "<b>bà" not in page
    assert "hỏng.pdf: " in page
    assert page.count("Thiếu: ") == 2 * (len(DEMANDED) - 1), "beside the paper and above the sheet"
    assert page.count(" autofocus") == 1
    # put right: the file that was taken needs no second choosing
    mended = sheet(hidden(page, "key")[0], kept=hidden(page, "kept"))
    answer = await sent(intake, mended, files(*DEMANDED[1:]))
    assert answer.status_code == 303, answer.text


async def test_pressed_twice_it_is_one_dossier(intake: Desk) -> None:
    typed = sheet(await opened(intake))
    first, second = await asyncio.gather(*(sent(intake, typed, files(*DEMANDED)) for _ in range(2)))
    assert first.status_code == second.status_code == 303
    assert first.headers["location"] == second.headers["location"]
    assert await intake.runtime.dossiers.table.count_documents({}) == 1
    other = await sent(intake, {**typed, "applicant.name": "Nguyễn Văn Bình"}, files(*DEMANDED))
    assert other.status_code == 409, "what was filed is not filed again with other words"
    assert f'href="{first.headers["location"]}"' in other.text


async def test_enter_checks_and_records_nothing(intake: Desk) -> None:
    page = await intake.page(HERE, COUNTER)
    first = re.search(r"<button[^>]*>", page[page.index('id="sheet"') :])
    assert first is not None
    assert 'value="check"' in first[0], "the button that Enter presses"
    answer = await sent(intake, sheet(hidden(page, "key")[0], do="check"), files(*DEMANDED))
    assert answer.status_code == 200
    assert "Hồ sơ đủ và đúng" in answer.text
    assert re.search(r'id="file"[^>]* autofocus', answer.text)
    assert await intake.runtime.dossiers.table.count_documents({}) == 0


async def test_what_the_agency_knows_of_the_number_fills_what_is_empty(intake: Desk) -> None:
    told: list[AuditEntry] = []
    intake.app.state.teller.put = told.append
    await sent(intake, sheet(await opened(intake)), files(*DEMANDED))
    asking = {**sheet(await opened(intake), do="known"), "applicant.name": "", "applicant.phone": "0987654321"}
    page = (await sent(intake, asking)).text
    assert 'value="Nguyễn Văn An"' in page
    assert 'value="0987654321"' in page, "what was typed stays"
    assert "Đã điền các ô còn trống" in page
    stranger = (await sent(intake, {**asking, "applicant.citizen_id": "070092004321"})).text
    assert "chưa có hồ sơ nào của số căn cước này" in stranger
    assert "Nguyễn Văn An" not in stranger.replace("Nguyễn Văn An Bình", "").partition('id="answers"')[0]
    (filed,) = [one async for one in intake.runtime.dossiers.table.find({})]
    person = filed["state"]["person"]
    latest = Dossiers(intake.runtime.dossiers).latest_of
    assert await latest(AGENCY, person, AGENCY)
    assert await latest(AGENCY, person, "H99.9") is None, (
        "a centre knows of who came to it, not of who went to the agency"
    )
    (where,) = [code for code in sorted(Catalogue.load_packaged().agencies_of(PROCEDURE)) if code != AGENCY][:1]
    neighbour = officer("Trần Văn Dũng", "counter", agency=where)
    there = await intake.http.post(
        "/counter/file", data={**asking, "agency": where}, files=[("file.", ("", b""))], headers=neighbour
    )
    assert "chưa có hồ sơ nào của số căn cước này" in there.text, "of another agency's dossiers nothing is known"
    assert [(one.kind, one.subject, bool(one.of)) for one in told if one.kind == SEARCH] == [
        (SEARCH, "Lê Thị Cúc", True), (SEARCH, "Lê Thị Cúc", False), (SEARCH, "Trần Văn Dũng", False),
    ]  # fmt: skip


async def test_entries_and_files_come_and_go_without_a_check(intake: Desk) -> None:
    code = "2.000815"
    typed = {"procedure": code, "agency": AGENCY, "key": "k", "form.papers": ["0"], "form.papers.0.name": "Bằng lái"}
    more = await sent(intake, {**typed, "do": "add:form.papers"})
    assert more.status_code == 200
    assert 'name="form.papers.1.name"' in more.text
    assert 'value="Bằng lái"' in more.text
    assert re.search(r'id="form-papers-1-name"[^>]* autofocus', more.text), "where one types on"
    assert 'class="field-wrong" id="form' not in more.text
    less = await sent(intake, {**typed, "do": "drop:form.papers.0"})
    assert 'value="Bằng lái"' not in less.text
    with_file = await sent(intake, {**typed, "do": "draw"}, [("file.X", ("a.pdf", scan("a", 1), "application/pdf"))])
    assert with_file.status_code == 200


async def test_what_no_page_of_ours_sends_is_refused(intake: Desk) -> None:
    forged = f"{DEMANDED[0]}|{'0' * 64}|1|application/pdf|||a.pdf"
    for changes, status in (
        ({"form.child.$ne": "x"}, 422),
        ({"form.__proto__.admin": "x"}, 422),
        ({"agency": "H19.1"}, 404),
        ({"procedure": "9.9"}, 422),
        ({"key": "x" * 400}, 422),
        ({"channel": "online"}, 422),
        ({"kept": "a|b|c"}, 422),
        ({"kept": forged}, 422),
    ):
        attached = files(*DEMANDED[1 if "kept" in changes else 0 :])
        answer = await sent(intake, {**sheet("k"), **changes}, attached)
        assert answer.status_code == status, changes
    stranger = await sent(intake, sheet("k", do="check"), [*files(*DEMANDED), *files("X-1")])
    assert "Không thuộc thủ tục này" in stranger.text
    assert "Hồ sơ đủ và đúng" not in stranger.text
    assert await intake.runtime.dossiers.table.count_documents({}) == 0


async def test_somebody_else_brings_it_with_a_paper_and_the_post_takes_the_result(intake: Desk) -> None:
    wish = {"consent.kind": "paper", "delivery.how": "post", "applicant.address": ""}
    page = (await sent(intake, sheet(await opened(intake), **wish), files(*DEMANDED))).text
    for name in ("consent-reference", "delivery-address"):
        assert f'id="{name}-wrong"' in page
    more: dict[str, Any] = {
        "consent.reference": "12/UQ",
        "delivery.address": "Số 5, Đồng Xoài",
        "kept": hidden(page, "kept"),
    }
    answer = await sent(intake, sheet(hidden(page, "key")[0], **wish, **more))
    id_ = answer.headers["location"].partition("/counter/filed/")[2].partition("?")[0]
    filed = (await intake.stored(id_))["journal"][0]
    assert filed["data"]["consent"]["kind"] == "paper"
    assert filed["data"]["consent"]["reference"] == "12/UQ"
    assert filed["data"]["delivery"] == "post"
    assert "until" not in filed["data"]["consent"]


async def test_a_paper_of_authority_may_have_an_end(intake: Desk) -> None:
    wish = {"consent.kind": "paper", "consent.reference": "12/UQ"}
    typed = sheet(await opened(intake), **wish, **{"consent.until": "31/12/2020"})
    page = await sent(intake, typed, files(*DEMANDED))
    assert page.status_code == 422
    assert 'id="consent-until-wrong"' in page.text
    kept: dict[str, Any] = {"kept": hidden(page.text, "kept"), "consent.until": "31/12/2199"}
    answer = await sent(intake, sheet(hidden(page.text, "key")[0], **wish, **kept))
    id_ = answer.headers["location"].partition("/counter/filed/")[2].partition("?")[0]
    filed = (await intake.stored(id_))["journal"][0]
    assert filed["data"]["consent"]["until"] == "2199-12-31T17:00:00.000000Z"


async def test_it_is_the_counters_and_bodies_are_bounded(intake: Desk) -> None:
    for who in ({}, officer("c", "citizen", agency=None), officer("s", "specialist", agency=AGENCY)):
        for path in ("/counter", HERE, "/counter/filed/x"):
            assert (await intake.http.get(path, headers=who)).status_code == (403 if who else 401)
        assert (await intake.http.post("/counter/file", data={}, headers=who)).status_code == (403 if who else 401)
    for body, kind in ((b"a=b", "application/x-www-form-urlencoded"), (b"junk", "multipart/form-data; boundary=x")):
        answer = await intake.http.post("/counter/file", content=body, headers={**COUNTER, "content-type": kind})
        assert answer.status_code == 422
    words = await sent(intake, sheet("k", note="x" * 3_000_000))
    assert words.status_code == 422
    large = await sent(intake, sheet("k"), [(f"file.{DEMANDED[0]}", ("l.pdf", b"%PDF-" + b"x" * 11_000_000, ""))])
    assert "l.pdf: Tệp lớn quá 10 MB" in large.text


async def test_a_sheet_without_a_procedure_begins_with_the_search(intake: Desk) -> None:
    answer = await intake.http.get("/counter/file?lang=en", headers=COUNTER)
    assert (answer.status_code, answer.headers["location"]) == (303, "/counter?lang=en")


async def test_the_procedure_is_found_by_words_or_code(intake: Desk) -> None:
    everything = await intake.page("/counter", COUNTER)
    assert "Đăng ký khai sinh" in everything
    several = await intake.page("/counter?q=dang+ky", COUNTER)
    assert "Đăng ký khai sinh" in several
    assert "Chứng thực bản sao" not in several
    only = await intake.http.get("/counter", params={"q": "1.001193"}, headers=COUNTER)
    assert only.status_code == 303
    assert only.headers["location"].startswith("/counter/file?procedure=1.001193")
    nothing = await intake.page("/counter?q=tên+lửa", COUNTER)
    assert "0 thủ tục" in nothing


async def test_an_answer_is_put_right_on_a_page_and_the_story_says_what_stood_there(intake: Desk) -> None:
    id_ = (
        (await sent(intake, sheet(await opened(intake)), files(*DEMANDED)))
        .headers["location"]
        .split("/")[-1]
        .partition("?")[0]
    )
    here = f"/cases/{id_}/answers"
    page = await intake.page(here, COUNTER)
    given = {"key": hidden(page, "key")[0], "version": hidden(page, "version")[0], "do": "save"}
    as_it_was = {**given, **typed_of(PROCEDURE.form or {}, EXAMPLE)}
    name = "form.child.full_name"

    async def put_right(**changes: str) -> httpx.Response:
        return await intake.http.post(here, data={**as_it_was, **changes}, headers=COUNTER)

    bare = await put_right(**{name: "Nguyễn Thị Mài", "form.child.birth_date": "30/02/2026"})
    assert bare.status_code == 422
    assert 'value="Nguyễn Thị Mài"' in bare.text, "what was typed is kept"
    assert "Ngày sinh" in bare.text
    assert "Hãy ghi sai ở đâu" in bare.text
    assert "Không có gì khác" in (await put_right(reason="Theo bản gốc")).text
    done = await put_right(**{name: "Nguyễn Thị Mài"}, reason="Theo bản gốc")
    assert done.status_code == 303, done.text
    last = (await intake.stored(id_))["journal"][-1]
    assert (last["type"], last["data"]["fields"]) == ("corrected", ["/form/child/full_name"])
    story = await intake.page(done.headers["location"], COUNTER)
    assert f"{EXAMPLE['child']['full_name']} → Nguyễn Thị Mài" in story
    assert "Theo bản gốc" in story
    stranger = officer("x", "counter", agency="H00")
    assert (await intake.http.get(here, headers=stranger)).status_code == 404
