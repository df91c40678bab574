"""A work list and what surrounds it: an act on many is taken back, an ended session loses nothing typed, nobody is stranded."""

from __future__ import annotations

import json
import re
from typing import Any

from playwright.async_api import Route, expect

from dossier_local.waiting import patience

from .province import COUNTER, LEADER
from .visitor import DESK, PHONE, Visitor, Visitors

REASON = "Thiếu giấy chứng sinh của cháu bé."


async def hear_accepts(visitor: Visitor) -> list[list[str]]:
    """Answers in the service's place, so that the province stays as it is: the dossiers of each call."""
    calls: list[list[str]] = []

    async def answer(route: Route) -> None:
        items: list[dict[str, Any]] = json.loads(route.request.post_data or "{}")["items"]
        calls.append([item["dossier"] for item in items])
        await route.fulfill(json={"items": [{"key": item["key"], "status": 200} for item in items]})

    await visitor.page.route("**/dossiers:accept", answer)
    return calls


async def test_an_act_on_many_is_summed_up_and_can_be_taken_back(visitors: Visitors) -> None:
    async with visitors.visit(COUNTER, "/work?lang=vi&filter=filed", service="intake") as visitor:
        page, calls = visitor.page, await hear_accepts(visitor)
        rows, accept = page.locator("tr[data-id]"), page.locator("[data-bulk=accept]")
        before = await rows.count()
        await expect(accept).to_be_disabled()  # nothing is ticked
        ids = [await rows.nth(n).get_attribute("data-id") for n in range(before)]
        await page.locator("#all").check()
        for taken_back in (True, False):
            await accept.click()
            await expect(page.locator("#ask-kinds li").first).to_have_text(re.compile(r"^\d "))
            await visitor.screenshot(f"bulk-{DESK}-light-vi")
            assert await visitor.axe() == []
            await page.locator("#ask-yes").click()
            await expect(page.locator("#undo")).to_be_visible()
            assert calls == []
            if taken_back:
                await visitor.screenshot(f"undo-{DESK}-light-vi")
                assert await visitor.axe() == []
                await page.keyboard.press("Enter")  # the button has the focus
                await visitor.says("#said", "Đã hoàn tác, chưa gửi gì.")
                assert (await rows.count(), calls) == (before, [])
        await expect(rows).to_have_count(0, timeout=patience(30) * 1000)
        assert calls == [ids]
        assert visitor.wrong == []


async def test_leaving_the_page_takes_it_back_too(visitors: Visitors) -> None:
    async with visitors.visit(COUNTER, "/work?lang=vi&filter=filed", service="intake") as visitor:
        page, calls = visitor.page, await hear_accepts(visitor)
        page.on("dialog", lambda dialog: dialog.accept())  # "leave this page?"
        await page.locator("tr[data-id] input[type=checkbox]").first.check()
        await page.locator("[data-bulk=accept]").click()
        await page.locator("#ask-yes").click()
        await page.locator("#undo").wait_for()
        await visitor.open("/home?lang=vi")
        await page.wait_for_timeout(9_000)  # longer than the seconds
        assert calls == []


async def test_an_ended_session_loses_nothing_typed(visitors: Visitors) -> None:
    async with visitors.visit(COUNTER, "/work?lang=vi", service="intake", width=PHONE, theme="dark") as visitor:
        page = visitor.page
        await page.context.clear_cookies(name="dossier-intake")
        await page.locator("tr[data-id] button", has_text="Từ chối tiếp nhận").first.click()
        await page.fill("#reason", REASON)
        await page.locator("#ask-yes").click()
        await visitor.says("#wrong", re.compile("Phiên làm việc đã hết, hãy đăng nhập lại"))
        await visitor.open("/work?lang=vi")  # by way of the issuer, where the session goes on
        await expect(page.locator("dialog#ask[open] #reason")).to_have_value(REASON)
        await expect(page.locator("#ask-kept")).to_be_visible()


async def test_nobody_is_stranded_and_everybody_can_leave(visitors: Visitors) -> None:
    async with visitors.visit(LEADER, "/home?lang=vi", service="signing", alone=True) as visitor:
        page = visitor.page
        await expect(page.locator("[data-counts] .counts li").first).to_be_visible()
        # every service answered, over its own port: where there was no session yet it was fetched in passing
        await expect(page.locator("[data-counts] .counts[hidden]")).to_have_count(0)
        missing = await page.goto(visitor.base + "/nothing")
        assert missing is not None
        assert missing.status == 404
        await visitor.screenshot(f"missing-{DESK}-light-vi")
        assert await visitor.axe() == []
        await page.locator("nav.places a", has_text="Trang chủ").click()
        await page.wait_for_url("**/home?lang=vi")
        await page.fill("#seek", "20260602")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/search?q=20260602")
        await page.emulate_media(media="print")
        await expect(page.locator("nav.places")).to_be_hidden()
        await visitor.screenshot("search-print")
        await page.emulate_media(media="screen")
        await page.locator("form.leaving button").click()
        await page.wait_for_url("**/signed-out?lang=vi")
        await visitor.screenshot(f"signed-out-{DESK}-light-vi")
        assert not [one for one in await page.context.cookies() if one["name"].startswith("dossier-monitor")]
