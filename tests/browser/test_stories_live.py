"""A dossier's page and the stream of events in somebody's window: what happens shows by itself; lists are filtered in place."""

from __future__ import annotations

from dataclasses import replace

import pytest
from playwright.async_api import expect

from .province import SUPERIOR, Province
from .visitor import Visitors


async def test_an_open_dossier_shows_its_next_step_by_itself(visitors: Visitors, province: Province) -> None:
    whole = next(story for story in province.later if story.steps and story.steps[0].action == "accept")
    province.later.remove(whole)
    await province.play([replace(whole, steps=[])])
    await province.settle()
    filed = next(ack for ack in province.acknowledged() if ack["key"].partition(":")[0] == whole.key and ack["code"])
    async with visitors.visit(SUPERIOR, f"/timelines/{filed['code']}") as visitor:
        await visitor.says("#state", "Tự cập nhật")
        entries = visitor.page.locator(".story li")
        before = await entries.count()
        await province.play([replace(whole, steps=whole.steps[:1])])
        await expect(entries.nth(before)).to_be_visible(timeout=5000)
        await visitor.says("#state", "Có diễn biến mới: Tiếp nhận, hẹn trả kết quả")
        assert await visitor.page.locator(".passages [aria-current]").count() == 1
        await visitor.page.locator("#why summary").click()
        assert await visitor.page.locator("#why li").count() > 0
        assert visitor.wrong == []
        await visitor.screenshot("timeline-live")


@pytest.mark.long
async def test_events_come_in_and_can_be_held_back(visitors: Visitors, province: Province) -> None:
    async with visitors.visit(SUPERIOR, "/stream") as visitor:
        await visitor.says("#state", "Trực tiếp")
        newest = visitor.page.locator("#lines li").first
        before = await newest.get_attribute("data-key")
        await province.file_one()
        await expect(newest).not_to_have_attribute("data-key", str(before))
        keys = await visitor.page.locator("#lines li").evaluate_all("all => all.map((one) => one.dataset.key)")
        assert len(set(keys)) == len(keys)
        await visitor.page.locator("#pause").click()
        await visitor.says("#state", "Đang tạm dừng")
        standing = await newest.get_attribute("data-key")
        await province.file_one()
        await expect(visitor.page.locator("#held")).to_be_visible()
        assert await newest.get_attribute("data-key") == standing
        await visitor.page.locator("#pause").click()
        await expect(newest).not_to_have_attribute("data-key", str(standing))
        assert visitor.wrong == []


@pytest.mark.long
async def test_a_list_is_filtered_in_place_and_its_address_says_how(visitors: Visitors, province: Province) -> None:
    async with visitors.visit(SUPERIOR, "/late") as visitor:
        rows = visitor.page.locator(".dossiers tbody tr")
        await visitor.page.evaluate("window.same = true")
        await visitor.page.locator('.tabs [data-how="late"]').click()
        await visitor.page.wait_for_url(lambda url: "how=late" in url)
        count = await visitor.number('.tabs [data-how="late"] strong')
        await expect(rows).to_have_count(min(count, 50))
        await visitor.page.get_by_label("Bước").select_option("appraisal")
        await visitor.page.wait_for_url(lambda url: "stage=appraisal" in url and "how=late" in url)
        assert await visitor.page.evaluate("window.same"), "no reload"
        await expect(visitor.page.get_by_label("Bước")).to_have_value("appraisal")
        left = await rows.count()
        assert 0 < left <= count
        await visitor.page.go_back()
        await expect(rows).to_have_count(min(count, 50))
        assert visitor.wrong == []
