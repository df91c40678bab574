"""Every page a citizen or who helps them reads, on a small phone: for all, in both languages and themes, at a zoom of 400 %,
by the keyboard, without motion, and of at most 100 kB."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Request, async_playwright

from dossier_intake.inspection.inspectors import Inspectors
from dossier_local.stack import Stack

from .citizens import PAGES, Seeded, Shown, seeded, settled
from .listening import FOURFOLD, SMALL, listening, phone
from .visitor import Theme, Visitor, executable, launch

pytestmark = pytest.mark.long
FIRST_LOAD = 100_000  # bytes of page, styles, scripts, fonts and pictures, as they travel
THEMES: tuple[Theme, ...] = ("light", "dark")
MOVES = """() => [...document.querySelectorAll("*")].filter((one) => {
  const style = getComputedStyle(one);
  const lasts = (times) => times.split(",").some((time) => parseFloat(time) > 0);
  return (style.animationName !== "none" && lasts(style.animationDuration)) || lasts(style.transitionDuration);
}).map((one) => one.outerHTML.slice(0, 120))"""
MEANT = re.compile("status of (403|404|422)")  # of what is refused on purpose


@pytest.fixture(scope="module")
async def home(stack: Stack, inspectors: Inspectors) -> AsyncIterator[Seeded]:
    executable()
    async with listening(stack, inspectors) as (desk, base):
        yield await seeded(desk, base)


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await launch(playwright)
        yield browser
        await browser.close()


@pytest.mark.parametrize("shown", PAGES, ids=lambda shown: shown.name)
async def test_everybody_can_read_it_by_any_means(browser: Browser, home: Seeded, shown: Shown) -> None:
    async with phone(browser, home.base, shown.who) as visitor:
        loaded: list[Request] = []
        visitor.page.on("requestfinished", lambda request: loaded.append(request))
        for lang in ("vi", "en"):
            await visitor.page.set_viewport_size({"width": SMALL[0], "height": SMALL[1]})
            await opened(visitor, home, shown, lang)
            if lang == "vi":
                await small(shown, loaded)
            await settled(visitor.page, shown)
            assert await visitor.page.evaluate(MOVES) == []
            for theme in THEMES:
                await visitor.page.emulate_media(color_scheme=theme)
                assert await visitor.axe() == [], (lang, theme)
            assert await visitor.too_wide() == [], lang
            await visitor.screenshot(f"citizens/{shown.name}-{lang}")
            await visitor.page.set_viewport_size({"width": FOURFOLD[0], "height": FOURFOLD[1]})
            assert await visitor.too_wide() == [], f"{lang} at 400 %"
        walked = await visitor.walk()
        assert (walked["missed"], walked["dim"]) == ([], [])
        assert walked["reached"] >= 2
        assert [said for said in visitor.wrong if not MEANT.search(said)] == []


async def opened(visitor: Visitor, home: Seeded, shown: Shown, lang: str) -> None:
    answer = await visitor.page.goto(home.path(shown, lang), wait_until="load")
    assert answer is not None
    assert answer.status == shown.status
    assert await visitor.page.locator("html").get_attribute("lang") == lang


async def small(shown: Shown, loaded: list[Request]) -> None:
    """What the first visit has fetched so far; of a stream nothing ends."""
    sizes = {request.url: (await request.sizes())["responseBodySize"] for request in list(loaded)}
    print(f"{shown.name}: {sum(sizes.values()):,} bytes, {len(sizes)} requests")
    assert len(sizes) >= 3  # the page, its style, the mark
    assert 0 < sum(sizes.values()) <= FIRST_LOAD, sizes
