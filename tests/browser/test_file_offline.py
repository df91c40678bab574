"""A filing without a line: kept on the device, read again after the browser was closed, sent once when the line is back."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.async_api import FilePayload, Page, Playwright, expect
from tests.component.desks import Desk
from tests.component.intake.test_file_online import AGENCY, CODE, DEMANDED, PERSON
from tests.component.intake.test_uploads_in_pieces import SCAN

from dossier_local.waiting import eventually, patience
from dossier_shared.http.auth import COOKIE

from .bad_line import BadLine
from .filings import PAPERS
from .listening import Place
from .test_file_online import MOTHER, begin, fill, only_dossier, paper, phone
from .visitor import Visitor, launch, launch_kept

pytestmark = pytest.mark.long
SLOW = patience(30) * 1000
DATABASE = """
  const done = (asked) => new Promise((resolve, reject) => {
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
  const there = async () => (await indexedDB.databases()).some((one) => one.name === "dossier.filing");
"""
STORED = f"""async () => {{ {DATABASE}
  if (!(await there())) return [];
  const db = await done(indexedDB.open("dossier.filing"));
  const all = [];
  for (const name of ["words", "pages", "papers", "queue"]) {{
    all.push(...(await done(db.transaction(name).objectStore(name).getAll())));
  }}
  db.close();
  const text = (value) => {{
    if (value instanceof ArrayBuffer) return new TextDecoder().decode(value);
    return value && typeof value === "object" ? Object.values(value).map(text).join(" ") : String(value);
  }};
  return all.map(text);
}}"""
READY = f"""async () => {{ {DATABASE}
  await navigator.serviceWorker.ready;
  for (;; await new Promise((resolve) => setTimeout(resolve, 50))) {{
    if (!navigator.serviceWorker.controller || !(await there())) continue;
    const db = await done(indexedDB.open("dossier.filing"));
    const pages = await done(db.transaction("pages").objectStore("pages").count());
    db.close();
    if (pages) return;
  }}
}}"""


@asynccontextmanager
async def owned(playwright: Playwright, folder: Path, base: str) -> AsyncIterator[Page]:
    """A phone that keeps what it has when its browser is closed: the same `folder` is the same phone."""
    async with launch_kept(playwright, folder, base) as context:
        context.set_default_timeout(patience(15) * 1000)
        cookie = {"name": COOKIE, "value": MOTHER, "url": base}
        await context.add_cookies([cookie])  # type: ignore[list-item]
        yield context.pages[0]


async def ready_for_no_line(page: Page) -> None:
    """The worker has all it needs, and the page is kept."""
    await page.evaluate(READY)


async def kept(page: Page, words: str) -> None:
    await expect(page.locator("#saving")).to_contain_text(words, timeout=SLOW)


async def choose(page: Page, code: str, n: int) -> None:
    await page.locator(f'input[name="file.{code}"]').first.set_input_files([paper(n)])


async def send_here(page: Page) -> None:
    await page.get_by_role("button", name="Tiếp tục").click()
    await expect(page.locator("#unsent-check")).to_be_visible(timeout=SLOW)
    await page.get_by_role("button", name="Nộp khi có mạng").click()
    await expect(page.locator("#unsent-wrong")).to_contain_text("cam đoan")
    await page.locator("#unsent-declared").check()
    await page.get_by_role("button", name="Nộp khi có mạng").click()
    await expect(page.locator("#waiting")).to_contain_text("đang chờ gửi")


async def test_filed_without_a_line_closed_and_opened_again_it_is_one_dossier(
    place: Place,
    line: BadLine,
    playwright: Playwright,
    tmp_path: Path,
) -> None:
    intake, _ = place
    async with owned(playwright, tmp_path, line.address) as page:
        visitor = Visitor(page, line.address)
        await begin(visitor)
        await ready_for_no_line(page)
        where = page.url
        line.cut()
        await page.locator("#applicant-address").fill("Khu phố 3")
        await kept(page, "giữ trên máy này")
    async with owned(playwright, tmp_path, line.address) as page:
        visitor = Visitor(page, line.address)
        await page.goto(where)
        await expect(page.locator("#applicant-address")).to_have_value("Khu phố 3")
        await fill(page)
        for n, code in enumerate(PAPERS):
            await choose(page, code, n)
        await expect(page.locator(".coming")).to_have_count(len(PAPERS))
        await page.reload()
        await expect(page.locator(".coming")).to_have_count(len(PAPERS))
        await page.get_by_role("button", name="Tiếp tục").click()
        await expect(page.locator("#unsent-answers")).to_contain_text("0912345678", timeout=SLOW)
        assert await visitor.axe() == []
        assert await visitor.too_wide() == []
        await visitor.screenshot("file-offline-check-360")
        await page.get_by_role("button", name="Sửa tiếp").click()
        await send_here(page)
        assert await visitor.axe() == []
        await visitor.screenshot("file-offline-waiting-360")
    assert await intake.runtime.dossiers.table.count_documents({}) == 0
    async with owned(playwright, tmp_path, line.address) as page:
        await page.goto(where)
        await expect(page.locator("#waiting")).to_contain_text("đang chờ gửi")
        second = await page.context.new_page()  # both want to send it
        await second.goto(where)
        line.mend()
        await page.evaluate("dispatchEvent(new Event('online'))")
        await second.evaluate("dispatchEvent(new Event('online'))")
        for one in (page, second):
            await one.wait_for_url("**/filed/*", timeout=SLOW)
        await expect(page.locator("main")).to_contain_text("Đã nộp hồ sơ")
    (filed,) = [one async for one in intake.runtime.dossiers.table.find({})]
    wanted = {code: sha256(paper(n)["buffer"]).hexdigest() for n, code in enumerate(PAPERS)}
    assert {one["code"]: one["id"] for one in filed["state"]["documents"]} == wanted
    assert filed["state"]["person"] == PERSON


async def test_what_is_kept_is_sealed_and_goes_when_one_signs_out(
    place: Place,
    line: BadLine,
    playwright: Playwright,
) -> None:
    browser = await launch(playwright)
    async with phone(browser, line.address) as visitor:
        page = visitor.page
        await begin(visitor)
        await ready_for_no_line(page)
        line.cut()
        await page.locator("#applicant-address").fill("Hẻm 7 mật")
        await choose(page, DEMANDED[0], 0)
        await kept(page, "giữ trên máy này")
        await expect(page.locator(".coming")).to_have_count(1)
        stored = " ".join(await page.evaluate(STORED))
        assert len(stored) > 1000
        assert not re.search(r"Hẻm 7|H\S+m 7|%PDF|applicant|0912|doctype", stored)
        line.mend()
        await page.locator("form.leaving button").click()
        await page.wait_for_url("**/signed-out*")
        assert await page.evaluate(STORED) == []
    await browser.close()


async def test_another_person_on_the_same_device_finds_nothing(
    place: Place, line: BadLine, playwright: Playwright
) -> None:
    browser = await launch(playwright)
    async with phone(browser, line.address) as visitor:
        page = visitor.page
        await begin(visitor)
        await ready_for_no_line(page)
        where = page.url
        line.cut()
        await page.locator("#applicant-address").fill("của người mẹ")
        await kept(page, "giữ trên máy này")
        line.mend()
        await page.context.clear_cookies()
        await page.context.add_cookies([{"name": COOKIE, "value": "khác|citizen|", "url": line.address}])
        await visitor.open(f"/file/{CODE}?agency={AGENCY}&lang=vi")
        await page.get_by_role("button", name="Bắt đầu khai").click()
        await page.wait_for_url("**/filing/*")
        assert await page.evaluate("waiting.ready"), "the device is theirs now"
        line.cut()
        await page.goto(where)
        await expect(page.locator("h1")).to_have_text("Đang không có mạng")
    await browser.close()


async def test_the_line_breaks_when_the_checked_answers_are_sent(
    place: Place, line: BadLine, playwright: Playwright
) -> None:
    intake: Desk = place[0]
    browser = await launch(playwright)
    async with phone(browser, line.address) as visitor:
        page = visitor.page
        await begin(visitor)
        await fill(page)
        for n, code in enumerate(DEMANDED):
            await choose(page, code, n)
        await page.get_by_role("button", name="Tiếp tục").click()
        await page.wait_for_url("**/check?*", timeout=SLOW)
        line.cut()
        await page.locator("#declared").check()
        await page.get_by_role("button", name="Nộp hồ sơ").click()
        await expect(page.locator("#waiting")).to_contain_text("đang chờ gửi")
        await expect(page.locator("#send")).to_be_hidden()
        line.mend()
        await visitor.open("/?lang=vi")  # their own home sends it, too
        await expect(page.locator(".mine .dossier-code")).to_have_count(1, timeout=SLOW)
    await browser.close()
    await only_dossier(intake)


@pytest.mark.parametrize(
    ("size", "orientation", "kept"), [((4000, 3000), 6, (1800, 2400)), ((10_000, 6_000), 1, (2400, 1440))]
)
async def test_a_photograph_travels_small_and_upright(
    place: Place,
    playwright: Playwright,
    size: tuple[int, int],
    orientation: int,
    kept: tuple[int, int],
) -> None:
    intake, base = place
    out, exif = BytesIO(), Image.Exif()
    exif[0x0112] = orientation
    Image.new("L", size, 200).save(out, "JPEG", exif=exif, quality=50)
    large: FilePayload = {"name": "Ảnh.jpeg", "mimeType": "image/jpeg", "buffer": out.getvalue()}
    browser = await launch(playwright)
    async with phone(browser, base) as visitor:
        page = visitor.page
        await begin(visitor)
        await page.locator(f'input[name="file.{DEMANDED[0]}"]').last.set_input_files([large])
        await expect(page.locator(".taken")).to_contain_text(["Ảnh.jpg"], timeout=patience(60) * 1000)
        value = await page.locator("input[name=kept]").input_value()
    await browser.close()
    content = await intake.runtime.files.get(value.split("|")[1])
    assert content is not None
    assert Image.open(BytesIO(content)).size == kept


async def test_a_large_file_goes_on_where_it_was_when_the_tab_was_closed(
    place: Place, line: BadLine, playwright: Playwright
) -> None:
    intake, _ = place
    uploads = intake.runtime.db["uploads.unfinished"]
    browser = await launch(playwright)
    async with phone(browser, line.address) as visitor:
        page = visitor.page
        await begin(visitor)
        await ready_for_no_line(page)
        line.rate = 4 << 20
        large: FilePayload = {"name": "Bản vẽ.pdf", "mimeType": "application/pdf", "buffer": SCAN}
        await page.locator(f'input[name="file.{DEMANDED[0]}"]').first.set_input_files([large])
        await eventually(lambda: uploads.count_documents({"offset": {"$gt": 4 << 20}}), within=60)
        line.cut()
        await page.reload()
        await expect(page.locator(".coming")).to_have_count(1)
        line.mend()
        await page.evaluate("dispatchEvent(new Event('online'))")
        await expect(page.locator("input[name=kept]")).to_have_count(1, timeout=patience(60) * 1000)
        value = await page.locator("input[name=kept]").input_value()
    await browser.close()
    assert value.split("|")[1] == sha256(SCAN).hexdigest()
    assert line.sent < 1.25 * len(SCAN)


async def test_a_browser_that_wakes_its_worker_sends_what_waits_when_every_page_is_closed(
    place: Place, line: BadLine, playwright: Playwright, tmp_path: Path
) -> None:
    intake: Desk = place[0]
    async with owned(playwright, tmp_path, line.address) as page:
        await begin(Visitor(page, line.address))
        await ready_for_no_line(page)
        line.cut()
        await fill(page)
        for n, code in enumerate(PAPERS):
            await choose(page, code, n)
        await send_here(page)
        blank = await page.context.new_page()
        await page.close()
        assert await intake.runtime.dossiers.table.count_documents({}) == 0
        line.mend()
        devtools = await page.context.new_cdp_session(blank)
        known = asyncio.Queue[str]()

        def seen(said: Any) -> None:
            for one in said["registrations"]:
                known.put_nowait(one["registrationId"])

        devtools.on("ServiceWorker.workerRegistrationUpdated", seen)
        await devtools.send("ServiceWorker.enable")
        woken = {"origin": line.address, "registrationId": await known.get(), "tag": "send", "lastChance": False}
        await devtools.send("ServiceWorker.dispatchSyncEvent", woken)
        await eventually(lambda: intake.runtime.dossiers.table.count_documents({}), within=60)
        (filed,) = [one async for one in intake.runtime.dossiers.table.find({})]
        assert [one["code"] for one in filed["state"]["documents"]] == list(PAPERS)
        await blank.goto(line.address + "/?lang=vi")
        await expect(blank.locator(".mine .dossier-code")).to_have_count(1)
        await expect(blank.locator("#waiting")).to_be_hidden()
