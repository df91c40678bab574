"""What somebody typed survives what happens to tabs, browsers, clocks, answers and the service."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from playwright.async_api import Page, Playwright, expect
from pymongo import AsyncMongoClient
from tests.component.intake.test_file_online import DEMANDED

from dossier_local.stack import Stack
from dossier_local.waiting import eventually

from .bad_line import BadLine, bad_line
from .filings import PAPERS
from .intake_alone import alone
from .listening import Place
from .test_file_offline import SLOW, choose, kept, owned, ready_for_no_line, send_here
from .test_file_online import begin, fill, paper
from .visitor import Visitor, executable

pytestmark = pytest.mark.long
ELSEWHERE = "tab hoặc thiết bị khác"


async def back(page: Page, line: BadLine) -> None:
    line.mend()
    await page.evaluate("dispatchEvent(new Event('online'))")


@pytest.mark.parametrize("stored", [False, True], ids=["before it is stored", "after it is stored"])
async def test_the_service_is_killed_in_the_middle_of_a_save_and_then_the_tab(
    stored: bool, stack: Stack, playwright: Playwright, tmp_path: Path
) -> None:
    executable()
    database = f"intake-{uuid4().hex}"
    client: AsyncMongoClient[dict[str, object]] = AsyncMongoClient(stack.mongodb)
    drafts = client[database]["drafts"]
    async with alone(stack, database) as intake, bad_line(f"http://127.0.0.1:{intake.port}", 1) as line:
        async with owned(playwright, tmp_path, line.address) as page:
            await begin(Visitor(page, line.address))
            await ready_for_no_line(page)
            where, path = page.url, "POST " + urlsplit(page.url).path.replace("/filing/", "/drafts/")
            await choose(page, DEMANDED[0], 0)
            await kept(page, "Đã tự lưu")
            (before,) = [one async for one in drafts.find({})]
            line.log.clear()
            if stored:
                line.mute = True
            else:
                intake.pause()
            await page.locator("#applicant-address").fill("Khu phố 3, lúc máy chủ dừng")
            await eventually(lambda: any(path in one for one in line.log))
            if stored:
                await eventually(lambda: drafts.count_documents({"revision": {"$gt": before["revision"]}}))
            await intake.kill()
            await kept(page, "giữ trên máy này")
            second = await page.context.new_page()
            await page.close()
            await second.goto(where)
            await expect(second.locator("#applicant-address")).to_have_value(
                "Khu phố 3, lúc máy chủ dừng", timeout=SLOW
            )
            line.mute = False
            await intake.start()
            line.target = ("127.0.0.1", intake.port)
            await second.locator("#applicant-phone").fill("0912345678")
            await kept(second, "Đã tự lưu")
        async with owned(playwright, tmp_path / "another phone", line.address) as page:
            await page.goto(where)
            await expect(page.locator("#applicant-address")).to_have_value("Khu phố 3, lúc máy chủ dừng")
            await expect(page.locator("#applicant-phone")).to_have_value("0912345678")
            await expect(page.locator(".taken a")).to_have_text("Ảnh 0.pdf")
    await client.drop_database(database)
    await client.close()


@pytest.mark.parametrize("again", [False, True], ids=["typing on", "loaded again"])
async def test_a_save_whose_answer_was_lost_is_no_other_device_s(
    again: bool, place: Place, line: BadLine, playwright: Playwright, tmp_path: Path
) -> None:
    drafts = place[0].runtime.db["drafts"]
    async with owned(playwright, tmp_path, line.address) as page:
        await begin(Visitor(page, line.address))
        await ready_for_no_line(page)
        line.mute = True
        await page.locator("#applicant-address").fill("Khu phố 3")
        await eventually(lambda: drafts.count_documents({"revision": 2}))
        line.cut()
        await kept(page, "giữ trên máy này")
        await page.locator("#applicant-address").fill("Khu phố 3, tổ 7")
        await expect(page.locator("#saving")).to_contain_text("giữ trên máy này")
        line.mute = False
        line.mend()
        if again:
            await page.reload()
            await expect(page.locator("#applicant-address")).to_have_value("Khu phố 3, tổ 7")
            await expect(page.locator("#before")).to_be_hidden()
        else:
            await page.evaluate("dispatchEvent(new Event('online'))")
        await kept(page, "Đã tự lưu")
        await eventually(lambda: drafts.count_documents({"revision": 3}))


async def test_two_tabs_without_a_line_keep_both_and_the_difference_is_told(
    place: Place, line: BadLine, playwright: Playwright, tmp_path: Path
) -> None:
    async with owned(playwright, tmp_path, line.address) as page:
        await begin(Visitor(page, line.address))
        await ready_for_no_line(page)
        second = await page.context.new_page()
        await second.goto(page.url)
        await expect(second.locator("#sheet")).to_be_visible()
        line.cut()
        await page.locator("#applicant-phone").fill("0911111111")
        await kept(page, "giữ trên máy này")
        await second.locator("#applicant-phone").fill("0922222222")
        await kept(second, "giữ trên máy này")
        await page.reload()
        await expect(page.locator("#applicant-phone")).to_have_value("0911111111", timeout=SLOW)
        await back(page, line)
        await kept(page, "Đã tự lưu")
        await second.evaluate("dispatchEvent(new Event('online'))")
        await kept(second, ELSEWHERE)
        await expect(second.locator("#applicant-phone")).to_have_value("0922222222")
        await second.get_by_role("button", name="Lưu, khai tiếp sau").click()
        await expect(second.locator("#moved")).to_contain_text("0911111111")
        await expect(second.locator("#applicant-phone")).to_have_value("0922222222")


async def test_two_tabs_closed_without_a_line_are_both_found_again(
    place: Place, line: BadLine, playwright: Playwright, tmp_path: Path
) -> None:
    async with owned(playwright, tmp_path, line.address) as page:
        await begin(Visitor(page, line.address))
        await ready_for_no_line(page)
        where = page.url
        second = await page.context.new_page()
        await second.goto(where)
        await expect(second.locator("#sheet")).to_be_visible()
        line.cut()
        for one, phone in ((page, "0911111111"), (second, "0922222222")):
            await one.locator("#applicant-phone").fill(phone)
            await kept(one, "giữ trên máy này")
    line.mend()
    async with owned(playwright, tmp_path, line.address) as page:
        await page.goto(where)
        await expect(page.locator("#applicant-phone")).to_have_value("0922222222")
        await kept(page, "Đã tự lưu")
        await page.reload()
        await page.get_by_role("button", name="Lấy lại").click()
        await expect(page.locator("#moved")).to_contain_text("0922222222")
        await expect(page.locator("#applicant-phone")).to_have_value("0911111111")


async def test_a_phone_whose_clock_is_two_days_off_files_without_a_line_all_the_same(
    place: Place, line: BadLine, playwright: Playwright, tmp_path: Path
) -> None:
    """Ahead while it is typed, behind while it waits, and behind when it is sent."""
    intake, now = place[0], datetime.now(UTC)
    async with owned(playwright, tmp_path, line.address) as page:
        await page.context.clock.set_system_time(now + timedelta(days=2))
        await begin(Visitor(page, line.address))
        await ready_for_no_line(page)
        where = page.url
        line.cut()
        await fill(page)
        for n, code in enumerate(PAPERS):
            await choose(page, code, n)
        await expect(page.locator(".coming")).to_have_count(len(PAPERS))
        await kept(page, "giữ trên máy này")
    async with owned(playwright, tmp_path, line.address) as page:
        await page.context.clock.set_system_time(now - timedelta(days=2))
        await page.goto(where)
        await expect(page.locator(".coming")).to_have_count(len(PAPERS))
        assert await page.evaluate("Date.now()") < (now - timedelta(days=1)).timestamp() * 1000
        await send_here(page)
        await back(page, line)
        await page.wait_for_url("**/filed/*", timeout=SLOW)
    (filed,) = [one["state"] async for one in intake.runtime.dossiers.table.find({})]
    wanted = {code: sha256(paper(n)["buffer"]).hexdigest() for n, code in enumerate(PAPERS)}
    assert {one["code"]: one["id"] for one in filed["documents"]} == wanted
    assert abs(datetime.fromisoformat(filed["submitted_at"]) - now) < timedelta(days=1), "the service's own clock"
