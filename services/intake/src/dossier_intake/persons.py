"""Citizen IDs, phone numbers and names: one canonical form each, or a problem that says what to correct.

Errors never repeat the value: it is personal data and problems are logged.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from importlib.resources import files
from typing import Literal, NamedTuple

import phonenumbers
import yaml

from dossier_shared.errors import Invalid

NAME_LENGTH = 150
_CODES = yaml.safe_load((files("dossier_intake") / "catalogue_data" / "citizen_ids.yaml").read_text("utf-8"))
PROVINCES = frozenset(_CODES["provinces"])
ABROAD = frozenset(str(code) for code in range(int(_CODES["abroad"][0]), int(_CODES["abroad"][1]) + 1))
PLACES = PROVINCES | ABROAD

_TWELVE = re.compile(r"[0-9]{12}")
_ID_PUNCTUATION = re.compile(r"[ .\-]")
MOBILE = re.compile(
    r"(?:0|\+84|84)((?:3[0-9]|7[06-9]|5[1689]|8[1-8]|9[0-8])[0-9]{7})",
)
"""A strict part of what the library calls a valid Vietnamese mobile number; the rest is left to the library."""
_PHONE_PUNCTUATION = re.compile(r"[ .\-()]")
_NAME_MARKS = frozenset(" '’-.,·")


class CitizenId(NamedTuple):
    number: str
    registered_in: str
    """Three digits: province, or country for a birth registered abroad."""
    sex: Literal["male", "female"]
    birth_year: int


def citizen_id(text: str, today: date | None = None) -> CitizenId:
    """12 digits: place of registration 3, century and sex 1, birth year 2, random 6. `today`: nobody is born later."""
    number = text if _TWELVE.fullmatch(text) else _ID_PUNCTUATION.sub("", text)
    if not _TWELVE.fullmatch(number):
        if len(number) == 9 and number.isascii() and number.isdigit():
            raise Invalid(
                "citizen-id-outdated",
                "Số chứng minh nhân dân 9 số không còn dùng. Hãy nhập số căn cước 12 chữ số.",
                "Nine-digit identity card numbers are no longer in use. Enter the 12-digit citizen ID.",
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
    return CitizenId(number, place, "female" if century % 2 else "male", year)


def is_citizen_id(text: str) -> bool:
    """The short answer of `citizen_id`, without its explanations."""
    if len(text) == 12 and text.isascii() and text.isdigit():
        return text[:3] in PLACES and text[3] < "4"
    try:
        citizen_id(text)
    except Invalid:
        return False
    return True


def is_person_name(text: str) -> bool:
    """The short answer of `person_name`."""
    if len(text) <= NAME_LENGTH and text.replace(" ", "").isalpha():
        return True
    try:
        person_name(text)
    except Invalid:
        return False
    return True


def is_phone(text: str) -> bool:
    """The short answer of `phone`."""
    if MOBILE.fullmatch(text) is not None:
        return True
    try:
        phone(text)
    except Invalid:
        return False
    return True


def phone(text: str) -> str:
    """E.164. Numbers without a country code are Vietnamese."""
    if (standard := MOBILE.fullmatch(_PHONE_PUNCTUATION.sub("", text))) is not None:
        return "+84" + standard[1]
    return phone_by_library(text)


def phone_by_library(text: str) -> str:
    """The slow, complete way."""
    try:
        if len(text) > 30:
            raise phonenumbers.NumberParseException(phonenumbers.NumberParseException.TOO_LONG, "too long")
        number = phonenumbers.parse(text, "VN")
    except phonenumbers.NumberParseException:
        number = None
    if number is None or number.extension or not phonenumbers.is_valid_number(number):
        raise Invalid(
            "phone-invalid",
            "Số điện thoại không hợp lệ. Ví dụ đúng: 0912 345 678.",
            "The phone number is not valid. A correct example: 0912 345 678.",
        )
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def person_name(text: str) -> str:
    """NFC, single spaces. Letters of any script and the marks names carry (K'Brơi, Y-Bhăm); no digits or symbols."""
    name = " ".join(unicodedata.normalize("NFC", text).split())
    if len(name) > NAME_LENGTH:
        raise _bad_name(f"dài quá {NAME_LENGTH} ký tự", f"it is longer than {NAME_LENGTH} characters")
    if not name.replace(" ", "").isalpha():
        if not any(letter.isalpha() for letter in name):
            raise _bad_name("không có chữ cái nào", "it has no letters")
        if not all(_belongs(letter) for letter in name):
            raise _bad_name(
                "chỉ được gồm chữ cái, dấu cách và các dấu ' - .", "only letters, spaces and ' - . are allowed"
            )
    return name


def _belongs(letter: str) -> bool:
    return letter.isalpha() or letter in _NAME_MARKS or unicodedata.category(letter) in ("Mn", "Mc")


def _bad_id(vi: str, en: str) -> Invalid:
    return Invalid("citizen-id-invalid", f"Số căn cước không hợp lệ: {vi}.", f"The citizen ID is not valid: {en}.")


def _bad_name(vi: str, en: str) -> Invalid:
    return Invalid("name-invalid", f"Họ và tên không hợp lệ: {vi}.", f"The name is not valid: {en}.")
