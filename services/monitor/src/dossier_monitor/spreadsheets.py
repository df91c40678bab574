"""Tables as files a spreadsheet opens: CSV in UTF-8 with the mark by which it is known, and nothing it would calculate."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from io import StringIO
from typing import Final

from starlette.responses import Response

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
MARK: Final = "\ufeff".encode()


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
