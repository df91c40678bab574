"""Numbers the state gave: of a person and of a business."""

from __future__ import annotations

import re
from datetime import date
from importlib.resources import files
from typing import Annotated, Literal, NamedTuple

import yaml
from stdnum.vn import mst

from dossier_shared.problems import Invalid
from dossier_shared.vocabulary.digits import only_digits
from dossier_shared.vocabulary.reading import Text

_CODES = yaml.safe_load((files("dossier_shared.vocabulary") / "citizen_ids.yaml").read_text("utf-8"))
PROVINCES = frozenset(_CODES["provinces"])
ABROAD = frozenset(str(code) for code in range(int(_CODES["abroad"][0]), int(_CODES["abroad"][1]) + 1))
PLACES = PROVINCES | ABROAD
_TWELVE = re.compile(r"[0-9]{12}")
_LOST = re.compile(r"[0-9]{10,11}")
_TAX = re.compile(r"[0-9]{10}(?:[0-9]{3})?")


class CitizenNumber(NamedTuple):
    number: str
    registered_in: str
    """Three digits: province, or country for a birth registered abroad."""
    sex: Literal["male", "female"]
    birth_year: int


def citizen_id(text: str, today: date | None = None) -> CitizenNumber:
    """12 digits: place of registration 3, century and sex 1, birth year 2, random 6. `today`: nobody is born later.

    A number that has lost its zeros is not put right: one wrong digit less is as likely, and the person would be another.
    """
    number = text if _TWELVE.fullmatch(text) else only_digits(text, ".")
    if not _TWELVE.fullmatch(number):
        if len(number) == 9 and number.isascii() and number.isdigit():
            raise Invalid(
                "citizen-id-outdated",
                "Số chứng minh nhân dân 9 số không còn dùng. Hãy nhập số căn cước 12 chữ số.",
                "Nine-digit identity card numbers are no longer in use. Enter the 12-digit citizen ID.",
            )
        if _LOST.fullmatch(number) and is_citizen_id(number.zfill(12)):
            raise Invalid(
                "citizen-id-lost-zero",
                f"Số căn cước chỉ có {len(number)} chữ số: có lẽ bảng tính đã bỏ số 0 ở đầu. Hãy nhập đủ 12 chữ số.",
                f"The citizen ID has only {len(number)} digits: a spreadsheet probably dropped a leading zero. "
                "Enter all 12 digits.",
            )
        raise _bad_id("phải có đúng 12 chữ số", "it must have exactly 12 digits")
    place, century = number[:3], ord(number[3]) - 48
    if place not in PLACES:
        raise _bad_id(
            "ba số đầu không phải mã nơi đăng ký khai sinh", "its first three digits name no place of registration"
        )
    year = 1900 + 100 * (century // 2) + int(number[4:6])
    if year > (today.year if today else 2099):
        raise _bad_id("năm sinh ở tương lai", "the year of birth is in the future")
    return CitizenNumber(number, place, "female" if century % 2 else "male", year)


def is_citizen_id(text: str) -> bool:
    """The short answer of `citizen_id`, without its explanations."""
    if len(text) == 12 and text.isascii() and text.isdigit():
        return text[:3] in PLACES and text[3] < "4"
    try:
        citizen_id(text)
    except Invalid:
        return False
    return True


def tax_code(text: str) -> str:
    """10 digits, and `-` and 3 more of a branch. A household business has its owner's citizen ID instead."""
    digits = only_digits(text, ".")
    if _TAX.fullmatch(digits) and mst.is_valid(digits):
        return str(mst.format(digits))
    if _TWELVE.fullmatch(digits) and is_citizen_id(digits):
        return digits
    if len(digits) in (9, 12) and digits.isascii() and digits.isdigit() and mst.is_valid("0" + digits):
        raise Invalid(
            "tax-code-lost-zero",
            "Mã số thuế thiếu một chữ số: có lẽ bảng tính đã bỏ số 0 ở đầu. Hãy nhập đủ 10 hoặc 13 chữ số.",
            "The tax code lacks a digit: a spreadsheet probably dropped a leading zero. Enter all 10 or 13 digits.",
        )
    raise Invalid(
        "tax-code-invalid",
        "Mã số thuế không hợp lệ. Hãy nhập 10 chữ số, hoặc 13 chữ số của chi nhánh, như trên giấy chứng nhận.",
        "The tax code is not valid. Enter its 10 digits, or 13 of a branch, as on the certificate.",
    )


def is_tax_code(text: str) -> bool:
    try:
        tax_code(text)
    except Invalid:
        return False
    return True


def _bad_id(vi: str, en: str) -> Invalid:
    return Invalid("citizen-id-invalid", f"Số căn cước không hợp lệ: {vi}.", f"The citizen ID is not valid: {en}.")


CitizenId = Annotated[str, Text(lambda text: citizen_id(text).number, {"minLength": 1, "maxLength": 40})]
TaxCode = Annotated[str, Text(tax_code, {"minLength": 1, "maxLength": 40})]
