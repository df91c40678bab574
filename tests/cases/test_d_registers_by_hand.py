"""Registers as hands and Excel leave them: titles, times by Vietnam's clock, numbers for days, names of nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest
from tests.cases.test_d_registers import HEAD, ROWS, TEXT, read, refusal, workbook
from typer.testing import CliRunner

from dossier_local.cli import app

AT = "2025-01-04 09:00:00+07:00"
NINE = "2025-01-04T02:00:00+00:00"


def told(at: str) -> bytes:
    return TEXT.replace(AT, at).encode()


@pytest.mark.parametrize(
    "at",
    [
        "9999-12-31T23:59:59-14:00", "9999-12-31T23:59:59", "9999-12-31", "31/12/9999", "0001-01-01T00:00:00+14:00",
        "0001-01-01", "01/01/0001", "1899-12-31 23:59:59Z", "2201-01-01T00:00:00+07:00", "9" * 400, "1e308", "0.5",
        "2025-01-04T09:00:00+99:00", "2025-01-04 09:00 +25", "x" * 5000, "٢٠٢٥-٠١-٠٤ 09:00",
    ],
)  # fmt: skip
def test_d7_a_time_beyond_the_calendar_is_one_sentence_with_its_line(tmp_path: Path, at: str) -> None:
    said = refusal(tmp_path, told(at))
    assert "line 3" in said
    assert len(said) < 300
    ended = CliRunner().invoke(app, ["replay", str(tmp_path / "so.csv"), "--folder", str(tmp_path / "data")])
    assert (ended.exit_code, type(ended.exception)) == (1, SystemExit)
    assert "Traceback" not in ended.output


@pytest.mark.parametrize(
    ("at", "is_"),
    [
        ("2025-01-04 09:00", NINE), ("2025-01-04 09:00:00", NINE), ("2025-01-04T09:00", NINE), ("2025-01-04 9h00", NINE),
        ("2025-01-04 09:00:00.000", NINE), ("04/01/2025 9:00 SA", NINE), ("4/1/2025 9:00:00 sa", NINE),
        ("04-01-2025 09:00", NINE),
        ("04/01/2025 9h00 sáng", NINE), ("2025-01-04 9:00 AM", NINE), ("04/01/2025 2:05 CH", "2025-01-04T07:05:00+00:00"),
        ("04/01/2025 2:05:07 chiều", "2025-01-04T07:05:07+00:00"), ("04/01/2025 14:05 CH", "2025-01-04T07:05:00+00:00"),
        ("04/01/2025 12:05 CH", "2025-01-04T05:05:00+00:00"), ("04/01/2025 12:05 SA", "2025-01-03T17:05:00+00:00"),
        ("2025-01-04 02:00Z", NINE),
    ],
)  # fmt: skip
def test_d7_a_time_without_an_offset_is_by_vietnams_clock(tmp_path: Path, at: str, is_: str) -> None:
    assert read(tmp_path, told(at))[0].entries[1].at.isoformat() == is_


def test_d7_a_day_alone_ends_the_deadline_however_it_is_written(tmp_path: Path) -> None:
    for day in ("10/01/2025", "2025-01-10"):
        text = TEXT.replace("2025-01-10 00:00:00+07:00", day).encode()
        assert read(tmp_path, text)[0].deadline.isoformat() == "2025-01-10T16:59:59+00:00"


@pytest.mark.parametrize(
    "at", ["04/01/2025 14:05 SA", "04/01/2025 0:05 CH", "04/01/2025 9:05 XX", "04/01/2025 13:60 CH"]
)
def test_d7_an_hour_that_does_not_go_with_its_half_of_the_day(tmp_path: Path, at: str) -> None:
    assert "line 3" in refusal(tmp_path, told(at))


def put(cell: str, value: object, number_format: str | None = None) -> Callable[[openpyxl.Workbook], None]:
    def change(book: openpyxl.Workbook) -> None:
        sheet = book["Sheet"]
        sheet[cell] = value  # type: ignore[assignment]
        if number_format:
            sheet[cell].number_format = number_format

    return change


@pytest.mark.parametrize("value", [45667, 45667.375])
@pytest.mark.parametrize("cell", ["H3", "D4"])
def test_d7_a_day_formatted_as_a_number(tmp_path: Path, cell: str, value: float) -> None:
    said = refusal(tmp_path, workbook(put(cell, value, "General")), "so.xlsx")
    assert f"line {cell[1]}: {value}" in said
    assert "as a date" in said
    assert "as a date" in refusal(tmp_path, told(str(value)))


@pytest.mark.parametrize("value", [3e6, 1e300, -5, 10**18, 0])
def test_d7_a_day_cell_out_of_range(tmp_path: Path, value: float) -> None:
    assert "line 3" in refusal(tmp_path, workbook(put("H3", value, "dd/mm/yyyy")), "so.xlsx")


TITLE = "SỔ THEO DÕI HỒ SƠ; THÁNG 1, 2025"


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_d7_titles_above_the_columns(tmp_path: Path, separator: str) -> None:
    titles = f'"{TITLE}"{separator * 7}\r\n\r\nĐơn vị: Một cửa\r\n'
    content = titles + TEXT.replace(",", separator)
    assert read(tmp_path, content.encode()) == read(tmp_path, TEXT.encode())
    assert "line 6" in refusal(tmp_path, content.replace(AT, "hôm qua").encode())


def test_d7_titles_above_the_columns_of_a_workbook(tmp_path: Path) -> None:
    def change(book: openpyxl.Workbook) -> None:
        book["Sheet"].insert_rows(1, 3)
        book["Sheet"]["A1"] = TITLE
        book.create_sheet("Bìa", 0).append([TITLE])

    assert read(tmp_path, workbook(change), "so.xlsx") == read(tmp_path, workbook(), "so.xlsx")


def test_d7_the_row_that_was_looked_at_is_named(tmp_path: Path) -> None:
    lacking = TITLE + "\r\n\r\n" + TEXT.replace(",resource", ",cán bộ", 1)
    said = refusal(tmp_path, lacking.encode())
    assert "line 3: no column resource;" in said
    assert "line 1: no column case" in refusal(tmp_path, "\r\n".join(ROWS).encode())
    deep = "x\r\n" * 25 + TEXT
    assert "first 20 rows" in refusal(tmp_path, deep.encode())


@pytest.mark.parametrize(
    "nothing", ["\u200e", "\u200b\u2060", "\u3164", "\ue000", "Quỳnh\uf0b7", "\ufffd", "\U000f0000", "\u0301"]
)
@pytest.mark.parametrize("word", ["c2", "Nguyễn Văn Quỳnh", "Trực tiếp", "Thẩm định"])
def test_d7_what_nobody_can_see_or_read_is_refused_with_its_line(tmp_path: Path, word: str, nothing: str) -> None:
    line = 4 if word in ("c2", "Trực tiếp") else 3
    assert f"line {line}: column " in refusal(tmp_path, TEXT.replace(word, nothing).encode("utf-8"))


def test_d7_one_case_is_one_whatever_hides_in_its_number(tmp_path: Path) -> None:
    marked = "\r\n".join((HEAD, ROWS[0], "\u200e" + ROWS[1], ROWS[2]))
    assert [case.id for case in read(tmp_path, marked.encode())] == ["c1", "c2"]


@pytest.mark.parametrize("spoilt", ["1.001193E+15", '"1,00119E+15"', "1E+15", "#N/A", "#REF!", "########"])
@pytest.mark.parametrize("word", ["c2", "Nguyễn Văn Quỳnh"])
def test_d7_what_excel_has_spoilt_is_no_name(tmp_path: Path, word: str, spoilt: str) -> None:
    said = refusal(tmp_path, TEXT.replace(word, spoilt).encode())
    assert f"line {4 if word == 'c2' else 3}: " in said
    assert ("as text" if "E+" in spoilt else "Excel") in said


def test_d7_a_number_of_more_digits_than_excel_keeps(tmp_path: Path) -> None:
    assert "as text" in refusal(tmp_path, workbook(put("A4", 1001193000000000)), "so.xlsx")
    assert "as text" in refusal(tmp_path, workbook(put("A4", 1.001193e18)), "so.xlsx")
    kept = read(tmp_path, workbook(put("A4", 100119300000001)), "so.xlsx")
    assert [case.id for case in kept] == ["c1", "100119300000001"]
    codes = read(tmp_path, TEXT.replace("c2", "12E5").encode())
    assert codes[1].id == "12E5"
    assert codes[1].entries[0].at == datetime.fromisoformat("2025-01-05 08:30:00+07:00")
