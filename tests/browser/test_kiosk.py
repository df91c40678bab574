"""A machine that many people use, in a real browser: what a person leaves on it who finishes, or walks away."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, FilePayload, Page, expect
from tests.component.intake.test_card_code import ADDRESS, BANK, photo_of
from tests.component.intake.test_file_online import NUMBER
from tests.unit.intake.test_identity_card import CARD

from dossier_local.waiting import eventually, patience
from dossier_shared.http.auth import COOKIE

from .listening import Place
from .test_file_online import MOTHER, begin, fill
from .test_file_online import phone as a_phone
from .visitor import Visitor

pytestmark = pytest.mark.long
WORDS = "bưu điện 12"
LEFT = """async () => ({
  databases: (await indexedDB.databases()).map((one) => one.name),
  local: { ...localStorage },
  session: { ...sessionStorage },
  caches: await caches.keys(),
  workers: (await navigator.serviceWorker.getRegistrations()).length,
})"""
NOTHING: dict[str, Any] = {"databases": [], "local": {}, "session": {}, "caches": [], "workers": 0}


@asynccontextmanager
async def hall(browser: Browser, base: str, *, scripts: bool = True, dark: bool = False) -> AsyncIterator[Visitor]:
    """A machine that is one already."""
    context = await browser.new_context(
        base_url=base, viewport={"width": 360, "height": 640}, java_script_enabled=scripts, reduced_motion="reduce",
        locale="vi-VN", color_scheme="dark" if dark else "light",
    )  # fmt: skip
    context.set_default_timeout(patience(15) * 1000)
    visitor = Visitor(await context.new_page(), base)
    await visitor.open("/kiosk")
    await visitor.screenshot("kiosk-set-up-360")
    await visitor.page.locator("#code").fill(WORDS)
    await visitor.page.get_by_role("button", name="Bật chế độ dùng chung").click()
    await expect(visitor.page.locator("h1")).to_have_text("Bắt đầu tại đây")
    yield visitor
    await context.close()


async def sign_in(context: BrowserContext, base: str) -> None:
    await context.add_cookies([{"name": COOKIE, "value": MOTHER, "url": base}])


async def signed_out(page: Page) -> None:
    """At the beginning, whoever it was."""
    await expect(page.locator("h1")).to_have_text("Bắt đầu tại đây", timeout=patience(30) * 1000)
    assert COOKIE not in {one.get("name") for one in await page.context.cookies()}


async def nothing_is_there(page: Page) -> None:
    """A browser throws away a database a moment after it was told to."""

    async def gone() -> bool:
        return bool(await page.evaluate(LEFT) == NOTHING)

    await eventually(gone)


async def back_shows_nothing(page: Page, *words: str) -> None:
    for _ in range(4):
        await page.go_back(wait_until="load")
        text = await page.locator("html").inner_html()
        assert [one for one in words if one in text] == [], page.url


async def test_who_finishes_leaves_nothing(place: Place, browser: Browser) -> None:
    intake, base = place
    async with hall(browser, base) as visitor:
        page = visitor.page
        assert await visitor.axe() == []
        assert await visitor.too_wide() == []
        await visitor.screenshot("kiosk-start-360")
        await sign_in(page.context, base)
        await begin(visitor)
        await fill(page)
        await expect(page.locator("#saving")).to_contain_text("Đã tự lưu", timeout=patience(30) * 1000)
        await nothing_is_there(page)
        assert await page.locator("#applicant-name").get_attribute("autocomplete") == "off"
        assert await visitor.axe() == []
        assert await visitor.too_wide() == []
        await visitor.screenshot("kiosk-sheet-360")
        await page.get_by_role("button", name="Xong và xoá").first.focus()
        await page.keyboard.press("Enter")
        await signed_out(page)
        await expect(page.locator(".message")).to_contain_text("xoá khỏi máy này")
        await nothing_is_there(page)
        await back_shows_nothing(page, "Nguyễn Thị Mai", "0912345678", NUMBER, "Khu phố 3")
        await nothing_is_there(page)
        assert await intake.runtime.db["drafts"].count_documents({}) == 1, "the draft is the person's own"


async def test_what_was_kept_before_it_became_one_goes(place: Place, browser: Browser) -> None:
    _, base = place
    async with a_phone(browser, base) as visitor:
        page = visitor.page
        await begin(visitor)
        await page.locator("#applicant-address").fill("Khu phố 3")
        await expect(page.locator("#saving")).to_contain_text("Đã tự lưu", timeout=patience(30) * 1000)
        await page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        assert "dossier.filing" in (await page.evaluate(LEFT))["databases"]
        await visitor.open("/kiosk")
        await page.locator("#code").fill(WORDS)
        await page.get_by_role("button", name="Bật chế độ dùng chung").click()
        await signed_out(page)
        await nothing_is_there(page)


async def left_alone_for(page: Page, idle: int, warning: int) -> None:
    """Seconds, instead of the minutes that the page says."""
    await page.add_init_script(f"""new MutationObserver(() => {{
      const bar = document.getElementById("kiosk");
      if (bar) Object.assign(bar.dataset, {{ idle: {idle}, warning: {warning} }});
    }}).observe(document, {{ childList: true, subtree: true }});""")


async def test_who_walks_away_is_asked_and_any_of_two_keys_is_an_answer(place: Place, browser: Browser) -> None:
    _, base = place
    async with hall(browser, base, dark=True) as visitor:
        page, warning = visitor.page, visitor.page.get_by_role("alertdialog")
        await sign_in(page.context, base)
        await left_alone_for(page, 605, 600)
        await begin(visitor)
        await expect(warning).to_be_visible(timeout=patience(30) * 1000)
        await expect(page.get_by_role("button", name="Tôi còn ở đây")).to_be_focused()
        await expect(page.locator("#kiosk-left")).to_have_text(re.compile("5[0-9][0-9]|600"))
        assert await visitor.axe() == []
        await visitor.screenshot("kiosk-warning-360-dark")
        for key in ("Space", "Escape"):
            await expect(warning).to_be_visible(timeout=patience(30) * 1000)
            await page.keyboard.press(key)
            await expect(warning).not_to_be_visible()
        await expect(page.locator("#sheet")).to_be_visible()


async def test_who_does_not_come_back_is_gone_from_every_window(place: Place, browser: Browser) -> None:
    _, base = place
    async with hall(browser, base) as visitor:
        page = visitor.page
        await sign_in(page.context, base)
        await begin(visitor)
        await page.locator("#applicant-address").fill("Khu phố 3")
        await expect(page.locator("#saving")).to_contain_text("Đã tự lưu", timeout=patience(30) * 1000)
        other = await page.context.new_page()
        await left_alone_for(other, 6, 3)
        await other.goto(page.url)
        await signed_out(other)
        await signed_out(page)
        await nothing_is_there(page)
        await back_shows_nothing(page, "Nguyễn Thị Mai", "Khu phố 3")
        await back_shows_nothing(other, "Nguyễn Thị Mai", "Khu phố 3")


async def test_without_a_script_it_asks_by_itself_and_clears(place: Place, browser: Browser) -> None:
    _, base = place
    async with hall(browser, base, scripts=False) as visitor:
        page = visitor.page
        await sign_in(page.context, base)
        await begin(visitor)
        told = page.locator('head meta[http-equiv="refresh"]')
        assert (await told.get_attribute("content") or "").startswith("300;url=/kiosk/still?")
        onward = (await told.get_attribute("content") or "").partition("url=")[2]
        await visitor.open(onward)
        assert await visitor.too_wide() == []
        await visitor.screenshot("kiosk-still-360")
        told = page.locator('head meta[http-equiv="refresh"]')
        assert await told.get_attribute("content") == "60;url=/kiosk/finish?lang=vi"
        await page.get_by_role("link", name="Tôi còn ở đây").click()
        await expect(page.locator("#sheet")).to_be_visible()
        await page.get_by_role("button", name="Xong và xoá").click()
        await signed_out(page)
        await back_shows_nothing(page, "Nguyễn Thị Mai")


def card(text: str) -> FilePayload:
    return {"name": "thẻ.jpg", "mimeType": "image/jpeg", "buffer": photo_of(text)}


async def test_a_card_is_read_from_a_photo(place: Place, browser: Browser) -> None:
    _, base = place
    async with a_phone(browser, base) as visitor:
        page = visitor.page
        await begin(visitor)
        await page.locator("#card-photo").set_input_files([card(BANK)])
        await page.get_by_role("button", name="Đọc mã QR").click()
        await expect(page.locator("#card-wrong")).to_contain_text("không phải mã trên thẻ căn cước")
        await expect(page.locator("#card")).to_be_focused()
        await page.locator("#card-photo").set_input_files([card(CARD)])
        await page.get_by_role("button", name="Đọc mã QR").click()
        await expect(page.locator(".card-read")).to_contain_text(ADDRESS)
        await expect(page.locator("#applicant-address")).to_have_value("")
        assert await visitor.axe() == []
        assert await visitor.too_wide() == []
        await visitor.screenshot("card-read-360")
        await page.get_by_role("button", name="Điền vào tờ khai").focus()
        await page.keyboard.press("Enter")
        await expect(page.locator("#applicant-address")).to_have_value(ADDRESS)
        await expect(page.locator("#applicant-citizen_id")).to_have_value(NUMBER)
        assert await visitor.axe() == []
        assert visitor.wrong == []
