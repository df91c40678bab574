import unicodedata
from datetime import UTC, datetime
from typing import get_args

import pypdfium2
import pytest
from pydantic import ValidationError

from dossier_shared.documents.printing import UnprintableText
from dossier_shared.documents.words import place_and_date, printable
from dossier_signing.documents.result_document import (
    OPENINGS,
    TITLES,
    ResultDocument,
    ResultField,
    ResultKind,
    page_data,
    render,
)


@pytest.mark.parametrize(
    ("instant", "written"),
    [
        (datetime(2026, 11, 21, 16, 59, tzinfo=UTC), "Bù Đăng, ngày 21 tháng 11 năm 2026"),
        (datetime(2026, 11, 21, 17, 0, tzinfo=UTC), "Bù Đăng, ngày 22 tháng 11 năm 2026"),
        (datetime(2026, 12, 31, 17, 0, tzinfo=UTC), "Bù Đăng, ngày 01 tháng 01 năm 2027"),
        (datetime(2026, 3, 4, tzinfo=UTC), "Bù Đăng, ngày 04 tháng 3 năm 2026"),
    ],
)
def test_the_date_is_the_one_of_vietnam_written_as_the_decree_wants(instant: datetime, written: str) -> None:
    assert place_and_date("Bù Đăng", instant) == written


def test_text_is_composed_and_loses_only_what_would_deceive() -> None:
    assert printable(unicodedata.normalize("NFD", "Nguyễn")) == unicodedata.normalize("NFC", "Nguyễn")
    assert printable("a\u0007b\u202ec\u2066d\x00") == "abcd"
    assert printable('#let $x$ *"đ"*\nשלום') == '#let $x$ *"đ"*\nשלום'


def test_the_head_and_the_signature_s_lines_are_set_in_capitals(document: ResultDocument) -> None:
    head = {"agency_lines": ("Ủy ban nhân dân", "xã Bù Đăng"), "on_behalf_of": "TM. Ủy ban nhân dân"}
    data = page_data(document.model_copy(update=head), datetime.now(UTC))
    assert data["agency_lines"] == ["ỦY BAN NHÂN DÂN", "XÃ BÙ ĐĂNG"]
    assert data["on_behalf_of"] == "TM. ỦY BAN NHÂN DÂN"
    assert data["signer_title"] == "CHỦ TỊCH"

    data = page_data(document.model_copy(update={"agency_vi": "Sở Nội vụ"}), datetime.now(UTC))
    assert data["agency_lines"] == ["SỞ NỘI VỤ"]
    assert data["on_behalf_of"] == ""


def test_every_kind_has_its_title_and_opening() -> None:
    assert set(get_args(ResultKind)) == set(TITLES) == set(OPENINGS)


def test_a_rejection_must_say_why(document: ResultDocument) -> None:
    values = document.model_dump() | {"kind": "rejection"}
    with pytest.raises(ValidationError, match="states its reason"):
        ResultDocument.model_validate(values | {"reason": "  "})
    assert ResultDocument.model_validate(values | {"reason": "Thiếu giấy chứng sinh"}).kind == "rejection"


def test_a_name_of_controls_only_is_no_name(document: ResultDocument) -> None:
    with pytest.raises(ValidationError):
        ResultDocument.model_validate(document.model_dump() | {"holder_name": "\u202e\u0000"})


def test_the_same_document_and_instant_give_the_same_bytes(document: ResultDocument, signed_at: datetime) -> None:
    first = render(document, signed_at)
    assert render(document.model_copy(update={"number": "129/GCN-UBND"}), signed_at) != first
    assert render(document, signed_at) == first


def test_the_file_declares_itself_pdf_a_2b(document: ResultDocument, signed_at: datetime) -> None:
    pdf = render(document, signed_at)
    assert b"<pdfaid:part>2</pdfaid:part>" in pdf
    assert b"<pdfaid:conformance>B</pdfaid:conformance>" in pdf


def test_letters_without_a_glyph_are_refused_not_dropped(document: ResultDocument, signed_at: datetime) -> None:
    with pytest.raises(UnprintableText, match="😀"):
        render(document.model_copy(update={"holder_name": "Nguyễn 😀"}), signed_at)


@pytest.mark.parametrize("kind", ["certificate", "rejection"])
def test_nobody_signs_a_page_that_says_nothing_else(
    document: ResultDocument, signed_at: datetime, kind: ResultKind
) -> None:
    last_words = "Văn bản này được lập và ký số" if kind == "certificate" else "khiếu nại"
    for count in (0, 8, 9, 10, 11, 12, 14, 16, 18, 20, 40):
        rows = tuple(ResultField(label_vi=f"Mục {n}", label_en="Item", value="có") for n in range(count))
        long = document.model_copy(update={"kind": kind, "fields": rows, "reason": "Thiếu giấy chứng sinh."})
        with pypdfium2.PdfDocument(render(long, signed_at)) as pdf:
            pages = [page.get_textpage().get_text_bounded() for page in pdf]
        assert "Ký bởi: Trần Quốc Hưng" in pages[-1]
        assert last_words in pages[-1], f"{count} rows: {pages[-1]}"


@pytest.mark.parametrize("kind", ["certificate", "rejection"])
def test_many_and_long_answers_are_all_there_over_as_many_pages_as_they_need(
    document: ResultDocument, signed_at: datetime, kind: ResultKind
) -> None:
    said = [f"câu trả lời {n} " + ("dài " * 400 if n in (7, 59) else "") + f"hết-{n}" for n in range(60)]
    rows = tuple(ResultField(label_vi=f"Mục {n}", label_en="Item", value=value) for n, value in enumerate(said))
    changed = {"kind": kind, "fields": (*rows, ResultField(label_vi="Liền", value="ơ" * 2000)), "reason": "Thiếu."}
    with pypdfium2.PdfDocument(render(document.model_copy(update=changed), signed_at)) as pdf:
        texts = [page.get_textpage() for page in pdf]
        pages = [text.get_text_bounded() for text in texts]
        width = pdf[0].get_width()
        right = max(text.get_charbox(at)[2] for text in texts for at in range(text.count_chars()))
    whole = " ".join("".join(pages).split())
    assert [n for n in range(60) if f"câu trả lời {n} " not in whole or f"hết-{n}" not in whole] == []
    assert "".join(pages).replace("\u200b", "").count("ơ") >= 2000
    assert right < width - 40, "nothing runs off the page"
    assert "Ký bởi: Trần Quốc Hưng" in pages[-1]
    assert ("Văn bản này được lập và ký số" if kind == "certificate" else "khiếu nại") in pages[-1]


def test_a_form_s_dozen_shares_the_page_with_the_signature(document: ResultDocument, signed_at: datetime) -> None:
    rows = tuple(ResultField(label_vi=f"Mẹ: mục {n}", label_en="Mother: item", value="có") for n in range(12))
    with pypdfium2.PdfDocument(render(document.model_copy(update={"fields": rows}), signed_at)) as pdf:
        assert len(pdf) == 1
