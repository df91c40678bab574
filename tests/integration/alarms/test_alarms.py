"""Alarms on the real broker, database and worker, judged by two web nodes at once."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from dossier_shared.contracts.envelope import Record, verify_chain

from .watch import Told, Watch

pytestmark = pytest.mark.long

Eventually = Callable[..., Awaitable[Any]]


async def test_raised_once_by_two_nodes_acknowledged_by_right_and_cleared(watch: Watch, eventually: Eventually) -> None:
    dossiers = [Told("H19.1", "H19") for _ in range(4)]
    await watch.tell(*(dossier.filed() for dossier in dossiers), *(dossier.accepted() for dossier in dossiers))
    await watch.tick("2025-07-02T02:00:00.000000Z")
    await watch.tick("2025-07-03T03:00:00.000000Z")  # an hour after the appointment

    async def raised() -> list[dict[str, Any]]:
        return await watch.alarms("late", "superior", agency="H19", state="raised")

    found = {alarm["subject"]: alarm for alarm in await eventually(raised, within=30)}
    alarm = found["H19.1"]
    assert (alarm["id"], alarm["value"], alarm["figures"]) == ("late:H19.1", 1.0, {"open": 4, "late": 4})
    assert (alarm["agency_name"], alarm["number"], alarm["acknowledged"]) == ("Xã A", 1, None)

    assert [a["subject"] for a in await watch.alarms("late", "superior", agency="H19.1")] == ["H19.1"]
    assert await watch.alarms("late", "superior", agency="H20") == []
    elsewhere = await watch.acknowledge("late:H19.1", "x", "k-0", "superior", agency="H20")
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (404, "alarm-not-found")
    assert (await watch.acknowledge("late:H19.1", "x", "k-0", "leader", agency="H19.1")).status_code == 403
    assert (await watch.acknowledge("none", "x", "k-0", "admin")).status_code == 404
    assert (await watch.acknowledge("late:H19.1", "", "k-0", "superior", agency="H19")).status_code == 422
    for key, note in (("k-1", "đã phân công"), ("k-1", "đã phân công"), ("k-2", "lần hai")):
        answer = await watch.acknowledge("late:H19.1", note, key, "superior", agency="H19")
        assert answer.status_code == 200, answer.text
        assert (answer.json()["acknowledged"]["by"], answer.json()["acknowledged"]["note"]) == (
            "u-superior", "đã phân công",
        )  # fmt: skip

    await watch.tell(*(dossier.signed() for dossier in dossiers))

    async def cleared() -> bool:
        return [
            a["status"] for a in await watch.alarms("late", "superior", agency="H19.1") if a["subject"] == "H19.1"
        ] == ["cleared"]

    await eventually(cleared, within=30)

    async def whole_story() -> bool:
        return len(await watch.published("late:H19.1")) == 3

    await eventually(whole_story, within=30)
    events = await watch.published("late:H19.1")
    assert [event.type for event in events] == ["alarm-raised", "alarm-acknowledged", "alarm-cleared"]
    assert verify_chain(events) is None
    assert [event.actor for event in events] == ["rule:monitor", "superior:u-superior", "rule:monitor"]
    assert events[0].data["told"] == ["H19.1"]
    story = (await watch.get("/api/v1/alarms/late:H19.1", "superior", agency="H19")).json()
    assert [(c["type"], c["by"], c["note"]) for c in story["changes"]] == [
        ("raised", None, None), ("acknowledged", "u-superior", "đã phân công"), ("cleared", None, None),
    ]  # fmt: skip
    assert (await watch.get("/api/v1/alarms/late:H19.1", "superior", agency="H20")).status_code == 404
    assert b"ph\xc3\xa2n" not in (events[1]._signed or b"")  # what a person wrote is sealed


async def test_dead_letters_concern_who_runs_the_services_and_are_new_until_acknowledged(
    watch: Watch, eventually: Eventually
) -> None:
    async def put(count: int) -> None:
        assert all(await watch.sender.send("review.dead-letter", [Record(b"k", b"?", [])] * count))

    async def is_raised(number: int) -> Any:
        return [a for a in await watch.alarms("aside", state="raised") if a["number"] == number]

    await put(2)
    [alarm] = await eventually(lambda: is_raised(1), within=30)
    assert (alarm["subject"], alarm["agency"], alarm["figures"]["new"]) == ("review", "", 2)
    assert await watch.alarms("aside", "superior", agency="H19") == []
    count = await watch.get("/api/v1/alarms/count", "superior", agency="H19")
    assert count.json()["critical"] == 0
    hidden = await watch.acknowledge("aside:review", "x", "k-3", "superior", agency="H19")
    assert hidden.status_code == 404
    assert (await watch.acknowledge("aside:review", "đã xem", "k-4", "admin")).status_code == 200

    async def cleared() -> bool:
        return not await watch.alarms("aside", state="raised")

    await eventually(cleared, within=30)
    await put(1)
    [alarm] = await eventually(lambda: is_raised(2), within=30)
    assert (alarm["value"], alarm["figures"]["total"], alarm["acknowledged"]) == (1, 3, None)


async def test_a_dossier_nobody_moves_and_an_agency_that_does_nothing(watch: Watch, eventually: Eventually) -> None:
    forgotten, ended = Told("H30.1", "H30"), Told("H30.1", "H30")
    for dossier in (forgotten, ended):
        await watch.tell(dossier.filed(), dossier.accepted())
    await watch.tell(ended.signed())
    await watch.tick("2025-07-08T03:00:00.000000Z")

    async def found(rule: str, status: str) -> Any:
        alarms = await watch.alarms(rule, "superior", agency="H30", state=status)
        return [alarm for alarm in alarms if alarm["subject"] == "H30.1"]

    [alarm] = await eventually(lambda: found("forgotten", "raised"), within=60)
    assert (alarm["figures"]["codes"], alarm["figures"]["since"]) == ([forgotten.code], "2025-07-01T02:00:00.000000Z")
    [silent] = await eventually(lambda: found("silent", "raised"), within=60)
    assert silent["value"] >= 8
    await watch.tell(forgotten.signed("2025-07-08T02:59:00.000000Z"))
    await eventually(lambda: found("forgotten", "cleared"), within=90)
    await eventually(lambda: found("silent", "cleared"), within=90)


async def test_the_page_lists_alarms_and_takes_an_acknowledgement_without_script(
    watch: Watch, eventually: Eventually
) -> None:
    dossiers = [Told("H40.1", "H40") for _ in range(4)]
    await watch.tell(*(dossier.filed() for dossier in dossiers), *(dossier.accepted() for dossier in dossiers))
    await eventually(lambda: watch.alarms("late", "superior", agency="H40.1", state="raised"), within=60)
    page = (await watch.get("/alarms", "superior", agency="H40.1")).text
    assert "Nhiều hồ sơ quá hạn" in page
    assert "4/4 hồ sơ đang xử lý đã quá hạn" in page
    assert 'href="/late?agency=H40.1&amp;how=late"' in page
    assert "Many late dossiers" in (await watch.get("/alarms?lang=en", "superior", agency="H40.1")).text
    assert 'action="/alarms' not in (await watch.get("/alarms", "leader", agency="H40.1")).text
    assert "Nhiều hồ sơ quá hạn" not in (await watch.get("/alarms?state=cleared", "superior", agency="H40.1")).text
    assert "H40.1" not in (await watch.get("/alarms", "superior", agency="H41")).text
    assert (await watch.get("/alarms", "citizen")).status_code == 403

    [action] = re.findall(r'<form method="post" action="(/alarms/late[^"]+)"', page)
    [key] = re.findall(rf'action="{re.escape(action)}".*?name="key" value="([^"]+)"', page, re.DOTALL)
    url, form = watch.stack.url("monitor") + action, {"note": "<b>đã rõ</b>", "number": "1", "key": key, "lang": "en"}
    for who in (await watch.as_("superior", agency="H41"), await watch.as_("leader", agency="H40.1")):
        assert (await watch.client.post(url, data=form, headers=who)).status_code in (403, 404)
    superior = await watch.as_("superior", agency="H40")
    empty = await watch.client.post(url, data={**form, "note": " "}, headers=superior)
    assert empty.status_code == 422
    for _ in range(2):
        answer = await watch.client.post(url, data=form, headers=superior)
        assert (answer.status_code, answer.headers["location"]) == (303, "/alarms?lang=en")
    listed = (await watch.get("/api/v1/alarms?state=raised", "superior", agency="H40")).json()["items"]
    taken = [bool(alarm["acknowledged"]) for alarm in listed]
    assert taken == sorted(taken)
    assert any(taken)
    page = (await watch.get("/alarms", "superior", agency="H40.1")).text
    assert "&lt;b&gt;đã rõ&lt;/b&gt;" in page
    assert "u-superior đã tiếp nhận lúc" in page
    assert action not in page


async def test_another_node_judges_when_the_one_that_did_is_killed(watch: Watch, eventually: Eventually) -> None:
    for number, node in enumerate(("monitor#2", "monitor")):  # whichever has the lease, it has it no more after this
        await watch.stack.kill(node)
        code = f"H6{number}.1"
        dossiers = [Told(code, "H6") for _ in range(4)]
        await watch.tell(*(dossier.filed() for dossier in dossiers), *(dossier.accepted() for dossier in dossiers))
        other = "monitor" if node == "monitor#2" else "monitor#2"

        async def raised(code: str = code, other: str = other) -> Any:
            answer = await watch.get("/api/v1/alarms?state=raised", "superior", agency=code, node=other)
            return f"late:{code}" in [alarm["id"] for alarm in answer.json()["items"]]

        await eventually(raised, within=60)
        await watch.stack.start(node)
        assert [c["type"] for c in (await watch.get(f"/api/v1/alarms/late:{code}")).json()["changes"]] == ["raised"]


async def test_without_mongodb_the_page_says_so_and_judging_goes_on_later(watch: Watch, eventually: Eventually) -> None:
    await watch.stack.stop("mongod")

    async def unknown() -> bool:
        return (await watch.get("/api/v1/alarms/count")).status_code == 503

    await eventually(unknown, within=60)
    page = await watch.get("/alarms")
    assert (page.status_code, page.headers["content-type"]) == (503, "text/html; charset=utf-8")
    assert (await watch.get("/api/v1/alarms")).json()["code"] == "unavailable"
    board = await watch.get("/")
    assert board.status_code == 200
    dossiers = [Told("H50.1", "H50") for _ in range(4)]
    await watch.tell(*(dossier.filed() for dossier in dossiers), *(dossier.accepted() for dossier in dossiers))
    await watch.stack.start("mongod")

    async def raised() -> Any:
        answer = await watch.get("/api/v1/alarms?state=raised", "superior", agency="H50.1")
        return answer.status_code == 200 and answer.json()["items"]

    await eventually(raised, within=120)


async def test_what_does_not_make_sense_is_refused(watch: Watch) -> None:
    assert (await watch.get("/api/v1/alarms?state=asleep")).status_code == 422
    assert (await watch.get("/api/v1/alarms", "citizen")).status_code == 403
    assert (await watch.get("/api/v1/alarms", "superior")).json()["code"] == "no-agency"
    outside = await watch.get("/api/v1/alarms?agency=H19.1", "superior", agency="H20")
    assert outside.json()["code"] == "other-agency"
    assert (await watch.client.get(watch.stack.url("monitor") + "/api/v1/alarms")).status_code == 401
