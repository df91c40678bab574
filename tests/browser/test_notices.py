"""A person turns notices on for the browser in their hand, and off: by the keyboard, on a phone. A notice is shown by the worker.

The laboratory has no push service, so Chromium cannot subscribe at one: `subscribe` is replaced in the page, and what a push
service would deliver is handed to the worker by the browser's own tools. All between them is real.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
import uvicorn
from playwright.async_api import BrowserContext, Page, async_playwright, expect
from pydantic import SecretStr
from tests.component.desks import Desk, desk
from tests.unit.notify.push_service import Browser, coded

from dossier_local.stack import Stack
from dossier_local.waiting import eventually
from dossier_notify.app import build
from dossier_notify.settings import Settings
from dossier_shared.http.auth import COOKIE

from .visitor import Visitor, executable, launch

pytestmark = pytest.mark.long

PERSON = "p-" + "a" * 26
SUBSCRIBED = """subscription => {
  PushManager.prototype.subscribe = async function (options) {
    if (!options.userVisibleOnly || options.applicationServerKey.length !== 65) throw new Error("not as the standard has it");
    return { toJSON: () => subscription };
  };
}"""


@pytest.fixture
async def notify(stack: Stack) -> AsyncIterator[Desk]:
    executable()
    settings = Settings(
        mongodb_url=stack.mongodb, kafka_bootstrap_servers=stack.kafka, database=f"notify-{uuid4().hex}",
        development=True, person_key="of these tests alone", vapid_private_key=SecretStr(coded(bytes(range(1, 33)))),
        vapid_subject="mailto:it@example.vn",
    )  # fmt: skip
    async with desk(build(settings)) as made:
        yield made


async def deliver(context: BrowserContext, page: Page, base: str, said: dict[str, str]) -> None:
    """As the browser would, once a push service has told it."""
    tools = await context.new_cdp_session(page)
    registrations: list[str] = []
    tools.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda found: registrations.extend(one["registrationId"] for one in found["registrations"]),
    )
    await tools.send("ServiceWorker.enable")
    await eventually(lambda: registrations)
    await tools.send(
        "ServiceWorker.deliverPushMessage",
        {"origin": base, "registrationId": registrations[-1], "data": json.dumps(said)},
    )


async def shown(page: Page) -> list[list[str]]:
    """What the device shows: title, sentence and where a tap leads."""
    found: list[list[str]] = await page.evaluate(
        """async () => {
          const worker = await navigator.serviceWorker.getRegistration("/notices");
          const all = (await worker?.getNotifications()) ?? [];
          return all.map((one) => [one.title, one.body, one.data.url]);
        }"""
    )
    return found


async def test_they_are_turned_on_shown_and_turned_off(notify: Desk) -> None:
    server = uvicorn.Server(uvicorn.Config(notify.app, port=0, lifespan="off", log_level="warning"))
    serving = asyncio.create_task(server.serve())
    await eventually(lambda: server.started)
    base = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    async with async_playwright() as playwright:
        browser = await launch(playwright)
        context = await browser.new_context(base_url=base, viewport={"width": 360, "height": 640})
        await context.grant_permissions(["notifications"], origin=base)
        await context.add_cookies([{"name": COOKIE, "value": f"an|citizen||{PERSON}|", "url": base}])
        page = await context.new_page()
        visitor = Visitor(page, base)
        await page.goto("/notices?lang=vi")
        await page.evaluate(SUBSCRIBED, Browser("https://fcm.googleapis.com/fcm/send/phone").subscription())
        await page.get_by_role("button", name="Bật thông báo trên thiết bị này").focus()
        await page.keyboard.press("Enter")
        await expect(page.locator("#devices + ul li")).to_have_count(1)
        await expect(page.locator("#devices + ul li")).to_contain_text("thiết bị này")
        await expect(page.get_by_role("status")).to_contain_text("Thông báo đang bật")
        await expect(page.locator("#allow")).to_be_hidden()
        assert (await visitor.axe(), await visitor.too_wide()) == ([], [])
        await visitor.screenshot("notices-on")

        said = {"title": "Hồ sơ H19.1-1", "body": "Hồ sơ đã có kết quả.", "tag": "d-1", "url": "/intake/#d-H19.1-1"}
        await deliver(context, page, base, said)
        wanted = [["Hồ sơ H19.1-1", "Hồ sơ đã có kết quả.", "/intake/#d-H19.1-1"]]

        async def arrived() -> bool:
            return await shown(page) == wanted

        await eventually(arrived)
        await deliver(context, page, base, {**said, "body": "Một lần nữa."})  # of the same: in its place

        async def replaced() -> bool:
            return [one[1] for one in await shown(page)] == ["Một lần nữa."]

        await eventually(replaced)
        scope = await page.evaluate("navigator.serviceWorker.getRegistration('/notices').then((one) => one.scope)")
        assert scope == f"{base}/notices", "other pages of the origin have workers of their own"

        await page.get_by_role("button", name="Tắt").focus()
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("status")).to_contain_text("Đã tắt")
        await expect(page.locator("#devices + ul li")).to_have_count(0)
        assert await visitor.axe() == []
        assert visitor.wrong == []
        await browser.close()
    server.should_exit = True
    await serving
