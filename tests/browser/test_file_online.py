"""A birth filed from home on a small phone, by keyboard, with scripts and without: one dossier, nothing typed twice."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256

import pytest
from playwright.async_api import Browser, FilePayload, Page, Route, expect
from tests.component.desks import Desk
from tests.component.intake.test_file_online import AGENCY, CODE, DEMANDED, EXAMPLE, NUMBER, PERSON, PROCEDURE
from tests.component.intake.test_uploads_in_pieces import SCAN
from tests.unit.intake.typed_forms import typed_of

from dossier_local.simulation.papers import scan
from dossier_local.waiting import patience
from dossier_shared.http.auth import COOKIE

from .listening import Place
from .visitor import Visitor

pytestmark = pytest.mark.long
OWN = {"applicant.name": "Nguyễn Thị Mai", "applicant.citizen_id": NUMBER, "applicant.phone": "0912345678",
       "applicant.address": "Khu phố 3"}  # fmt: skip
FIRST_LOAD = 100_000  # bytes of a page, its styles and its scripts, as they travel
LOADED = """() => performance.getEntriesByType("navigation").concat(performance.getEntriesByType("resource"))
  .reduce((all, one) => all + one.transferSize, 0)"""
MOTHER = f"m|citizen||{PERSON}"


@asynccontextmanager
async def phone(browser: Browser, base: str, *, scripts: bool = True) -> AsyncIterator[Visitor]:
    context = await browser.new_context(
        base_url=base, viewport={"width": 360, "height": 640}, is_mobile=True, has_touch=True, java_script_enabled=scripts,
        reduced_motion="reduce", locale="vi-VN",
    )  # fmt: skip
    context.set_default_timeout(patience(15) * 1000)
    await context.add_cookies([{"name": COOKIE, "value": MOTHER, "url": base}])
    yield Visitor(await context.new_page(), base)
    await context.close()


def paper(n: int) -> FilePayload:
    return {"name": f"Ảnh {n}.pdf", "mimeType": "application/pdf", "buffer": scan(f"paper {n}", n)}


async def begin(visitor: Visitor) -> None:
    await visitor.open(f"/file/{CODE}?lang=vi")
    await visitor.page.locator("#agency").select_option(AGENCY)
    await visitor.page.get_by_role("button", name="Bắt đầu khai").click()
    await visitor.page.wait_for_url("**/filing/*")


def fields() -> dict[str, list[str]]:
    assert PROCEDURE.form is not None
    return typed_of(PROCEDURE.form, EXAMPLE)


async def fill(page: Page) -> None:
    for name, (value, *_) in {**{name: [value] for name, value in OWN.items()}, **fields()}.items():
        field = page.locator(f'[name="{name}"]').first
        if await field.get_attribute("type") == "radio":
            await page.locator(f'[name="{name}"][value="{value}"]').check()
        elif await field.evaluate("field => field.tagName") == "SELECT":
            await field.select_option(value)
        else:
            await field.fill(value)


async def tab_to(page: Page, name: str) -> None:
    """By its name or its id."""
    for _ in range(300):
        if name in await page.evaluate("[document.activeElement.name, document.activeElement.id]"):
            return
        await page.keyboard.press("Tab")
    raise AssertionError(f"no key leads to {name}")


async def by_keyboard(page: Page) -> None:
    for name, (value, *_) in {**{name: [value] for name, value in OWN.items()}, **fields()}.items():
        await tab_to(page, name)
        kind = await page.evaluate("document.activeElement.type")
        if kind == "radio":
            for _ in range(4):
                if await page.evaluate("document.activeElement.value") == value:
                    break
                await page.keyboard.press("ArrowDown")
            await page.keyboard.press("Space")
        elif kind == "select-one":
            for _ in range(10):
                if await page.evaluate("document.activeElement.value") == value:
                    break
                await page.keyboard.press("ArrowDown")
        else:
            await page.keyboard.press("Control+A")
            await page.keyboard.insert_text(value)


async def only_dossier(intake: Desk) -> None:
    (filed,) = [one async for one in intake.runtime.dossiers.table.find({})]
    assert filed["state"]["person"] == PERSON
    assert sorted(one["code"] for one in filed["state"]["documents"]) == sorted(DEMANDED)
    assert filed["state"]["applicant"]["phone"] == "+84912345678"


async def good(visitor: Visitor, name: str) -> None:
    assert await visitor.axe() == [], name
    assert await visitor.too_wide() == [], name
    await visitor.screenshot(f"file-online-{name}-360")


async def test_without_a_script(place: Place, browser: Browser) -> None:
    intake, base = place
    async with phone(browser, base, scripts=False) as visitor:
        page = visitor.page
        await begin(visitor)
        await page.get_by_role("button", name="Tiếp tục").click()
        await expect(page.locator("#wrong")).to_contain_text("chỗ cần sửa")
        await fill(page)
        for n, code in enumerate(DEMANDED):
            await page.locator(f'input[name="file.{code}"]').first.set_input_files([paper(n)])
        await page.get_by_role("button", name="Tiếp tục").click()
        await expect(page.locator("h1")).to_have_text("Xem lại trước khi nộp")
        await page.get_by_role("link", name=re.compile("Sửa.*Điện thoại")).click()
        await expect(page.locator("#applicant-phone")).to_have_value("0912345678")
        await page.get_by_role("button", name="Tiếp tục").click()
        await page.locator("#declared").check()
        await page.get_by_role("button", name="Nộp hồ sơ").click()
        await expect(page.locator("main")).to_contain_text("Đã nộp hồ sơ")
        receipt = page.url
        await page.reload()
        await page.go_back()
        await expect(page.locator("main")).to_contain_text("Đã nộp hồ sơ")
        assert page.url == receipt
    await only_dossier(intake)


async def test_by_keyboard_with_scripts_and_every_page_is_good(place: Place, browser: Browser) -> None:
    intake, base = place
    async with phone(browser, base) as visitor:
        page = visitor.page
        await visitor.open(f"/file/{CODE}?lang=vi")
        await good(visitor, "start")
        await begin(visitor)
        assert await page.evaluate(LOADED) <= FIRST_LOAD
        await good(visitor, "sheet")
        walked = await visitor.walk()
        assert (walked["missed"], walked["dim"]) == ([], [])
        await page.reload()
        await by_keyboard(page)
        for n, code in enumerate(DEMANDED):
            await page.locator(f'input[name="file.{code}"]').first.set_input_files([paper(n)])
            await expect(page.locator('input[name="kept"]')).to_have_count(n + 1)
        await expect(page.locator("#saving")).to_contain_text("Đã tự lưu", timeout=patience(15) * 1000)
        await tab_to(page, "file")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/check?*")
        await good(visitor, "check")
        await tab_to(page, "declared")
        await page.keyboard.press("Space")
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/filed/*")
        await good(visitor, "filed")
        assert visitor.wrong == []
        await page.go_back()
        await expect(page.locator("main")).to_contain_text("Đã nộp hồ sơ")
        await visitor.open("/?lang=vi")
        assert await page.locator(".mine").count() == 1
    await only_dossier(intake)


async def test_a_tab_that_is_closed_a_line_that_is_down_and_another_device(place: Place, browser: Browser) -> None:
    _, base = place
    async with phone(browser, base) as visitor, phone(browser, base) as other:
        page = visitor.page
        await begin(visitor)
        down = True

        async def cut(route: Route) -> None:
            await (route.abort("connectionreset") if down else route.continue_())

        await page.route(re.compile("/drafts/"), cut)
        await page.locator("#applicant-address").fill("Khu phố 3, gõ khi mất mạng")
        await expect(page.locator("#saving")).to_contain_text("mất kết nối")
        down = False
        await page.locator("#applicant-phone").fill("0912345678")
        await expect(page.locator("#saving")).to_contain_text("Đã tự lưu", timeout=patience(30) * 1000)
        await other.open("/?lang=vi")
        await good(other, "home")
        await other.page.get_by_role("link", name=re.compile("Khai tiếp")).click()
        await expect(other.page.locator("#applicant-address")).to_have_value("Khu phố 3, gõ khi mất mạng")
        await other.page.locator("#applicant-phone").fill("0987654321")
        await expect(other.page.locator("#saving")).to_contain_text("Đã tự lưu")
        await page.locator("#applicant-phone").fill("0911222333")
        await expect(page.locator("#saving")).to_contain_text("tab hoặc thiết bị khác")
        await page.get_by_role("button", name="Lưu, khai tiếp sau").click()
        await expect(page.locator("#moved")).to_contain_text("0987654321")
        await expect(page.locator("#applicant-phone")).to_have_value("0911222333")
        await good(visitor, "moved")
        await page.get_by_role("button", name="Giữ nội dung ở đây").click()
        await expect(page.locator("#said")).to_contain_text("Đã lưu")
        await page.reload()
        await expect(page.locator("#applicant-phone")).to_have_value("0911222333")


async def test_a_large_file_goes_in_pieces_and_on_where_the_line_broke(place: Place, browser: Browser) -> None:
    intake, base = place
    async with phone(browser, base) as visitor:
        page, pieces = visitor.page, 0
        await begin(visitor)

        async def broken_once(route: Route) -> None:
            nonlocal pieces
            piece = route.request.method == "PATCH"
            pieces += piece
            await (route.abort("connectionreset") if piece and pieces == 2 else route.continue_())

        await page.route(re.compile("/api/v1/uploads/"), broken_once)
        large: FilePayload = {"name": "Bản vẽ.pdf", "mimeType": "application/pdf", "buffer": SCAN}
        await page.locator(f'input[name="file.{DEMANDED[0]}"]').first.set_input_files([large])
        await expect(page.locator(".taken")).to_contain_text(["Bản vẽ.pdf"], timeout=patience(60) * 1000)
        await expect(page.locator("#saving")).to_contain_text("Đã tự lưu", timeout=patience(15) * 1000)
        assert pieces > len(SCAN) / (2 << 20)
        await page.reload()
        await expect(page.locator(".taken a")).to_have_text("Bản vẽ.pdf")
        assert [one["files"] async for one in intake.runtime.db["drafts"].find({})] == [[sha256(SCAN).hexdigest()]]


async def test_what_was_typed_when_the_session_ended_is_there_after_signing_in(place: Place, browser: Browser) -> None:
    _, base = place
    async with phone(browser, base) as visitor:
        page = visitor.page
        await begin(visitor)
        where = page.url
        await page.context.clear_cookies()
        await page.locator("#applicant-address").fill("gõ khi phiên đã hết")
        await expect(page.locator("#saving")).to_contain_text("Phiên đăng nhập đã hết")
        await page.context.add_cookies([{"name": COOKIE, "value": MOTHER, "url": base}])
        await page.goto(where)
        await expect(page.locator("#saving")).to_contain_text("Đã tự lưu")
        await expect(page.locator("#applicant-address")).to_have_value("gõ khi phiên đã hết")
        await expect(page.locator("#before")).to_be_hidden()
