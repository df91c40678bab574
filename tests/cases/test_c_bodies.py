"""JSON as programs of the field send it: with a byte order mark, packed, in UTF-16."""

from __future__ import annotations

import gzip
import zlib
from datetime import date
from typing import Any

import pytest
from pydantic import BaseModel

from dossier_intake.filing.checks import ApplicantBody, read_applicant
from dossier_shared.http.batches import read_items
from dossier_shared.http.jsonbody import parse_json
from dossier_shared.http.limits import BodyLimit
from dossier_shared.problems import Invalid, Problem

TEXT = '{"items": [{"key": "a", "note": "Xã Đắk Lua"}]}'
DAY = date(2026, 11, 28)


def applicant(**given: Any) -> ApplicantBody:
    return ApplicantBody.model_validate(given)


class Item(BaseModel):
    key: str
    note: str


class Items(BaseModel):
    items: list[Item]


def test_c_a_body_with_a_byte_order_mark_is_read() -> None:
    body = TEXT.encode("utf-8-sig")
    assert parse_json(body) == parse_json(TEXT.encode())
    assert read_items(Items, Item, body) == [Item(key="a", note="Xã Đắk Lua")]
    broken = body.replace(b"]}", b', {"key": "b", "note": "\xff"}]}')
    assert read_items(Items, Item, broken)[0] == Item(key="a", note="Xã Đắk Lua")


@pytest.mark.parametrize(
    "body",
    [gzip.compress(TEXT.encode(), mtime=0), zlib.compress(TEXT.encode()), *(
        TEXT.encode(name) for name in ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be")
    )],
)  # fmt: skip
def test_c_a_packed_or_wide_body_is_told_so(body: bytes) -> None:
    for read in (lambda: parse_json(body), lambda: read_items(Items, Item, body)):
        with pytest.raises(Problem) as told:
            read()
        assert (told.value.http_status, told.value.code) == (415, "body-encoding")


@pytest.mark.parametrize(("coding", "taken"), [(b"gzip", False), (b"br", False), (b"Identity", True), (b"", True)])
async def test_c_a_content_encoding_is_refused_before_anything_is_read(coding: bytes, taken: bool) -> None:
    reached: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        reached.append(scope)

    async def nothing(*_: Any) -> Any:
        raise AssertionError("nothing is read")

    headers = [(b"content-encoding", coding)]
    scope = {"type": "http", "path": "/", "query_string": b"", "method": "POST", "headers": headers}
    if taken:
        await BodyLimit(app)(scope, nothing, nothing)
    else:
        with pytest.raises(Problem) as told:
            await BodyLimit(app)(scope, nothing, nothing)
        assert (told.value.http_status, told.value.code) == (415, "body-encoding")
    assert bool(reached) is taken


@pytest.mark.parametrize("blank", ["", "  "])
def test_c_an_optional_number_left_empty_is_not_given(blank: str) -> None:
    body = applicant(name="Nguyễn Văn A", phone=blank, citizen_id=blank, tax_code=blank, representative=blank)
    found = read_applicant(body, DAY)
    assert (found.phone, found.citizen_id, found.tax_code, found.representative) == (None, None, None, None)
    firm = read_applicant(body.model_copy(update={"kind": "organisation"}), DAY)
    assert (firm.kind, firm.tax_code, firm.representative) == ("organisation", None, None)


def test_c_a_tax_code_makes_a_company_of_what_can_only_be_one() -> None:
    found = read_applicant(applicant(name="Công ty Thành Đạt", tax_code="0100109106"), DAY)
    assert (found.kind, found.tax_code) == ("organisation", "0100109106")
    for name in ("DOANH NGHIỆP TƯ NHÂN HÒA BÌNH", "hợp tác xã Tân Tiến", "CÔNG TY TNHH AN"):
        assert read_applicant(applicant(name=name, tax_code="0100109106"), DAY).kind == "organisation"
    for body in (
        applicant(name="Nguyễn Văn A", tax_code="0100109106"), applicant(name="Công Ty", tax_code="0100109106"),
        applicant(name="Công ty Thành Đạt", kind="person", tax_code="0100109106"),
        applicant(name="Công Tyson Văn", tax_code="0100109106"),
    ):  # fmt: skip
        with pytest.raises(Invalid):
            read_applicant(body, DAY)
