"""A citizen sends a large scan from their page: it goes in pieces, and goes on by itself where the line broke."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
import uvicorn
from playwright.async_api import FilePayload, Page, Route, async_playwright, expect
from tests.component.desks import Desk, desk, officer
from tests.component.intake.papers import agency_of, filing
from tests.component.intake.test_uploads_in_pieces import SCAN

from dossier_intake.app import build
from dossier_intake.inspection.inspectors import Inspectors
from dossier_intake.settings import Settings
from dossier_local.memory import Author
from dossier_local.stack import Stack
from dossier_local.waiting import patience
from dossier_shared.contracts.events import SupplementRequested, SupplementRequestedSealed
from dossier_shared.http.auth import COOKIE

from .visitor import executable, launch

pytestmark = pytest.mark.long
CITIZEN, COUNTER = officer("u-1", "citizen", agency=None), officer("c-1", "counter", agency=agency_of())


@pytest.fixture
async def intake(stack: Stack, inspectors: Inspectors) -> AsyncIterator[Desk]:
    executable()
    settings = Settings(mongodb_url=stack.mongodb, database=f"intake-{uuid4().hex}", development=True)
    async with desk(build(settings, inspectors)) as made:
        yield made


@pytest.fixture
async def page(intake: Desk) -> AsyncIterator[Page]:
    """The citizen's, signed in, of an intake that listens."""
    server = uvicorn.Server(uvicorn.Config(intake.app, port=0, lifespan="off", log_level="warning"))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.05)
    base = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    async with async_playwright() as playwright:
        browser = await launch(playwright)
        context = await browser.new_context(base_url=base)
        await context.add_cookies([{"name": COOKIE, "value": "u-1|citizen|", "url": base}])
        yield await context.new_page()
        await browser.close()
    server.should_exit = True
    await serving


async def test_it_arrives_whole_though_the_line_broke(intake: Desk, page: Page) -> None:
    dossier = (await intake.post("/api/v1/dossiers", CITIZEN, filing())).json()["id"]
    await intake.post(f"/api/v1/dossiers/{dossier}/accept", COUNTER)
    await intake.hears(Author("review", dossier).says(SupplementRequested(), SupplementRequestedSealed(text="Bản vẽ.")))
    pieces = 0

    async def broken_once(route: Route) -> None:
        nonlocal pieces
        piece = route.request.method == "PATCH"
        pieces += piece
        await (route.abort("connectionreset") if piece and pieces == 3 else route.continue_())

    await page.route(re.compile("/api/v1/uploads/"), broken_once)
    await page.goto("/?lang=vi")
    scan: FilePayload = {"name": "Bản vẽ.pdf", "mimeType": "application/pdf", "buffer": SCAN}
    await page.locator("form[data-pieces] input[type=file]").set_input_files([scan])
    await page.get_by_role("button", name="Gửi bổ sung").click()
    await expect(page.locator("form[data-pieces]")).to_have_count(0, timeout=patience(60) * 1000)
    assert pieces > len(SCAN) / (2 << 20)
    (paper,) = (await intake.http.get(f"/api/v1/dossiers/{dossier}/documents", headers=CITIZEN)).json()["items"]
    assert (paper["file_name"], paper["size"], paper["came_with"]) == ("Bản vẽ.pdf", len(SCAN), "supplement")


async def test_a_refusal_is_told_in_words(intake: Desk, page: Page) -> None:
    dossier = (await intake.post("/api/v1/dossiers", CITIZEN, filing())).json()["id"]
    await intake.post(f"/api/v1/dossiers/{dossier}/accept", COUNTER)
    await intake.hears(Author("review", dossier).says(SupplementRequested(), SupplementRequestedSealed(text="Bản vẽ.")))
    await page.goto("/?lang=vi")
    scan: FilePayload = {"name": "a.pdf", "mimeType": "application/pdf", "buffer": SCAN[: 3 << 20]}
    await page.locator("form[data-pieces] input[type=file]").set_input_files([scan])
    await page.get_by_role("button", name="Gửi bổ sung").click()
    said = page.locator("form[data-pieces] [role=status]")
    await expect(said).to_contain_text("Tệp bị hỏng", timeout=patience(30) * 1000)
    await expect(page.get_by_role("button", name="Gửi bổ sung")).to_be_enabled()
