"""Every kind of PDF this project makes, before verifiers that share no code with it: veraPDF (PDF/A-2b), the EU's DSS (PAdES)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, get_args

import pytest
from tests.unit.documents.samples import EVERY, receipt, refusal, register

from dossier_monitor.indicators.report import render as render_report
from dossier_shared.documents.forms.models import Paper, Person
from dossier_shared.documents.forms.rendering import render_form, render_forms
from dossier_signing.documents.pades import Seal
from dossier_signing.documents.result_document import ResultDocument, ResultField, ResultKind, render

from .conftest import LEADER, Judge

NOW = datetime.now(UTC).replace(microsecond=0)
SOUND = {"format": "PAdES-BASELINE-B", "intact": True, "valid": True, "trusted": True, "by": LEADER, "whole": True}
NAMES = (
    "Nguyễn Thị Ánh Tuyết",
    "Y Ƀăm Niê Kđăm",
    "Công ty TNHH 2 thành viên Thử & Con (Việt Nam) – “Chi nhánh 1”",
    "Trường Mầm non 19/5",
)


@pytest.mark.parametrize("kind", get_args(ResultKind))
def test_d9_every_kind_of_result_is_pdfa_and_its_signature_stands(
    kind: ResultKind, judge: Judge, seal: Seal, new_document: Callable[..., ResultDocument]
) -> None:
    verdict = judge(seal.sign(render(new_document(kind), NOW), NOW))
    assert verdict == {"not_pdfa": [], "signatures": [SOUND]}


@pytest.mark.parametrize("length", range(1, 5))
def test_d9_whatever_the_document_ends_with(
    length: int, judge: Judge, seal: Seal, new_document: Callable[..., ResultDocument]
) -> None:
    """The update begins on a new line, wherever the original's last byte falls."""
    document = new_document("decision", holder_name=NAMES[length - 1], number="1" * length)
    assert judge(seal.sign(render(document, NOW), NOW)) == {"not_pdfa": [], "signatures": [SOUND]}


def test_d9_a_long_rejection_over_several_pages(
    judge: Judge, seal: Seal, new_document: Callable[..., ResultDocument]
) -> None:
    fields = tuple(ResultField(label_vi=f"Mục {n}", value="Nội dung " * 40) for n in range(60))
    document = new_document("rejection", reason="Thiếu giấy tờ. " * 200, fields=fields)
    assert judge(seal.sign(render(document, NOW), NOW)) == {"not_pdfa": [], "signatures": [SOUND]}


def test_c5_the_fonts_of_every_language_make_pdfa(
    judge: Judge, seal: Seal, new_document: Callable[..., ResultDocument]
) -> None:
    texts = (
        "សុខ សំណាង ភូមិ ព្រែក", "ꨌꩌ ꨣꨯꨮꩍ ꨚꨰ", "ꪼꪕ ꪜꪴ ꪙꪱ", "阮文安 㐂", "김민수 株式会社", "ລາວ ก็ไม่เป็น", "محمد علي",
        "☐ ☑ ✔ ➢ ❖ ① Ⅳ → ≥ ½",
    )  # fmt: skip
    fields = tuple(ResultField(label_vi=text, label_en=text, value=text, strong=True) for text in texts)
    whole = " ".join(texts)
    document = new_document("rejection", holder_name=whole, reason=whole, fields=fields, place=whole)
    assert judge(seal.sign(render(document, NOW), NOW)) == {"not_pdfa": [], "signatures": [SOUND]}


def test_c5_code_points_in_the_place_of_letters_make_pdfa(
    judge: Judge, seal: Seal, new_document: Callable[..., ResultDocument]
) -> None:
    document = new_document("permit", holder_name="Trần \U0001f600", substitute=True)
    assert judge(seal.sign(render(document, NOW), NOW)) == {"not_pdfa": [], "signatures": [SOUND]}


@pytest.mark.parametrize("place", ["text", "signature's date"])
def test_one_changed_byte_is_told_by_dss(
    place: str, judge: Judge, seal: Seal, new_document: Callable[..., ResultDocument]
) -> None:
    pdf = bytearray(seal.sign(render(new_document("permit"), NOW), NOW))
    position = pdf.index(b"stream\n") + 40 if place == "text" else pdf.rindex(b"/M (D\\072") + 12
    pdf[position] ^= 0x01
    (signature,) = judge(bytes(pdf))["signatures"]
    assert not signature["intact"]


def test_verapdf_tells_what_is_no_pdfa(judge: Judge, seal: Seal, new_document: Callable[..., ResultDocument]) -> None:
    """Else the tests above would prove nothing."""
    pdf = seal.sign(render(new_document("permit"), NOW), NOW)
    assert judge(pdf.replace(b"pdfaid:part>2<", b"pdfaid:part>3<"))["not_pdfa"]


@pytest.mark.parametrize("number", EVERY)
def test_every_form_is_pdfa(number: str, judge: Judge) -> None:
    assert judge(render_form(EVERY[number], NOW)) == {"not_pdfa": [], "signatures": []}


def test_a_run_of_forms_in_letters_of_every_language_is_pdfa(judge: Judge) -> None:
    names = ("សុខ សំណាង", "阮文安 㐂", "김민수", "ລາວ ก็ไม่เป็น", "محمد علي", "ꪼꪕ ꪜꪴ", "☑ ① ½")
    forms = [
        receipt(person=Person(name=name), papers=(Paper(name=name),) * 60, tracking_url=f"https://a.vn/{n}")
        for n, name in enumerate(names)
    ]
    run = render_forms([*forms, register(301), refusal(reasons=("\U0001f600",))], NOW, substitute=True)
    assert judge(run) == {"not_pdfa": [], "signatures": []}


@pytest.mark.parametrize("number", ["04", "05"])
def test_a_form_that_a_leader_signs_stays_pdfa_and_its_signature_stands(number: str, judge: Judge, seal: Seal) -> None:
    assert judge(seal.sign(render_form(EVERY[number], NOW), NOW)) == {"not_pdfa": [], "signatures": [SOUND]}


def test_clause_6_1_9_the_signature_s_update_begins_on_a_line_of_its_own(
    judge: Judge, seal: Seal, new_document: Callable[..., ResultDocument]
) -> None:
    """And the referee tells where it does not: what it passed above proves something."""
    whole = render(new_document("permit"), NOW)
    signed = seal.sign(whole, NOW)
    assert not whole.endswith(b"\n")
    assert signed.startswith(whole + b"\n")
    joined = signed[: len(whole)] + b" " + signed[len(whole) + 1 :]
    assert any("6.1.9" in found for found in judge(joined)["not_pdfa"])


def test_the_period_report_is_pdfa(judge: Judge) -> None:
    names = (*NAMES, "ការចុះបញ្ជីកំណើត", "阮文安", "\U0001f600")
    table: dict[str, Any] = {"lead": "", "left": 1, "widths": [3, 1], "head": ["Thủ tục", "Số lượng"]}
    data = {
        "lang": "vi",
        "title": "Báo cáo",
        "agency": "Ủy ban nhân dân xã Thử",
        "span": "01/01/2026 – 31/03/2026",
        "judged": "lúc 10:00",
        "nothing": "Không có",
        "parts": [
            {
                **table,
                "title": "Theo thủ tục",
                "rows": [[name, "1"] for name in names],
            }
        ],
        "unsourced_title": "Chưa có nguồn",
        "unsourced_lead": "",
        "unsourced": ["Mức hài lòng"],
    }
    assert judge(render_report(data, NOW)) == {"not_pdfa": [], "signatures": []}
