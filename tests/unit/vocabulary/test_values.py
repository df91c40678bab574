from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from dossier_shared.http.validation import validated
from dossier_shared.problems import Invalid
from dossier_shared.vocabulary import codes, moments, money
from dossier_shared.vocabulary.codes import DossierCode, DossierId, Key, Sha256
from dossier_shared.vocabulary.identity import CitizenId, TaxCode
from dossier_shared.vocabulary.moments import Day, Instant, LocalTime, TypedDay
from dossier_shared.vocabulary.money import Dong, PositiveDong, WrittenDong
from dossier_shared.vocabulary.names import ApplicantName, OrganisationName, PersonName
from dossier_shared.vocabulary.phone import MobilePhone, Phone


def _code(read: Callable[[Any], object], value: Any) -> str | None:
    try:
        read(value)
    except Invalid as refused:
        return refused.code
    return None


@pytest.mark.parametrize(
    "typed",
    [
        "50000",
        "50.000",
        "50,000",
        "50 000",
        "50\u00a0000",
        "50.000 đ",
        "50000đ",
        "50.000₫",
        " 50.000 VND ",
        "50 000 đồng",
    ],
)
def test_money_as_people_type_it(typed: str) -> None:
    assert money.dong_typed(typed) == 50_000


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "đ",
        "50.00",
        "50,5",
        "5.0000",
        "1.000,000",
        "1.000.00",
        "-5",
        "+5",
        "050",
        "0.000",
        "5e3",
        "1_000",
        "50k",
        "٥٠",
        "1" * 16,
    ],
)
def test_what_is_no_amount(typed: str) -> None:
    assert _code(money.dong_typed, typed) == "amount-invalid"


def test_c11_a_program_gives_a_whole_number() -> None:
    class Body(BaseModel):
        amount: Dong
        due: PositiveDong = 1

    assert Body(amount=0).amount == 0
    for value in (True, False, 1.0, 50.0, "5", "50.000", None, -1, 10**12):
        with pytest.raises(ValidationError):
            Body.model_validate({"amount": value})
    with pytest.raises(ValidationError):
        Body.model_validate({"amount": 1, "due": 0})
    schema = Body.model_json_schema()["properties"]["amount"]
    assert (schema["type"], schema["minimum"], schema["maximum"]) == ("integer", 0, money.MAX_DONG)


def test_money_in_a_file_people_write() -> None:
    class Fee(BaseModel):
        amount: WrittenDong

    assert [Fee.model_validate({"amount": value}).amount for value in (50_000, "50.000", "50 000đ")] == [50_000] * 3
    for value in (50.0, True, "50.00"):
        with pytest.raises(Invalid):
            validated(Fee, {"amount": value})


@pytest.mark.parametrize("text", ["7:30", "07:30", "07:30:00", "7h30", "07g30", " 7:30 "])
def test_times_of_day(text: str) -> None:
    assert moments.local_time(text) == time(7, 30)


@pytest.mark.parametrize(
    "value", [900, 54000, 15.5, True, None, "", "15", "15:00+07:00", "15:00Z", "24:00", "15:60", "7:5", "3pm"]
)
def test_what_is_no_time(value: Any) -> None:
    assert _code(moments.local_time, value) == "time-invalid"
    assert _code(moments.local_time, time(15, tzinfo=UTC)) == "time-invalid"


def test_days_and_instants() -> None:
    assert (
        moments.iso_day("2026-11-28")
        == moments.typed_day("28/11/2026")
        == moments.typed_day("28.11.2026")
        == date(2026, 11, 28)
    )
    for value in (
        20261128,
        "28/11/2026",
        "2026-02-30",
        "2026-1-1",
        "1899-12-31",
        datetime(2026, 11, 28, tzinfo=UTC),
        None,
    ):
        assert _code(moments.iso_day, value) == "day-invalid"
    for value in ("31/02/2026", "11/28/2026", "28/11/26"):
        assert _code(moments.typed_day, value) == "day-invalid"
    for text in (
        "2026-11-28T15:00:00+07:00",
        "2026-11-28T15:00:00 07:00",
        "2026-11-28T08:00Z",
        "2026-11-28t15:00:00+0700",
    ):
        assert moments.instant(text) == datetime(2026, 11, 28, 8, tzinfo=UTC)
    for value in (
        "2026-11-28T15:00:00",
        "2026-11-28",
        1764316800,
        "2026-13-28T15:00:00Z",
        "0001-01-01T00:00:00+07:00",
        None,
    ):
        assert _code(moments.instant, value) == "instant-invalid"


@pytest.mark.parametrize(
    "typed",
    [
        "H19.29-20261128-0000001", "h19.29-20261128-0000001", " H19.29-20261128-0000001\n", "H19.29–20261128—0000001",
        "H19.29\u201120261128\u22120000001", "H19.29 - 20261128 - 0000001", "H19.29-2026\u200b1128-\u200b0000001",
        "\ufeffH19.29-20261128-0000001\u00a0", "H19.29-\u00ad20261128-0000001", "Ｈ19.29-20261128-０00000１",
    ],
    ids=ascii,
)  # fmt: skip
def test_c10_dossier_codes_as_they_are_pasted(typed: str) -> None:
    assert codes.dossier_code(typed) == "H19.29-20261128-0000001"


@pytest.mark.parametrize("typed", ["", " ", "\u200b", "-1", "a/b", "x" * 65, "H19;", "{$ne:1}", "hồ sơ"])
def test_what_is_no_code(typed: str) -> None:
    assert _code(codes.dossier_code, typed) == "code-invalid"


class Everything(BaseModel):
    person: PersonName
    organisation: OrganisationName
    applicant: ApplicantName
    phone: Phone
    mobile: MobilePhone
    citizen_id: CitizenId
    tax_code: TaxCode
    cut_off: LocalTime
    day: Day
    typed: TypedDay
    at: Instant
    code: DossierCode
    key: Key
    file: Sha256
    id: DossierId


def test_every_type_in_a_model() -> None:
    given = {
        "person": " H'Hen  Niê ", "organisation": "Trường Mầm non 19/5", "applicant": "Công ty TNHH 2 thành viên Thử",
        "phone": "0251 3822 501", "mobile": "0912 345 678", "citizen_id": "'070195001234", "tax_code": "0100112437001",
        "cut_off": "15:00", "day": "2026-11-28", "typed": "28/11/2026", "at": "2026-11-28T15:00:00+07:00",
        "code": "h19–1", "key": "k", "file": "a" * 64, "id": "d",
    }  # fmt: skip
    read = validated(Everything, given)
    assert read.model_dump(mode="json") == {
        "person": "H'Hen Niê", "organisation": "Trường Mầm non 19/5", "applicant": "Công ty TNHH 2 thành viên Thử",
        "phone": "+842513822501", "mobile": "+84912345678", "citizen_id": "070195001234", "tax_code": "0100112437-001",
        "cut_off": "15:00:00", "day": "2026-11-28", "typed": "2026-11-28", "at": "2026-11-28T08:00:00Z",
        "code": "H19-1", "key": "k", "file": "a" * 64, "id": "d",
    }  # fmt: skip
    assert validated(Everything, read.model_dump(mode="json") | {"typed": "2026-11-28"}) == read
    for shown in Everything.model_json_schema()["properties"].values():
        assert shown["type"] == "string"


@pytest.mark.parametrize("wrong", [None, 1, True, [], {}, "\u200e"])
def test_each_refuses_what_it_is_not(wrong: Any) -> None:
    with pytest.raises(Invalid) as refused:
        validated(Everything, dict.fromkeys(Everything.model_fields, wrong))
    found = {error["path"]: error for error in refused.value.errors}
    assert found.keys() == Everything.model_fields.keys()
    assert all(error["message_vi"] not in ("", "giá trị không hợp lệ") for error in found.values())
