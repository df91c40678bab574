from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import async_playwright

from dossier_local.stack import Stack

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
