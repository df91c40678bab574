"""A citizen files from home, without a script: begin, fill in, check the answers, send once, and what a draft owes them."""

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
from dossier_local.simulation.papers import scan
from dossier_shared.vocabulary.persons import person_of

CODE = "1.001193"  # birth
AGENCY = agency_of(CODE)
NUMBER = "075090123456"
PERSON = person_of(b"of these tests alone", "citizen", NUMBER)
MOTHER = officer("Nguyễn Thị Mai", "citizen", agency=None, person=PERSON)
STRANGER = officer("Trần Văn Dũng", "citizen", agency=None)
PROCEDURE = Catalogue.load_packaged().procedure(CODE)
assert PROCEDURE.form is not None
EXAMPLE = PROCEDURE.form["examples"][0]
DEMANDED = [paper.code for paper in PROCEDURE.demanded("online")]
Files = list[tuple[str, tuple[str, bytes, str]]]


def files(*codes: str) -> Files:
    return [(f"file.{code}", (f"Bản quét {n}.pdf", scan(code, n), "application/pdf")) for n, code in enumerate(codes)]


def hidden(page: str, name: str) -> list[str]:
    return [unescape(found) for found in re.findall(rf'<input type="hidden" name="{name}" value="([^"]*)"', page)]


async def begun(intake: Desk, who: Mapping[str, str] = MOTHER, key: str = "") -> str:
    """Where the sheet is."""
    page = await intake.page(f"/file/{CODE}", dict(who))
    given = {"key": key or hidden(page, "key")[0], "agency": AGENCY}
    answer = await intake.http.post(f"/file/{CODE}", data=given, headers=dict(who))
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def sheet(revision: str, do: str = "check", **changes: Any) -> dict[str, Any]:
    return {
        "revision": revision, "agency": AGENCY, "do": do, "applicant.kind": "person",
        "applicant.name": "Nguyễn Thị Mai", "applicant.citizen_id": NUMBER, "applicant.phone": "0912345678",
        "applicant.address": "Khu phố 3", "delivery.how": "online", **typed_of(PROCEDURE.form or {}, EXAMPLE), **changes,
    }  # fmt: skip


async def posted(
    intake: Desk, where: str, typed: Mapping[str, Any], attached: Files | None = None, who: Mapping[str, str] = MOTHER
) -> httpx.Response:
    nothing = [("file.", ("", b""))]
    return await intake.http.post(where, data=dict(typed), files=attached or nothing, headers=dict(who))


async def ready(intake: Desk, where: str) -> str:
    """Everything filled in and kept; where the answers are checked."""
    answer = await posted(intake, where, sheet("1"), files(*DEMANDED))
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


async def sent(intake: Desk, check: str, **changes: str) -> httpx.Response:
    page = await intake.page(check, MOTHER)
    given = {"key": hidden(page, "key")[0], "revision": hidden(page, "revision")[0], "declared": "yes", **changes}
    return await intake.http.post(check, data=given, headers=MOTHER)


async def test_a_birth_is_filed_from_home(intake: Desk) -> None:
    where = await begun(intake)
    page = await intake.page(where, MOTHER)
    assert 'value="Nguyễn Thị Mai"' in page, "the account's own name"
    check = await ready(intake, where)
    page = await intake.page(check, MOTHER)
    for words in (EXAMPLE["child"]["full_name"], "Bản quét 0.pdf", "không thu", "Nguyễn Thị Mai", "Nhận bản điện tử"):
        assert words in page, words
    assert f'href="{where}#form-child-full_name"' in page, "each answer leads back to its field"
    undeclared = await sent(intake, check, declared="")
    assert undeclared.status_code == 422
    assert 'href="#declared"' in undeclared.text
    answer = await sent(intake, check)
    assert answer.status_code == 303, answer.text
    (filed,) = [one async for one in intake.runtime.dossiers.table.find({})]
    state = filed["state"]
    assert (state["status"], state["channel"], state["owner"]) == ("submitted", "online", "Nguyễn Thị Mai")
    assert (state["person"], state["agency"], state["delivery"]) == (PERSON, AGENCY, "online")
    assert sorted(one["code"] for one in state["documents"]) == sorted(DEMANDED)
    receipt = await intake.page(answer.headers["location"], MOTHER)
    assert state["code"] in receipt
    assert (await intake.http.get(answer.headers["location"], headers=STRANGER)).status_code == 404
    assert await intake.runtime.db["drafts"].count_documents({}) == 0


async def test_sent_twice_gone_back_and_sent_again_it_is_one_dossier(intake: Desk) -> None:
    where = await begun(intake)
    check = await ready(intake, where)
    page = await intake.page(check, MOTHER)
    given = {"key": hidden(page, "key")[0], "revision": hidden(page, "revision")[0], "declared": "yes"}
    both = await asyncio.gather(*(intake.http.post(check, data=given, headers=MOTHER) for _ in range(2)))
    later = await intake.http.post(check, data=given, headers=MOTHER)
    (place,) = {answer.headers["location"] for answer in (*both, later)}
    assert await intake.runtime.dossiers.table.count_documents({}) == 1
    for path in (where, check):  # the back button asks again: nothing of it is kept by the browser
        answer = await intake.http.get(path, headers=MOTHER)
        assert (answer.status_code, answer.headers["location"]) == (303, place)
        assert "no-store" in answer.headers["cache-control"]
    changed = await posted(intake, where, sheet("2", "save", **{"applicant.name": "Khác"}))
    assert changed.headers["location"] == place
    assert await intake.runtime.db["drafts"].count_documents({}) == 0


async def test_what_is_wrong_is_told_beside_its_field_and_kept(intake: Desk) -> None:
    where = await begun(intake)
    wrong = {"applicant.name": "", "form.child.birth_date": "30/02/2026", "applicant.phone": "12", "agency": "H00"}
    broken = ("file." + DEMANDED[0], ("hỏng.pdf", b"%PDF-1.7 cut", "application/pdf"))
    answer = await posted(intake, where, sheet("1", "check", **wrong), [broken])
    assert answer.status_code == 422
    for name in ("applicant-name", "applicant-phone", "form-child-birth_date", "agency"):
        assert f'id="{name}-wrong"' in answer.text, name
        assert f'href="#{name}"' in answer.text
    assert "hỏng.pdf: " in answer.text
    assert answer.text.count(" autofocus") == 1
    again = await intake.page(where, MOTHER)
    assert 'value="30/02/2026"' in again, "kept, wrong as it is"
    assert hidden(again, "revision") == ["2"]
    check = await intake.http.get(where.replace("/filing/", "/drafts/").replace("?", "/check?"), headers=MOTHER)
    assert check.status_code == 422, "nobody gets to the last page by its address"


async def test_two_tabs_lose_nothing_and_say_what_differs(intake: Desk) -> None:
    where = await begun(intake)
    first = await posted(intake, where, sheet("1", "save", **{"applicant.phone": "0911111111"}), files(DEMANDED[0]))
    assert first.status_code == 303
    second = await posted(intake, where, sheet("1", "save", **{"applicant.phone": "0922222222"}))
    assert second.status_code == 409
    assert 'value="0922222222"' in second.text, "what was typed here"
    assert "“0911111111”" in second.text, "what was saved there"
    assert "Bản quét 0.pdf" in second.text, "a paper of the other is not lost"
    assert 'value="0911111111"' in await intake.page(where, MOTHER), "nothing is saved yet"
    kept: dict[str, Any] = {"kept": hidden(second.text, "kept"), "applicant.phone": "0922222222"}
    chosen = await posted(intake, where, sheet(hidden(second.text, "revision")[0], "save", **kept))
    assert chosen.status_code == 303
    now = await intake.page(where, MOTHER)
    assert 'value="0922222222"' in now
    assert "Bản quét 0.pdf" in now
    repeated = await posted(intake, where, sheet("1", "save", **kept))
    assert repeated.status_code == 303, "the same, sent again after its answer was lost, is no conflict"


async def test_what_is_typed_is_saved_by_a_script_and_sent_as_it_was_checked(intake: Desk) -> None:
    where = await begun(intake)
    check = await ready(intake, where)
    page = await intake.page(check, MOTHER)
    kept = hidden(await intake.page(where, MOTHER), "kept")
    path = where.replace("/filing/", "/drafts/")
    saved = await intake.http.post(path, data=sheet("2", kept=kept) | {"applicant.phone": "0933333333"}, headers=MOTHER)
    assert saved.json()["revision"] == 3
    older = await intake.http.post(path, data=sheet("2", kept=kept), headers=MOTHER)
    assert (older.status_code, older.json()["code"]) == (409, "draft-moved-on")
    given = {"key": hidden(page, "key")[0], "revision": "2", "declared": "yes"}
    answer = await intake.http.post(check, data=given, headers=MOTHER)
    assert answer.status_code == 409, "what was checked is not what is there now"
    assert "+84" not in answer.text
    assert "0933333333" in answer.text
    assert await intake.runtime.dossiers.table.count_documents({}) == 0


async def test_a_page_s_scripts_are_one_file_that_the_page_before_does_not_wait_for(intake: Desk) -> None:
    """Of several a bad line brings some, and then nothing that is typed is kept; a script holds up the page it stands on."""
    start = await intake.page(f"/file/{CODE}?agency={AGENCY}", MOTHER)
    sheet = await intake.page(await begun(intake), MOTHER)
    loaded = [re.findall(r'<script src="[^"]*/([^"/?]+)\?', page) for page in (start, sheet)]
    assert loaded == [["kept.js"], ["kept.js", "filing.js"]]
    assert re.search(r'<link rel="prefetch" as="script" href="[^"]*/filing\.js\?', start)


async def test_a_draft_is_nobody_else_s(intake: Desk) -> None:
    where = await begun(intake)
    await ready(intake, where)
    id_ = where.partition("/filing/")[2].partition("?")[0]
    (kept,) = [one async for one in intake.runtime.db["drafts"].find({})]
    file = kept["files"][0]
    paper = f"/drafts/{id_}/papers/{file}"
    mine = await intake.http.get(paper, headers=MOTHER)
    assert (mine.status_code, mine.content[:5]) == (200, b"%PDF-")
    assert "sandbox" in mine.headers["content-security-policy"]
    for path in (where, f"/drafts/{id_}/check", paper):
        assert (await intake.http.get(path, headers=STRANGER)).status_code == 404, path
        counter = officer("c", "counter", "leader", agency=AGENCY)
        assert (await intake.http.get(path, headers=counter)).status_code == 403, path
    for path in (f"/drafts/{id_}", f"/drafts/{id_}/check"):
        given = {"key": "k", **sheet("2")}
        assert (await intake.http.post(path, data=given, headers=STRANGER)).status_code == 404, path
    assert (await posted(intake, where, sheet("2"), who=STRANGER)).status_code == 404
    await intake.http.post(f"/drafts/{id_}/drop", headers=STRANGER)
    home = await intake.page("/", MOTHER)
    assert where.replace("&", "&amp;") in home, "gone on with from the page of one's dossiers"
    assert "/filing/" not in await intake.page("/", STRANGER)
    dropped = await intake.http.post(f"/drafts/{id_}/drop", headers=MOTHER)
    assert dropped.status_code == 303
    assert "/filing/" not in await intake.page("/", MOTHER)
    assert (await intake.http.get(where, headers=MOTHER)).status_code == 404


async def test_one_files_for_oneself_or_for_one_s_organisation(intake: Desk) -> None:
    where = await begun(intake)
    anothers = await posted(intake, where, sheet("1", **{"applicant.citizen_id": "070092004321"}), files(*DEMANDED))
    assert anothers.status_code == 422
    assert 'id="applicant-citizen_id-wrong"' in anothers.text
    firm: dict[str, Any] = {
        "applicant.kind": "organisation", "applicant.name": "Công ty TNHH Bình Minh", "applicant.tax_code": "0100109106",
        "applicant.representative": "Nguyễn Thị Mai", "kept": hidden(anothers.text, "kept"),
    }  # fmt: skip
    answer = await posted(intake, where, sheet(hidden(anothers.text, "revision")[0], **firm))
    assert answer.status_code == 303, answer.text
    done = await sent(intake, answer.headers["location"])
    assert done.status_code == 303, done.text
    (filed,) = [one async for one in intake.runtime.dossiers.table.find({})]
    applicant = filed["state"]["applicant"]
    assert (applicant["name"], applicant["tax_code"]) == ("Công ty TNHH Bình Minh", "0100109106")
    assert applicant.get("citizen_id") is None
    assert filed["state"]["person"] != PERSON


async def test_begun_twice_by_one_press_it_is_one_and_no_more_than_can_be_kept(intake: Desk) -> None:
    places = {await begun(intake, key="once") for _ in range(2)}
    assert len(places) == 1
    for number in range(19):
        await begun(intake, key=f"k-{number}")
    given = {"key": "one-more", "agency": AGENCY}
    answer = await intake.http.post(f"/file/{CODE}", data=given, headers=MOTHER)
    assert answer.status_code == 409
    assert "20 hồ sơ soạn dở" in answer.text
    nowhere = await intake.http.post(f"/file/{CODE}", data={"key": "x", "agency": "H00"}, headers=MOTHER)
    assert nowhere.status_code == 422
    assert 'id="agency-wrong"' in nowhere.text


async def test_an_officer_of_a_counter_is_led_to_the_counter(intake: Desk) -> None:
    answer = await intake.http.get(f"/file/{CODE}", headers=officer("Lê Thị Hoa", "counter", agency=AGENCY))
    assert (answer.status_code, answer.headers.get("location")) == (303, f"/counter?q={CODE}&lang=vi")
    answer = await intake.http.get(f"/file/{CODE}", headers=officer("Lê Văn Sơn", "specialist", agency=AGENCY))
    assert answer.status_code == 403


async def test_who_is_not_signed_in_is_sent_to_sign_in_and_back(intake: Desk) -> None:
    answer = await intake.http.get(f"/file/{CODE}?lang=vi", headers={"accept": "text/html"})
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in?next=/file/1.001193")
