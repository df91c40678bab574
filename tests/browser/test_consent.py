"""The person withdraws a consent on their own page: by the keyboard, on a phone, accessible before and after."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
import uvicorn
from playwright.async_api import async_playwright, expect
from tests.component.desks import Desk, desk
from tests.component.intake.test_consents import OWNER, PERSON, filed

from dossier_intake.app import build
from dossier_intake.inspection.inspectors import Inspectors
from dossier_intake.settings import Settings
from dossier_local.stack import Stack
from dossier_shared.http.auth import COOKIE

from .visitor import Visitor, executable, launch

pytestmark = pytest.mark.long


@pytest.fixture
async def intake(stack: Stack, inspectors: Inspectors) -> AsyncIterator[Desk]:
    executable()
    settings = Settings(
        mongodb_url=stack.mongodb,
        database=f"intake-{uuid4().hex}",
        development=True,
        person_key="of these tests alone",
    )
    async with desk(build(settings, inspectors)) as made:
        yield made


async def test_it_is_withdrawn_by_the_keyboard(intake: Desk) -> None:
    dossier = await filed(intake, until="2199-12-31")
    server = uvicorn.Server(uvicorn.Config(intake.app, port=0, lifespan="off", log_level="warning"))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.05)
    base = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    async with async_playwright() as playwright:
        browser = await launch(playwright)
        context = await browser.new_context(base_url=base, viewport={"width": 360, "height": 740})
        await context.add_cookies([{"name": COOKIE, "value": f"owner|citizen||{PERSON}|", "url": base}])
        page = await context.new_page()
        visitor = Visitor(page, base)
        await page.goto("/?lang=vi")
        assert await visitor.axe() == []
        assert await visitor.too_wide() == []
        await expect(page.locator(".consent")).to_contain_text("được giữ đến hết ngày 31/12/2199")
        await visitor.screenshot("consent-before")
        await page.get_by_role("button", name="Rút lại sự đồng ý").focus()
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("status")).to_contain_text("Đã rút lại sự đồng ý.")
        await expect(page.locator(".consent form")).to_have_count(0)
        assert await visitor.axe() == []
        await visitor.screenshot("consent-withdrawn")
        await browser.close()
    server.should_exit = True
    await serving
    seen = (await intake.http.get(f"/api/v1/dossiers/{dossier['id']}", headers=OWNER)).json()
    assert seen["consent_withdrawn"]
