"""D8: what we export opens right in a Vietnamese Excel: in columns, codes as text."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook

from dossier_monitor.lists.export import COLUMNS, as_workbook
from dossier_monitor.pages import spreadsheets
from dossier_monitor.pages.spreadsheets import XLSX, workbook
from dossier_shared.problems import Invalid

AS_TEXT = [
    "1.001193",
    "2.000815",
    "010",
    "12/5",
    "1E5",
    "=1+1",
    "+84912345678",
    "-5",
    "@cmd",
    "TRUE",
    "079012345678",
    "50.000",
]


async def opened(rows: list[list[Any]]) -> list[list[Any]]:
    response = await workbook(rows, "a.xlsx")
    assert response.media_type == XLSX
    sheet = load_workbook(BytesIO(bytes(response.body))).worksheets[0]
    return [list(row) for row in sheet.iter_rows()]


async def test_d8_codes_stay_text() -> None:
    head, *rows = await opened([["Mã"], *([code] for code in AS_TEXT)])
    assert head[0].font.bold
    assert [(row[0].value, row[0].data_type) for row in rows] == [(code, "s") for code in AS_TEXT]


async def test_d8_numbers_and_times_are_what_they_are() -> None:
    _, row = await opened([["a", "b", "c", "d"], [5, 0.5, datetime(2026, 6, 1, 9, 30), None]])  # noqa: DTZ001
    assert [cell.value for cell in row] == [5, 0.5, datetime(2026, 6, 1, 9, 30), None]  # noqa: DTZ001
    assert row[2].number_format == "dd/mm/yyyy hh:mm"


@pytest.mark.parametrize("text", ["a\x00b", "\x1f", "x" * 40_000, "dòng\nmới", "\u200e", "ក្រុង", "😀"])
async def test_d8_no_letter_breaks_the_file(text: str) -> None:
    _, row = await opened([["a", "b"], [text, "after"]])
    assert row[1].value == "after"


async def listed(count: int) -> AsyncIterator[dict[str, Any]]:
    for number in range(count):
        yield {
            "code": f"H19-{number}",
            "procedure": "1.001193",
            "filed": "2026-06-01T02:00:00.000000Z",
            "on_time": True,
        }


async def test_d8_a_list_has_codes_as_text_and_times_of_vietnam() -> None:
    response = await as_workbook(listed(2))
    rows = list(load_workbook(BytesIO(bytes(response.body))).worksheets[0].iter_rows(values_only=True))
    names = [name for name, _, _ in COLUMNS]
    assert list(rows[0]) == [heading for _, heading, _ in COLUMNS]
    told = dict(zip(names, rows[1], strict=True))
    assert (told["procedure"], told["on_time"]) == ("1.001193", "có")
    assert told["filed"] == datetime(2026, 6, 1, 9, 0)  # noqa: DTZ001


async def test_d8_too_many_rows_are_refused_with_a_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dossier_monitor.lists.export.MOST_ROWS", 3)
    assert (await as_workbook(listed(3))).status_code == 200
    with pytest.raises(Invalid, match="CSV") as refused:
        await as_workbook(listed(4))
    assert refused.value.code == "too-many-rows"
    monkeypatch.setattr(spreadsheets, "MOST_ROWS", 1)
    with pytest.raises(Invalid):
        await workbook([["a"], ["b"], ["c"]], "a.xlsx")
