"""A table out of a file, whatever wrote it: CSV in any encoding people here use, with commas, semicolons or tabs, packed or not,
or an Excel workbook. What cannot be read is said in one sentence with the line; never a stack trace.
"""

from __future__ import annotations

import csv
import io
import warnings
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from gzip import BadGzipFile, GzipFile
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree.ElementTree import ParseError

from dossier_local.errors import StackError
from dossier_local.texts import decoded

LARGEST = 512 * 1024 * 1024  # bytes, unpacked
HEAD_WITHIN = 20
"""Rows with something in them, among which the names of the columns are looked for."""
_BEGINNING = 65_536
_COUNTED = 10**15  # Excel keeps fifteen digits of a number
_DELIMITERS = ",;\t|"
_ZIP, _GZIP, _OLE = b"PK\x03\x04", b"\x1f\x8b", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


class Row(NamedTuple):
    """`line`: where it ends in the file; of a workbook, the row's number."""

    line: int
    values: dict[str, Any]


def read_table(path: Path, columns: Sequence[str]) -> Iterator[Row]:
    """Rows that have something in them, with these columns (in any order, beside others). Raises StackError."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise StackError(f"{path.name} cannot be read: {error.strerror}.") from None
    if raw.startswith(_GZIP):
        raw = _unpacked(raw, path.name)
    if raw.startswith(_OLE):
        raise StackError(f"{path.name} is a workbook of Excel 97–2003. Save it as .xlsx or as CSV UTF-8.")
    if not raw.strip():
        raise StackError(f"{path.name} is empty.")
    lines = (
        _workbook(raw, path.name, columns)
        if raw.startswith(_ZIP)
        else _lines(decoded(raw, path.name), path.name, columns)
    )
    return _rows(lines, path.name, columns)


def _unpacked(raw: bytes, name: str) -> bytes:
    try:
        with GzipFile(fileobj=io.BytesIO(raw)) as packed:
            content = packed.read(LARGEST + 1)
    except (BadGzipFile, EOFError, zlib.error):
        raise StackError(f"{name} is a damaged or cut off gzip file. Pack it again, or give it unpacked.") from None
    if len(content) > LARGEST:
        raise StackError(f"{name} unpacks to more than {LARGEST >> 20} MB.")
    return content


def _rows(lines: Iterator[tuple[int, Sequence[Any]]], name: str, columns: Sequence[str]) -> Iterator[Row]:
    filled = ((line, cells) for line, cells in lines if any(_filled(cell) for cell in cells))
    head = _head(filled, name, columns)
    for line, cells in filled:
        if any(_filled(cell) for cell in cells[len(head) :]):
            raise StackError(
                f"{name}, line {line}: more values than columns. Put a value with the separator in it in quotation marks."
            )
        values = dict(zip(head, cells, strict=False))
        if lacking := [column for column in columns if not _filled(values.get(column))]:
            raise StackError(f"{name}, line {line}: nothing in column {', '.join(lacking)}.")
        yield Row(line, {column: _plain(values[column]) for column in columns})


def _head(filled: Iterator[tuple[int, Sequence[Any]]], name: str, columns: Sequence[str]) -> list[str]:
    """The names of the columns: a title may stand above them. Where none has all, the row that has most is told."""
    closest: tuple[int, list[str]] | None = None
    for line, cells in islice(filled, HEAD_WITHIN):
        head = [_heading(cell) for cell in cells]
        if set(columns) <= set(head):
            if doubled := sorted({column for column in columns if head.count(column) > 1}):
                raise StackError(f"{name}, line {line}: the column {', '.join(doubled)} is there twice.")
            return head
        if closest is None or _known(head, columns) > _known(closest[1], columns):
            closest = line, head
    if closest is None:
        raise StackError(f"{name} is empty.")
    line, head = closest
    missing = ", ".join(column for column in columns if column not in head)
    raise StackError(
        f"{name}, line {line}: no column {missing}; a register has {', '.join(columns)}, "
        f"named in one of its first {HEAD_WITHIN} rows."
    )


def _lines(text: str, name: str, columns: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    start, _, rest = text.partition("\n")
    skipped = 0
    if start.strip().lower().startswith("sep=") and len(start.strip()) <= 5:  # Excel's own word to itself
        text, skipped = rest, 1
    first = [line for line in text[:_BEGINNING].splitlines() if line.strip(_DELIMITERS + " ")][:HEAD_WITHIN]
    delimiter = max(_DELIMITERS, key=lambda one: max((_known(line.split(one), columns) for line in first), default=0))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for cells in reader:
            yield reader.line_num + skipped, cells
    except csv.Error as error:
        why = "a quotation mark is not closed" if "unexpected end" in str(error) else str(error)
        raise StackError(f"{name}, line {reader.line_num + skipped}: {why}.") from None


def _known(cells: Iterable[str], columns: Sequence[str]) -> int:
    return sum(_heading(cell.strip().strip('"')) in columns for cell in cells)


def _workbook(raw: bytes, name: str, columns: Sequence[str]) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """The first sheet with these columns, else the first."""
    import openpyxl  # a third of a second, for who brings a workbook only
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as packed:
            if sum(part.file_size for part in packed.infolist()) > LARGEST:
                raise StackError(f"{name} unpacks to more than {LARGEST >> 20} MB.")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and the like
            book = openpyxl.load_workbook(io.BytesIO(raw), read_only=True, data_only=True)
            sheets = list(book.worksheets)
            found = (sheet for sheet in sheets if _has_head(sheet.iter_rows(values_only=True), columns))
            for sheet in [*islice(found, 1), *sheets][:1]:
                yield from enumerate(sheet.iter_rows(values_only=True), 1)
    except (
        zipfile.BadZipFile,
        zlib.error,
        InvalidFileException,
        ParseError,
        ValueError,
        TypeError,
        ArithmeticError,  # numbers beyond all dates
        AttributeError,
        LookupError,
        RuntimeError,  # of a ZIP under a password
        EOFError,
        OSError,
    ):
        raise StackError(f"{name} is no workbook that can be read. Save it as .xlsx or as CSV UTF-8.") from None


def _has_head(rows: Iterator[Sequence[Any]], columns: Sequence[str]) -> bool:
    filled = (cells for cells in rows if any(_filled(cell) for cell in cells))
    return any(set(columns) <= {_heading(cell) for cell in cells} for cells in islice(filled, HEAD_WITHIN))


def _heading(cell: object) -> str:
    return " ".join(str(cell if cell is not None else "").split()).casefold()


def _filled(cell: object) -> bool:
    return cell is not None and (not isinstance(cell, str) or bool(cell.strip()))


def _plain(cell: Any) -> Any:
    """Text without the apostrophe by which Excel is kept from counting; a day stays a day, a whole number is written as one."""
    if isinstance(cell, datetime | date):
        return cell
    if isinstance(cell, int | float) and abs(cell) >= _COUNTED:
        return f"{Decimal(cell):E}"  # as Excel shows it: its last digits are lost
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip().removeprefix("'")
