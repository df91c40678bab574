from __future__ import annotations

import unicodedata
from collections.abc import Callable
from datetime import date
from random import Random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dossier_intake import persons
from dossier_shared.errors import Invalid

TODAY = date(2026, 11, 22)


def test_a_citizen_id_tells_place_sex_and_year() -> None:
    assert persons.citizen_id("070195001234", TODAY) == ("070195001234", "070", "female", 1995)
    assert persons.citizen_id("079 088 005 566") == ("079088005566", "079", "male", 1988)
    assert persons.citizen_id("001226000001", TODAY).birth_year == 2026
    assert persons.citizen_id("150099000001").registered_in == "150"  # birth registered abroad


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("", "citizen-id-invalid"),
        ("07019500123", "citizen-id-invalid"),
        ("0701950012345", "citizen-id-invalid"),
        ("07019500123x", "citizen-id-invalid"),
        ("٠٧٠١٩٥٠٠١٢٣٤", "citizen-id-invalid"),  # digits of another script
        ("000195001234", "citizen-id-invalid"),  # no such province
        ("003195001234", "citizen-id-invalid"),
        ("097195001234", "citizen-id-invalid"),
        ("999195001234", "citizen-id-invalid"),
        ("070227001234", "citizen-id-invalid"),  # born in 2027
        ("070400001234", "citizen-id-invalid"),  # born in 2100
        ("285123456", "citizen-id-outdated"),  # the old card of nine digits
    ],
)
def test_wrong_citizen_ids(number: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        persons.citizen_id(number, TODAY)
    assert refused.value.code == code
    assert refused.value.http_status == 422
    assert number not in (refused.value.vi + refused.value.en) or not number


def test_there_are_63_provinces() -> None:
    assert len(persons.PROVINCES) == 63


def _library(text: str) -> str:
    try:
        return persons.phone_by_library(text)
    except Invalid as refused:
        return refused.code


def _ours(text: str) -> str:
    try:
        return persons.phone(text)
    except Invalid as refused:
        return refused.code


@pytest.mark.parametrize(
    ("typed", "e164"),
    [
        ("0912345678", "+84912345678"),
        ("0912 345 678", "+84912345678"),
        ("+84 912.345.678", "+84912345678"),
        ("84912345678", "+84912345678"),
        ("(091) 234-5678", "+84912345678"),
        ("0251 3822 501", "+842513822501"),  # a landline of Đồng Nai
        ("+1 202 456 1414", "+12024561414"),
    ],
)
def test_phones_in_one_form(typed: str, e164: str) -> None:
    assert persons.phone(typed) == e164


@pytest.mark.parametrize(
    "typed", ["", "abc", "0", "091234567", "09123456789", "0112345678", "+84", "1" * 40, "091234567８９"]
)
def test_wrong_phones(typed: str) -> None:
    with pytest.raises(Invalid) as refused:
        persons.phone(typed)
    assert refused.value.code == "phone-invalid"


def test_the_fast_path_agrees_with_the_library_on_every_prefix() -> None:
    """All 1,000 three-digit beginnings of a nine-digit number, in each way of writing the country."""
    random = Random(3)
    taken = 0
    for start in range(1000):
        number = f"{start:03}{random.randrange(10**6):06}"
        for prefix in ("0", "84", "+84"):
            if persons.MOBILE.fullmatch(prefix + number):
                taken += 1
                assert persons.phone(prefix + number) == persons.phone_by_library(prefix + number)
    assert taken > 3 * 300  # most mobile numbers do take the fast path


@given(st.text("0123456789+ .-()", max_size=16))
@example("0(9)1-2.3 45678")
@example("84 84912345678")
@settings(max_examples=300)
def test_the_fast_path_never_says_yes_where_the_library_says_no(text: str) -> None:
    assert _ours(text) == _library(text)


@pytest.mark.parametrize(
    "name", ["Nguyễn Thị Hồng Nhung", "H'Hen Niê", "Điểu K'Sơn", "Y-Bhăm Êñuôl", "Lê A", "O’Neil Jr."]
)
def test_names_that_exist(name: str) -> None:
    assert persons.person_name(name) == name
    assert persons.person_name(unicodedata.normalize("NFD", f"  {name.replace(' ', '   ')} ")) == name


@pytest.mark.parametrize(
    "name", ["", "   ", "'-", "Nguyễn 2", "a\x00b", "<script>", "Lê\u202eA", "x" * 151, "A@b", "😀"]
)
def test_names_that_do_not(name: str) -> None:
    with pytest.raises(Invalid) as refused:
        persons.person_name(name)
    assert refused.value.code == "name-invalid"


@given(st.text("0123456789 x٠", max_size=14) | st.from_regex(r"[0-3][0-9]{11}", fullmatch=True))
@example("070195001234")
@example("070495001234")
def test_the_short_answer_is_the_long_one_for_citizen_ids(text: str) -> None:
    assert persons.is_citizen_id(text) == (_code(persons.citizen_id, text) is None)


@given(st.text(max_size=30) | st.text("aăâ' -.,9́", max_size=170))
@example("a" * 150)
@example("a" * 151)
@example("a" + "\u0301" * 160)
def test_the_short_answer_is_the_long_one_for_names(text: str) -> None:
    assert persons.is_person_name(text) == (_code(persons.person_name, text) is None)


@given(st.text("0123456789+ ", max_size=13))
@example("0912345678")
def test_the_short_answer_is_the_long_one_for_phones(text: str) -> None:
    assert persons.is_phone(text) == (_code(persons.phone, text) is None)


def _code(check: Callable[[str], object], text: str) -> str | None:
    try:
        check(text)
    except Invalid as refused:
        return refused.code
    return None
