"""A form in words: what an officer reads."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import pytest

from dossier_shared.vocabulary.answers import Row, Section, sections

SCHEMA: dict[str, Any] = json.loads(
    files("dossier_intake.catalogue").joinpath("data/forms/1.004222.json").read_text("utf-8")
)


def test_a_form_is_read_section_by_section() -> None:
    answers = {
        "person": {"full_name": "Nguyễn Văn Bình", "birth_date": "1999-02-28"},
        "relation": "Con",
        "dwelling": "rented",
        "household_head": {"full_name": "Nguyễn Văn An", "consent": True},
        "members": [{"full_name": "Lê Thị Hoa"}],
    }
    assert sections(SCHEMA, answers, "vi") == [
        Section("", (Row("Quan hệ với chủ hộ", "Con"), Row("Chỗ ở hợp pháp", "Thuê"))),
        Section("Người đăng ký", (Row("Họ và tên", "Nguyễn Văn Bình"), Row("Ngày sinh", "28/02/1999"))),
        Section("Chủ hộ", (Row("Họ và tên", "Nguyễn Văn An"), Row("Chủ hộ đồng ý", "có"))),
        Section("Người cùng thay đổi 1", (Row("Họ và tên", "Lê Thị Hoa"),)),
    ]
    english = sections(SCHEMA, answers, "en")
    assert english[0].rows[1] == Row("Legal dwelling", "Rented")
    assert english[2].title == "Head of household"


@pytest.mark.parametrize(
    ("schema", "answers", "row"),
    [
        ({}, {"fee_vnd": 1500000}, Row("fee_vnd", "1.500.000 đồng")),
        ({"properties": {"a": {"title": "Giá", "format": "dong"}}}, {"a": 8000}, Row("Giá", "8.000 đồng")),
        ({"properties": {"a": {"title": "Ngày", "format": "date"}}}, {"a": "30/02"}, Row("Ngày", "30/02")),
        ({"properties": {"a": {"$ref": "#/$defs/a"}}, "$defs": {"a": {"$ref": "#/$defs/a"}}}, {"a": 1}, Row("a", "1")),
        ({"properties": ["a"]}, {"a": ["x", "y"]}, Row("a", "x, y")),
        ({"properties": {"a": {"title": 3}}}, {"a": False}, Row("a", "không")),
    ],
)
def test_what_no_schema_explains_is_shown_as_it_was_sent(schema: Any, answers: Any, row: Row) -> None:
    assert sections(schema, answers, "vi") == [Section("", (row,))]


def test_what_is_empty_is_not_shown() -> None:
    assert sections(SCHEMA, {"person": {}, "relation": "", "members": [], "dwelling": None}, "vi") == []


def test_groups_within_a_section_say_their_title() -> None:
    schema = {
        "properties": {
            "house": {
                "title": "Nhà",
                "properties": {
                    "owner": {"title": "Chủ", "properties": {"name": {"title": "Tên"}}},
                    "rooms": {"title": "Phòng", "items": {"properties": {"area": {"title": "Diện tích"}}}},
                },
            }
        }
    }
    answers = {"house": {"owner": {"name": "An"}, "rooms": [{"area": 12}, "lạ", {"area": 9}]}}
    assert sections(schema, answers, "vi") == [
        Section("Nhà", (Row("Chủ: Tên", "An"), Row("Phòng 1: Diện tích", "12"), Row("Phòng 3: Diện tích", "9")))
    ]
