"""Tables as files: workbooks for people, who open them in Excel; CSV in UTF-8 for programs.

Excel reads a CSV by the machine's own habits: in Vietnam it wants semicolons, and makes a number of the code 1.001193.
A workbook says of each cell what it is. In neither is there anything a spreadsheet would calculate.
"""

from __future__ import annotations

import asyncio
import csv
from collections.abc import Iterable, Sequence
from datetime import datetime
from io import BytesIO, StringIO
from typing import Final

from starlette.responses import Response

from dossier_shared.pages.texts import number
from dossier_shared.problems import Invalid

Cell = str | int | float | datetime | None
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MARK: Final = "\ufeff".encode()
MOST_ROWS: Final = 20_000  # of a workbook: written by this process, a second of a processor for some 5,000
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
_WIDEST: Final = 60


def safe(text: str) -> str:
    """What begins like a formula is quoted: a spreadsheet would calculate it."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def sheet(rows: Iterable[Sequence[str | int | float | None]], name: str) -> Response:
    out = StringIO()
    write = csv.writer(out, lineterminator="\r\n").writerow
    for row in rows:
        write([safe(cell) if isinstance(cell, str) else cell for cell in row])
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(MARK + out.getvalue().encode(), media_type="text/csv; charset=utf-8", headers=headers)


async def workbook(rows: Iterable[Sequence[Cell]], name: str) -> Response:
    """The first row is the heading. Text stays text, whatever it looks like. Raises Invalid for too many rows."""
    whole = list(rows)
    if len(whole) > MOST_ROWS + 1:
        raise too_many_rows()
    content = await asyncio.to_thread(_written, whole)
    return Response(content, media_type=XLSX, headers={"content-disposition": f'attachment; filename="{name}"'})


def too_many_rows() -> Invalid:
    return Invalid(
        "too-many-rows",
        f"Tệp Excel chứa tối đa {number(MOST_ROWS, 'vi')} dòng. Hãy lọc bớt, hoặc tải tệp CSV.",
        f"A workbook holds at most {number(MOST_ROWS, 'en')} rows. Narrow the filter, or take the CSV file.",
    )


def _written(rows: Sequence[Sequence[Cell]]) -> bytes:
    from openpyxl import Workbook  # 15 MB that most nodes never need
    from openpyxl.cell import Cell as OneCell
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    book = Workbook(write_only=True)
    page = book.create_sheet("Dossier")
    page.freeze_panes = "A2"
    for place, width in enumerate(_widths(rows), 1):
        page.column_dimensions[get_column_letter(place)].width = width

    def made(value: Cell, bold: bool) -> OneCell:
        text = ILLEGAL_CHARACTERS_RE.sub("", value) if isinstance(value, str) else value
        cell = WriteOnlyCell(page, text)
        if isinstance(text, str):
            cell.data_type = "s"  # else what begins with = would be a formula
            cell.number_format = "@"
        elif isinstance(text, datetime):
            cell.number_format = "dd/mm/yyyy hh:mm"
        if bold:
            cell.font = Font(bold=True)
        return cell

    for place, row in enumerate(rows):
        page.append([made(value, bold=place == 0) for value in row])
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def _widths(rows: Sequence[Sequence[Cell]]) -> list[float]:
    """Of the heading and the first rows: enough to read most of it."""
    widths: list[float] = []
    for row in rows[:50]:
        widths += [0.0] * (len(row) - len(widths))
        for place, value in enumerate(row):
            wide = 16 if isinstance(value, datetime) else len(str(value or ""))
            widths[place] = min(_WIDEST, max(widths[place], wide + 2.0))
    return widths
