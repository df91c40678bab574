"""A post office files from a phone with the code that the provider has sent; the person reads who it was, and ends it."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, Page, async_playwright, expect
from tests.component.intake.papers import PROCEDURE, agency_of, filing
from tests.unit.intake.typed_forms import typed_of

from dossier_intake.catalogue.catalogue import Catalogue
from dossier_local.stack import Stack
from dossier_local.waiting import eventually, patience
from dossier_shared.http.auth import COOKIE

from .visitor import Visitor, executable, launch

pytestmark = pytest.mark.long

NUMBER = "075090123456"
HELPER = {"sub": "buu-dien", "name": "Bưu điện Phước Long", "roles": ["agent"], "ttl": 3600}
PERSON = {"sub": "person", "name": "Nguyễn Văn An", "roles": ["citizen"], "citizen_id": NUMBER, "ttl": 3600}
THEIRS = {"applicant.name": "Nguyễn Văn An", "applicant.citizen_id": NUMBER, "applicant.phone": "0912345678",
          "applicant.address": "Khu phố 3"}  # fmt: skip


async def token(http: httpx.AsyncClient, stack: Stack, who: dict[str, Any]) -> str:
    return str((await http.post(f"{stack.url('identity')}/token", json=who)).json()["access_token"])


async def phone(browser: Browser, base: str, session: str) -> Page:
    context = await browser.new_context(base_url=base, viewport={"width": 360, "height": 640}, reduced_motion="reduce")
    context.set_default_timeout(patience(15) * 1000)
    await context.add_cookies([{"name": COOKIE, "value": session, "url": base}])
    return await context.new_page()


async def fill(page: Page) -> None:
    form = Catalogue.load_packaged().procedure(PROCEDURE).form
    assert form is not None
    typed = typed_of(form, filing()["form"])
    for name, value in {**THEIRS, **{name: given for name, (given, *_) in typed.items()}}.items():
        field = page.locator(f'[name="{name}"]').first
        if await field.get_attribute("type") == "radio":
            await page.locator(f'[name="{name}"][value="{value}"]').check()
        elif await field.evaluate("field => field.tagName") == "SELECT":
            await field.select_option(value)
        else:
            await field.fill(value)


async def good(page: Page, base: str, name: str) -> None:
    visitor = Visitor(page, base)
    assert await visitor.axe() == [], name
    assert await visitor.too_wide() == [], name
    await visitor.screenshot(f"for-another-{name}-360")


async def test_from_the_code_on_their_phone_to_its_end(new_stack: Callable[..., Awaitable[Stack]]) -> None:
    executable()
    stack = await new_stack()
    await stack.start("identity", "provider")
    await stack.start("intake", "notify")
    base = stack.url("intake")
    async with httpx.AsyncClient(timeout=60, trust_env=False) as http, async_playwright() as playwright:
        browser = await launch(playwright)
        helper, person = [await token(http, stack, who) for who in (HELPER, PERSON)]
        page = await phone(browser, base, helper)

        async def found(kind: str) -> str | None:
            lines = (await http.get(f"{stack.url('provider')}/v1/ledger")).text.splitlines()
            texts = [entry["text"] for entry in map(json.loads, lines) if kind in entry["reference"]]
            return texts[-1] if texts else None

        async def message(kind: str) -> str:
            return str(await eventually(lambda: found(kind), within=60))

        await page.goto(f"/file/{PROCEDURE}?agency={agency_of()}&lang=vi")
        await good(page, base, "begin")
        await page.get_by_role("button", name="Bắt đầu khai").click()
        await page.wait_for_url("**/filing/*")
        await expect(page.locator("#who")).to_have_text("Người được nộp thay")
        await fill(page)
        await page.get_by_role("button", name="Tiếp tục").click()
        await expect(page.locator("#consent")).to_be_visible()
        await good(page, base, "ask")
        await page.get_by_role("button", name="Gửi mã").click()
        text = await message("consent:")
        assert "Buu dien Phuoc Long" in text
        await page.locator("#consent-code").fill(text[:6])
        await good(page, base, "code")
        await page.locator("#declared").check()
        await page.get_by_role("button", name="Nộp hồ sơ").click()
        await expect(page.locator("main")).to_contain_text("Đã nộp hồ sơ")
        receipt = page.url
        code = await page.locator("h1").inner_text()
        assert code in await message(":helped")

        home = await phone(browser, base, person)
        await home.goto("/?lang=vi")
        await expect(home.locator(".consent")).to_contain_text("Bưu điện Phước Long")
        await good(home, base, "home")
        await home.get_by_role("button", name="Rút lại sự đồng ý").click()
        await expect(home.locator(".consent form")).to_have_count(0)

        gone = await page.goto(receipt)
        assert gone is not None
        assert gone.status == 404
        await page.goto("/helping?lang=vi")
        await expect(page.locator("#filed")).to_be_visible()
        assert code not in await page.locator("main").inner_text()
        await browser.close()
