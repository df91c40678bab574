"""A person's devices on a real database: sealed, nobody else's to see or to end, at most so many, and gone with the person."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
from pydantic import SecretStr
from tests.component.desks import Desk, desk, officer
from tests.unit.notify.push_service import Browser, coded

from dossier_local.stack import Stack
from dossier_notify.app import build
from dossier_notify.push.devices import MOST
from dossier_notify.push.store import Attempts
from dossier_notify.settings import Settings
from dossier_shared.contracts.boxes import is_box
from dossier_shared.contracts.person_keys import PersonKey

AN, BINH = "p-" + "a" * 26, "p-" + "b" * 26
OWNER = officer("nguyen-an", "citizen", agency=None, person=AN)
OTHER = officer("le-binh", "citizen", agency=None, person=BINH)
ADMIN = officer("a", "admin", agency=None)
CHROME = (
    "Mozilla/5.0 (Linux; Android 8.1.0; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36"
)


@pytest.fixture
async def notify(stack: Stack) -> AsyncIterator[Desk]:
    settings = Settings(
        mongodb_url=stack.mongodb, kafka_bootstrap_servers=stack.kafka, database=f"notify-{uuid4().hex}",
        development=True, person_key="of these tests alone", vapid_private_key=SecretStr(coded(bytes(range(1, 33)))),
        vapid_subject="mailto:it@example.vn", neighbours={"intake": "https://one.example.vn/intake"},
    )  # fmt: skip
    async with desk(build(settings)) as made:
        yield made


def browser(name: str = "") -> Browser:
    return Browser(f"https://fcm.googleapis.com/fcm/send/{name or uuid4().hex}")


async def subscribe(notify: Desk, who: dict[str, str], one: Browser, status: int = 201, **more: Any) -> dict[str, Any]:
    headers = {**who, "user-agent": CHROME, "idempotency-key": uuid4().hex}
    answer = await notify.http.post("/api/v1/me/devices", json=one.subscription(**more), headers=headers)
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def devices(notify: Desk, who: dict[str, str]) -> list[str]:
    answer = await notify.http.get("/api/v1/me/devices", headers=who)
    assert answer.status_code == 200
    return [one["id"] for one in answer.json()["devices"]]


async def test_a_device_is_its_person_s_alone(notify: Desk) -> None:
    mine, phone = browser(), await subscribe(notify, OWNER, one := browser())
    assert phone["name"] == "Chrome, Android"
    assert await subscribe(notify, OWNER, one) | {"since": phone["since"]} == phone, "the same again is the same"
    second = await subscribe(notify, OWNER, mine, lang="en")
    assert await devices(notify, OWNER) == [second["id"], phone["id"]]
    assert await devices(notify, officer("her other account", "citizen", agency=None, person=AN)) == [
        second["id"],
        phone["id"],
    ]
    assert await devices(notify, OTHER) == []
    for answer in (
        await notify.post(f"/api/v1/me/devices/{phone['id']}/end", OTHER),
        await notify.http.post(f"/notices/{phone['id']}", headers=OTHER),
        await notify.post(f"/api/v1/me/devices/{'a' * 26}/end", OWNER),
    ):
        assert answer.status_code == 404
    assert await devices(notify, OWNER) == [second["id"], phone["id"]]
    assert (await notify.post(f"/api/v1/me/devices/{phone['id']}/end", OWNER)).json()["id"] == phone["id"]
    ended = await notify.http.post(f"/notices/{second['id']}?lang=en", headers=OWNER)
    assert (ended.status_code, ended.headers["location"]) == (303, "/notices?lang=en&done=ended")
    assert await devices(notify, OWNER) == []


async def test_what_is_personal_is_not_in_the_database_in_clear(notify: Desk) -> None:
    one = browser("an-address-that-is-a-secret")
    await subscribe(notify, OWNER, one)
    stored = await notify.runtime.db["devices"].find_one({})
    assert stored is not None
    keys = one.subscription()["keys"]
    for secret in (one.endpoint, "an-address-that-is-a-secret", keys["p256dh"], keys["auth"], "Chrome"):
        assert secret not in str(stored)
        assert secret.encode() not in bytes(stored["box"])


async def test_by_the_person_s_own_key_where_there_is_one_and_gone_with_it(notify: Desk) -> None:
    persons = notify.runtime.persons.keys
    assert persons.wrapper is not None
    persons.put(persons.wrapper.wrap(AN, b"k" * 32, {"notify": persons.wrapper.public}, "2026-01-01T00:00:00.000000Z"))
    await subscribe(notify, OWNER, browser())
    await subscribe(notify, OTHER, browser())
    stored = {one["person"]: bytes(one["box"]) async for one in notify.runtime.db["devices"].find({})}
    assert (is_box(stored[AN]), is_box(stored[BINH])) == (True, False)
    assert len(await devices(notify, OWNER)) == 1
    persons.put(PersonKey(holder=AN, erased="2026-01-01T00:00:00.000000Z"))
    assert await devices(notify, OWNER) == [], "nobody opens it any more"
    await notify.runtime.purging.purge(AN)
    left = await notify.runtime.db["devices"].distinct("person")
    assert left == [BINH]


async def test_it_goes_when_the_person_is_erased_by_whichever_key(notify: Desk) -> None:
    kept = await subscribe(notify, OTHER, browser())
    nobody = officer("without a number", "citizen", agency=None)
    await subscribe(notify, nobody, browser())
    for holder in (AN, f"{AN}-2", f"{AN}@long-khanh"):
        await subscribe(notify, OWNER, browser())
        await notify.runtime.purging.purge(holder)
        assert await devices(notify, OWNER) == []
    assert await devices(notify, OTHER) == [kept["id"]]
    assert len(await devices(notify, nobody)) == 1
    account = (await notify.runtime.db["devices"].find_one({"owner": "without a number"}) or {})["holder"]
    await notify.runtime.purging.purge(account)
    assert await devices(notify, nobody) == []


async def test_there_is_room_for_so_many_and_no_more(notify: Desk) -> None:
    made = [await subscribe(notify, OWNER, browser()) for _ in range(MOST - 1)]
    answers = await asyncio.gather(
        *[notify.post("/api/v1/me/devices", OWNER, browser().subscription()) for _ in range(4)]
    )
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len(await devices(notify, OWNER)) <= MOST
    while len(await devices(notify, OWNER)) < MOST:
        await subscribe(notify, OWNER, browser())
    refused = await subscribe(notify, OWNER, browser(), 409)
    assert refused["code"] == "devices-too-many"
    assert "tối đa" in (await notify.page("/notices", OWNER)) or "nhiều thiết bị nhất" in (
        await notify.page("/notices", OWNER)
    )
    await subscribe(notify, OTHER, browser())
    assert (await notify.post(f"/api/v1/me/devices/{made[0]['id']}/end", OWNER)).status_code == 200
    await subscribe(notify, OWNER, browser())


async def test_a_browser_belongs_to_whoever_allowed_it_last_and_only_the_browser_says_so(notify: Desk) -> None:
    one = browser()
    phone = await subscribe(notify, OWNER, one)
    thief = Browser(one.endpoint)  # the address alone, overheard
    assert (await subscribe(notify, OTHER, thief, 409))["code"] == "device-taken"
    assert await devices(notify, OWNER) == [phone["id"]]
    await subscribe(notify, OTHER, one)
    assert (await devices(notify, OWNER), await devices(notify, OTHER)) == ([], [phone["id"]])


WRONG: list[tuple[dict[str, Any], str | None]] = [
    ({"endpoint": "https://169.254.169.254/latest"}, "push-service-unknown"),
    ({"endpoint": "http://fcm.googleapis.com/x"}, "push-service-unknown"),
    ({"endpoint": "https://fcm.googleapis.com/" + "x" * 3000}, None),
    ({"keys": {"p256dh": coded(b"\4" + bytes(64)), "auth": coded(bytes(16))}}, None),
    ({"keys": {"p256dh": "x", "auth": coded(bytes(16))}}, None),
    ({"keys": {"p256dh": coded(b"\4" + bytes(64))}}, None),
    ({"lang": "fr"}, None),
    ({"more": 1}, None),
    ({"endpoint": None}, None),
    ({"expirationTime": "soon"}, None),
]


async def test_what_is_no_subscription_is_refused(notify: Desk) -> None:
    for change, code in WRONG:
        body = {**browser().subscription(), **change}
        answer = await notify.post("/api/v1/me/devices", OWNER, body)
        assert answer.status_code == 422, (change, answer.text)
        assert code is None or answer.json()["code"] == code
    assert await devices(notify, OWNER) == []


async def test_officers_have_none(notify: Desk) -> None:
    for role in ("counter", "specialist", "leader", "superior", "admin"):
        answer = await notify.http.get("/notices", headers=officer("o", role))
        assert answer.status_code == 403


async def test_the_page_has_the_key_and_the_list_and_works_without_a_script(notify: Desk) -> None:
    phone = await subscribe(notify, OWNER, browser())
    page = await notify.page("/notices", OWNER)
    public = notify.app.state.settings.vapid.public
    assert f'data-key="{public}"' in page
    assert 'href="https://one.example.vn/intake/?lang=vi"' in page
    assert f'action="/notices/{phone["id"]}?lang=vi"' in page
    assert "Chrome, Android" in page
    assert "Turn off" in await notify.page("/notices?lang=en", OWNER)
    worker = await notify.http.get("/notices-worker.js")
    assert worker.headers["content-type"].startswith("text/javascript")
    [script] = re.findall(r'importScripts\("([^"]+)"\)', worker.text)
    assert "showNotification" in (await notify.http.get(script)).text


async def test_an_administrator_answers_which_devices_a_person_has(notify: Desk) -> None:
    one = browser()
    await subscribe(notify, OWNER, one)
    answer = await notify.http.get(f"/internal/privacy/devices?person={AN}", headers=ADMIN)
    assert [found["name"] for found in answer.json()["devices"]] == ["Chrome, Android"]
    assert one.endpoint not in answer.text
    assert (await notify.http.get(f"/internal/privacy/devices?person={AN}", headers=OWNER)).status_code == 403


async def test_without_a_key_the_page_says_that_there_is_none(stack: Stack) -> None:
    settings = Settings(
        mongodb_url=stack.mongodb, kafka_bootstrap_servers=stack.kafka, database=f"notify-{uuid4().hex}"
    )
    async with desk(build(settings)) as off:
        page = await off.page("/notices", OWNER)
        assert 'id="off"' in page
        assert 'id="allow"' not in page
        assert (await subscribe(off, OWNER, browser(), 409))["code"] == "push-off"


async def test_an_attempt_is_begun_once_whoever_begins_it(notify: Desk) -> None:
    attempts = Attempts(notify.runtime.db, notify.runtime.clock)
    assert await attempts.begin([]) == set()
    found = await asyncio.gather(*[attempts.begin(["a", "b", "c"]) for _ in range(5)])
    assert sorted(one for some in found for one in some) == ["a", "b", "c"]
    await attempts.take_back(["a"])
    assert await attempts.begin(["a", "b"]) == {"a"}
