"""The board on real Kafka, Faust and MongoDB: its numbers are those of the topics, whatever dies in between."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import httpx
import orjson
from openpyxl import load_workbook

from dossier_monitor.projection.domain import OPEN_STAGES
from dossier_shared.contracts.envelope import Event, Record, encode

from ...unit.monitor.stories import Chain, lives, recount  # noqa: TID252
from .conftest import Watch

Eventually = Callable[..., Awaitable[Any]]
NAMES = (
    "filed",
    "accepted",
    "refused",
    "approved",
    "rejected",
    "signed",
    "delivered",
    "on_time",
    "ended_late",
    "messages",
)


def shown(board: dict[str, Any]) -> dict[str, dict[str, int]]:
    found = {}
    for row in board["agencies"]:
        own = row["own"]
        numbers = {name: own[name] for name in ("open", "late", *NAMES)}
        numbers |= {f"stage:{name}": own["stages"][name]["open"] for name in OPEN_STAGES}
        if any(numbers.values()):
            found[row["code"]] = {name: number for name, number in numbers.items() if number}
    return found


def told(events: list[Event]) -> dict[str, dict[str, int]]:
    now = max(event.time for event in events)
    return {agency: {k: n for k, n in row.items() if n} for agency, row in recount(events, now).items()}


async def agrees(watch: Watch, eventually: Eventually) -> dict[str, Any]:
    expected = told(await watch.raw())

    async def check() -> dict[str, Any]:
        board = await watch.board()
        assert shown(board) == expected
        assert (board["lag"], board["frozen"]) == (0, False)
        return board

    board: dict[str, Any] = await eventually(check, within=60)
    return board


async def stream(
    watch: Watch, headers: dict[str, str], until: Callable[[str, dict[str, Any]], bool]
) -> list[tuple[str, str]]:
    """(id, event) of every message until one is wanted."""
    seen: list[tuple[str, str]] = []
    ident = event = ""
    async with (
        asyncio.timeout(30),
        httpx.AsyncClient(base_url=watch.stack.url("monitor"), trust_env=False, timeout=30) as client,
        client.stream("GET", "/api/v1/board/stream", headers=headers) as answer,
    ):
        assert answer.headers["content-type"].startswith("text/event-stream")
        async for line in answer.aiter_lines():
            name, _, value = line.partition(": ")
            if name == "id":
                ident = value
            elif name == "event":
                event = value
            elif name == "data":
                seen.append((ident, event))
                if until(event, orjson.loads(value)):
                    return seen
    raise AssertionError("the stream ended")


async def test_the_board_is_what_the_topics_say(watch: Watch, eventually: Eventually) -> None:
    events = [event for story in lives(150, 1) for event in story]
    await watch.feed(events)
    await watch.feed(events[::3])  # late duplicates
    bad = encode(events[0])
    await watch.sender.send("dossier.submitted", [Record(bad.key, b"not json", bad.headers)])
    board = await agrees(watch, eventually)
    assert board["total"]["filed"] == 150
    assert board["skipped"] == 1


async def test_a_worker_killed_in_the_middle_changes_no_number(watch: Watch, eventually: Eventually) -> None:
    for seed in (2, 3):
        events = [event for story in lives(200, seed) for event in story]
        await watch.feed(events)
        await asyncio.sleep(0.2 * seed)
        await watch.stack.kill("monitor-worker")
        await watch.feed(events[::5])
        await watch.stack.start("monitor-worker")
        await agrees(watch, eventually)


async def test_a_stream_shows_a_change_and_goes_on_where_it_was_left(watch: Watch, eventually: Eventually) -> None:
    await agrees(watch, eventually)
    headers = await watch.headers("superior", agency="H19")
    before = (await watch.board("superior", agency="H19"))["total"]["filed"]
    events = [event for story in lives(5, 40) for event in story if event.type == "submitted"]
    mine = [event for event in events if "H19" in event.data["overseers"]]
    watching = asyncio.create_task(
        stream(watch, headers, lambda _, body: body["values"].get("/filed") == before + len(mine))
    )
    await asyncio.sleep(0.5)
    await watch.feed(events)
    seen = await watching
    assert seen[0][1] == "snapshot"
    assert {event for _, event in seen[1:]} == {"change"}
    again = await stream(watch, {**headers, "last-event-id": seen[-1][0]}, lambda event, _: True)
    assert again[0][1] == "change", "it knows the place"
    other = await stream(watch, {**headers, "last-event-id": "another-life-7"}, lambda event, _: True)
    assert other[0][1] == "snapshot"


async def test_each_sees_the_own_subtree_and_a_stranger_nothing(watch: Watch, eventually: Eventually) -> None:
    await agrees(watch, eventually)
    province = await watch.board("superior", agency="H19")
    ministry = await watch.board("superior", agency="G01")
    leader = await watch.board("leader", agency="X-H19-25217")
    assert {row["code"] for row in province["agencies"]} == {
        "H19",
        "H19.151",
        "H19.151.11",
        "X-H19-25217",
        "X-H19-25220",
    }
    assert {row["code"] for row in ministry["agencies"]} == {"G01", "000.00.34.H19", "X-H19-25308-CA"}
    assert {row["code"] for row in leader["agencies"]} == {"X-H19-25217"}
    assert province["total"] == next(row["total"] for row in province["agencies"] if row["code"] == "H19")
    cells = (await watch.board("superior", agency="H19", detail=True))["cells"]
    assert sum(cell["counts"].get("filed", 0) for cell in cells) == province["total"]["filed"]
    for query, headers, status in (
        ({}, {}, 401),
        ({}, await watch.headers("citizen"), 403),
        ({"agency": "G01"}, await watch.headers("superior", agency="H19"), 403),
        ({}, await watch.headers("superior", agency="H19", ttl=-60), 401),
    ):
        for path in ("/api/v1/board", "/api/v1/board/stream"):
            assert (await watch.client.get(path, headers=headers, params=query)).status_code == status


async def test_a_timeline_by_code_and_by_id(watch: Watch, eventually: Eventually) -> None:
    story = max(lives(30, 60), key=len)
    await watch.feed(
        event for source in ("notify", "signing", "review", "intake") for event in story if event.source == source
    )
    headers = await watch.headers("superior", agency=story[0].data["overseers"][-1])
    code = story[0].data["code"]

    async def check() -> dict[str, Any]:
        answer = await watch.client.get(f"/api/v1/timelines/{code}", headers=headers)
        assert answer.status_code == 200
        view: dict[str, Any] = answer.json()
        assert len(view["entries"]) == len(story)
        return view

    view = await eventually(check, within=30)
    assert [entry["type"] for entry in view["entries"]] == [event.type for event in story]
    assert (await watch.client.get(f"/api/v1/timelines/{story[0].dossier}", headers=headers)).json() == view
    owner = await watch.client.get(f"/api/v1/timelines/{code}", headers=await watch.headers("citizen", sub="owner-1"))
    assert {entry["actor"] for entry in owner.json()["entries"]} == {None}
    other = await watch.client.get(f"/api/v1/timelines/{code}", headers=await watch.headers("citizen", sub="other"))
    assert (other.status_code, other.json()["code"]) == (404, "dossier-not-found")


async def test_pages_are_for_who_is_signed_in(watch: Watch, eventually: Eventually) -> None:
    stranger = await watch.client.get("/")
    assert stranger.status_code == 401
    assert "Bạn chưa đăng nhập" in stranger.text
    token = (await watch.headers("superior", agency="H19"))["authorization"].removeprefix("Bearer ")
    cookie = {"cookie": f"dossier_session={token}"}
    page = await watch.client.get("/?lang=en", headers=cookie)
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "Dossiers under way" in page.text
    assert len(page.content) < 100_000
    asked = await watch.client.get("/timelines", params={"code": " 000.17/22 "}, headers=cookie)
    assert (asked.status_code, asked.headers["location"]) == (303, "/timelines/000.17%2F22")
    assert (await watch.client.get("/timelines/nothing", headers=cookie)).status_code == 404


async def test_without_its_database_the_board_still_moves(watch: Watch, eventually: Eventually) -> None:
    await agrees(watch, eventually)
    await watch.stack.stop("mongod")
    try:
        event = Chain().event(
            "late-comer", "intake", "submitted", datetime(2026, 11, 17, tzinfo=UTC),
            data={"code": "c", "procedure": "p", "catalogue": "1", "channel": "online", "owner": "o", "overseers": ["H19"]},
            sealed={"applicant": {"name": "A"}},
        )  # fmt: skip
        await watch.feed([event])
        await agrees(watch, eventually)
        assert (await watch.client.get("/health/ready")).status_code == 200
        headers = await watch.headers("superior", agency="H19")
        assert (await watch.client.get("/api/v1/timelines/c", headers=headers)).status_code == 503
    finally:
        await watch.stack.start("mongod")


async def test_without_its_worker_it_stands_still_and_says_so(watch: Watch, eventually: Eventually) -> None:
    await agrees(watch, eventually)
    assert await watch.stack.stop("monitor-worker") == 0

    async def frozen() -> bool:
        board = await watch.board()
        return bool(board["frozen"]) and board["pulse_age"] > 5

    assert await eventually(frozen, within=20)
    await watch.stack.start("monitor-worker")

    async def moving() -> bool:
        return not (await watch.board())["frozen"]

    assert await eventually(moving, within=20)


async def test_tables_and_charts_are_files_too(watch: Watch, eventually: Eventually) -> None:
    board = await agrees(watch, eventually)
    headers = await watch.headers("superior", agency="H19")
    answer = await watch.client.get("/api/v1/board.csv", headers=headers)
    assert answer.content.startswith(b"\xef\xbb\xbf")
    head, *rows = [line.split(",") for line in answer.text.lstrip("\ufeff").splitlines()]
    province = next(row for row in board["agencies"] if row["code"] == "H19")["total"]
    mine = next(row for row in rows if row[0] == "H19")
    assert (mine[head.index("Đang xử lý")], mine[head.index("Đã nộp")]) == (
        str(province["open"]),
        str(province["filed"]),
    )
    assert "G01" not in {row[0] for row in rows}
    chart = (await watch.client.get("/api/v1/throughput.json", headers=headers)).json()["points"]
    lines = (await watch.client.get("/api/v1/throughput.csv", headers=headers)).text.splitlines()
    assert len(chart) == len(lines) - 1 == 48
    for kind in ("csv", "xlsx"):
        assert (await watch.client.get(f"/api/v1/board.{kind}?agency=G01", headers=headers)).status_code == 403
    for name, table in (("board", [head, *rows]), ("throughput", [line.split(",") for line in lines])):
        book = await watch.client.get(f"/api/v1/{name}.xlsx", headers=headers)
        shown = load_workbook(BytesIO(book.content)).worksheets[0].iter_rows(values_only=True)
        assert [row[0] for row in shown] == [row[0].lstrip("\ufeff") for row in table]
