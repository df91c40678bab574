"""A helper files for somebody else from the citizens' pages, without a script: by a code, by a paper; a citizen for theirs."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import httpx
from tests.component.desks import Desk, officer
from tests.component.intake.test_consent_codes import read_by_person
from tests.component.intake.test_consents import listed, withdrawn
from tests.component.intake.test_file_online import AGENCY, CODE, DEMANDED, MOTHER, begun, files, hidden, posted, sheet

from dossier_local.simulation.papers import scan
from dossier_shared.vocabulary.persons import person_of

OTHERS = "001090000017"
WHOM = person_of(b"of these tests alone", "citizen", OTHERS)
HELPER = officer("Bưu điện Long Khánh", "agent", agency=None)
PERSON = officer("Trần Thị Lành", "citizen", agency=None, person=WHOM)
THEIRS = {"for": "another", "applicant.name": "Trần Thị Lành", "applicant.citizen_id": OTHERS,
          "applicant.phone": "0912 345 678"}  # fmt: skip


async def ready(intake: Desk, who: dict[str, str] = HELPER, **changes: Any) -> str:
    """Everything filled in, where the answers are checked."""
    where = await begun(intake, who)
    answer = await posted(intake, where, sheet("1", **{**THEIRS, **changes}), files(*DEMANDED), who)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


async def code_sent(intake: Desk, check: str, who: dict[str, str] = HELPER) -> tuple[str, str, str]:
    """Where it goes on, with the code's id; and the code on the person's phone."""
    page = await intake.page(check, who)
    action = re.search(r'id="ask-consent" method="post" action="([^"]+)"', page)
    assert action is not None
    form = page[page.index('id="ask-consent"') :]
    answer = await intake.http.post(unescape(action[1]), data={"key": hidden(form, "key")[0]}, headers=who)
    assert answer.status_code == 303, answer.text
    onward = str(answer.headers["location"])
    page = await intake.page(onward, who)
    [id_] = hidden(page, "consent.reference")
    assert "***678" in page
    return onward, id_, (await read_by_person(intake, id_)).code


async def sent(intake: Desk, check: str, who: dict[str, str] = HELPER, id_: str = "", code: str = "") -> httpx.Response:
    page = await intake.page(check, who)
    typed = {"key": hidden(page, "key")[0], "revision": hidden(page, "revision")[0], "declared": "yes"}
    return await intake.http.post(
        check.partition("#")[0], data={**typed, "consent.reference": id_, "consent.code": code}, headers=who
    )


async def test_a_helper_files_by_the_code_and_the_person_ends_it(intake: Desk) -> None:
    check = await ready(intake)
    refused = await sent(intake, check)
    assert refused.status_code == 422
    assert "Chưa có sự đồng ý" in refused.text
    onward, id_, code = await code_sent(intake, check)
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    mistyped = await sent(intake, onward, HELPER, id_, wrong)
    assert mistyped.status_code == 422
    assert "còn 4 lần nhập" in mistyped.text
    assert hidden(mistyped.text, "consent.reference") == [id_], "the page stands for another try"
    answer = await sent(intake, onward, HELPER, id_, code)
    assert answer.status_code == 303, answer.text
    (filed,) = [one async for one in intake.runtime.dossiers.table.find({})]
    submitted = filed["journal"][0]["data"]
    assert submitted["filed_by"] == {"sub": "Bưu điện Long Khánh", "kind": "helper"}
    assert (submitted["consent"]["kind"], submitted["consent"]["reference"]) == ("sms_code", id_)
    assert (submitted["person"], submitted["owner"]) == (WHOM, "Bưu điện Long Khánh")
    home = await intake.page("/", PERSON)
    assert 'Người nộp: <span lang="vi">Bưu điện Long Khánh</span>' in home
    assert (await withdrawn(intake, home, PERSON)).status_code == 303
    assert await listed(intake, HELPER) == []
    for path in (f"/filed/{filed['_id']}", f"/dossiers/{filed['_id']}/documents", f"/api/v1/dossiers/{filed['_id']}"):
        assert (await intake.http.get(path, headers=HELPER)).status_code == 404, path


async def test_a_helper_files_by_a_paper(intake: Desk) -> None:
    where = await begun(intake, HELPER)
    page = await intake.page(where, HELPER)
    assert "Người được nộp thay" in page
    assert 'name="applicant.citizen_id"' in page
    assert "Bưu điện Long Khánh" not in page.split("<main", 1)[1], "the helper's own name fills nothing in"
    photographed = ("file.consent", ("giay.pdf", scan("consent", 9), "application/pdf"))
    answer = await posted(intake, where, sheet("1", **THEIRS), [*files(*DEMANDED), photographed], HELPER)
    assert answer.status_code == 303, answer.text
    done = await sent(intake, answer.headers["location"])
    assert done.status_code == 303, done.text
    (filed,) = [one async for one in intake.runtime.dossiers.table.find({})]
    assert filed["journal"][0]["data"]["consent"]["kind"] == "paper"
    assert sorted(one["code"] for one in filed["state"]["documents"]) == sorted([*DEMANDED, "consent"])


async def test_whom_one_files_for_must_be_known(intake: Desk) -> None:
    where = await begun(intake, HELPER)
    nobody = {**THEIRS, "applicant.citizen_id": "", "applicant.phone": ""}
    answer = await posted(intake, where, sheet("1", **nobody), files(*DEMANDED), HELPER)
    assert answer.status_code == 422
    for name in ("applicant-citizen_id", "applicant-phone"):
        assert f'href="#{name}"' in answer.text


async def test_a_citizen_files_for_their_mother_and_stays_themselves(intake: Desk) -> None:
    page = await intake.page(f"/file/{CODE}", MOTHER)
    given = {"key": hidden(page, "key")[0], "agency": AGENCY, "for": "another"}
    answer = await intake.http.post(f"/file/{CODE}", data=given, headers=MOTHER)
    where = str(answer.headers["location"])
    assert 'value="Nguyễn Thị Mai"' not in await intake.page(where, MOTHER)
    answer = await posted(intake, where, sheet("1", **THEIRS), files(*DEMANDED))
    assert answer.status_code == 303, answer.text
    onward, id_, code = await code_sent(intake, answer.headers["location"], MOTHER)
    done = await sent(intake, onward, MOTHER, id_, code)
    assert done.status_code == 303, done.text
    (filed,) = [one async for one in intake.runtime.dossiers.table.find({})]
    assert filed["state"]["person"] == WHOM
    assert filed["journal"][0]["data"]["filed_by"]["kind"] == "helper"


async def test_a_code_is_not_sent_from_another_accounts_draft(intake: Desk) -> None:
    check = await ready(intake)
    draft = check.split("/")[2]
    other = officer("Đoàn phường", "agent", agency=None)
    answer = await intake.http.post(f"/drafts/{draft}/consent-code", data={"key": "k"}, headers=other)
    assert answer.status_code == 404
    assert await intake.runtime.db["consent_codes"].count_documents({}) == 0
