from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Playwright, async_playwright

from dossier_intake.inspection.inspectors import Inspectors
from dossier_local.stack import Stack

from .bad_line import BadLine, bad_line
from .listening import Place, listening
from .province import Province, province
from .visitor import Visitors, executable, launch


@pytest.fixture(scope="package", name="province")
async def the_province(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Province]:
    executable()  # before a province is made for nobody
    async with province(Stack(tmp_path_factory.mktemp("province"), free_ports=True)) as made:
        yield made


@pytest.fixture(scope="package")
async def visitors(province: Province) -> AsyncIterator[Visitors]:
    async with async_playwright() as playwright:
        browser = await launch(playwright)
        yield Visitors(browser, province)
        await browser.close()


@pytest.fixture
async def place(stack: Stack, inspectors: Inspectors) -> AsyncIterator[Place]:
    """Intake alone, with a database of its own."""
    executable()
    async with listening(stack, inspectors) as made:
        yield made


@pytest.fixture
async def line(place: Place) -> AsyncIterator[BadLine]:
    """Between a phone and `place`; whole until a test cuts it."""
    async with bad_line(place[1], 1) as made:
        yield made


@pytest.fixture
async def playwright() -> AsyncIterator[Playwright]:
    async with async_playwright() as playwright:
        yield playwright


@pytest.fixture
async def browser(playwright: Playwright) -> AsyncIterator[Browser]:
    browser = await launch(playwright)
    yield browser
    await browser.close()
