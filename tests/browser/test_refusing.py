"""The dialog in which a counter says why a dossier is refused: what the citizen's text message costs is told while one writes."""

from __future__ import annotations

import re

import pytest

from .province import COUNTER, Province
from .visitor import DESK, PHONE, Theme, Visitors

pytestmark = pytest.mark.long


@pytest.mark.parametrize(("theme", "width"), [("light", DESK), ("dark", PHONE)])
async def test_a_reason_is_written_with_its_cost_in_sight(
    visitors: Visitors, province: Province, theme: Theme, width: int
) -> None:
    async with visitors.visit(COUNTER, "/work?lang=vi", service="intake", theme=theme, width=width) as visitor:
        await visitor.page.locator("tr[data-id] button", has_text="Từ chối tiếp nhận").first.click()
        await visitor.page.locator("dialog#ask[open]").wait_for()
        await visitor.page.fill("#reason", "Thiếu giấy chứng sinh. " * 12)
        await visitor.says("#reason-cost", re.compile(r"\d"))
        await visitor.screenshot(f"refusing-{width}-{theme}-vi")
        assert await visitor.too_wide() == []
        assert await visitor.axe() == []
        await visitor.page.keyboard.press("Escape")
        await visitor.page.locator("dialog#ask[open]").wait_for(state="detached")
        assert visitor.wrong == []
