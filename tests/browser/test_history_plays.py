"""The past in somebody's window: moved by hand, played by itself, and the same as the server tells it."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from playwright.async_api import expect

from .province import SUPERIOR, Province
from .visitor import Visitor, Visitors

pytestmark = pytest.mark.long

FILED = "#past tr.whole [data-m=filed]"


async def told(visitor: Visitor, province: Province) -> tuple[int, int]:
    """How many had been filed by the moment shown: by the page, by the server."""
    at = await visitor.page.locator("#at").get_attribute("datetime")
    assert at
    answer = await province.get(f"/api/v1/history?at={quote(at)}")
    assert answer.status_code == 200, answer.text
    return await visitor.number(FILED), int(answer.json()["total"]["filed"])


async def test_any_moment_shows_what_the_server_says_of_it(visitors: Visitors, province: Province) -> None:
    async with visitors.visit(SUPERIOR, "/history") as visitor:
        slider = visitor.page.get_by_role("slider")
        await slider.wait_for()
        last = int(await slider.get_attribute("max") or 0)
        seen = []
        for frame in (0, last * 3 // 4, last * 9 // 10, last):
            await slider.fill(str(frame))
            shown, said = await told(visitor, province)
            assert shown == said
            seen.append(shown)
        assert seen == sorted(set(seen))  # from nothing to everything, growing
        assert seen[0] == 0
        assert visitor.wrong == []


async def test_it_plays_by_itself_until_the_present(visitors: Visitors, province: Province) -> None:
    async with visitors.visit(SUPERIOR, "/history?lang=en") as visitor:
        slider = visitor.page.get_by_role("slider")
        await slider.wait_for()
        await visitor.screenshot("history-player")
        last = int(await slider.get_attribute("max") or 0)
        await visitor.page.get_by_label("Speed").select_option("4")
        await slider.fill(str(last - 40))
        await visitor.remember("#at")
        await slider.press("Space")
        await expect(slider).to_have_js_property("value", str(last), timeout=20_000)
        assert len(set(await visitor.remembered())) > 10
        shown, said = await told(visitor, province)
        assert shown == said
        await expect(visitor.page.locator("#play")).to_have_text(re.compile("^Play"))
