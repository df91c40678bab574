"""What a watcher does with the pages: from a number to the dossiers behind it, and an alarm taken note of."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from dossier_local.waiting import eventually

from .province import COMMUNE, SUPERIOR, Province
from .visitor import Visitor, Visitors

pytestmark = pytest.mark.long


async def listed(visitor: Visitor) -> int:
    """How many the list says there are; some of them are there."""
    total = await visitor.number(".count")
    assert (await visitor.page.locator(".dossiers [data-code]").count() > 0) == (total > 0)
    return total


@pytest.mark.parametrize("tile", ["open", "late", "today", "paused", "filed", "signed", "delivered"])
async def test_a_number_leads_to_as_many_dossiers(visitors: Visitors, province: Province, tile: str) -> None:
    await province.settle()
    async with visitors.visit(SUPERIOR, "/") as visitor:
        number = await visitor.number(f"[data-t={tile}] dd")
        await visitor.page.locator(f"[data-t={tile}] a").click()
        await visitor.page.wait_for_url(re.compile("/dossiers"))
        assert await listed(visitor) == number


async def test_a_row_leads_to_the_agency_and_on_to_one_step_of_it(visitors: Visitors, province: Province) -> None:
    await province.settle()
    async with visitors.visit(SUPERIOR, "/") as visitor:
        row = visitor.page.locator(f"#board [data-code='{COMMUNE}']")
        name = (await row.locator("th a").inner_text()).strip()
        await row.locator("th a").click()
        await visitor.says("h1", name)
        step = visitor.page.locator(".steps .stage", has=visitor.page.locator(".big [data-v]:not([data-zero])")).first
        number = int(await step.locator(".big").inner_text())
        await step.locator("h3 a").click()
        await visitor.page.wait_for_url(re.compile("/dossiers.*stage="))
        assert await listed(visitor) == number


async def test_a_filter_narrows_the_list_in_place(visitors: Visitors, province: Province) -> None:
    async with visitors.visit(SUPERIOR, "/dossiers?reached=filed") as visitor:
        await visitor.remember("h1")
        whole = await listed(visitor)
        await visitor.page.locator("select[name=agency]").select_option(COMMUNE)
        await visitor.page.wait_for_url(re.compile(f"agency={COMMUNE}"))
        agencies = visitor.page.locator(".dossiers [data-code] td:nth-of-type(1)")
        await expect(agencies.first).to_contain_text("Phước Long")
        assert 0 < await listed(visitor) < whole
        assert await visitor.axe() == []
        assert await visitor.remembered()  # no reload
        await visitor.page.go_back()
        await visitor.says(".count", re.compile(f"^{whole} "))
        assert visitor.wrong == []


@pytest.mark.parametrize("scripts", [True, False], ids=["with JavaScript", "without"])
async def test_a_person_takes_note_of_an_alarm(visitors: Visitors, province: Province, *, scripts: bool) -> None:
    note = f"Đã gọi điện cho phường ({scripts})"
    async with visitors.visit(SUPERIOR, "/alarms", scripts=scripts) as visitor:
        form = visitor.page.locator(".alarm form").first

        async def raised() -> bool:
            if not await form.count():
                await visitor.page.reload()
            return bool(await form.count())

        await eventually(raised, within=90, every=2)
        await visitor.page.locator(".alarm summary").first.click()
        await visitor.screenshot("alarms-raised")
        if scripts:
            assert await visitor.axe() == []
        await form.locator("textarea").fill(note)
        await form.locator("button").click()
        await visitor.page.locator("blockquote", has_text=note).wait_for()
        assert SUPERIOR.name in await visitor.text("body") or "browser-superior" in await visitor.text("body")
