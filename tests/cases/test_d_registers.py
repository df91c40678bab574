"""Registers as offices have them (case D7): what Excel, Notepad and old programs write is read, or refused in one sentence."""

from __future__ import annotations

import codecs
import gzip
import subprocess
from collections.abc import Callable
from datetime import datetime
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest
from typer.testing import CliRunner

from dossier_local.access import read_passwords
from dossier_local.cli import app
from dossier_local.dump import read_manifest
from dossier_local.errors import StackError
from dossier_local.simulation.register import Case, Mapping, read_register
from dossier_local.texts import decoded

HEAD = "case,channel,department,deadline,responsible,activity,resource,timestamp"
ROWS = (
    "c1,Trực tuyến,Một cửa,2025-01-10 00:00:00+07:00,Đỗ Thị Ưởng,Tiếp nhận,Đỗ Thị Ưởng,2025-01-03 09:00:00+07:00",
    "c1,Trực tuyến,Một cửa,2025-01-10 00:00:00+07:00,Đỗ Thị Ưởng,Thẩm định,Nguyễn Văn Quỳnh,2025-01-04 09:00:00+07:00",
    "c2,Trực tiếp,Một cửa,2025-01-12 00:00:00+07:00,Lê Hữu Phước,Tiếp nhận,Lê Hữu Phước,2025-01-05 08:30:00+07:00",
)
TEXT = "\r\n".join((HEAD, *ROWS)) + "\r\n"
TABS, SEMICOLONS = TEXT.replace(",", "\t"), TEXT.replace(",", ";")


def tcvn3(text: str) -> bytes:
    """By the C library's own table. Capitals with a tone are not in this encoding's fonts."""
    return subprocess.run(
        ["iconv", "-f", "utf-8", "-t", "TCVN"], input=text.encode(), capture_output=True, check=True
    ).stdout


def cp1258(text: str) -> bytes:
    """As Windows has it: a letter, then its tone. (Python's codec wants them apart.)"""
    from unicodedata import normalize

    marks = "\u0300\u0301\u0303\u0309\u0323"
    out = []
    for letter in text:
        parts = normalize("NFD", letter)
        tone = "".join(sign for sign in parts if sign in marks)
        out.append(normalize("NFC", "".join(sign for sign in parts if sign not in marks)) + tone)
    return "".join(out).encode("cp1258")


GOOD: dict[str, bytes] = {
    "UTF-8": TEXT.encode(),
    "UTF-8 with a mark": TEXT.encode("utf-8-sig"),
    "UTF-16 of Excel (Unicode Text)": TABS.encode("utf-16"),
    "UTF-16 BE": codecs.BOM_UTF16_BE + SEMICOLONS.encode("utf-16-be"),
    "UTF-16 LE without a mark": TEXT.encode("utf-16-le"),
    "UTF-16 BE without a mark": TEXT.encode("utf-16-be"),
    "UTF-32": TEXT.encode("utf-32"),
    "Windows-1258": cp1258(TEXT),
    "Windows-1258 with semicolons": cp1258(SEMICOLONS),
    "TCVN3": tcvn3(TEXT),
    "decomposed": __import__("unicodedata").normalize("NFD", TEXT).encode(),
    "semicolons": SEMICOLONS.encode("utf-8-sig"),
    "tabs": TABS.encode(),
    "Excel's word to itself": b"sep=;\r\n" + SEMICOLONS.encode(),
    "blank rows and columns behind": (SEMICOLONS.replace("\r\n", ";;\r\n") + ";;;;;;;;;\r\n").encode(),
    "headings in capitals": TEXT.replace(HEAD, HEAD.upper().replace(",", " , ")).encode(),
    "line ends of old": TEXT.replace("\r\n", "\r").encode(),
    "a number kept as text": TEXT.replace("c1", "'c1").encode(),
    "packed": gzip.compress(TEXT.encode("utf-16")),
}


@pytest.fixture
def whole(tmp_path: Path) -> list[Case]:
    return read(tmp_path, TEXT.encode())


def read(folder: Path, content: bytes, name: str = "so.csv") -> list[Case]:
    (folder / name).write_bytes(content)
    return read_register(folder / name)


def refusal(folder: Path, content: bytes, name: str = "so.csv") -> str:
    with pytest.raises(StackError) as refused:
        read(folder, content, name)
    said = str(refused.value)
    assert name in said
    assert "\n" not in said
    return said


@pytest.mark.parametrize("name", GOOD)
def test_d7_read_whatever_wrote_it(tmp_path: Path, whole: list[Case], name: str) -> None:
    assert read(tmp_path, GOOD[name]) == whole
    assert whole[0].responsible == "Đỗ Thị Ưởng"


@pytest.mark.parametrize("name", GOOD)
def test_d7_its_name_decides_nothing(tmp_path: Path, whole: list[Case], name: str) -> None:
    """A .gz that is none is what it is, and so is a packed file that does not say so."""
    assert read(tmp_path, GOOD[name], "so.csv.gz") == whole


def test_d7_western_names_in_windows_1252(tmp_path: Path) -> None:
    text = TEXT.replace("Trực tuyến", "Überweisung").replace("Trực tiếp", "Café")
    plain = "".join(letter if ord(letter) < 0x100 else "x" for letter in text)
    assert [case.channel for case in read(tmp_path, plain.encode("cp1252"))] == ["Überweisung", "Café"]


def test_d7_days_as_vietnams_excel_writes_them(tmp_path: Path, whole: list[Case]) -> None:
    typed = SEMICOLONS.replace("2025-01-03 09:00:00+07:00", "3/1/2025 9:00").replace(
        "2025-01-04 09:00:00+07:00", "04/01/2025 09:00:00"
    )
    assert read(tmp_path, typed.encode("utf-16")) == whole
    days = TEXT.replace("2025-01-10 00:00:00+07:00", "10/01/2025").encode()
    assert (
        read(tmp_path, days)[0].deadline.isoformat() == "2025-01-10T16:59:59+00:00"
    )  # a day promised ends with the day


def workbook(change: Callable[[openpyxl.Workbook], None] = lambda _: None) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(HEAD.split(","))
    for row in ROWS:
        cells: list[str | datetime] = list(row.split(","))
        cells[3] = datetime.fromisoformat(str(cells[3])).replace(tzinfo=None)
        cells[7] = datetime.fromisoformat(str(cells[7])).replace(tzinfo=None)
        sheet.append(cells)
    change(book)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def test_d7_a_workbook(tmp_path: Path, whole: list[Case]) -> None:
    """Its days are days, by the clock of Vietnam; one without an hour ends with its day."""
    for name in ("so.xlsx", "so.csv"):
        cases = read(tmp_path, workbook(), name)
        assert [case.entries for case in cases] == [case.entries for case in whole]
        assert cases[0].deadline.isoformat() == "2025-01-10T16:59:59+00:00"


def test_d7_a_workbook_with_a_page_before_it_and_numbers(tmp_path: Path) -> None:
    def change(book: openpyxl.Workbook) -> None:
        book.create_sheet("Ghi chú", 0).append(["Sổ năm 2025"])
        sheet = book["Sheet"]
        sheet["A2"] = sheet["A3"] = 1024
        sheet.append([None] * 8)

    cases = read(tmp_path, workbook(change), "so.xlsx")
    assert [case.id for case in cases] == ["1024", "c2"]


def test_d7_a_value_over_several_lines(tmp_path: Path) -> None:
    text = TEXT.replace("Thẩm định", '"Thẩm định,\r\nlần 1"')
    assert read(tmp_path, text.encode())[0].entries[1].activity == "Thẩm định, lần 1"
    wrong = text.replace("2025-01-05 08:30:00+07:00", "hôm qua")
    assert "line 5" in refusal(tmp_path, wrong.encode())


BAD: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "is empty"),
    "blanks": (b"\r\n  \r\n", "is empty"),
    "columns alone": (HEAD.encode(), "no events"),
    "a packed file cut off": (gzip.compress(TEXT.encode())[:-20], "gzip"),
    "a packed file damaged": (gzip.compress(TEXT.encode())[:-8] + bytes(8), "gzip"),
    "two bytes of a packed file": (b"\x1f\x8b", "gzip"),
    "a workbook of old": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "Excel 97"),
    "a ZIP": (b"PK\x03\x04" + bytes(60), "no workbook"),
    "a ZIP of something else": (
        b"PK\x05\x06" + bytes(18),
        "so.csv",
    ),
    "half a workbook": (workbook()[:2000], "no workbook"),
    "UTF-16 cut off": (TEXT.encode("utf-16")[:-1], "UTF-16"),
    "NULs": (TEXT.encode().replace(b"c2", b"c\x00"), "line 4"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "so.csv"),
    "an encoding nobody knows": (
        TEXT.replace("Trực tuyến", "Đăng ký").encode("utf-8").replace(b"\xc4", b"\x9d\xb0\xa8\x81"),
        "encoding",
    ),
    "a quotation mark left open": (TEXT.replace("Tiếp nhận", '"Tiếp nhận', 1).encode(), "quotation mark"),
    "a value too many": (TEXT.replace("Thẩm định", "Thẩm định, lần 1").encode(), "line 3: more values"),
    "a value behind the last": (
        TEXT.replace("04 09:00:00+07:00", "04 09:00:00+07:00,x").encode(),
        "line 3: more values",
    ),
    "a value missing": (TEXT.replace("Thẩm định", "").encode(), "line 3: nothing in column activity"),
    "a short row": (TEXT.encode() + b"c3,x\r\n", "line 5"),
    "a column twice": (
        TEXT.replace("department", "channel", 1).replace("responsible", "department", 1).encode(),
        "column",
    ),
    "no such day": (TEXT.replace("2025-01-04 09:00:00+07:00", "31/02/2025").encode(), "line 3"),
    "no such hour": (TEXT.replace("2025-01-04 09:00:00+07:00", "04/01/2025 25:00").encode(), "line 3"),
    "a value without end": (TEXT.replace("Thẩm định", "x" * 200_000).encode(), "line 3"),
}


@pytest.mark.parametrize("name", BAD)
def test_d7_refused_in_a_sentence(tmp_path: Path, name: str) -> None:
    content, word = BAD[name]
    assert word in refusal(tmp_path, content)


@pytest.mark.parametrize("name", BAD)
def test_d7_the_command_says_it_and_shows_no_traceback(tmp_path: Path, name: str) -> None:
    register = tmp_path / "so.csv.gz"
    register.write_bytes(BAD[name][0])
    ended = CliRunner().invoke(app, ["replay", str(register), "--folder", str(tmp_path / "data")])
    assert ended.exit_code == 1
    assert isinstance(ended.exception, SystemExit)
    assert "Traceback" not in ended.output
    assert not (tmp_path / "data").exists()


def test_d7_tcvn3_has_the_c_librarys_table() -> None:
    for byte in range(0xA1, 0xFF):
        told = subprocess.run(
            ["iconv", "-f", "TCVN", "-t", "utf-8"], input=b"a" + bytes([byte]), capture_output=True, check=True
        )
        from unicodedata import normalize

        from dossier_local.texts import _tcvn3

        assert normalize("NFC", _tcvn3(b"a" + bytes([byte]))) == normalize("NFC", told.stdout.decode())


# -- the other files a command reads ---------------------------------------------------------------------------------------

MAPPING = "procedure: '1.013225'\nagency: X\nchannels: {Trực tuyến: online}\nappraisal: Thẩm định\napproval: Duyệt\ndeputy: phó\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_d7_a_mapping_in_any_encoding(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "m.yaml").write_bytes(MAPPING.encode(encoding))
    assert Mapping.read(tmp_path / "m.yaml").channels == {"Trực tuyến": "online"}


@pytest.mark.parametrize(
    "wrong",
    [
        b"",
        b"a: [",
        b"- 1",
        b"\xff\xfe\x00",
        b"a: 1\na: 2",
        MAPPING.replace("{", "[").replace("}", "]").encode(),
        b"\x00\x01",
    ],
)
def test_d7_a_mapping_that_is_none(tmp_path: Path, wrong: bytes) -> None:
    (tmp_path / "m.yaml").write_bytes(wrong)
    with pytest.raises(StackError):
        Mapping.read(tmp_path / "m.yaml")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_d7_a_password_as_notepad_saves_it(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "intake").write_bytes("mật khẩu\r\n".encode(encoding))
    assert read_passwords(tmp_path) == {"intake": "mật khẩu"}


@pytest.mark.parametrize(
    "wrong", [b"", b"[]", b"1", b"{", b"\xff\xff", b'{"format": 1, "services": []}', b"[" * 100_000]
)
def test_d7_a_manifest_that_is_none(tmp_path: Path, wrong: bytes) -> None:
    (tmp_path / "manifest.json").write_bytes(wrong)
    with pytest.raises(StackError):
        read_manifest(tmp_path)


@pytest.mark.parametrize("word", ["Nguyễn", "hồ sơ", "Một cửa", "Trần Thị Bưởi", "xã"])
def test_d7_one_word_is_enough_to_tell_tcvn3(word: str) -> None:
    """Read otherwise it has a capital or a sign within a word."""
    assert decoded(tcvn3(word), "x") == word
    assert decoded(cp1258(word), "x") == word


def test_d7_text_is_composed() -> None:
    assert decoded("Đỗ".encode("utf-16"), "x") == decoded(cp1258("Đỗ"), "x") == "Đỗ"
