"""Open data over the web, without a token."""

from __future__ import annotations

import csv
import io
from typing import Any, cast

import httpx
from fastapi import FastAPI

from dossier_monitor.board.board import Board
from dossier_monitor.indicators.store import Figures
from dossier_monitor.open_data.api import OpenData, router
from dossier_shared.runtime.directory import Directory


class _Counted:
    asked = 0

    async def monthly(self, before: str) -> list[dict[str, Any]]:
        self.asked += 1
        row = {"month": "2025-11", "procedure": "1.001193"}
        return [
            row | {"agency": "=A", "channel": "online", "n": 12},
            row | {"agency": "=A", "channel": "direct", "n": 2},
            row | {"agency": "B", "channel": "online", "n": 40},
        ]


class _Still:
    agencies: dict[str, Any] = {}  # noqa: RUF012
    directory = Directory()

    class Meta:
        now = "2025-12-22T00:00:00.000000Z"

    def meta(self) -> Any:
        return self.Meta


async def _names(codes: Any) -> dict[str, str]:
    return dict.fromkeys(codes, "Đăng ký khai sinh")


async def test_small_cells_are_put_together_and_counted_once_for_many() -> None:
    counted = _Counted()
    app = FastAPI()
    app.include_router(router(OpenData(cast(Figures, counted), cast(Board, _Still()), _names)))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://monitor") as client:
        body = (await client.get("/open-data/dossiers.json")).json()
        table = await client.get("/open-data/dossiers.csv")
    assert counted.asked == 1
    told = {(row["agency"], row["procedure"], row["channel"]): row["filed"] for row in body["rows"]}
    assert told == {
        ("*", "*", "*"): 54,
        ("=A", "*", "*"): 14,
        ("=A", "1.001193", "*"): 14,
        ("=A", "1.001193", "other"): 14,
        ("B", "*", "*"): 40,
        ("B", "1.001193", "*"): 40,
        ("B", "1.001193", "online"): 40,
    }
    assert table.headers["access-control-allow-origin"] == "*"
    rows = list(csv.DictReader(io.StringIO(table.content.decode("utf-8-sig"))))
    assert [row["filed"] for row in rows] == [str(row["filed"]) for row in body["rows"]]
    assert {row["agency"] for row in rows} == {"*", "'=A", "B"}
    assert {row["procedure_name"] for row in rows} == {"", "Đăng ký khai sinh"}
