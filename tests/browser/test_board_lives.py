"""The board in somebody's window: it moves without a reload, and says so when it cannot."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from playwright.async_api import expect

from .province import SUPERIOR, Province
from .visitor import WALL, Visitor, Visitors

FILED = "[data-t=filed] [data-v]"


@asynccontextmanager
async def watching(visitors: Visitors) -> AsyncIterator[tuple[Visitor, int]]:
    """The board, live, with how many were filed."""
    async with visitors.visit(SUPERIOR, "/") as visitor:
        await visitor.says("#state", "Trực tiếp")
        await visitor.remember(FILED)
        yield visitor, await visitor.number(FILED)


async def test_a_filing_shows_without_a_reload(visitors: Visitors, province: Province) -> None:
    async with watching(visitors) as (visitor, before):
        agency = (await province.file_one()).agency
        await visitor.says(FILED, str(before + 1))
        assert await visitor.remembered() == [str(before), str(before + 1)]
        open_there = await visitor.number(f'#board [data-v="{agency}/open"]')
        rows = {row["code"]: row["total"] for row in (await province.board())["agencies"]}
        assert open_there == rows[agency]["open"]
        assert visitor.wrong == []


@pytest.mark.long
async def test_when_the_server_comes_back_the_window_goes_on_with_no_gap_and_nothing_twice(
    visitors: Visitors, province: Province
) -> None:
    async with watching(visitors) as (visitor, before):
        await province.stack.kill("monitor")
        await visitor.says("#state", "Mất kết nối, đang kết nối lại")
        await visitor.says("#said", re.compile("Đã .*giây không nhận được số liệu từ máy chủ"))
        for _ in range(2):
            await province.file_one()
        await province.stack.start("monitor")
        await visitor.says("#state", "Trực tiếp", within=30)
        await visitor.says(FILED, str(before + 2), within=30)
        await province.file_one()
        await visitor.says(FILED, str(before + 3))
        shown = [int(text) for text in await visitor.remembered()]
        assert shown == sorted(shown)
        assert shown[-1] == before + 3
        await visitor.says("#said", "")


@pytest.mark.long
async def test_without_the_worker_it_stands_still_and_says_how_old_it_is(
    visitors: Visitors, province: Province
) -> None:
    async with watching(visitors) as (visitor, before):
        await province.stack.stop("monitor-worker")
        try:
            await visitor.says("#state", "Số liệu tạm dừng cập nhật", within=30)
            await visitor.says("#said", re.compile(r"Đã \d+ giây chưa có số liệu mới"))
            await visitor.screenshot("board-frozen")
            assert await visitor.axe() == []
            await province.file_one()
            age = await visitor.text("#said")
            await visitor.says("#said", re.compile(f"^(?!{re.escape(age)})"))  # the age goes on
            assert await visitor.remembered() == [str(before)]
        finally:
            await province.stack.start("monitor-worker")
        await visitor.says("#state", "Trực tiếp", within=30)
        await visitor.says(FILED, str(before + 1), within=30)


@pytest.mark.long
async def test_without_its_database_it_still_moves(visitors: Visitors, province: Province) -> None:
    async with watching(visitors) as (visitor, before):
        await province.stack.stop("mongod")
        try:
            await province.feed_one()
            await visitor.says(FILED, str(before + 1))
            await visitor.says("#state", "Trực tiếp")
            answer = await visitor.page.goto(f"{visitor.base}/timelines/nothing")
            assert answer is not None
            assert answer.status == 503
            assert "Tạm thời gián đoạn" in await visitor.text("h1")
            await visitor.screenshot("timeline-unavailable")
        finally:
            await province.stack.start("mongod")
        await province.settle()


@pytest.mark.long
async def test_an_agencys_officers_are_counted_as_they_work_and_windows_are_left_as_time_passes(
    visitors: Visitors, province: Province
) -> None:
    whole = next(story for story in province.later if story.steps and story.steps[0].action == "accept")
    province.later.remove(whole)
    at = datetime.fromisoformat((await province.board())["now"]) + timedelta(minutes=10)
    filed, accepted = replace(whole.filed, at=at), replace(whole.steps[0], at=at + timedelta(seconds=30))
    await province.play([replace(whole, filed=filed, steps=[])])
    await province.settle()
    done = f'[data-v="o:{accepted.who.sub}/done{{}}"]'
    async with visitors.visit(SUPERIOR, f"/agencies/{whole.agency}") as visitor:
        await visitor.says("#state", "Trực tiếp")
        before = await visitor.number(done.format("1h")) if await visitor.page.locator(done.format("1h")).count() else 0
        await visitor.remember("h1")
        await province.play([replace(whole, filed=filed, steps=[accepted])])
        await visitor.says(done.format("5m"), "1")
        await visitor.says(done.format("1h"), str(before + 1))
        other = province.later.pop(0)
        await province.play([replace(other, filed=replace(other.filed, at=at + timedelta(minutes=6)), steps=[])])
        await visitor.says(done.format("5m"), "0")
        await visitor.says(done.format("1h"), str(before + 1))
        assert await visitor.remembered()  # no reload
        assert await visitor.axe() == []
        assert visitor.wrong == []
        await visitor.screenshot("agency-officers")


@pytest.mark.long
async def test_the_search_field_leads_to_the_story(visitors: Visitors, province: Province) -> None:
    code = province.code("approve")
    async with visitors.visit(SUPERIOR, "/?lang=en") as visitor:
        await visitor.page.get_by_label("Dossier code").fill(f" {code} ")
        await visitor.page.keyboard.press("Enter")
        await visitor.says("h1", code)
        assert await visitor.page.locator("html").get_attribute("lang") == "en"


@pytest.mark.long
async def test_the_wall_turns_by_itself_until_somebody_stops_it(visitors: Visitors, province: Province) -> None:
    async with visitors.visit(SUPERIOR, "/wall?every=3", width=WALL, theme="dark", moving=True) as visitor:
        place, turn = visitor.page.locator("#place"), visitor.page.locator("#turn")
        await visitor.remember("#place")
        await expect(place).to_have_text(re.compile("^Trang 2 trên"))
        pages = int((await place.inner_text()).split()[-1])
        await visitor.screenshot("wall-agencies")
        assert await visitor.axe() == []
        await visitor.page.keyboard.press("Space")
        await expect(turn).to_have_attribute("aria-pressed", "true")
        here = int((await place.inner_text()).split()[1])  # it turned on while axe looked
        await visitor.page.keyboard.press("ArrowLeft")
        await expect(place).to_have_text(re.compile(f"^Trang {(here - 2) % pages + 1} trên"))
        await turn.click()
        await expect(place).to_have_text(re.compile(f"^Trang {here} trên"))
        assert visitor.wrong == []
