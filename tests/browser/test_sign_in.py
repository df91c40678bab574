"""The way in and out, as a person goes it: to a page, through the issuer's, to the page; out here is out everywhere."""

from __future__ import annotations

from playwright.async_api import expect

from dossier_local.waiting import patience

from .visitor import Visitors


async def test_a_page_asks_who_one_is_and_signing_out_is_for_every_service(visitors: Visitors) -> None:
    stack = visitors.province.stack
    async with visitors.visit(None, "/work?lang=vi&filter=filed", service="intake") as visitor:
        page = visitor.page
        await expect(page.locator("strong").first).to_contain_text("phát triển")
        await expect(page.locator("[lang=en] strong")).to_contain_text("development")
        await page.fill("#name", "counter")
        await page.fill("#password", "no idea")
        await page.locator("button").click()
        await expect(page.locator("[role=alert]")).to_be_visible()
        await page.fill("#name", "counter")
        await page.fill("#password", "dossier")
        await page.locator("button").click()
        await page.locator("button", has_text="Agree").click()
        await page.wait_for_url("**/work?lang=vi&filter=filed")
        await expect(page.locator(".who .name")).to_have_text("Lê Thị Cúc")
        await visitor.open("/home?lang=vi")  # notify has no session yet, and gets one in passing
        await expect(page.locator("[data-counts] .counts[hidden]")).to_have_count(0, timeout=patience(15) * 1000)
        names = {one["name"] for one in await page.context.cookies()}
        assert {"dossier-intake", "dossier-notify", "dossier-issuer"} <= names
        await page.locator("form.leaving button").click()
        await page.wait_for_url("**/signed-out?lang=vi")
        assert await visitor.axe() == []
        for service in ("intake", "notify"):
            await page.goto(f"{stack.url(service)}/work?lang=vi")
            await expect(page.locator("#password")).to_be_visible()
