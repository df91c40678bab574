"""`make pictures`: what a citizen sees on a small phone, for the README. Of a made-up person, in Vietnamese."""

from __future__ import annotations

import asyncio
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from PIL import Image
from playwright.async_api import Page, async_playwright

from dossier_intake.inspection.inspectors import Inspectors
from dossier_local.stack import Stack

from .citizens import PAGES, Seeded, seeded, settled
from .listening import SMALL, listening, phone
from .visitor import ROOT, launch

INTO: Final = ROOT / "docs" / "images" / "citizen"
MOST: Final = 60_000  # bytes of one
# name of the page, where its picture begins
TAKEN: Final = (
    ("procedures", ""), ("procedure", ""), ("sheet", "#answers"), ("check", "#part-2"), ("home", "article:not(.unsent) details"),
    ("vault", "#v-papers"),
)  # fmt: skip


async def main() -> None:
    INTO.mkdir(parents=True, exist_ok=True)
    inspectors = Inspectors(10 * 1024 * 1024, processes=1)
    with TemporaryDirectory() as folder:
        async with (
            Stack(Path(folder), free_ports=True) as stack,
            listening(stack, inspectors) as (desk, base),
            async_playwright() as playwright,
        ):
            browser, home = await launch(playwright), await seeded(desk, base)
            by_name = {shown.name: shown for shown in PAGES}
            for name, start in TAKEN:
                async with phone(browser, base, by_name[name].who, sharp=2) as visitor:
                    await take(visitor.page, home, name, start)
            await browser.close()
    await inspectors.close()


async def take(page: Page, home: Seeded, name: str, start: str) -> None:
    (shown,) = [shown for shown in PAGES if shown.name == name]
    await page.goto(home.path(shown, "vi"))
    await settled(page, shown)
    if start:
        await page.locator(start).first.evaluate(
            "one => window.scrollTo(0, one.getBoundingClientRect().top + scrollY - 16)"
        )
    taken = Image.open(BytesIO(await page.screenshot(animations="disabled", caret="hide")))
    assert taken.size == (2 * SMALL[0], 2 * SMALL[1])
    path = INTO / f"{name}.webp"
    taken.convert("RGB").save(path, quality=80, method=6)
    print(f"{path.relative_to(ROOT)}: {path.stat().st_size:,} bytes")
    assert path.stat().st_size <= MOST, "too large for a README"


if __name__ == "__main__":
    asyncio.run(main())
