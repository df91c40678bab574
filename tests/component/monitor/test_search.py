"""Search on real processes: found by code, name and phone, within the own agencies, names shown by right."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from dossier_monitor.lists.store import SEARCH, Lists
from dossier_monitor.timelines.search_keys import questions
from dossier_shared.adapters.mongo import DossierCollection, connect, database

from ...unit.monitor.stories import AGENCIES, START, Chain  # noqa: TID252
from .conftest import Watch

pytestmark = pytest.mark.long

Eventually = Callable[..., Awaitable[Any]]
PEOPLE = (("Nguyễn Thị Đào", "+84912345678"), ("Trần Văn Đức", "+84987654321"), ("Nguyễn Văn An", None))


@pytest.fixture(scope="module")
async def filled(watch: Watch, eventually: Eventually) -> Watch:
    chain = Chain()
    for place, (agency, above) in enumerate(AGENCIES.items()):
        for number, (name, phone) in enumerate(PEOPLE):
            data = {
                "code": f"{agency}-20261116-{place}{number:06d}", "procedure": "1.001193", "catalogue": "1",
                "channel": "online", "owner": "o", "overseers": above,
            }  # fmt: skip
            sealed = {"applicant": {"name": name, "phone": phone}}
            await watch.feed([chain.event(f"s{place}{number}", "intake", "submitted", START, agency, data, sealed)])

    async def arrived() -> bool:
        """In the timelines, and whose agency is below whose on the board."""
        whole = await watch.client.get("/api/v1/search?q=20261116", headers=await watch.headers("admin", sub="waiting"))
        board = await watch.board("superior", agency="H19")
        return bool(board["total"]["filed"] == 9 and whole.status_code == 200 and len(whole.json()["items"]) == 12)

    assert await eventually(arrived, within=60)
    return watch


async def found(watch: Watch, q: str, *roles: str, agency: str | None = None) -> list[dict[str, Any]]:
    answer = await watch.client.get(
        "/api/v1/search", params={"q": q}, headers=await watch.headers(*roles, agency=agency)
    )
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_each_finds_among_the_own_agencies(filled: Watch) -> None:
    for q, each in (("nguyen", 2), ("Nguyễn Thị", 1), ("van duc", 1), ("duc tran", 1), ("5678", 1), ("0987654321", 1)):
        assert len(await found(filled, q, "counter", agency="X-H19-25217")) == each, q
        assert len(await found(filled, q, "leader", agency="H19")) == 0, f"{q}: of agencies below"
    assert len(await found(filled, "20261116", "admin")) == 12
    assert len(await found(filled, "20261116", "superior", agency="H19")) == 9
    assert await found(filled, "20261116", "superior", agency="nowhere") == []
    one = (await found(filled, "x-h19-25220 20261116", "superior", agency="X-H19-25220"))[0]
    assert one["code"].startswith("X-H19-25220")


async def test_a_name_is_for_the_dossiers_own_officers(filled: Watch) -> None:
    [own] = await found(filled, "5678", "counter", agency="X-H19-25217")
    assert (own["applicant"], own["phone"]) == ("NGUYEN THI DAO", "***678")
    for role, agency in (("superior", "H19"), ("admin", None)):
        headers = await filled.headers(role, agency=agency)
        asked = await filled.client.get("/api/v1/search", params={"q": "Nguyễn Thị"}, headers=headers)
        assert (asked.status_code, asked.json()["code"]) == (422, "search-by-code")
        for number in ("5678", "0987654321"):  # a code may look like it
            assert await found(filled, number, role, agency=agency) == []
        shown = await found(filled, "25217-20261116-0000000", role, agency=agency)
        assert {(item["applicant"], item["phone"]) for item in shown} <= {("N. T. D.", "***678")}, shown
    exported = await filled.client.get("/dossiers.json", headers=await filled.headers("admin"))
    told = await filled.client.get("/api/v1/timelines/s00", headers=await filled.headers("admin"))
    assert "nguyen" not in (exported.text + told.text).lower()


async def test_who_may_not_and_what_is_too_little(filled: Watch) -> None:
    for headers, params, status in (
        ({}, {"q": "nguyen"}, 401),
        (await filled.headers("citizen"), {"q": "nguyen"}, 403),
        (await filled.headers("superior", agency="H19"), {"q": "nguyen", "agency": "G01"}, 403),
        (await filled.headers("admin"), {"q": "a"}, 422),
        (await filled.headers("admin"), {"q": "x" * 101}, 422),
        (await filled.headers("admin"), {}, 422),
    ):
        assert (await filled.client.get("/api/v1/search", headers=headers, params=params)).status_code == status
    token = (await filled.headers("superior", agency="H19"))["authorization"].removeprefix("Bearer ")
    cookie = {"cookie": f"dossier_session={token}"}
    page = await filled.client.get("/search", params={"q": "20261116"}, headers=cookie)
    assert page.text.count("N. T. D.") == 3
    assert "NGUYEN" not in page.text
    assert "Hãy gõ thêm" in (await filled.client.get("/search?q=a", headers=cookie)).text
    assert "Không tìm thấy" in (await filled.client.get("/search?q=h19zzz9", headers=cookie)).text
    assert "chỉ tìm được bằng mã" in (await filled.client.get("/search?q=zzz", headers=cookie)).text


async def test_it_reads_no_more_than_it_finds(filled: Watch) -> None:
    client = connect(filled.stack.mongodb)
    try:
        table = DossierCollection(database(client, "dossier_monitor"), "monitor").table
        for text in ("nguyen thi dao", "dao nguyen", "5678", "20261116"):
            query = Lists.search_query(["X-H19-25217", "X-H19-25220"], questions(text)[-1])
            explained = await database(client, "dossier_monitor").command(
                "explain", {"find": table.name, "filter": query, "hint": SEARCH}, verbosity="executionStats"
            )
            stats = explained["executionStats"]
            assert stats["totalDocsExamined"] <= stats["nReturned"] + 2, text
    finally:
        client.close()
