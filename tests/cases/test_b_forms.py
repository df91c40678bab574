"""B7 and C11: a form's schema and its answers are spelled alike; what is typed into a field is read as it is meant."""

from __future__ import annotations

import json
from typing import Any
from unicodedata import normalize

import pytest

from dossier_intake.catalogue.catalogue import Catalogue
from dossier_intake.catalogue.reading import checked, read
from dossier_intake.forms.form import Form
from dossier_intake.forms.summary import CUT, MAX_ALL, MAX_VALUE, summary
from dossier_intake.forms.values import FORMATS, READERS
from dossier_shared.problems import Invalid

SCHEMA: dict[str, Any] = {
    "type": "object",
    "title": "Tờ khai đăng ký",
    "required": ["họ_tên", "hình_thức"],
    "additionalProperties": False,
    "properties": {
        "họ_tên": {"type": "string", "minLength": 1, "title": "Họ và tên"},
        "hình_thức": {"enum": ["Trực tiếp", "Bưu điện"], "title": "Hình thức", "x-labels": {"Bưu điện": {"vi": "Qua bưu điện"}}},
        "nước": {"const": "Việt Nam"},
        "địa_chỉ": {"$ref": "#/$defs/địa_chỉ"},
        "ghi_chú": {"type": "string", "pattern": "^[ấ-ỹ ]*$"},
    },
    "dependentRequired": {"ghi_chú": ["địa_chỉ"]},
    "$defs": {"địa_chỉ": {"type": "object", "properties": {"xã": {"type": "string", "title": "Xã"}}, "required": ["xã"]}},
}  # fmt: skip
ANSWERS = {
    "họ_tên": "Đặng Thị Ấu",
    "hình_thức": "Bưu điện",
    "nước": "Việt Nam",
    "địa_chỉ": {"xã": "Bù Đăng"},
    "ghi_chú": "ấỹ",
}


def spelled(form: Any, value: Any) -> Any:
    """Every text of it in the normal form named."""
    if isinstance(value, str):
        return normalize(form, value)
    if isinstance(value, list):
        return [spelled(form, item) for item in value]
    if isinstance(value, dict):
        return {normalize(form, key): spelled(form, item) for key, item in value.items()}
    return value


@pytest.mark.parametrize("schema_in", ["NFC", "NFD"])
@pytest.mark.parametrize("answers_in", ["NFC", "NFD"])
def test_b7_a_schema_and_its_answers_meet_however_they_were_saved(schema_in: str, answers_in: str) -> None:
    form = Form(spelled(schema_in, SCHEMA))
    assert form.check(spelled(answers_in, ANSWERS)) == ANSWERS
    assert [(row.label_vi, row.value) for row in summary(form, ANSWERS)] == [
        ("Họ và tên", "Đặng Thị Ấu"), ("Hình thức", "Qua bưu điện"), ("Xã", "Bù Đăng"),
    ]  # fmt: skip
    with pytest.raises(Invalid) as refused:
        form.check(spelled(answers_in, {**ANSWERS, "hình_thức": "Fax", "địa_chỉ": {}}))
    assert {error["path"]: error["message"]["vi"].partition(":")[0] for error in refused.value.errors} == {
        "/hình_thức": "Hình thức",
        "/địa_chỉ/xã": "Xã",
    }


def test_a_row_says_whose_it_is_and_writes_days_and_amounts_as_people_do() -> None:
    person = {
        "title": "Người",
        "properties": {"name": {"title": "Họ và tên"}, "born": {"title": "Ngày sinh", "format": "date"}},
    }
    form = Form(
        {
            "type": "object",
            "title": "Tờ khai",
            "properties": {
                "mother": {"$ref": "#/$defs/person", "title": "Mẹ", "x-en": {"title": "Mother"}},
                "members": {"title": "Thành viên", "items": {"properties": {"name": {"title": "Họ và tên"}}}},
                "phones": {"title": "Điện thoại", "items": {"type": "string"}},
                "paid": {"title": "Giá", "type": "integer", "format": "dong"},
                "value_vnd": {"title": "Trị giá", "type": "integer"},
                "at": {"title": "Lúc", "format": "date-time"},
            },
            "$defs": {"person": person},
        }
    )
    answers = {
        "mother": {"name": "Lê A", "born": "1995-04-12"}, "members": [{"name": "Lê B"}, {"name": "Lê C"}], "phones": ["1", "2"],
        "paid": 1_500_000, "value_vnd": 50_000, "at": "2026-11-28T08:00:00+07:00",
    }  # fmt: skip
    rows = summary(form, form.check(answers))
    assert [(row.label_vi, row.value) for row in rows] == [
        ("Mẹ: Họ và tên", "Lê A"), ("Mẹ: Ngày sinh", "12/04/1995"), ("Thành viên 1: Họ và tên", "Lê B"),
        ("Thành viên 2: Họ và tên", "Lê C"), ("Điện thoại", "1"), ("Điện thoại", "2"), ("Giá", "1.500.000 đồng"),
        ("Trị giá", "50.000 đồng"), ("Lúc", "08:00 ngày 28/11/2026"),
    ]  # fmt: skip
    assert rows[0].label_en == "Mother: Họ và tên"


def test_every_answer_is_told_and_what_is_too_much_is_said() -> None:
    names = [f"f{number}" for number in range(40)]
    form = Form({"type": "object", "properties": {name: {"title": f"Mục {name}", "type": "string"} for name in names}})
    assert [row.value for row in summary(form, {name: f"câu {name}" for name in names})] == [
        f"câu {name}" for name in names
    ]
    rows = summary(form, dict.fromkeys(names, "x" * 5000))
    assert {row.value for row in rows[:-1]} == {"x" * MAX_VALUE + CUT}
    assert sum(len(row.value) for row in rows) < MAX_ALL + 100
    assert (rows[-1].label_vi, rows[-1].value) == (
        "Các mục còn lại", f"{40 - len(rows) + 1} mục, ghi trong tờ khai của hồ sơ"
    )  # fmt: skip


def test_b7_choices_lose_what_nobody_sees_as_answers_do() -> None:
    form = Form({"type": "object", "properties": {"a\u200b": {"enum": ["Có ", "Không\u200e"]}}})
    assert form.check({"a": "Có"}) == {"a": "Có"}
    assert form.check({"a\ufeff": " Không"}) == {"a": "Không"}


@pytest.mark.parametrize("names", [("a", "a\u200e"), ("ấ", normalize("NFD", "ấ"))], ids=ascii)
def test_b7_two_names_that_look_alike_are_refused(names: tuple[str, str]) -> None:
    with pytest.raises(ValueError, match="two names"):
        Form({"type": "object", "properties": {name: {} for name in names}})
    form = Form({"type": "object"})
    with pytest.raises(Invalid, match="field-repeated"):
        form.check(dict.fromkeys(names, 1))


def test_b7_a_whole_catalogue_saved_decomposed(catalogue_of: Any) -> None:
    document = checked(read(catalogue_of(SCHEMA)))
    assert checked(read(normalize("NFD", catalogue_of(SCHEMA)))).procedures[0].form == document.procedures[0].form
    assert "địa_chỉ" in (document.procedures[0].form or {})["properties"]


@pytest.fixture
def catalogue_of() -> Any:
    procedure = Catalogue.load_packaged().procedure("1.004873").model_dump(mode="json", exclude_none=True)
    agencies = [
        agency.model_dump(mode="json", exclude_none=True) for agency in Catalogue.load_packaged().agencies.values()
    ]

    def made(form: dict[str, Any]) -> str:
        return json.dumps({"agencies": agencies, "procedures": [{**procedure, "form": form}]}, ensure_ascii=False)

    return made


def field(**schema: Any) -> Form:
    return Form(
        {
            "type": "object",
            "properties": {"a": {"$ref": "#/$defs/a"}, "rows": {"items": {"properties": {"a": {"$ref": "#/$defs/a"}}}}},
            "$defs": {"a": schema},
        }
    )


@pytest.mark.parametrize(
    ("schema", "typed", "kept"),
    [
        ({"type": "integer", "format": "dong", "minimum": 1}, "50.000", 50_000),
        ({"type": "integer", "format": "dong"}, "50 000 đ", 50_000),
        ({"type": "integer", "format": "dong"}, 50_000, 50_000),
        ({"type": "string", "format": "date"}, "28/11/2026", "2026-11-28"),
        ({"type": "string", "format": "date"}, "2026-11-28", "2026-11-28"),
        ({"type": "string", "format": "citizen-id"}, "'075\u00a0090123456", "075090123456"),
        ({"type": "string", "format": "tax-code"}, "0100112437 001", "0100112437-001"),
        ({"type": "string", "format": "person-name"}, "  Lê\u200e  A ", "Lê A"),
        ({"type": "string", "format": "organisation-name"}, "Trường Mầm non 19/5", "Trường Mầm non 19/5"),
        ({"type": "string", "format": "applicant-name"}, "Trường Mầm non 19/5", "Trường Mầm non 19/5"),
        ({"type": "string", "format": "phone"}, "0251 3822 501", "0251 3822 501"),
        ({"type": "string", "format": "mobile"}, "0912 345 678", "0912 345 678"),
        ({"allOf": [{"type": "string"}, {"format": "date"}]}, "1/2/2026", "2026-02-01"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_c11_what_is_typed_is_read(schema: dict[str, Any], typed: Any, kept: Any) -> None:
    assert field(**schema).check({"a": typed, "rows": [{"a": typed}]}) == {"a": kept, "rows": [{"a": kept}]}


@pytest.mark.parametrize(
    ("schema", "typed"),
    [
        ({"type": "integer", "format": "dong"}, "50.00"),
        ({"type": "integer", "format": "dong"}, "50,5"),
        ({"type": "integer", "format": "dong"}, True),
        ({"type": "integer"}, "50.000"),
        ({"type": "string", "format": "date"}, "31/02/2026"),
        ({"type": "string", "format": "citizen-id"}, "75090123456"),
        ({"type": "string", "format": "phone"}, "0912TAXIVN"),
        ({"type": "string", "format": "mobile"}, "0251 3822 501"),
        ({"type": "string", "format": "person-name"}, "Trường Mầm non 19/5"),
        ({"type": "string", "format": "organisation-name"}, "\u3164"),
        ({"type": "string", "format": "tax-code"}, "0100112438"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_cannot_be_read_is_refused_in_words(schema: dict[str, Any], typed: Any) -> None:
    with pytest.raises(Invalid) as refused:
        field(**schema).check({"a": typed})
    assert {error["path"] for error in refused.value.errors} == {"/a"}
    assert repr(typed) not in repr(refused.value.errors)


def test_c11_an_amount_typed_into_a_form_of_the_catalogue() -> None:
    catalogue = Catalogue.load_packaged()
    form = catalogue.form(catalogue.procedure("1.001612"))
    assert form is not None
    example = form.schema["examples"][0]
    for typed in ("50.000.000", "50,000,000", "50 000 000 đ", "50000000"):
        assert form.check({**example, "capital_vnd": typed})["capital_vnd"] == 50_000_000
    for wrong in ("50.00", True, 50.5, "50.000,5", "0"):
        with pytest.raises(Invalid):
            form.check({**example, "capital_vnd": wrong})


def test_a_schema_that_goes_round_in_circles_is_read_once() -> None:
    form = Form(
        {
            "type": "object",
            "allOf": [{"$ref": "#"}],
            "properties": {"day": {"type": "string", "format": "date"}, "child": {"$ref": "#"}},
        }
    )
    typed = {"day": "1/2/2026", "child": {"day": "3/2/2026", "child": {}}}
    assert form.check(typed) == {"day": "2026-02-01", "child": {"day": "2026-02-03", "child": {}}}


def test_every_format_is_read_or_kept_on_purpose() -> None:
    assert READERS.keys() - FORMATS.keys() == {"date", "date-time"}  # the validator knows these itself
    assert FORMATS.keys() - READERS.keys() == {"phone", "mobile"}  # shown again as they were typed
