"""The indicators over HTTP, from what the topics said, beside figures told from the raw events by plain means."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime, timedelta
from statistics import mean, median_low
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from openpyxl import load_workbook

from dossier_shared.contracts.envelope import Event

from ...unit.monitor.stories import lives  # noqa: TID252
from .conftest import Watch

pytestmark = pytest.mark.long

Eventually = Callable[..., Awaitable[Any]]
VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")


def day(instant: str) -> str:
    return datetime.fromisoformat(instant).astimezone(VIETNAM).date().isoformat()


def told(events: list[Event], agencies: set[str], first: str, last: str, now: str) -> dict[str, Any]:
    """The indicators of one period, from the events alone."""
    stories: dict[str, dict[str, Event]] = defaultdict(dict)
    for event in events:
        stories[event.dossier][event.type] = event
    found: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    saved = []
    midnight = datetime.combine(datetime.fromisoformat(last) + timedelta(days=1), datetime.min.time(), VIETNAM)
    end = min(midnight, datetime.fromisoformat(now))

    def count(name: str, hit: bool) -> None:
        found[name][0] += hit
        found[name][1] += 1

    for story in stories.values():
        filed = story["submitted"]
        if filed.agency not in agencies:
            continue
        due = story["accepted"].data["appointment"] if "accepted" in story else None
        signed = story["signed"].time if "signed" in story else None
        over = signed or (story["refused"].time if "refused" in story else None)
        if first <= day(filed.time) <= last:
            count("online", filed.data["channel"] == "online")
            if filed.data["reusable"]:
                count("reuse", filed.data["reused"] != [])
        if over and first <= day(over) <= last:
            count("refused", "refused" in story)
            if signed and due:
                count("on_time", signed <= due)
                count("digitised", story["signed"].data.get("file") is not None)
                count("same_day", day(signed) == day(filed.time))
                taken, spent, limit = (datetime.fromisoformat(t) for t in (story["accepted"].time, signed, due))
                if limit > taken:
                    saved.append(1 - (spent - datetime.fromisoformat(filed.time)) / (limit - taken))
        if due and datetime.fromisoformat(due) < end and not (signed and datetime.fromisoformat(signed) <= end):
            count("on_time", False)
    return {**found, "saved": saved}


def spans(first: str, last: str) -> Iterator[str]:
    at = datetime.fromisoformat(first)
    while at.date().isoformat() <= last:
        yield at.date().isoformat()
        at += timedelta(days=1)


@pytest.fixture(scope="module", name="events")
async def fed(watch: Watch, eventually: Eventually) -> list[Event]:
    """300 dossiers, all their timelines and the board's clock complete."""
    events = [event for story in lives(300, 70) for event in story]
    await watch.feed(events)
    await watch.feed(events[::4])
    headers = await watch.headers("admin")
    signed, newest = [e for e in events if e.type == "signed"], max(e.time for e in events)

    async def complete() -> bool:
        query = {"from": "2026-11-01", "to": "2026-12-31"}
        body = (await watch.client.get("/api/v1/indicators", headers=headers, params=query)).json()
        numbers = {one["name"]: one["of"] for one in body["indicators"]}
        assert (numbers["online"], numbers["same_day"], body["now"]) == (300, len(signed), newest)
        return bool((await watch.board())["lag"] == 0)

    await eventually(complete, within=60)
    return events


@pytest.mark.parametrize(
    ("role", "agency", "agencies"),
    [
        ("admin", None, {"X-H19-25217", "X-H19-25220", "H19.151.11", "X-H19-25308-CA"}),
        ("superior", "H19", {"X-H19-25217", "X-H19-25220", "H19.151.11"}),
        ("leader", "X-H19-25308-CA", {"X-H19-25308-CA"}),
    ],
)
async def test_every_day_is_what_the_events_say(
    watch: Watch, events: list[Event], role: str, agency: str | None, agencies: set[str]
) -> None:
    headers = await watch.headers(role, agency=agency)
    first, last = day(min(e.time for e in events)), day(max(e.time for e in events))
    query = {"from": first, "to": last, "period": "day"}
    body = (await watch.client.get("/api/v1/indicators", headers=headers, params=query)).json()
    numbers = {one["name"]: one for one in body["indicators"]}
    for number, period in enumerate([*spans(first, last), "whole"]):
        span = (first, last) if period == "whole" else (period, period)
        expected = told(events, agencies, *span, body["now"])
        for name in ("on_time", "online", "digitised", "reuse", "same_day", "refused"):
            row = numbers[name] if period == "whole" else numbers[name]["series"][number]
            assert [row["hit"], row["of"]] == expected.get(name, [0, 0]), (name, period)
        row = numbers["time_saved"] if period == "whole" else numbers["time_saved"]["series"][number]
        assert row["of"] == len(expected["saved"])
        if row["of"]:
            assert row["mean"] == pytest.approx(mean(expected["saved"]), abs=0.001)
            assert row["median"] == pytest.approx(median_low(expected["saved"]), abs=0.001)


@pytest.mark.parametrize("kind", ["day", "month", "quarter"])
async def test_behind_every_number_are_as_many_dossiers(watch: Watch, events: list[Event], kind: str) -> None:
    headers = await watch.headers("superior", agency="H19")
    query = {"from": "2026-11-17", "to": "2026-11-20", "period": kind}
    body = (await watch.client.get("/api/v1/indicators", headers=headers, params=query)).json()
    for one in body["indicators"]:
        for part in ("hit", "of"):
            if part not in one:
                continue
            seen: list[str] = []
            after: dict[str, str] = {}
            while True:
                path = f"/api/v1/indicators/{one['name']}/dossiers"
                page = (await watch.client.get(path, headers=headers, params={**query, "part": part, **after})).json()
                seen += [item["id"] for item in page["items"]]
                if page["next"] is None:
                    break
                after = {"after": page["next"]}
            assert page["total"] == one[part] == len(seen) == len(set(seen)), (one["name"], part)
    assert sum(row["of"] for row in body["indicators"][1]["series"]) == body["indicators"][1]["of"]


async def test_pages_and_tables_show_the_same(watch: Watch, events: list[Event]) -> None:
    headers = await watch.headers("superior", agency="H19")
    cookie = {"cookie": "dossier_session=" + headers["authorization"].removeprefix("Bearer ")}
    query = {"from": "2026-11-16", "to": "2026-11-20", "period": "month"}
    body = (await watch.client.get("/api/v1/indicators", headers=headers, params=query)).json()
    text = (await watch.client.get("/api/v1/indicators.csv", headers=headers, params=query)).content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert {(row["ma_chi_so"], row["trong_tong_so"]) for row in rows if "/" in row["ky"]} == {
        (one["name"], str(one["of"])) for one in body["indicators"]
    }
    book = await watch.client.get("/api/v1/indicators.xlsx", headers=headers, params=query)
    shown = load_workbook(io.BytesIO(book.content)).worksheets[0].iter_rows(values_only=True)
    assert next(iter(shown)) == tuple(rows[0])
    for path in ("/indicators", "/indicators/on_time"):
        page = await watch.client.get(path, headers=cookie, params=query)
        assert page.status_code == 200
        assert "Giải quyết đúng hạn" in page.text
        english = await watch.client.get(path, headers=cookie, params={**query, "lang": "en"})
        assert "On time" in english.text
    assert (await watch.client.get("/indicators")).status_code == 401


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"agency": "G01"}, 403),
        ({"period": "week"}, 422),
        ({"from": "22/11/2026"}, 422),
        ({"from": "2026-11-20", "to": "2026-11-19"}, 422),
        ({"from": "2000-01-01", "period": "day"}, 422),
    ],
)
async def test_what_cannot_be_asked(watch: Watch, events: list[Event], query: dict[str, str], status: int) -> None:
    headers = await watch.headers("superior", agency="H19")
    for path in (
        "/api/v1/indicators",
        "/api/v1/indicators/on_time/dossiers",
        "/api/v1/indicators.csv",
        "/api/v1/indicators.xlsx",
    ):
        assert (await watch.client.get(path, headers=headers, params=query)).status_code == status
    assert (await watch.client.get("/api/v1/indicators/none/dossiers", headers=headers)).status_code == 404


async def test_a_report_can_be_printed(watch: Watch, events: list[Event]) -> None:
    headers = await watch.headers("superior", agency="H19")
    for lang in ("vi", "en"):
        query = {"from": "2026-11-16", "to": "2026-11-20", "lang": lang, "period": "month"}
        answer = await watch.client.get("/reports/period.pdf", headers=headers, params=query)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
        assert answer.content.startswith(b"%PDF-")
    assert (await watch.client.get("/reports/period.pdf", params=query)).status_code == 401
    strange = await watch.client.get("/reports/period.pdf", headers=headers, params={**query, "agency": "G01"})
    assert strange.status_code == 403


async def test_open_data_is_for_anyone_and_of_whole_months(watch: Watch, events: list[Event]) -> None:
    """November runs: of it nothing is told. In December it is, and adds up."""
    body = (await watch.client.get("/open-data/dossiers.json")).json()
    assert (body["before"], body["rows"]) == ("2026-11-01", [])
    page = await watch.client.get("/open-data")
    assert page.status_code == 200
    assert "Dữ liệu mở" in page.text
    text = (await watch.client.get("/open-data/dossiers.csv")).content.decode("utf-8-sig")
    assert next(csv.reader(io.StringIO(text))) == list(body["columns"])
    book = load_workbook(io.BytesIO((await watch.client.get("/open-data/dossiers.xlsx")).content)).worksheets[0]
    assert list(next(book.iter_rows(values_only=True))) == list(body["columns"])
