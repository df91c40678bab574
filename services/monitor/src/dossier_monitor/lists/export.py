"""What is filtered, as a file that is written while it is read. No personal data: a dossier's facts hold none."""

from __future__ import annotations

import csv
from collections.abc import AsyncIterator
from datetime import datetime
from io import StringIO
from typing import Any, Final

import orjson
from starlette.responses import Response

from dossier_monitor.lists.rows import Row
from dossier_monitor.pages.spreadsheets import MARK, MOST_ROWS, Cell, safe, too_many_rows, workbook
from dossier_shared.pages.rendering import VIETNAM
from dossier_shared.pages.texts import texts

# fact, Vietnamese heading, family of the words for its values
COLUMNS: Final[tuple[tuple[str, str, str | None], ...]] = (
    ("code", "Mã hồ sơ", None),
    ("agency", "Mã cơ quan", None),
    ("agency_name", "Cơ quan", None),
    ("procedure", "Mã thủ tục", None),
    ("procedure_name", "Thủ tục", None),
    ("channel", "Kênh nộp", "channel"),
    ("stage", "Bước", "stage"),
    ("since", "Ở bước này từ", None),
    ("waits", "Đang chờ", "waits"),
    ("officer", "Cán bộ đang giữ", None),
    ("filed", "Nộp lúc", None),
    ("accepted", "Tiếp nhận lúc", None),
    ("due", "Hẹn trả", None),
    ("due_state", "So với hạn", "due"),
    ("outcome", "Kết quả", "outcome"),
    ("signed", "Ký lúc", None),
    ("on_time", "Đúng hạn", None),
    ("delivered", "Trả kết quả lúc", None),
)
_INSTANTS: Final = frozenset({"since", "filed", "accepted", "due", "signed", "delivered"})
_AT_ONCE: Final = 500


async def as_csv(rows: AsyncIterator[Row]) -> AsyncIterator[bytes]:
    """UTF-8 with a mark by which spreadsheets know it; instants in Vietnam's time."""
    out = StringIO()
    write = csv.writer(out, lineterminator="\r\n").writerow
    write([heading for _, heading, _ in COLUMNS])
    pending, mark = 0, MARK
    async for row in rows:
        write([_cell(name, row.get(name), family) for name, _, family in COLUMNS])
        pending += 1
        if pending == _AT_ONCE:
            yield mark + _taken(out)
            pending, mark = 0, b""
    yield mark + _taken(out)


async def as_workbook(rows: AsyncIterator[Row]) -> Response:
    """The same for Excel: instants as such, in Vietnam's time. Raises Invalid for too many rows."""
    table: list[list[Cell]] = [[heading for _, heading, _ in COLUMNS]]
    async for row in rows:
        table.append([_typed(name, row.get(name), family) for name, _, family in COLUMNS])
        if len(table) > MOST_ROWS + 1:
            raise too_many_rows()
    return await workbook(table, "dossiers.xlsx")


async def as_json(rows: AsyncIterator[Row]) -> AsyncIterator[bytes]:
    """One array, a dossier a line."""
    lines: list[bytes] = []
    lead = b"[\n"
    async for row in rows:
        lines.append(orjson.dumps(row))
        if len(lines) == _AT_ONCE:
            yield lead + b",\n".join(lines)
            lines, lead = [], b",\n"
    yield (lead + b",\n".join(lines) if lines else b"[" if lead == b"[\n" else b"") + b"\n]\n"


def _cell(name: str, value: Any, family: str | None) -> str:
    typed = _typed(name, value, family)
    return typed.strftime("%Y-%m-%d %H:%M:%S") if isinstance(typed, datetime) else safe(typed)


def _typed(name: str, value: Any, family: str | None) -> str | datetime:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "có" if value else "không"
    text = str(value)
    if name in _INSTANTS:
        return datetime.fromisoformat(text).astimezone(VIETNAM).replace(tzinfo=None)
    return text if family is None else texts("vi").label(family, text)


def _taken(out: StringIO) -> bytes:
    text = out.getvalue()
    out.seek(0)
    out.truncate()
    return text.encode()
