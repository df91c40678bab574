"""The board under a path of an origin shared with others, behind a proxy that takes the path off."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect
from tests.origin import origin

from .province import LEADER, SUPERIOR, Province
from .visitor import Visitors

pytestmark = pytest.mark.long

FILED = "[data-t=filed] [data-v]"
OWN = ("monitor", "review")  # a second replica of each lives behind the proxy


async def test_the_board_behind_a_proxy_moves_and_its_links_stay_there(visitors: Visitors, province: Province) -> None:
    stack = province.stack
    async with origin(lambda name: stack.url(f"{name}#2"), OWN) as front:
        try:
            await stack.start(*(f"{name}#2" for name in OWN), env=front.env)
            base = f"{front.url}/monitor"
            async with visitors.visit(SUPERIOR, "/", base=base) as visitor:
                await visitor.says("#state", "Trực tiếp", within=30)
                await visitor.remember(FILED)
                before = await visitor.number(FILED)
                story = await province.file_one()
                await visitor.says(FILED, str(before + 1))
                assert await visitor.remembered() == [str(before), str(before + 1)]  # no reload
                await visitor.page.locator(f"#board [data-code='{story.agency}'] th a").click()
                await visitor.page.wait_for_url(re.compile(f"^{base}/agencies/"))
                await visitor.says("#state", "Trực tiếp")
                await visitor.page.locator("header a.language").click()
                await visitor.page.wait_for_url(re.compile("lang=en"))
                await visitor.open("/stream")
                await visitor.says("#state", "Trực tiếp")
                newest = visitor.page.locator("#lines [data-key]").first
                key = await newest.get_attribute("data-key")
                await province.file_one()
                await expect(newest).not_to_have_attribute("data-key", key or "")
                await province.settle()  # the dossier's own page may come a moment after the event
                await newest.locator("[data-open]").click()  # drawn by the script, not by the server
                await visitor.page.wait_for_url(re.compile(f"^{base}/timelines/"))
                await expect(visitor.page.locator(".story li").first).to_be_visible()
                await visitor.says("#state", "Tự cập nhật")
                assert visitor.wrong == []
            async with visitors.visit(LEADER, "/work", base=f"{front.url}/review") as visitor:
                await visitor.page.locator("nav.places a", has_text="Giám sát").click()
                await visitor.page.wait_for_url(re.compile(f"^{base}/"))
                await visitor.says("#state", "Trực tiếp")
                assert visitor.wrong == []
            # of what has no icon of its own (a probe, a file) Chromium asks the origin for one
            assert [asked for asked in front.escaped if asked != "GET /favicon.ico"] == []
        finally:
            for name in OWN:
                await stack.stop(f"{name}#2")
