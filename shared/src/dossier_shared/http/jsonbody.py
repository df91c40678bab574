"""JSON in and out: orjson, with the traps of a hostile or careless body closed before a model sees it."""

from __future__ import annotations

import codecs
import re
from typing import Any, TypeVar
from unicodedata import is_normalized, normalize

import orjson
from pydantic import BaseModel
from starlette.responses import JSONResponse, Response

from dossier_shared.http.root import own_url
from dossier_shared.http.validation import validated
from dossier_shared.problems import Problem

MAX_DEPTH = 64

Model = TypeVar("Model", bound=BaseModel)

_DIGITS_ONLY = bytes(48 if 48 <= byte <= 57 else 32 for byte in range(256))
_LONG_NUMBER = b"0" * 19
_NOT_PLAIN = (
    codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE,  # and both of UTF-32, whose first bytes are these or NUL
    b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"x\x01", b"x\x5e", b"x\x9c", b"x\xda",  # gzip, zstd, deflate
)  # fmt: skip
_ESCAPED_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_INT64 = 2**63


class JsonResponse(JSONResponse):
    def render(self, content: Any) -> bytes:
        return orjson.dumps(content)


def json_response(content: Any, status: int = 200, *, version: int | None = None, location: str = "") -> Response:
    """`version` becomes the ETag. `location`: a path of this service's."""
    headers = {}
    if version is not None:
        headers["etag"] = f'"{version}"'
    if location:
        headers["location"] = own_url(location)
    return Response(orjson.dumps(content), status, headers, "application/json")


def not_json(detail: str = "") -> Problem:
    return Problem(
        "not-json",
        "Nội dung gửi lên không phải JSON hợp lệ. Hãy kiểm tra và gửi lại.",
        f"The body is not valid JSON{': ' + detail if detail else ''}. Check it and send it again.",
    )


def too_deep() -> Problem:
    return Problem(
        "nesting-too-deep",
        f"Dữ liệu lồng nhau quá sâu (tối đa {MAX_DEPTH - 1} cấp).",
        f"The data is nested too deeply (at most {MAX_DEPTH - 1} levels).",
    )


def nul_character() -> Problem:
    vi, en = "Dữ liệu chứa ký tự NUL. Hãy bỏ ký tự đó.", "The data holds a NUL character. Remove it."
    return Problem("nul-character", vi, en)


def body_encoding() -> Problem:
    return Problem(
        "body-encoding",
        "Nội dung gửi lên được nén hoặc không ở dạng UTF-8. Hãy gửi JSON không nén, mã hoá UTF-8.",
        "The body is compressed or not in UTF-8. Send the JSON uncompressed, in UTF-8.",
        status=415,
    )


def parse_json(body: bytes) -> Any:
    """Values whose text is NFC, no NUL, whole numbers within 64 bits, less than 64 levels deep; raises Problem."""
    body = body.removeprefix(codecs.BOM_UTF8)
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise _refused(body, error) from None
    if body.count(b"{") + body.count(b"[") >= MAX_DEPTH and _deeper_than(value, MAX_DEPTH - 1):
        raise too_deep()
    if b"\\u0000" in body and _ESCAPED_NUL.search(body):
        raise nul_character()
    if _LONG_NUMBER in body.translate(_DIGITS_ONLY) and _beyond_int64(value):
        raise Problem(
            "number-too-large",
            "Có số nguyên quá lớn (tối đa 64 bit). Hãy gửi dưới dạng chuỗi.",
            "A whole number is too large (at most 64 bits). Send it as a string.",
        )
    if b"\\u03" in body or not (body.isascii() or is_normalized("NFC", body.decode())):
        return _nfc(value)
    return value


def parse(model: type[Model], body: bytes) -> Model:
    return validated(model, parse_json(body))


def _refused(body: bytes, error: orjson.JSONDecodeError) -> Problem:
    if "depth limit" in error.msg or "recursion limit" in error.msg.lower():
        return too_deep()
    if body.startswith(_NOT_PLAIN) or b"\x00" in body[:2]:
        return body_encoding()
    if b"\x00" in body:
        return nul_character()
    try:
        body.decode()
    except UnicodeDecodeError:
        return Problem(
            "not-utf8",
            "Nội dung gửi lên không phải UTF-8. Hãy mã hoá lại bằng UTF-8.",
            "The body is not UTF-8. Encode it as UTF-8.",
        )
    return not_json(error.msg.split(": line", 1)[0] if body else "empty")


def _deeper_than(value: Any, limit: int) -> bool:
    level = [value] if type(value) in (dict, list) else []
    for _ in range(limit):
        level = [
            child
            for node in level
            for child in (node.values() if type(node) is dict else node)
            if type(child) is dict or type(child) is list
        ]
        if not level:
            return False
    return True


def _beyond_int64(value: Any) -> bool:
    todo = [value]
    while todo:
        node = todo.pop()
        if type(node) is dict:
            todo.extend(node.values())
        elif type(node) is list:
            todo.extend(node)
        elif (type(node) is int and not -_INT64 <= node < _INT64) or (type(node) is float and abs(node) >= _INT64):
            return True
    return False


def _nfc(value: Any) -> Any:
    """Recursion is bounded by MAX_DEPTH."""
    if type(value) is str:
        return normalize("NFC", value)
    if type(value) is dict:
        return {normalize("NFC", key): _nfc(item) for key, item in value.items()}
    if type(value) is list:
        return [_nfc(item) for item in value]
    return value
