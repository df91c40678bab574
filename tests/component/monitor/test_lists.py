"""The lists on real processes: behind every number of the board are as many dossiers as it says."""

from __future__ import annotations

import asyncio
import csv
from collections import Counter
from collections.abc import Awaitable, Callable
from io import BytesIO, StringIO
from typing import Any

import orjson
import pytest
from openpyxl import load_workbook

from dossier_monitor.lists.filters import Filter, order, query
from dossier_monitor.lists.store import Lists
from dossier_monitor.projection.dossier import DossierProjection, micros, take
from dossier_monitor.projection.measures import counted
from dossier_monitor.projection.registry import behind
from dossier_shared.adapters.mongo import DossierCollection, connect, database

from ...unit.monitor.stories import lives  # noqa: TID252
from .conftest import Watch
from .test_monitor import agrees

pytestmark = pytest.mark.long

Eventually = Callable[..., Awaitable[Any]]
SCOPES: tuple[tuple[tuple[str, ...], str | None], ...] = (
    (("admin",), None),
    (("superior",), "H19"),
    (("superior",), "G01"),
    (("leader",), "X-H19-25217"),
)
COUNT = 250


async def get(watch: Watch, path: str, *roles: str, agency: str | None = None, **asked: Any) -> Any:
    answer = await watch.client.get(path, headers=await watch.headers(*roles, agency=agency), params=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


def numbers(board: dict[str, Any]) -> Counter[str]:
    """Every measure of the scope, by its name."""
    total: Counter[str] = Counter()
    for cell in board["cells"]:
        total.update(cell["counts"])
    return total


@pytest.fixture(scope="module")
async def filled(watch: Watch, eventually: Eventually) -> Watch:
    """Both projections have everything."""
    await watch.feed(event for story in lives(COUNT, 7) for event in story)
    events = len(await watch.raw())
    await agrees(watch, eventually)

    async def arrived() -> bool:
        client = connect(watch.stack.mongodb)
        try:
            table = database(client, "dossier_monitor")["dossiers"]
            kept = await table.aggregate(
                [{"$group": {"_id": None, "n": {"$sum": {"$size": "$state.entries"}}}}]
            ).to_list(None)
            return [one["n"] for one in kept] == [events]  # none: not one has come yet
        finally:
            client.close()

    await eventually(arrived, within=60)
    return watch


@pytest.mark.parametrize(("roles", "agency"), SCOPES)
async def test_behind_every_number_are_as_many_dossiers(
    filled: Watch, roles: tuple[str, ...], agency: str | None
) -> None:
    board = await filled.board(*roles, agency=agency, detail=True)
    told = numbers(board)
    wrong = {}
    for name, asked in behind("cell").items():
        found = await get(filled, "/api/v1/dossiers", *roles, agency=agency, limit=1, **asked)
        if found["count"] != told[name]:
            wrong[name] = (found["count"], told[name])
    assert wrong == {}
    late = await get(filled, "/api/v1/late", *roles, agency=agency)
    assert late["counts"] == {name: told[f"due:{name}"] for name in ("late", "today", "soon")}
    assert late["counts"]["late"] == board["total"]["late"]
    assert late["count"] == sum(late["counts"].values())
    assert told["due:late"] > 0


async def test_behind_an_officers_numbers_are_as_many_dossiers(filled: Watch) -> None:
    projections: dict[str, DossierProjection] = {}
    for event in await filled.raw():
        take(projections.setdefault(event.dossier, DossierProjection()), event)
    now = micros((await filled.board())["now"])
    told: dict[str, Counter[str]] = {}
    for projection in projections.values():
        for officer, numbers_ in counted(projection, now)[1].items():
            told.setdefault(officer, Counter()).update(numbers_)
    assert told
    for officer, expected in told.items():
        for name, asked in behind("officer").items():
            if name.partition(":")[0] in ("age", "stand") and not expected[name]:
                continue  # a hundred questions whose answer is nothing
            found = await get(filled, "/api/v1/dossiers", "admin", officer=officer, limit=1, **asked)
            assert found["count"] == expected[name], (officer, name)


async def test_an_agencys_own_are_not_those_below(filled: Watch) -> None:
    headers = await filled.headers("superior", agency="H19")
    rows = (await get(filled, "/api/v1/dossiers", "superior", agency="H19", limit=500))["items"]
    theirs = sum(row["agency"] == "H19.151.11" for row in rows)
    for agency, below, own in (("H19.151.11", theirs, theirs), ("H19.151", theirs, 0)):
        for asked, expected in (({}, below), ({"own": "true"}, own)):
            found = await filled.client.get("/api/v1/dossiers", headers=headers, params={"agency": agency, **asked})
            assert found.json()["count"] == expected


async def test_pages_of_a_list_hold_every_dossier_once(filled: Watch) -> None:
    for path, asked in (("/api/v1/late", {}), ("/api/v1/dossiers", {}), ("/api/v1/dossiers", {"due": "none"})):
        seen: list[dict[str, Any]] = []
        place: str | None = ""
        while place is not None:
            page = await get(filled, path, "superior", agency="H19", limit=7, after=place, **asked)
            assert 0 < len(page["items"]) <= 7
            seen += page["items"]
            place = page["next"]
        assert len({row["id"] for row in seen}) == len(seen) == page["count"]
        if path == "/api/v1/late":
            assert [row["due"] for row in seen] == sorted(row["due"] for row in seen)
            assert {row["due_state"] for row in seen} <= {"late", "today", "soon"}
            assert all((row["overdue"] > 0) == (row["due_state"] == "late") for row in seen)
            assert {row["waits"] for row in seen} <= {"specialist", "leader", "signing"}
    bad = await filled.client.get("/api/v1/late?after=x", headers=await filled.headers("admin"))
    assert (bad.status_code, bad.json()["code"]) == (422, "invalid-place")


async def test_nobody_lists_what_lies_outside_their_agencies(filled: Watch) -> None:
    for path in (
        "/api/v1/dossiers",
        "/api/v1/late",
        "/dossiers",
        "/late",
        "/dossiers.csv",
        "/dossiers.xlsx",
        "/dossiers.json",
    ):
        for headers, query_, status in (
            ({}, {}, 401),
            (await filled.headers("citizen", agency="H19"), {}, 403),
            (await filled.headers("specialist", agency="H19"), {}, 403),
            (await filled.headers("superior"), {}, 403),
            (await filled.headers("superior", agency="H19"), {"agency": "G01"}, 403),
            (await filled.headers("superior", agency="H19"), {"agency": "*"}, 403),
            (await filled.headers("superior", agency="H19"), {"stage": "nowhere"}, 422),
            (await filled.headers("superior", agency="H19"), {"unknown": "1"}, 422),
        ):
            if "unknown" in query_ and not path.startswith("/api/") and not path.endswith(".json"):
                status = 200  # a page and a file ignore what a link got on its way
            answer = await filled.client.get(path, headers=headers, params=query_)
            assert answer.status_code == status, (path, query_, answer.text[:300])
    rows = (await get(filled, "/api/v1/dossiers", "superior", agency="H19", limit=500))["items"]
    assert {row["agency"] for row in rows} == {"X-H19-25217", "X-H19-25220", "H19.151.11"}
    narrower = await get(filled, "/api/v1/dossiers", "superior", agency="H19", limit=500, stage="delivered")
    assert {row["stage"] for row in narrower["items"]} == {"delivered"}


async def test_an_export_is_the_whole_list_and_says_nothing_of_persons(filled: Watch) -> None:
    headers = await filled.headers("superior", agency="H19")
    listed = (await get(filled, "/api/v1/dossiers", "superior", agency="H19", limit=500))["items"]
    text = await filled.client.get("/dossiers.csv", headers=headers)
    assert text.content.startswith(b"\xef\xbb\xbf")
    assert "attachment" in text.headers["content-disposition"]
    rows = list(csv.reader(StringIO(text.content.decode("utf-8-sig"))))
    assert rows[0][:3] == ["Mã hồ sơ", "Mã cơ quan", "Cơ quan"]
    assert [row[0] for row in rows[1:]] == [row["code"] for row in listed]
    book = load_workbook(BytesIO((await filled.client.get("/dossiers.xlsx", headers=headers)).content)).worksheets[0]
    assert [row[:2] for row in book.iter_rows(values_only=True)] == [tuple(row[:2]) for row in rows]
    told = await filled.client.get("/dossiers.json", headers=headers, params={"due": "late"})
    late = await get(filled, "/api/v1/late", "superior", agency="H19", how="late", limit=500)
    assert orjson.loads(told.content) == late["items"]
    empty = await filled.client.get("/dossiers.json", headers=headers, params={"channel": "none"})
    assert orjson.loads(empty.content) == []
    assert "owner-1" not in text.text + told.text


async def test_the_pages_say_the_same(filled: Watch) -> None:
    token = (await filled.headers("superior", agency="H19"))["authorization"].removeprefix("Bearer ")
    cookie = {"cookie": f"dossier_session={token}"}
    late = await get(filled, "/api/v1/late", "superior", agency="H19", limit=50)
    page = await filled.client.get("/late", headers=cookie)
    assert page.status_code == 200
    assert f"{late['count']} hồ sơ" in page.text
    assert all(row["code"] in page.text for row in late["items"])
    assert "quá " in page.text
    english = await filled.client.get("/late?lang=en&how=late", headers=cookie)
    assert f"{late['counts']['late']} dossiers" in english.text
    assert "Late and about to be" in english.text
    nothing = await filled.client.get("/dossiers?channel=%3Cscript%3E&age=3&took=whole:2", headers=cookie)
    assert nothing.status_code == 200
    assert "<script>" not in nothing.text.replace("<script src", "")
    assert "Không có hồ sơ nào khớp" in nothing.text
    whole = await filled.client.get("/dossiers", headers=cookie)
    assert len(whole.content) < 100_000
    assert 'rel="next"' in whole.text


async def test_each_list_is_read_by_an_index(filled: Watch) -> None:
    client = connect(filled.stack.mongodb)
    try:
        lists = Lists(DossierCollection(database(client, "dossier_monitor"), "monitor"))
        now = 1_795_000_000_000_000
        for scope in (None, "H19"):
            for chosen in (
                Filter(), Filter(stage="signing"), Filter(procedure="1.001193"), Filter(officer="c1"),
                Filter(due="late"), Filter(due="pressing"), Filter(due="today"), Filter(due="none"),
            ):  # fmt: skip
                asked, by = query(chosen, scope, now), order(chosen)
                plan = orjson.dumps(await lists.plan(asked, by.keys)).decode()
                assert '"IXSCAN"' in plan, chosen
                assert "COLLSCAN" not in plan, chosen
                assert '"SORT"' not in plan, (chosen, "sorted by hand")
            asked, by = query(Filter(officer="c1"), scope, now), order(Filter(officer="c1"))
            explain = {"find": "dossiers", "filter": asked, "sort": dict(by.keys)}
            weighed = (await database(client, "dossier_monitor").command("explain", explain))["queryPlanner"]
            assert "by_officer" in str(weighed), "not seen to have them all"
    finally:
        client.close()


async def test_without_its_database_a_list_says_so(filled: Watch) -> None:
    await filled.stack.stop("mongod")
    try:
        headers = await filled.headers("superior", agency="H19")
        answers = await asyncio.gather(
            *(
                filled.client.get(path, headers=headers)
                for path in ("/api/v1/late", "/late", "/dossiers.csv", "/dossiers.xlsx")
            )
        )
        assert [answer.status_code for answer in answers] == [503] * 4
    finally:
        await filled.stack.start("mongod")
