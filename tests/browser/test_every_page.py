"""What every page owes everybody: both languages, a phone's width, both themes, the keyboard, accessibility."""

from __future__ import annotations

import pytest
from playwright.async_api import Request

from .pages import PAGES, Shown
from .province import COMMUNE, Province
from .visitor import DESK, PHONE, WALL, Theme, Visitor, Visitors


def name_of(shown: Shown) -> str:
    return shown.name


MONITOR = [shown for shown in PAGES if shown.service == "monitor"]
# what citizens read is held to more, on a small phone: test_citizens_pages.py
HELD_TO_MORE = {"citizen", "procedures", "procedure", "file", "helping", "helpers", "vault"}
every_page = pytest.mark.parametrize("shown", PAGES, ids=name_of)
every_page_once = pytest.mark.parametrize(
    "shown",
    [pytest.param(one, marks=[pytest.mark.nightly] if one.name in HELD_TO_MORE else []) for one in PAGES],
    ids=name_of,
)
every_page_of_monitor = pytest.mark.parametrize("shown", MONITOR, ids=name_of)


def path_of(shown: Shown, province: Province, lang: str = "vi") -> str:
    path = shown.path.format(
        code=province.code("sign"), agency=COMMUNE, dossier=province.with_papers(), filed=province.only_filed()
    )
    return path + ("&" if "?" in path else "?") + f"lang={lang}"


async def in_one_language(visitor: Visitor, shown: Shown, lang: str) -> None:
    assert await visitor.page.locator("html").get_attribute("lang") == lang
    text = await visitor.page.locator("body").inner_text()
    words, foreign = (shown.vi, shown.en) if lang == "vi" else (shown.en, shown.vi)
    assert words in text
    assert foreign not in text


@every_page
@pytest.mark.parametrize(("theme", "width"), [("light", DESK), pytest.param("dark", PHONE, marks=pytest.mark.long)])
async def test_it_fits_and_everybody_can_read_it(
    visitors: Visitors, province: Province, shown: Shown, theme: Theme, width: int
) -> None:
    async with visitors.visit(
        shown.role, path_of(shown, province), service=shown.service, theme=theme, width=width
    ) as visitor:
        await visitor.page.locator(shown.there).first.wait_for()
        await visitor.screenshot(f"{shown.name}-{width}-{theme}-vi")
        await in_one_language(visitor, shown, "vi")
        assert await visitor.too_wide() == []
        assert await visitor.axe() == []
        assert visitor.wrong == []


@pytest.mark.long
@every_page_of_monitor
@pytest.mark.parametrize(("theme", "width"), [("dark", DESK), ("light", PHONE)])
async def test_it_fits_in_english_too(
    visitors: Visitors, province: Province, shown: Shown, theme: Theme, width: int
) -> None:
    async with visitors.visit(shown.role, path_of(shown, province, "en"), theme=theme, width=width) as visitor:
        await visitor.page.locator(shown.there).first.wait_for()
        if width == DESK:
            await visitor.screenshot(f"{shown.name}-{width}-{theme}-en")
        await in_one_language(visitor, shown, "en")
        assert await visitor.too_wide() == []
        assert visitor.wrong == []


@pytest.mark.long
@pytest.mark.parametrize("shown", [shown for shown in PAGES if shown.wall], ids=name_of)
async def test_it_fits_a_wall_without_scrolling(visitors: Visitors, province: Province, shown: Shown) -> None:
    async with visitors.visit(shown.role, path_of(shown, province), width=WALL, theme="dark") as visitor:
        await visitor.page.locator(shown.there).first.wait_for()
        await visitor.screenshot(f"{shown.name}-{WALL}-dark-vi")
        assert await visitor.too_wide() == []
        assert not await visitor.page.evaluate("document.documentElement.scrollHeight > innerHeight")


@pytest.mark.long
@every_page_once
async def test_the_keyboard_reaches_everything_and_a_click_changes_the_language_and_keeps_the_place(
    visitors: Visitors, province: Province, shown: Shown
) -> None:
    async with visitors.visit(shown.role, path_of(shown, province), service=shown.service) as visitor:
        await visitor.page.locator(shown.there).first.wait_for()
        walked = await visitor.walk()
        assert (walked["missed"], walked["dim"]) == ([], [])
        assert walked["reached"] >= 2

        before = visitor.page.url
        await visitor.page.locator("a.language").click()
        await visitor.page.wait_for_url(lambda url: "lang=en" in url)
        assert await visitor.page.locator("html").get_attribute("lang") == "en"
        assert shown.en in await visitor.page.locator("body").inner_text()
        assert visitor.page.url.replace("lang=en", "lang=vi") == before


@pytest.mark.long
@every_page_of_monitor
async def test_without_javascript_it_is_whole(visitors: Visitors, province: Province, shown: Shown) -> None:
    async with visitors.visit(shown.role, path_of(shown, province), service=shown.service, scripts=False) as visitor:
        assert await visitor.page.locator(shown.there).first.is_visible()
        assert await visitor.too_wide() == []


@pytest.mark.long
@every_page_of_monitor
async def test_its_first_visit_loads_at_most_100_kilobytes(
    visitors: Visitors, province: Province, shown: Shown
) -> None:
    async with visitors.visit(shown.role, "/health/live", service=shown.service) as visitor:
        loaded: list[Request] = []
        visitor.page.on("requestfinished", lambda request: loaded.append(request))
        await visitor.open(path_of(shown, province))
        await visitor.page.locator(shown.there).first.wait_for()
        sizes = {request.url: (await request.sizes())["responseBodySize"] for request in loaded}
        assert len(sizes) >= 2  # the page and its style at least
        assert sum(sizes.values()) <= 100_000, sizes
