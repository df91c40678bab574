"""From the list of procedures to the receipt with the keyboard alone: no finger, no mouse."""

from __future__ import annotations

from typing import Final

import pytest
from playwright.async_api import Browser, Page, expect
from tests.component.intake.test_file_online import DEMANDED, MOTHER

from dossier_local.waiting import patience

from .listening import Place, phone
from .test_file_online import by_keyboard, only_dossier, paper, tab_to

pytestmark = pytest.mark.long
POINTED: Final = """for (const one of ["pointerdown", "touchstart"])
  addEventListener(one, () => sessionStorage.setItem("pointed", one), true);"""


async def tab_into(page: Page, selector: str) -> None:
    for _ in range(300):
        if await page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        await page.keyboard.press("Tab")
    raise AssertionError(f"no key leads to {selector}")


async def enter(page: Page, selector: str, onward: str) -> None:
    await tab_into(page, selector)
    await page.keyboard.press("Enter")
    await page.wait_for_url(onward)


async def test_a_birth_is_found_filled_in_and_filed(place: Place, browser: Browser) -> None:
    intake, base = place
    async with phone(browser, base, MOTHER) as visitor:
        page = visitor.page
        await page.add_init_script(POINTED)
        await visitor.open("/procedures?lang=vi")
        await tab_to(page, "q")
        await page.keyboard.type("dang ky khai sinh")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/procedures?*q=dang*")
        await enter(page, ".found a", "**/procedures/1.001193*")
        await enter(page, ".start a", "**/file/1.001193*")
        await tab_to(page, "agency")
        await page.keyboard.press("ArrowDown")
        await enter(page, "form.sheet button", "**/filing/*")
        await by_keyboard(page)
        for n, code in enumerate(DEMANDED):
            await tab_into(page, f'input[name="file.{code}"]')
            async with page.expect_file_chooser() as chooser:
                await page.keyboard.press("Enter")
            await (await chooser.value).set_files([paper(n)])
            await expect(page.locator('input[name="kept"]')).to_have_count(n + 1, timeout=patience(30) * 1000)
        await enter(page, "#file", "**/check?*")
        await tab_to(page, "declared")
        await page.keyboard.press("Space")
        await enter(page, "#send .primary", "**/filed/*")
        await expect(page.locator("main")).to_contain_text("Đã nộp hồ sơ")
        assert await page.evaluate("sessionStorage.getItem('pointed')") is None
        assert visitor.wrong == []
    await only_dossier(intake)
