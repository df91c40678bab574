"""A birth filed from a phone on a line of 300 kbit/s and 400 ms that loses three requests in ten and is cut again and again.

Somebody types, photographs and presses on, and loads a page again that did not come; whatever the line does, there is one dossier
with every byte. `BAD_LINE_RUNS=50` tries as many seeds.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from hashlib import sha256
from io import BytesIO
from random import Random
from typing import Any

import pytest
from PIL import Image
from playwright.async_api import Browser, Error, FilePayload, Page, async_playwright
from tests.component.desks import Desk
from tests.component.intake.test_file_online import AGENCY, CODE, DEMANDED

from dossier_intake.inspection.inspectors import Inspectors
from dossier_local.stack import Stack
from dossier_local.waiting import patience

from .bad_line import BadLine, bad_line
from .listening import listening
from .test_file_online import OWN, fields, fill, phone
from .visitor import executable, launch

pytestmark = pytest.mark.long
RUNS = int(os.environ.get("BAD_LINE_RUNS") or "0")
LOST, LATE, RATE = 0.3, 0.4, 300_000 / 8
CUTS = 10
LONGEST = 180.0  # seconds for one filing, until it is said to be stuck
SIDES = ((900, 640), (420, 300), (420, 300))  # of photographs of noise, which nothing makes smaller


def photograph(rng: Random, n: int) -> FilePayload:
    across, down = SIDES[n % len(SIDES)]
    out = BytesIO()
    Image.frombytes("L", (across, down), rng.randbytes(across * down)).save(out, "JPEG", quality=60)
    return {"name": f"Ảnh chụp {n}.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


@asynccontextmanager
async def cutting(line: BadLine, rng: Random) -> AsyncIterator[None]:
    async def cut() -> None:
        for _ in range(CUTS):
            await asyncio.sleep(rng.uniform(0.5, 4))
            line.cut()
            await asyncio.sleep(rng.uniform(0.3, 3))
            line.mend()

    task = asyncio.create_task(cut())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def begun(page: Page) -> str:
    """However often it takes: where the sheet is."""
    while "/filing/" not in page.url:
        with suppress(Error):
            await page.goto(f"/file/{CODE}?agency={AGENCY}&lang=vi", wait_until="domcontentloaded")
            await page.locator("form.sheet button.primary").click(timeout=2000)
            await page.wait_for_url("**/filing/*", timeout=20_000, wait_until="domcontentloaded")
    return page.url


async def complete(page: Page) -> bool:
    """Every field says what it should: typing may have been interrupted."""
    wanted = {name: [value] for name, value in OWN.items()} | fields()
    shown = await page.locator("#sheet").evaluate(
        "(form) => [...new FormData(form)].filter(([, one]) => typeof one === 'string')"
    )
    return all([name, values[0]] in shown for name, values in wanted.items())


async def pressed_on(page: Page, papers: dict[str, FilePayload]) -> None:
    """The next thing that somebody would do who sees this page."""
    if await page.locator("#waiting").is_visible():
        return  # it says that it goes by itself
    if await page.locator("#unsent-check").is_visible():
        await page.locator("#unsent-declared").check(timeout=1000)
        await page.locator("#unsent-send").click(timeout=1000)
    elif await page.locator("#send").is_visible():
        await page.locator("#declared").check(timeout=1000)
        await page.locator("#send button").click(timeout=1000)
    elif await page.locator("#sheet").is_visible():
        if not await complete(page):
            await fill(page)
        for code, photo in papers.items():
            paper = page.locator(f'li:has(> .bring input[data-code="{code}"])')
            if not await paper.locator(".taken li").count():
                await paper.locator("input[type=file]").last.set_input_files([photo])
        await page.locator("#file").click(timeout=1000)


async def filed(page: Page, papers: dict[str, FilePayload]) -> None:
    where = await begun(page)
    while "/filed/" not in page.url:
        try:
            if await page.locator("body[data-who]").count():
                await pressed_on(page, papers)
            else:
                await page.goto(where, wait_until="domcontentloaded")  # it did not come: load it again
        except Error:
            pass  # the page went on meanwhile
        await asyncio.sleep(0.5)  # how fast somebody looks again


async def stuck(page: Page, line: BadLine) -> str:
    seen: Any = await page.evaluate("document.body.innerText")
    return f"{page.url} after {line.requests} requests, {line.broken} broken: {seen[:2000]}"


@pytest.mark.skipif(not RUNS, reason="minutes of a slow line: asked for with BAD_LINE_RUNS")
@pytest.mark.timeout(300 + 300 * RUNS)
async def test_one_dossier_and_every_byte(stack: Stack, inspectors: Inspectors) -> None:
    executable()
    async with listening(stack, inspectors) as (intake, base), async_playwright() as playwright:
        browser = await launch(playwright)
        await all_runs(intake, base, browser)
        await browser.close()


async def all_runs(intake: Desk, base: str, browser: Browser) -> None:
    known: set[str] = set()
    for seed in range(RUNS):
        rng = Random(seed)
        papers = {code: photograph(rng, n) for n, code in enumerate(DEMANDED)}
        async with bad_line(base, seed) as line, phone(browser, line.address) as visitor:
            line.lost, line.late, line.rate = LOST, LATE, RATE
            began = asyncio.get_running_loop().time()
            async with cutting(line, rng):
                try:
                    async with asyncio.timeout(patience(LONGEST)):
                        await filed(visitor.page, papers)
                except TimeoutError:
                    pytest.fail(f"seed {seed}: {await stuck(visitor.page, line)}")
            took = asyncio.get_running_loop().time() - began
            print(f"seed {seed}: {took:.0f} s, {line.requests} requests, {line.broken} broken, {line.cuts} cuts")
        found = {one["_id"]: one["state"] async for one in intake.runtime.dossiers.table.find({})}
        new = found.keys() - known
        assert len(new) == 1, f"seed {seed}: {len(new)} dossiers"
        state = found[next(iter(new))]
        wanted = {code: sha256(photo["buffer"]).hexdigest() for code, photo in papers.items()}
        assert {one["code"]: one["id"] for one in state["documents"]} == wanted, f"seed {seed}"
        assert state["applicant"]["address"] == OWN["applicant.address"]
        known = set(found)
