"""A helper's table: good rows are filed, bad ones told apart, sent again it doubles nothing; and the list of what was filed."""

from __future__ import annotations

import re

import httpx
from tests.component.desks import Desk, officer
from tests.component.intake.papers import PROCEDURE, agency_of, filing
from tests.unit.intake.typed_forms import typed_of

from dossier_intake.catalogue.catalogue import Catalogue
from dossier_shared.vocabulary.persons import person_of

HELPER = officer("Bưu điện Long Khánh", "agent", agency=None)
FOUND = Catalogue.load_packaged().procedure(PROCEDURE)
ANSWERS = {name: value for name, (value, *_) in typed_of(FOUND.form or {}, filing()["form"]).items()}
HEADER = ["Họ và tên", "applicant.citizen_id", "Điện thoại", "consent.reference", *ANSWERS]


def line(name: str, number: str, reference: str = "GUQ-1") -> list[str]:
    return [name, number, "0912345678", reference, *ANSWERS.values()]


GOOD = [line("Nguyễn Văn An", "075090123456"), line("Trần Thị Lành", "'001090000017")]


def table(*rows: list[str], delimiter: str = "\t") -> str:
    return "\r\n".join(delimiter.join(one) for one in (HEADER, *rows))


async def sent(intake: Desk, text: str, *, as_file: bool = False) -> httpx.Response:
    given = {"procedure": PROCEDURE, "agency": agency_of(), "table": "" if as_file else text}
    file = ("so.csv", text.encode("utf-8-sig") if as_file else b"", "text/csv")
    return await intake.http.post("/helping?lang=vi", data=given, files={"file": file}, headers=HELPER)


def outcomes(page: str) -> list[str]:
    return [re.sub(r"<[^>]+>|\s+", " ", one).strip() for one in re.findall(r"<tr><td>\d+</td>(.*?)</tr>", page)]


async def test_good_rows_are_filed_and_bad_ones_told_apart(intake: Desk) -> None:
    bad = [line("Lê Văn Hỏng", "12"), line("Phạm Thị Thiếu", "001090000025", "")]
    answer = await sent(intake, table(GOOD[0], bad[0], GOOD[1], bad[1], GOOD[0]))
    assert answer.status_code == 200, answer.text
    assert "3 dòng đã nộp, 2 dòng cần sửa, trong 5 dòng." in answer.text
    told = outcomes(answer.text)
    assert [("Đã nộp." in one) for one in told] == [True, False, True, False, True]
    assert "applicant.citizen_id: " in told[1]
    assert "Chưa ghi sự đồng ý" in told[3]
    filed = [one async for one in intake.runtime.dossiers.table.find({})]
    assert sorted(one["state"]["applicant"]["name"] for one in filed) == ["Nguyễn Văn An", "Trần Thị Lành"]
    for one in filed:
        data = one["journal"][0]["data"]
        assert (data["filed_by"]["kind"], data["consent"]["reference"]) == ("bulk", "GUQ-1")
        assert one["state"]["code"] in await intake.page("/helping?lang=vi", HELPER)
    left = answer.text[answer.text.index("<textarea") :]
    assert "Lê Văn Hỏng" in left
    assert "Nguyễn Văn An" not in left.partition("</textarea>")[0], "what is filed need not be sent again"


async def test_the_same_table_again_doubles_nothing(intake: Desk) -> None:
    first = await sent(intake, table(*GOOD))
    again = await sent(intake, table(*GOOD, delimiter=";"), as_file=True)
    assert outcomes(first.text) == outcomes(again.text)
    assert await intake.runtime.dossiers.table.count_documents({}) == 2


async def test_a_table_that_cannot_be_read_says_why(intake: Desk) -> None:
    for text, said in (
        ("", "Không đọc được bảng"),
        (table(), "Không đọc được bảng"),
        ("Họ và tên\tCột lạ\nAn\tx", "Cột lạ"),
        ("Họ và tên\tHọ và tên\nAn\tx", "bị lặp lại"),
        (table(*[GOOD[0]] * 501), "hơn 500 dòng"),
    ):
        answer = await sent(intake, text)
        assert answer.status_code == 422, text[:60]
        assert said in answer.text
    assert await intake.runtime.dossiers.table.count_documents({}) == 0


async def test_it_is_for_helpers(intake: Desk) -> None:
    for who in (officer("c", "citizen", agency=None), officer("k", "counter")):
        assert (await intake.http.get("/helping", headers=who)).status_code == 403


async def test_a_superior_sees_counts_by_account_and_nobodys_name(intake: Desk) -> None:
    await sent(intake, table(*GOOD))
    person = person_of(b"of these tests alone", "citizen", "075090123456")
    one = await intake.runtime.dossiers.table.find_one({"state.person": person})
    assert one is not None
    owner = officer("Nguyễn Văn An", "citizen", agency=None, person=person)
    assert (await intake.post(f"/api/v1/dossiers/{one['_id']}/withdraw-consent", owner)).status_code == 200
    agency = agency_of()
    counter = officer("counter", "counter", agency=agency)
    refused = await intake.post(f"/api/v1/dossiers/{one['_id']}/refuse", counter, {"reason": "Thiếu giấy tờ."})
    assert refused.status_code == 200, refused.text
    above = officer("superior", "superior", agency="H19")
    page = await intake.page("/helpers?lang=vi", above)
    cells = re.findall(
        r'<th scope="row" class="code">(.*?)</th><td>(.*?)</td><td>(.*?)</td><td>(.*?)</td><td>(.*?)</td>', page
    )
    assert cells == [("Bưu điện Long Khánh", "2", "0", "1", "1")]
    assert "Nguyễn Văn An" not in page
    before = await intake.page("/helpers?lang=vi&first=2020-01-01&last=2020-12-31", above)
    assert "Không có hồ sơ nộp thay" in before
    elsewhere = await intake.page("/helpers?lang=vi", officer("superior", "superior", agency="H29"))
    assert "Bưu điện Long Khánh" not in elsewhere
    for wrong in ("first=2026-13-01", "first=2026-02-01&last=2026-01-01", "first=2020-01-01&last=2026-01-01"):
        assert (await intake.http.get(f"/helpers?{wrong}", headers=above)).status_code == 422
    assert (await intake.http.get("/helpers", headers=HELPER)).status_code == 403
