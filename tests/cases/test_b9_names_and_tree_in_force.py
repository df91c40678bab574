"""B9: an agency is renamed and moved, then its old dossiers move on. E4: an agency that has no dossier yet.

Intake publishes the catalogue; the other services know it by its topics. Through the real services.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import httpx
import pytest
from pymongo import AsyncMongoClient

from dossier_local.stack import Stack

from ..integration.bad_input.offices import PROCEDURE, Eventually, Offices, key  # noqa: TID252

pytestmark = pytest.mark.long

OLD_PARENT, NEW_PARENT = "H19", "X-NEW"
RENAMED, RENAMED_EN = "Ủy ban nhân dân phường Mới Đặt", "People's Committee of Newly Named Ward"
CALLED = "Thủ tục mới đặt tên"
EMPTY = "X-EMPTY"  # in the catalogue, without a dossier
UNKNOWN = "X-NOWHERE"
# of monitor, by the agency asked for
ADDRESSES = (
    "/board", "/board.csv", "/officers.csv", "/officers.json", "/throughput.json", "/dossiers", "/late", "/history",
    "/history/frames", "/indicators", "/indicators.csv", "/alarms", "/alarms/count", "/search",
)  # fmt: skip
PAGES = ("/", "/wall", "/dossiers", "/late", "/history", "/indicators", "/alarms", "/search", "/stream")


class House(Offices):
    """`moved` lies in an agency that was renamed and moved after it was filed; `agency` and `moved` are its."""

    moved = ""
    was: str
    catalogue: dict[str, dict[str, Any]]

    async def superior(self, agency: str, *roles: str) -> dict[str, str]:
        return await self.login(f"of-{agency}", *(roles or ("superior",)), agency=agency)

    async def publish(self, *agencies: dict[str, Any], procedures: list[dict[str, Any]] | None = None) -> None:
        admin = await self.login("admin", "admin")
        url = f"{self.stack.url('intake')}/api/v1/catalogue"
        body = {"agencies": agencies, "procedures": procedures or []}
        answer = await self.http.put(url, headers={**admin, "idempotency-key": key()}, json=body)
        assert answer.status_code == 200, answer.text

    async def row(self, who: dict[str, str], code: str) -> dict[str, Any] | None:
        board = (await self.get("monitor", "/board", who)).json()
        found: list[dict[str, Any]] = [row for row in board["agencies"] if row["code"] == code]
        return found[0] if found else None


def entry(code: str, **changes: Any) -> dict[str, Any]:
    plain = {
        "code": code, "name_vi": f"Cơ quan {code}", "name_en": f"Agency {code}", "parent": None, "level": "commune",
        "kind": "peoples_committee",
    }  # fmt: skip
    return plain | changes


@pytest.fixture(scope="module")
async def house(
    tmp_path_factory: pytest.TempPathFactory,
    a_stack: Callable[..., AbstractAsyncContextManager[Stack]],
    eventually: Eventually,
) -> AsyncIterator[House]:
    async with a_stack(tmp_path_factory.mktemp("directory")) as stack:
        await stack.start("identity", "monitor-worker")
        await stack.start("intake", "review", "monitor")
        mongo: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(stack.mongodb)
        async with httpx.AsyncClient(timeout=30, trust_env=False) as http, mongo:
            house = House(stack, http, mongo)
            items = (await http.get(f"{stack.url('intake')}/api/v1/procedures")).json()["items"]
            house.procedures = {procedure["code"]: procedure for procedure in items}
            agencies = (await http.get(f"{stack.url('intake')}/api/v1/agencies")).json()["items"]
            house.catalogue = {agency["code"]: agency for agency in agencies}
            executing = house.procedures[PROCEDURE]["agencies"]
            house.agency = next(code for code in executing if house.catalogue[code]["parent"] == OLD_PARENT)
            house.was = house.catalogue[house.agency]["name_vi"]
            house.who["citizen"] = await house.login("citizen", "citizen")
            for role in ("counter", "specialist", "leader"):
                house.who[role] = await house.login(role, role, agency=house.agency)
            house.moved = await house.file()
            admin = await house.login("admin", "admin")

            async def told() -> bool:
                row = await house.row(admin, house.agency)
                timeline = await house.get("monitor", f"/timelines/{house.moved}", admin)
                return bool(row and row["total"]["filed"] and timeline.status_code == 200)

            await eventually(told, within=60)
            assert (await house.row(admin, house.agency) or {})["name_vi"] == house.was
            procedure = {k: v for k, v in house.procedures[PROCEDURE].items() if k != "agencies"}
            await house.publish(
                entry(NEW_PARENT, level="province"),
                entry(EMPTY, parent=NEW_PARENT),
                entry(house.agency, parent=NEW_PARENT, name_vi=RENAMED, name_en=RENAMED_EN),
                procedures=[procedure | {"name_vi": CALLED}],
            )
            yield house


async def test_b9_the_new_superiors_see_the_old_dossier_and_the_former_do_not(
    house: House, eventually: Eventually
) -> None:
    mine, theirs = await house.superior(NEW_PARENT), await house.superior(OLD_PARENT)

    async def moved() -> bool:
        rows = [await house.row(who, house.agency) for who in (mine, theirs)]
        return rows[0] is not None and rows[1] is None

    await eventually(moved, within=30)
    for service, path in (
        ("monitor", f"/timelines/{house.moved}"),
        ("review", f"/dossiers/{house.moved}"),
        ("intake", f"/dossiers/{house.moved}"),
    ):
        statuses = [(await house.get(service, path, who)).status_code for who in (mine, theirs)]
        assert statuses[0] == 200, (service, statuses)
        assert statuses[1] in (403, 404), (service, statuses)

    async def listed() -> bool:
        """Brought into the facts of dossiers that lie still."""
        for path in ("/dossiers", "/indicators"):
            found = [(await house.get("monitor", path, who)).json() for who in (mine, theirs)]
            numbers = [
                len(one["items"]) if "items" in one else max(i["of"] for i in one["indicators"]) for one in found
            ]
            if numbers != [1, 0]:
                return False
        return True

    await eventually(listed, within=30)


async def test_b9_the_board_has_the_name_in_force_and_keeps_it_when_an_old_dossier_moves(
    house: House, eventually: Eventually
) -> None:
    admin = await house.login("admin", "admin")

    async def renamed() -> bool:
        row = await house.row(admin, house.agency)
        return bool(row and (row["name_vi"], row["name_en"]) == (RENAMED, RENAMED_EN))

    await eventually(renamed, within=30)

    async def act(service: str, action: str, who: str, body: Any = None) -> None:
        same = key()

        async def done() -> bool:
            path = f"/dossiers/{house.moved}/{action}"
            answer = await house.post(service, path, house.who[who], body, idempotency_key=same)
            assert answer.is_success or answer.json()["code"].startswith("dossier-not"), answer.text
            return answer.is_success

        await eventually(done, within=30)

    await act("intake", "accept", "counter")
    await act("review", "appraise", "specialist", {"proposal": "approve"})
    await act("review", "approve", "leader")

    async def counted() -> bool:
        row = await house.row(admin, house.agency)
        assert row is not None
        assert (row["name_vi"], row["name_en"]) == (RENAMED, RENAMED_EN), "an old dossier's event took the name back"
        return bool(row["total"]["approved"])

    await eventually(counted, within=30)


async def test_b9_lists_timelines_and_work_lists_call_agency_and_procedure_as_in_force(
    house: House, eventually: Eventually
) -> None:
    mine = await house.superior(NEW_PARENT)

    async def everywhere() -> bool:
        row = (await house.get("monitor", "/dossiers", mine)).json()["items"][0]
        timeline = (await house.get("monitor", f"/timelines/{house.moved}", mine)).json()
        found = (await house.get("monitor", f"/search?q={row['code']}", mine)).json()["items"]
        own = (await house.get("intake", f"/dossiers/{house.moved}", house.who["citizen"])).json()
        case = (await house.get("review", f"/dossiers/{house.moved}", mine)).json()
        counted = (await house.get("monitor", "/indicators/online/dossiers?part=of", mine)).json()["items"]
        names = {row["agency_name"], own["agency_name"]}
        called = {one["procedure_name"] for one in (row, timeline, own, case, *found, *counted)}
        return names == {RENAMED} and called == {CALLED}

    await eventually(everywhere, within=30)
    table = await house.http.get(f"{house.stack.url('monitor')}/dossiers.csv", headers=mine)
    assert RENAMED in table.text
    assert CALLED in table.text
    assert house.was not in table.text


@pytest.mark.parametrize("who", ["itself", "its superior", "everybody's"])
async def test_e4_an_agency_without_dossiers_is_there_and_empty(house: House, eventually: Eventually, who: str) -> None:
    superior = {"itself": EMPTY, "its superior": NEW_PARENT}.get(who)
    asking = await (house.superior(superior, "superior", "leader") if superior else house.login("admin", "admin"))

    async def there() -> bool:
        return await house.row(asking, EMPTY) is not None

    await eventually(there, within=30)
    row = await house.row(asking, EMPTY)
    assert row is not None
    assert (row["name_vi"], row["above"], row["total"]["filed"]) == (f"Cơ quan {EMPTY}", [NEW_PARENT], 0)
    for path in ADDRESSES:
        answer = await house.http.get(
            f"{house.stack.url('monitor')}/api/v1{path}", params={"agency": EMPTY, **_given(path)}, headers=asking
        )
        assert answer.status_code == 200, (path, answer.text)
    for path in (*PAGES, f"/agencies/{EMPTY}"):
        params = {} if "agencies" in path else {"agency": EMPTY, **_given(path)}
        answer = await house.http.get(f"{house.stack.url('monitor')}{path}", params=params, headers=asking)
        assert answer.status_code == 200, (path, answer.text)
    listed = (await house.get("monitor", f"/dossiers?agency={EMPTY}", asking)).json()
    assert (listed["count"], listed["items"]) == (0, [])


async def test_e4_an_unknown_agency_is_a_clear_answer(house: House, eventually: Eventually) -> None:
    for asking in (await house.superior(NEW_PARENT), await house.login("admin", "admin")):

        async def known(asking: dict[str, str] = asking) -> bool:
            return await house.row(asking, EMPTY) is not None

        await eventually(known, within=30)
        for path in ADDRESSES:
            answer = await house.http.get(
                f"{house.stack.url('monitor')}/api/v1{path}",
                params={"agency": UNKNOWN, **_given(path)},
                headers=asking,
            )
            assert (answer.status_code, answer.json()["code"]) == (404, "agency-unknown"), (path, answer.text)
    elsewhere = await house.get("monitor", f"/board?agency={OLD_PARENT}", await house.superior(NEW_PARENT))
    assert elsewhere.status_code == 403, "known, and somebody else's"


async def test_e4_no_opinion_is_asked_of_an_agency_that_does_not_exist(house: House, eventually: Eventually) -> None:
    dossier = await house.file()
    counter = await house.post("intake", f"/dossiers/{dossier}/accept", house.who["counter"])
    assert counter.status_code == 200, counter.text

    async def refused() -> bool:
        wish = {"agency": UNKNOWN, "question": "Có tranh chấp không?"}
        answer = await house.post("review", f"/dossiers/{dossier}/consult", house.who["specialist"], wish)
        if answer.status_code in (404, 409):
            return False  # not heard of yet
        assert (answer.status_code, answer.json()["code"]) == (422, "agency-unknown"), answer.text
        return True

    await eventually(refused, within=30)
    items = [
        {"key": key(), "dossier": dossier, "agency": agency, "question": "Có đúng không?"}
        for agency in (UNKNOWN, OLD_PARENT)
    ]
    answer = await house.post("review", "/dossiers:consult", house.who["specialist"], {"items": items})
    assert [item["status"] for item in answer.json()["items"]] == [422, 200], answer.text


def _given(path: str) -> dict[str, str]:
    """What an address demands beside the agency."""
    return {"q": "h19"} if "search" in path else {}
