"""The published procedures in a Chromium of their own: no database, nobody signed in, the policy of every page."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import uvicorn
from playwright.async_api import Browser, Request, async_playwright
from pypdfium2 import PdfDocument
from tests.unit.intake.published import Shown, published

from dossier_intake.catalogue.catalogue import Catalogue
from dossier_local.waiting import patience

from .visitor import SCREENSHOTS, Visitor, executable, launch

PATHS = ("/procedures", "/procedures?q=ket+hon&online=1", "/procedures/1.001193", "/procedures/1.115241?lang=en")
FIRST_LOAD = 100_000  # bytes of page, styles and scripts as they are sent, compressed


@pytest.fixture(scope="module")
async def address() -> AsyncIterator[str]:
    app = published(Shown(Catalogue.load_packaged()))
    server = uvicorn.Server(uvicorn.Config(app, port=0, lifespan="off", log_level="warning"))
    serving = asyncio.create_task(server.serve())
    while not server.started and not serving.done():
        await asyncio.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    await serving


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    executable()
    async with async_playwright() as playwright:
        made = await launch(playwright)
        yield made
        await made.close()


@asynccontextmanager
async def window(
    browser: Browser, address: str, width: int, height: int, *, scripts: bool = True
) -> AsyncIterator[Visitor]:
    context = await browser.new_context(
        viewport={"width": width, "height": height},
        java_script_enabled=scripts,
        locale="vi-VN",
        reduced_motion="reduce",
    )
    context.set_default_timeout(patience(15) * 1000)
    try:
        yield Visitor(await context.new_page(), address)
    finally:
        await context.close()


# 320 wide is 1280 at a zoom of 400 %.
@pytest.mark.parametrize(("width", "height"), [(360, 640), (320, 256)])
async def test_a_small_phone_and_a_fourfold_zoom_need_no_scrolling_aside(
    browser: Browser, address: str, width: int, height: int
) -> None:
    async with window(browser, address, width, height) as visitor:
        for number, path in enumerate(PATHS):
            await visitor.open(path)
            await visitor.screenshot(f"published-{number}-{width}")
            assert await visitor.too_wide() == [], path
            assert await visitor.axe() == [], path
            assert visitor.wrong == [], path


async def test_what_search_engines_read_breaks_no_policy(browser: Browser, address: str) -> None:
    """`application/ld+json` is data, which the policy does not meet; a script that is inline is stopped."""
    async with window(browser, address, 360, 640) as visitor:
        await visitor.page.add_init_script(
            "window.broken = []; addEventListener('securitypolicyviolation', (e) => window.broken.push(e.violatedDirective))"
        )
        await visitor.open("/procedures/1.001193")
        assert await visitor.page.evaluate(
            "JSON.parse(document.querySelector('[type=\"application/ld+json\"]').text)['@type']"
        )
        assert await visitor.page.evaluate("window.broken") == []
        await visitor.page.evaluate(
            "() => { const s = document.createElement('script'); s.text = 'window.ran = 1'; document.body.append(s); }"
        )
        await visitor.page.wait_for_function("window.broken.length")
        assert await visitor.page.evaluate("window.ran") is None


@pytest.mark.parametrize("path", PATHS)
async def test_the_first_load_is_small(browser: Browser, address: str, path: str) -> None:
    async with window(browser, address, 360, 640) as visitor:
        loaded: list[Request] = []
        visitor.page.on("requestfinished", lambda request: loaded.append(request))
        await visitor.open(path)
        sizes = {request.url: (await request.sizes())["responseBodySize"] for request in loaded}
        assert len(sizes) >= 4  # the page, two styles, the mark
        assert 0 < sum(sizes.values()) <= FIRST_LOAD, sizes


async def test_without_a_script_and_with_the_keyboard_one_finds_and_reads(browser: Browser, address: str) -> None:
    async with window(browser, address, 360, 640, scripts=False) as visitor:
        await visitor.open("/procedures")
        await visitor.page.locator("#q").focus()
        await visitor.page.keyboard.type("dang ky khai sinh")
        await visitor.page.keyboard.press("Enter")
        await visitor.page.wait_for_url("**/procedures?*q=dang*")
        first = visitor.page.locator(".found a").first
        await first.focus()
        await visitor.page.keyboard.press("Enter")
        await visitor.page.wait_for_url("**/procedures/1.001193*")
        assert await visitor.page.locator("h1").inner_text() == "Đăng ký khai sinh"


async def test_a_printed_page_is_whole(browser: Browser, address: str) -> None:
    async with window(browser, address, 1280, 800) as visitor:
        await visitor.open("/procedures/1.001193")
        await visitor.page.emulate_media(media="print")
        for there in ("h1", ".papers", ".doing", ".lines", ".offices", ".basis"):
            assert await visitor.page.locator(there).first.is_visible(), there
        assert not await visitor.page.locator("a.language").is_visible()
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        await visitor.page.pdf(path=SCREENSHOTS / "published.pdf", format="A4")
    with PdfDocument(SCREENSHOTS / "published.pdf") as printed:
        assert len(printed) <= 3
        assert "Đăng ký khai sinh" in printed[0].get_textpage().get_text_range()  # it begins on the first sheet
