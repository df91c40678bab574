"""pydantic's findings as a Problem: where and what, in both languages, never the value itself (it may be personal data)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from dossier_shared.problems import Invalid

MAX_ERRORS = 50

T = TypeVar("T")
Model = TypeVar("Model", bound=BaseModel)

_VI = {
    "missing": "thiếu trường bắt buộc",
    "extra_forbidden": "trường không được phép",
    "string_type": "phải là chuỗi ký tự",
    "string_too_short": "quá ngắn",
    "string_too_long": "quá dài",
    "string_pattern_mismatch": "không đúng định dạng",
    "int_type": "phải là số nguyên",
    "int_parsing": "phải là số nguyên",
    "int_from_float": "phải là số nguyên",
    "float_type": "phải là số",
    "float_parsing": "phải là số",
    "bool_type": "phải là true hoặc false",
    "bool_parsing": "phải là true hoặc false",
    "list_type": "phải là danh sách",
    "dict_type": "phải là đối tượng",
    "model_type": "phải là đối tượng",
    "model_attributes_type": "phải là đối tượng",
    "too_short": "quá ít phần tử",
    "too_long": "quá nhiều phần tử",
    "enum": "không nằm trong các giá trị cho phép",
    "literal_error": "không nằm trong các giá trị cho phép",
    "greater_than_equal": "nhỏ hơn mức cho phép",
    "greater_than": "nhỏ hơn mức cho phép",
    "less_than_equal": "lớn hơn mức cho phép",
    "less_than": "lớn hơn mức cho phép",
    "union_tag_invalid": "không thuộc loại nào cho phép",
    "union_tag_not_found": "thiếu trường phân loại",
}


def invalid(findings: Sequence[Any]) -> Invalid:
    """From `ValidationError.errors()`: `errors` = [{path, code, message, message_vi}], the first fifty."""
    errors = []
    for finding in findings[:MAX_ERRORS]:
        kind, message = finding["type"], finding["msg"].removeprefix("Value error, ")
        said = finding.get("ctx", {}).get("vi")  # the shared vocabulary's own sentence
        errors.append(
            {
                "path": ".".join(str(part) for part in finding["loc"]),
                "code": kind,
                "message": message,
                "message_vi": said or _VI.get(kind, "giá trị không hợp lệ" if kind != "value_error" else message),
            }
        )
    where = ", ".join(error["path"] or "(body)" for error in errors[:5])
    return Invalid(
        "invalid",
        f"Dữ liệu chưa hợp lệ tại: {where}. Hãy sửa rồi gửi lại.",
        f"The data is not valid at: {where}. Correct it and send it again.",
        errors=errors,
    )


def refusal(error: ValidationError) -> Invalid:
    return invalid(error.errors(include_url=False, include_input=False))


def validated(model: type[Model], value: Any) -> Model:
    """`value` is parsed JSON; raises Invalid."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise refusal(error) from None
