"""C3, C4, C8, C10, C11: phones, organisations, citizen IDs, codes and amounts as people and programs give them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest

from dossier_local.stack import Stack
from dossier_monitor.lists.filters import ListQuery
from dossier_monitor.timelines.store import Timelines
from dossier_review.schemas import RequestPayment
from dossier_shared.adapters.mongo import DossierCollection, connect, database
from dossier_shared.http.validation import validated
from dossier_shared.problems import Invalid

from ..component.desks import Desk, officer  # noqa: TID252
from ..component.intake.conftest import intake  # noqa: F401, TID252
from ..component.intake.papers import agency_of, filing  # noqa: TID252

CITIZEN = officer("c", "citizen", agency=None)
APPLICANT = {"name": "Nguyễn Văn An", "phone": "0912345678", "citizen_id": "075090123456"}


async def refused(desk: Desk, field: str, **applicant: Any) -> dict[str, Any]:
    answer = await desk.post("/api/v1/dossiers", CITIZEN, filing(applicant=APPLICANT | applicant))
    body: dict[str, Any] = answer.json()
    assert answer.status_code == 422, body
    assert [error["path"] for error in body["errors"]] == [f"/applicant/{field}"]
    assert str(applicant[field]) not in answer.text.replace(body.pop("request_id"), "")  # whose digits are anybody's
    return body


async def kept(desk: Desk, **applicant: Any) -> dict[str, Any]:
    answer = await desk.post("/api/v1/dossiers", CITIZEN, filing(applicant=APPLICANT | applicant))
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = (await desk.stored(answer.json()["id"]))["state"]["applicant"]
    return found


NO_PHONES = [
        "0912345abc", "0912TAXIVN", "19001234",  # as reported
        "0912345678 nhà", "0912345678x12", "1900 9095", "1800 1091", "113", "+881612345678", "+979123456789", "+84 1900 1234",
    ]  # fmt: skip


async def test_c3_a_phone_is_digits_and_somebody_s(intake: Desk) -> None:  # noqa: F811
    for phone in NO_PHONES:
        assert (await refused(intake, "phone", phone=phone))["code"] == "phone-invalid", phone


async def test_c3_a_phone_as_it_is_pasted(intake: Desk) -> None:  # noqa: F811
    for phone in ("0912\u00a0345\u202f678", "'0912345678", "\u202a0912345678\u202c", "０９１２３４５６７８"):
        assert (await kept(intake, phone=phone))["phone"] == "+84912345678"


ORGANISATIONS = [
        "Công ty TNHH 2 thành viên Thử", "Trường Mầm non 19/5",  # as reported
        "Công ty CP Thử & Con (Bình Phước)", 'HTX Nông nghiệp "30-4"', "Bệnh viện 108", "Chi nhánh số 2 – Ngân hàng Thử",
    ]  # fmt: skip


async def test_c4_organisations_are_applicants(intake: Desk) -> None:  # noqa: F811
    for name in ORGANISATIONS:
        plain = {key: value for key, value in APPLICANT.items() if key != "citizen_id"} | {"name": name}
        for kind in ({}, {"kind": "organisation", "tax_code": "0100112437-001", "representative": "Lê Thị B"}):
            answer = await intake.post("/api/v1/dossiers", CITIZEN, filing(applicant=plain | kind))
            assert answer.status_code == 201, answer.text
            found = (await intake.stored(answer.json()["id"]))["state"]["applicant"]
            assert (found["name"], found["kind"]) == (name.replace("–", "-"), "organisation")
            assert found.get("tax_code") == ("0100112437-001" if kind else None)
        assert (await refused(intake, "name", name=name, kind="person"))["code"] == "name-invalid"


async def test_c4_an_organisation_of_few_words_says_so_itself(intake: Desk) -> None:  # noqa: F811
    assert (await refused(intake, "name", name="HTX 19/5"))["code"] == "name-invalid"
    assert (await kept(intake, name="HTX 19/5", kind="organisation"))["name"] == "HTX 19/5"
    assert (await refused(intake, "tax_code", tax_code="0100112437"))["code"] == "applicant-not-organisation"
    lost = {"name": "Công ty Thử", "kind": "organisation", "tax_code": "100112437"}
    assert (await refused(intake, "tax_code", **lost))["code"] == "tax-code-lost-zero"


async def test_c4_a_person_is_kept_as_ever(intake: Desk) -> None:  # noqa: F811
    """What was recorded of people before organisations could file is what is recorded now."""
    assert await kept(intake) == APPLICANT | {"phone": "+84912345678"}
    assert await kept(intake, kind="person") == APPLICANT | {"phone": "+84912345678"}


PASTED = [
        "075\u00a0090\u00a0123456", "'075090123456", "’075090123456",  # as reported
        "075\u202f090\u2009123456", "\ufeff075090123456", "075\u200b090123456", "０７５０９０１２３４５６", "075–090–123456",
    ]  # fmt: skip


async def test_c8_a_citizen_id_as_it_is_pasted(intake: Desk) -> None:  # noqa: F811
    for typed in PASTED:
        assert (await kept(intake, citizen_id=typed))["citizen_id"] == "075090123456", ascii(typed)


async def test_c8_a_lost_zero_is_named(intake: Desk) -> None:  # noqa: F811
    for typed, digits in (("75090123456", 11), ("1090123456", 10), ("'75090123456", 11)):
        body = await refused(intake, "citizen_id", citizen_id=typed)
        assert body["code"] == "citizen-id-lost-zero"
        assert f"{digits} chữ số" in body["message"]["vi"]
        assert "số 0 ở đầu" in body["message"]["vi"]


def pasted(code: str) -> list[str]:
    return [
        code.lower(), code.replace("-", "–"), f" {code} ", code.replace("-", " - "), "\u200b".join(code),  # as reported
        code.replace("-", "\u2011"), code.replace("-", "—"), f"\ufeff{code}\u00a0", code.replace("-", "-\u00ad"), f"{code}\n",
    ]  # fmt: skip


async def test_c10_intake_finds_a_code_as_it_is_pasted(intake: Desk) -> None:  # noqa: F811
    filed = (await intake.post("/api/v1/dossiers", CITIZEN, filing())).json()
    for typed in pasted(filed["code"]):
        answer = await intake.http.get("/api/v1/dossiers", params={"code": typed}, headers=CITIZEN)
        assert answer.status_code == 200, ascii(typed)
        assert [one["id"] for one in answer.json()["items"]] == [filed["id"]]
    for typed in (filed["code"][:-1], filed["code"] + "0", "", "-", "{$ne:1}", agency_of()):
        answer = await intake.http.get("/api/v1/dossiers", params={"code": typed}, headers=CITIZEN)
        assert (answer.status_code, answer.json()["code"]) == (404, "dossier-not-found"), ascii(typed)


@pytest.fixture
async def timelines(stack: Stack) -> AsyncIterator[Timelines]:
    client, name = connect(stack.mongodb), f"codes-{uuid4().hex}"
    collection = DossierCollection(database(client, name), "monitor")
    mixed = {"0197a2c0-0000-7000-8000-00000000000a": "H19.1-20261128-0000001", "d-2": "x-H19.a-20261128-0000002"}
    await collection.table.insert_many(
        [{"_id": id_, "version": 1, "seq": 1, "state": {"code": code}} for id_, code in mixed.items()]
    )
    yield Timelines(collection)
    await client.drop_database(name)
    client.close()


async def test_c10_monitor_finds_a_code_or_id_as_it_is_pasted(timelines: Timelines) -> None:
    id_ = "0197a2c0-0000-7000-8000-00000000000a"
    for typed in (*pasted("H19.1-20261128-0000001"), *pasted(id_), id_.upper()):
        found = await timelines.find(typed)
        assert found is not None, ascii(typed)
        assert found.id == id_
    for typed in ("x-H19.a-20261128-0000002", " x–H19.a-20261128\u200b-0000002"):
        found = await timelines.find(typed)
        assert found is not None
        assert found.id == "d-2"
    assert await timelines.find("H19.1-20261128-000000") is None


@pytest.mark.parametrize(
    "day", ["20261128", "1764288000", "28-11-2026 10:00", "2026-11-28T00:00:00", "2026-02-30", "0"]
)
def test_a_day_of_a_list_is_never_made_of_a_number(day: str) -> None:
    """Seconds since 1970 among them, which pydantic's own `date` takes."""
    with pytest.raises(Invalid) as wrong:
        validated(ListQuery, {"filed_from": day})
    assert [error["code"] for error in wrong.value.errors] == ["day-invalid"]
    assert validated(ListQuery, {"filed_from": "2026-11-28"}).given == {"filed_from": "2026-11-28"}


@pytest.mark.parametrize("amount", [True, False, 1.0, 50.0, "5", "50.000", "50000", None, 0, -1, 10**12], ids=repr)
def test_c11_a_program_gives_an_amount_as_a_whole_number(amount: Any) -> None:
    with pytest.raises(Invalid) as wrong:
        validated(RequestPayment, {"amount_vnd": amount, "reason": "Lệ phí"})
    assert [error["path"] for error in wrong.value.errors] == ["amount_vnd"]
    assert validated(RequestPayment, {"amount_vnd": 50_000, "reason": "Lệ phí"}).amount_vnd == 50_000
