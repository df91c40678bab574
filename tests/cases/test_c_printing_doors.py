"""C5 at the doors: what will stand on a document is looked at where it is given, and the letter is named there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from tests.cases.written import FORM, TEXT, findings, line_of
from tests.unit.review.support import LEADER, Case, decisions

from dossier_intake import handlers as intake
from dossier_intake.catalogue.catalogue import Catalogue
from dossier_intake.catalogue.stored import taken
from dossier_intake.filing.checks import Filing, check_filing
from dossier_intake.state import State
from dossier_shared.http.tokens import Principal
from dossier_shared.problems import Invalid
from dossier_shared.vocabulary.printing import PrintedText, check_printed

DAY = date(2026, 6, 1)
CITIZEN = Principal("c-1", frozenset({"citizen"}), None, "Nguyễn Văn An")
COUNTER = Principal("o-1", frozenset({"counter"}), "X-1", "Cán bộ")
ASKED = (
    FORM + "      child:\n        type: object\n        properties:\n          name: {type: string, title: Họ tên trẻ, "
    "x-en: {title: Name of the child}}\n"
)
PRINTED = ("阮文安", "សុខ សំណាង", "Y Ƀăm Niê Kdăm", "H’Hen Niê", "ꨌꩌ ꨣꨯꨮꩍ", "Đặng Văn Ơ̆")


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return Catalogue.parse(TEXT + ASKED)


def file(catalogue: Catalogue, name: str = "Nguyễn Văn An", child: str = "Nguyễn Văn Bình") -> Any:
    filing = {
        "procedure": "9.000001",
        "agency": "X-1",
        "applicant": {"name": name},
        "form": {"child": {"name": child}},
        "documents": [{"code": "D-1", "id": "0" * 64}],
    }
    files = {"0" * 64: {"type": "application/pdf", "size": 1, "name": "đơn.pdf"}}
    return check_filing(catalogue, Filing.model_validate(filing), files, CITIZEN, DAY).sealed


def refused(give: Callable[[], object]) -> Invalid:
    with pytest.raises(Invalid) as problem:
        give()
    assert problem.value.code == "unprintable-text"
    return problem.value


@pytest.mark.parametrize("name", PRINTED)
def test_c5_a_name_the_fonts_have_is_taken(catalogue: Catalogue, name: str) -> None:
    sealed = file(catalogue, name, name)
    assert (sealed.applicant.name, sealed.summary[0].value) == (name, name)


@pytest.mark.parametrize(
    ("name", "letter"),
    [
        ("Nguyễn გიორგი", "“გ” (U+10D2)"),
        ("Trần မြ", "“မြ” (U+1019 U+103C)"),
        ("Lý \U00020001", "“\U00020001” (U+20001)"),
    ],
)
def test_c5_a_name_no_font_has_is_refused_at_filing(catalogue: Catalogue, name: str, letter: str) -> None:
    problem = refused(lambda: file(catalogue, name))
    assert problem.errors[0]["path"] == "/applicant/name"
    assert letter in problem.vi
    assert letter in problem.en
    assert "Hãy" in problem.vi
    assert name.split()[0] not in str(problem.body())


@pytest.mark.parametrize("letter", ["\U0001f600", "\U0001f468\u200d\U0001f469", "က", "\U0001f1fb\U0001f1f3"])
def test_c5_an_answer_that_the_result_shows_is_refused_with_its_field(catalogue: Catalogue, letter: str) -> None:
    problem = refused(lambda: file(catalogue, child=f"Bình {letter}"))
    assert [one["path"] for one in problem.errors] == ["/form/child/name"]
    assert "Họ tên trẻ" in problem.vi
    assert "Name of the child" in problem.en
    assert "Bình" not in str(problem.body())


def test_c5_a_reason_for_rejecting_is_looked_at_before_it_is_decided() -> None:
    case = Case().appraised()
    problem = refused(lambda: decisions.reject_case(case.state, LEADER, "Thiếu \U0001f600 giấy"))
    assert "U+1F600" in problem.vi
    assert decisions.reject_case(case.state, LEADER, "Thiếu giấy ឯកសារ")


def test_c5_a_reason_for_refusing_at_the_counter_as_well() -> None:
    state: State = {"code": "X", "agency": "X-1", "status": "submitted"}
    problem = refused(lambda: intake.refuse_dossier(state, "Hồ sơ \U0001f608"))
    assert problem.errors[0]["path"] == "/reason"
    assert intake.refuse_dossier(state, "Thiếu giấy")


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ("name_vi: Xã Thử", "name_vi: Xã Thử \U0001f600", "/agencies/0/name_vi"),
        ("name_vi: Thủ tục thử", "name_vi: Thủ tục က", "/procedures/0/name_vi"),
        ("name_en: Trial\n", "name_en: Trial \U0001f600\n", "/procedures/0/name_en"),
        ("title: Họ tên trẻ", "title: Họ tên \U0001f476", "/procedures/0/form/properties/child/properties/name/title"),
        (
            "  kind: peoples_committee",
            "  kind: peoples_committee\n  signature: {title: Chủ tịch, place: \U0001f600}",
            "/agencies/0/signature/place",
        ),
    ],
)
def test_c5_names_and_titles_of_a_catalogue_are_looked_at_at_import(old: str, new: str, path: str) -> None:
    text = (TEXT + ASKED).replace(old, new)
    assert text != TEXT + ASKED
    (finding,) = [one for one in findings(text) if one["code"] == "unprintable-text"]
    assert finding["path"] == path
    assert finding["line"] == line_of(text, new.splitlines()[-1].strip())
    assert "U+" in finding["message"]["vi"]


def test_c5_a_catalogue_taken_in_before_goes_on_serving() -> None:
    """A sibling: an earlier release let such names in; filing under them is no less possible for it."""
    smile = (
        Catalogue.parse(TEXT + ASKED)
        .text.replace("Thủ tục thử", "Thủ tục \U0001f600")
        .replace("Họ tên trẻ", "Tên \U0001f476")
    )
    document, faults = taken(smile)
    assert document.procedures[0].name_vi == "Thủ tục \U0001f600"
    assert faults == ()


def test_c5_khmer_titles_are_taken() -> None:
    khmer = (TEXT + ASKED).replace("Thủ tục thử", "ការចុះបញ្ជីកំណើត").replace("Họ tên trẻ", "ឈ្មោះ")
    assert Catalogue.parse(khmer).procedure("9.000001").name_vi == "ការចុះបញ្ជីកំណើត"


def test_c5_every_letter_and_field_is_named_at_once() -> None:
    problem = refused(
        lambda: check_printed([
            PrintedText("/a", "Mục A", "Field A", "x \U0001f600 y \U0001f600 z က"),
            PrintedText("/b", "Mục B", "Field B", "được"),
            PrintedText("/c", "Mục C", "Field C", "\U0001f608"),
        ])
    )  # fmt: skip
    assert [one["path"] for one in problem.errors] == ["/a", "/c"]
    assert problem.vi.count("U+1F600") == 1
    assert "U+1000" in problem.vi
