"""What a reader sees: poppler's text of the page against what went in."""

import subprocess
import unicodedata
from collections.abc import Callable
from datetime import datetime

import pytest

from dossier_signing.documents.result_document import ResultDocument, render

HOSTILE = {
    "typst markup": '#panic("x") $a+b$ *đậm* _n_ `r`',
    "typst escapes": r"\u{41} \ @ref <l> [x] {y} ~ ---",
    "comments and lists": "// c /* d */ = H - i + j",
    "quotes": "O'Brien \"x\" 'y'",
    "ligatures": "office fluff ffi Qu",
    "every vowel": "ắằẳẵặ ấầẩẫậ ếềểễệ ốồổỗộ ớờởỡợ ứừửữự ỳỷỹỵ đĐ",
    "other alphabets": "Иван Ёж Αθήνα Şəźłß",
    "decomposed": unicodedata.normalize("NFD", "Nguyễn Thị Ánh Tuyết"),
    "JSON": '"}], "kind": "x',
}
BIDI_MARKS = str.maketrans("", "", "\u200b\u200e\u200f\u202a\u202b\u202c")


@pytest.fixture(scope="session")
def text_of(tool: Callable[[str], str]) -> Callable[[bytes], str]:
    program = tool("pdftotext")

    def read(pdf: bytes) -> str:
        return (
            subprocess.run([program, "-layout", "-", "-"], input=pdf, capture_output=True, check=True)
            .stdout.decode()
            .translate(BIDI_MARKS)
        )

    return read


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_name_comes_out_as_it_went_in(
    text_of: Callable[[bytes], str], new_document: Callable[..., ResultDocument], now: datetime, name: str
) -> None:
    text = text_of(render(new_document("certificate", holder_name=name), now))
    assert unicodedata.normalize("NFC", name) in text


@pytest.mark.parametrize("part", ["holder_name", "procedure_vi", "place", "legal_basis", "recipients", "leader_title"])
def test_every_style_in_use_sets_every_vietnamese_letter_once(
    text_of: Callable[[bytes], str], new_document: Callable[..., ResultDocument], now: datetime, part: str
) -> None:
    lower = "ắằẳẵặăấầẩẫậâếềểễệêốồổỗộôớờởỡợơứừửữựưỳỷỹỵýđáàảãạéèẻẽẹíìỉĩịóòỏõọúùủũụ"
    tokens = [f"z{letter}z" for letter in lower + lower.upper()]
    value = " ".join(tokens)
    changes: dict[str, object] = {
        "recipients": ("Lưu: VT",),
        part: (value,) if part in {"legal_basis", "recipients"} else value,
    }
    text = text_of(render(new_document("permit", **changes), now))
    if part == "leader_title":
        tokens = [token.upper() for token in tokens]
    assert [token for token in tokens if token not in text] == []


@pytest.mark.parametrize("name", ["שלום עולם", "محمد علي"])
def test_a_name_written_from_right_to_left_is_kept(
    text_of: Callable[[bytes], str], new_document: Callable[..., ResultDocument], now: datetime, name: str
) -> None:
    assert name in text_of(render(new_document("permit", holder_name=name), now))


@pytest.mark.parametrize("name", ["Nguyễn Thị " * 120, "Nguyễn" * 200])
def test_a_very_long_name_stays_on_the_pages_whole(
    text_of: Callable[[bytes], str], new_document: Callable[..., ResultDocument], now: datetime, name: str
) -> None:
    pdf = render(new_document("permit", holder_name=name, recipients=("Lưu: VT",)), now)
    letters = "".join(text_of(pdf).split())
    assert letters.count("ễ") >= name.count("ễ")
    assert "TrầnQuốcHưng" in letters


def test_a_result_has_the_parts_a_vietnamese_document_has(
    text_of: Callable[[bytes], str], new_document: Callable[..., ResultDocument], now: datetime
) -> None:
    text = text_of(render(new_document("decision"), now))
    parts = [
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Độc lập - Tự do - Hạnh phúc",
        "Số: 128/UBND",
        "Bù Đăng, ngày ",
        "QUYẾT ĐỊNH",
        "Căn cứ Nghị định số 118/2025/NĐ-CP;",
        "Nguyễn Thị Ánh Tuyết",
        "Nơi nhận:",
        "CHỦ TỊCH",
        "Ký bởi: Trần Quốc Hưng",
    ]
    positions = [text.find(part) for part in parts]
    assert -1 not in positions, [part for part, position in zip(parts, positions, strict=True) if position == -1]
    assert positions == sorted(positions)
    assert "ỦY BAN NHÂN DÂN" in text
    assert "H19.151-20261122-0000042" in text


def test_a_rejection_gives_the_reason_and_the_way_on(
    text_of: Callable[[bytes], str], new_document: Callable[..., ResultDocument], now: datetime
) -> None:
    text = text_of(render(new_document("rejection", reason="Thiếu #giấy* chứng sinh"), now))
    assert "Kính gửi:" in text
    assert "không giải quyết" in text
    assert "Thiếu #giấy* chứng sinh" in text
    assert "khiếu nại" in text
