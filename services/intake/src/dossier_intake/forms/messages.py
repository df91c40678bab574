"""The validator's findings in words. Only rules of the schema are quoted, never what was entered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

_TYPES_VI = {
    "string": "chữ",
    "integer": "số nguyên",
    "number": "số",
    "boolean": "có/không",
    "array": "danh sách",
    "object": "nhóm mục",
}
_FORMATS = {
    "date": ("phải là ngày, ví dụ 31/01/2026 hoặc 2026-01-31", "must be a date like 31/01/2026 or 2026-01-31"),
    "date-time": (
        "phải là ngày và giờ, ví dụ 28/02/2026 07:30 (giờ Việt Nam) hoặc 2026-02-28T07:30:00+07:00",
        "must be a day and a time, like 28/02/2026 07:30 (Vietnam's time) or 2026-02-28T07:30:00+07:00",
    ),
    "time": ("phải là giờ, ví dụ 07:30 hoặc 7h30", "must be a time of day, like 07:30 or 7h30"),
    "email": ("phải là địa chỉ thư điện tử", "must be an e-mail address"),
    "citizen-id": ("số căn cước không hợp lệ", "is not a valid citizen ID"),
    "tax-code": ("mã số thuế không hợp lệ", "is not a valid tax code"),
    "phone": ("số điện thoại không hợp lệ", "is not a valid phone number"),
    "mobile": ("phải là số di động Việt Nam", "must be a Vietnamese mobile number"),
    "person-name": ("họ và tên không hợp lệ", "is not a valid name"),
    "organisation-name": ("tên tổ chức không hợp lệ", "is not a valid organisation name"),
    "applicant-name": ("tên người hoặc tổ chức không hợp lệ", "is not a valid name of a person or an organisation"),
    "dong": ("phải là số đồng nguyên, ví dụ 50000 hoặc 50.000", "must be a whole number of đồng, like 50000 or 50.000"),
}


def _types(details: Mapping[str, Any]) -> tuple[str, str]:
    names = [str(name) for name in details["types"]]
    vi = " hoặc ".join(_TYPES_VI.get(name, name) for name in names)
    return f"phải là {vi}", f"must be of type {' or '.join(names)}"


def _unexpected(details: Mapping[str, Any]) -> tuple[str, str]:
    count = len(details["unexpected"])
    return f"có {count} mục không thuộc tờ khai này", f"has {count} field(s) this form does not have"


_FINDINGS: dict[str, tuple[str, Callable[[Mapping[str, Any]], tuple[str, str]]]] = {
    "required": ("required", lambda _: ("chưa điền", "is missing")),
    "type": ("type", _types),
    "enum": ("choice", lambda _: ("không thuộc các lựa chọn cho phép", "is not one of the choices")),
    "constant": ("choice", lambda _: ("không phải giá trị yêu cầu", "is not the required value")),
    "minLength": (
        "too-short",
        lambda d: (f"cần ít nhất {d['limit']} ký tự", f"needs at least {d['limit']} character(s)"),
    ),
    "maxLength": ("too-long", lambda d: (f"dài quá {d['limit']} ký tự", f"is longer than {d['limit']} characters")),
    "minimum": ("too-small", lambda d: (f"phải từ {d['limit']} trở lên", f"must be at least {d['limit']}")),
    "maximum": ("too-large", lambda d: (f"không được quá {d['limit']}", f"must be at most {d['limit']}")),
    "exclusiveMinimum": ("too-small", lambda d: (f"phải lớn hơn {d['limit']}", f"must be more than {d['limit']}")),
    "exclusiveMaximum": ("too-large", lambda d: (f"phải nhỏ hơn {d['limit']}", f"must be less than {d['limit']}")),
    "minItems": ("too-few", lambda d: (f"cần ít nhất {d['limit']} dòng", f"needs at least {d['limit']} entries")),
    "maxItems": ("too-many", lambda d: (f"không được quá {d['limit']} dòng", f"may have at most {d['limit']} entries")),
    "uniqueItems": ("repeated", lambda _: ("có dòng bị lặp", "has repeated entries")),
    "pattern": ("pattern", lambda _: ("không đúng dạng yêu cầu", "does not have the required form")),
    "format": (
        "format",
        lambda d: _FORMATS.get(str(d["format"]), ("không đúng dạng yêu cầu", "does not have the required form")),
    ),
    "additionalProperties": ("unknown-field", _unexpected),
    "unevaluatedProperties": ("unknown-field", _unexpected),
}


def describe(kind: str, details: Mapping[str, Any]) -> tuple[str, str, str]:
    """Code, Vietnamese, English."""
    found = _FINDINGS.get(kind)
    if found is None:
        return "wrong", "chưa đúng quy định của tờ khai", "does not follow the form's rules"
    code, words = found
    vi, en = words(details)
    return code, f"{vi}.", f"{en}."
