"""Phone numbers: digits and separators, in E.164; and those an SMS reaches."""

from __future__ import annotations

import re
from typing import Annotated

import phonenumbers
from phonenumbers import PhoneNumberType as Sort

from dossier_shared.problems import Invalid
from dossier_shared.vocabulary.digits import only_digits
from dossier_shared.vocabulary.reading import Text

MOBILE = re.compile(
    r"(?:0|\+84|84)((?:3[0-9]|7[06-9]|5[1689]|8[1-8]|9[0-8])[0-9]{7})",
)
"""A strict part of what the library calls a valid Vietnamese mobile number; the rest is left to the library."""
_PUNCTUATION = re.compile(r"[ .\-()]")
_SHAPE = re.compile(r"\+?[0-9]{6,17}")
_SOMEBODY = frozenset({Sort.FIXED_LINE, Sort.MOBILE, Sort.FIXED_LINE_OR_MOBILE, Sort.VOIP, Sort.PERSONAL_NUMBER})
_VIETNAM = 84


def phone(text: str) -> str:
    """E.164 of a number somebody answers: no hotlines, satellites or numbers that cost the caller. Vietnamese without a code."""
    if (standard := MOBILE.fullmatch(_PUNCTUATION.sub("", text))) is not None:
        return "+84" + standard[1]
    return phone_by_library(text)


def phone_by_library(text: str) -> str:
    """The slow, complete way."""
    number = _parsed(text)
    if number is None:
        raise Invalid(
            "phone-invalid",
            "Số điện thoại không hợp lệ. Ví dụ đúng: 0912 345 678.",
            "The phone number is not valid. A correct example: 0912 345 678.",
        )
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def mobile(text: str) -> str:
    """E.164 of a Vietnamese mobile: the only numbers messages are sent to."""
    if (standard := MOBILE.fullmatch(_PUNCTUATION.sub("", text))) is not None:
        return "+84" + standard[1]
    number = _parsed(text)
    if number is None or not _reaches_mobile(number):
        raise Invalid(
            "phone-not-mobile",
            "Phải là số di động Việt Nam để nhận tin nhắn. Ví dụ đúng: 0912 345 678.",
            "It must be a Vietnamese mobile number, so that a message reaches it. A correct example: 0912 345 678.",
        )
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def dialled(number: str) -> str:
    """As people here write and dial it: `0912345678` of `+84912345678`; numbers abroad stay as they are."""
    return f"0{number[3:]}" if number.startswith("+84") else number


def is_phone(text: str) -> bool:
    return MOBILE.fullmatch(text) is not None or _parsed(text) is not None


def is_mobile(text: str) -> bool:
    if MOBILE.fullmatch(text) is not None:
        return True
    number = _parsed(text)
    return number is not None and _reaches_mobile(number)


def _parsed(text: str) -> phonenumbers.PhoneNumber | None:
    """None for what is no number, and for one that nobody in particular answers."""
    if len(text) > 40:
        return None
    digits = only_digits(text, ".()/")
    if _SHAPE.fullmatch(digits) is None:
        return None
    try:
        number = phonenumbers.parse(digits, "VN")
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number) or phonenumbers.number_type(number) not in _SOMEBODY:
        return None
    if phonenumbers.region_code_for_number(number) == phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY:
        return None
    return number


def _reaches_mobile(number: phonenumbers.PhoneNumber) -> bool:
    return number.country_code == _VIETNAM and phonenumbers.number_type(number) == Sort.MOBILE


Phone = Annotated[str, Text(phone, {"minLength": 1, "maxLength": 40})]
MobilePhone = Annotated[str, Text(mobile, {"minLength": 1, "maxLength": 40})]
