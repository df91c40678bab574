from __future__ import annotations

import unicodedata
from collections.abc import Callable
from datetime import date
from random import Random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dossier_shared.problems import Invalid
from dossier_shared.vocabulary import identity, names
from dossier_shared.vocabulary import phone as phones

TODAY = date(2026, 11, 22)


def test_a_citizen_id_tells_place_sex_and_year() -> None:
    assert identity.citizen_id("070195001234", TODAY) == ("070195001234", "070", "female", 1995)
    assert identity.citizen_id("079 088 005 566") == ("079088005566", "079", "male", 1988)
    assert identity.citizen_id("001226000001", TODAY).birth_year == 2026
    assert identity.citizen_id("150099000001").registered_in == "150"  # birth registered abroad


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("", "citizen-id-invalid"),
        ("07019500123", "citizen-id-invalid"),
        ("0701950012345", "citizen-id-invalid"),
        ("07019500123x", "citizen-id-invalid"),
        ("070195OO1234", "citizen-id-invalid"),  # letters O
        ("70195001234", "citizen-id-lost-zero"),  # a spreadsheet dropped it
        ("1195001234", "citizen-id-lost-zero"),  # two of them
        ("7.01950E+10", "citizen-id-invalid"),
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
        identity.citizen_id(number, TODAY)
    assert refused.value.code == code
    assert refused.value.http_status == 422
    assert number not in (refused.value.vi + refused.value.en) or not number


def test_there_are_63_provinces() -> None:
    assert len(identity.PROVINCES) == 63


def _library(text: str) -> str:
    try:
        return phones.phone_by_library(text)
    except Invalid as refused:
        return refused.code


def _ours(text: str) -> str:
    try:
        return phones.phone(text)
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
    assert phones.phone(typed) == e164


@pytest.mark.parametrize(
    "typed", ["", "abc", "0", "091234567", "09123456789", "0112345678", "+84", "1" * 40, "091234567８９"]
)
def test_wrong_phones(typed: str) -> None:
    with pytest.raises(Invalid) as refused:
        phones.phone(typed)
    assert refused.value.code == "phone-invalid"


def test_the_fast_path_agrees_with_the_library_on_every_prefix() -> None:
    """All 1,000 three-digit beginnings of a nine-digit number, in each way of writing the country."""
    random = Random(3)
    taken = 0
    for start in range(1000):
        number = f"{start:03}{random.randrange(10**6):06}"
        for prefix in ("0", "84", "+84"):
            if phones.MOBILE.fullmatch(prefix + number):
                taken += 1
                assert phones.phone(prefix + number) == phones.phone_by_library(prefix + number)
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
    assert names.person_name(name) == name
    assert names.person_name(unicodedata.normalize("NFD", f"  {name.replace(' ', '   ')} ")) == name


@pytest.mark.parametrize(
    "name", ["", "   ", "'-", "Nguyễn 2", "a\x00b", "<script>", "Lê\u202eA", "x" * 151, "A@b", "😀"]
)
def test_names_that_do_not(name: str) -> None:
    with pytest.raises(Invalid) as refused:
        names.person_name(name)
    assert refused.value.code == "name-invalid"


@given(st.text("0123456789 x٠", max_size=14) | st.from_regex(r"[0-3][0-9]{11}", fullmatch=True))
@example("070195001234")
@example("070495001234")
def test_the_short_answer_is_the_long_one_for_citizen_ids(text: str) -> None:
    assert identity.is_citizen_id(text) == (_code(identity.citizen_id, text) is None)


@given(st.text(max_size=30) | st.text("aăâ' -.,9́", max_size=170))
@example("a" * 150)
@example("a" * 151)
@example("a" + "\u0301" * 160)
def test_the_short_answer_is_the_long_one_for_names(text: str) -> None:
    assert names.is_person_name(text) == (_code(names.person_name, text) is None)


@given(st.text("0123456789+ ", max_size=13))
@example("0912345678")
def test_the_short_answer_is_the_long_one_for_phones(text: str) -> None:
    assert phones.is_phone(text) == (_code(phones.phone, text) is None)


def _code(check: Callable[[str], object], text: str) -> str | None:
    try:
        check(text)
    except Invalid as refused:
        return refused.code
    return None


@pytest.mark.parametrize(
    "typed",
    ["'070195001234", "’070195001234", "070\u00a0195\u202f001234", "\ufeff070195001234\u200b", "０７０１９５００１２３４",
     "٠٧٠١٩٥٠٠١٢٣٤", "070–195–001234", '="070195001234"'.strip("=")],
    ids=ascii,
)  # fmt: skip
def test_c8_citizen_ids_as_they_are_pasted(typed: str) -> None:
    assert identity.citizen_id(typed, TODAY).number == "070195001234"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("0100112437", "0100112437"), ("0100112437-001", "0100112437-001"), ("'0100112437 001", "0100112437-001"),
        ("070195001234", "070195001234"),
    ],
)  # fmt: skip
def test_tax_codes(typed: str, kept: str) -> None:
    assert identity.tax_code(typed) == kept
    assert identity.is_tax_code(kept)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("100112437", "tax-code-lost-zero"), ("0100112438", "tax-code-invalid"), ("", "tax-code-invalid"),
        ("01001124370", "tax-code-invalid"),
    ],
)  # fmt: skip
def test_wrong_tax_codes(typed: str, code: str) -> None:
    assert _code(identity.tax_code, typed) == code


@pytest.mark.parametrize(
    "typed",
    [
        "0912\u00a0345\u202f678",
        "'0912345678",
        "０９１２３４５６７８",
        "0912–345–678",
        "\u200e0912345678",
        "+84 (0)912 345 678",
    ],
)
def test_phones_as_they_are_pasted(typed: str) -> None:
    assert phones.phone(typed) == phones.mobile(typed) == "+84912345678"


@pytest.mark.parametrize(
    "typed",
    ["0912345abc", "0912TAXIVN", "0912345678 ext 5", "0912345678;ext=1", "tel:0912345678", "19001234", "1900 1234 56", "18001091",
     "+8419001234", "113", "+881612345678", "+979123456789", "+870773111632", "+80012345678", "+882161234567890"],
)  # fmt: skip
def test_c3_what_is_no_number_of_anybody(typed: str) -> None:
    assert _code(phones.phone, typed) == "phone-invalid"
    assert _code(phones.mobile, typed) == "phone-not-mobile"
    assert not phones.is_phone(typed)
    assert not phones.is_mobile(typed)


@pytest.mark.parametrize("typed", ["0251 3822 501", "+1 202 456 1414", "+44 7400 123456"])
def test_attack_8_messages_go_to_vietnamese_mobiles(typed: str) -> None:
    assert phones.is_phone(typed)
    assert not phones.is_mobile(typed)
    assert _code(phones.mobile, typed) == "phone-not-mobile"


@pytest.mark.parametrize(
    "name",
    [
        "Công ty TNHH 2 thành viên Thử",
        "Trường Mầm non 19/5",
        'Công ty CP "Thử & Con"',
        "HTX Nông nghiệp số 1 (Thử)",
        "Bệnh viện 108",
    ],
)
def test_c4_organisations_have_names(name: str) -> None:
    assert names.organisation_name(f"  {name} ") == name
    assert names.applicant_name(name) == names.applicant_name(name, "organisation") == (name, "organisation")
    assert _code(names.person_name, name) == "name-invalid"
    with pytest.raises(Invalid):
        names.applicant_name(name, "person")


def test_nobody_said_what_an_applicant_is() -> None:
    assert names.applicant_name("Lê A") == ("Lê A", "person")
    assert names.applicant_name("Nhà hàng Thử") == ("Nhà hàng Thử", "person")  # nothing in it says otherwise
    for name in ("4n", "Nguyễn 2", "A@b", "1 2 3"):
        with pytest.raises(Invalid):
            names.applicant_name(name)


@pytest.mark.parametrize(
    "name",
    ["\u3164", "\u115f\u1160", "\u2800", "\u200e", "Nguy\u0435n", "Nguyễn V\u0430n", "\u0391lex", "A" + "\u0301" * 120,
     "Nguyễn\u3164Văn A", "A\u0327\u0327b", "Trần \uf0b7"],
    ids=ascii,
)  # fmt: skip
def test_attack_21_names_that_deceive(name: str) -> None:
    for check in (names.person_name, names.organisation_name):
        assert _code(check, name) == "name-invalid"


@pytest.mark.parametrize(
    "name", ["Чехов Антон", "Σωκράτης", "阮文安", "ꨌꩌ", "សុខ សាន", "Nguyễn (Чехов)", "K‘Brơi", "Thị–Mai"]
)
def test_names_of_other_scripts_and_keyboards(name: str) -> None:
    assert names.organisation_name(name)
    assert "‘" not in names.organisation_name(name)


@pytest.mark.parametrize("sign", ["\u200e", "\u200d", "\u00ad", "\ufeff", "\u202a", "\u2060"], ids=ascii)
def test_names_lose_what_nobody_sees(sign: str) -> None:
    assert names.person_name(f"{sign}Nguyễn{sign} Văn{sign} A{sign}") == "Nguyễn Văn A"
