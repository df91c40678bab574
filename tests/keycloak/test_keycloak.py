"""Keycloak as the issuer: nothing is set but OIDC_ISSUER, and a real browser goes the way in, through the day, and out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from playwright.async_api import Page, async_playwright, expect
from tests.browser.visitor import executable, launch

from dossier_local.ports import Ports
from dossier_local.services import WITH_PAGES
from dossier_local.stack import Stack
from dossier_local.waiting import eventually, patience
from dossier_monitor.recount.machine_token import MachineToken
from dossier_shared.http.tokens import TokenVerifier

from .server import Keycloak, keycloak

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]
STARTED = ("intake", "notify")


@pytest.fixture(scope="module")
async def place(
    tmp_path_factory: pytest.TempPathFactory, a_stack: Callable[..., AbstractAsyncContextManager[Stack]]
) -> AsyncIterator[tuple[Stack, Keycloak]]:
    executable()
    folder = tmp_path_factory.mktemp("keycloak")
    ports = Ports({"keycloak": 8180}, free=True)
    port = ports.of("keycloak")
    ports.close()
    async with a_stack(folder / "stack") as stack:
        services = {name: stack.url(name) for name in WITH_PAGES}
        async with keycloak(folder, port, services) as issuer:
            for name in STARTED:
                await stack.start(name, env={"OIDC_ISSUER": issuer.issuer})
            yield stack, issuer


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        browser = await launch(playwright)
        context = await browser.new_context(locale="vi-VN")
        context.set_default_timeout(patience(20) * 1000)
        yield await context.new_page()
        await browser.close()


async def test_a_service_has_a_token_of_its_own(place: tuple[Stack, Keycloak]) -> None:
    _, issuer = place
    machine = MachineToken(issuer.issuer, "monitor", "development", issuer.admin)
    verifier = TokenVerifier(issuer.issuer, "dossier", client=issuer.admin)
    who = await verifier.principal((await machine.headers())["authorization"].removeprefix("Bearer "))
    assert "recount" in who.roles


async def sign_in(page: Page, address: str, name: str) -> None:
    await page.goto(address)
    await page.fill("#username", name)
    await page.fill("#password", "dossier")
    await page.locator("#kc-login").click()
    await page.wait_for_url(address)


async def status(page: Page, address: str) -> int:
    answer = await page.goto(address)
    assert answer is not None
    return answer.status


async def test_a_day_with_keycloak(place: tuple[Stack, Keycloak], page: Page) -> None:
    stack, issuer = place
    work, papers = f"{stack.url('intake')}/work?lang=vi", f"{stack.url('notify')}/work?lang=vi"
    await issuer.ask("PUT", "", {"accessTokenLifespan": 35})  # renewed after five seconds

    await sign_in(page, work, "counter")
    await expect(page.locator(".who .name")).to_have_text("Lê Thị Cúc")
    await page.goto(papers)  # the other service asks nothing
    assert page.url == papers

    user, roles = await issuer.user("counter"), await issuer.ask("GET", "/roles")
    counter = [role for role in roles if role["name"] == "counter"]
    await issuer.ask("DELETE", f"/users/{user}/role-mappings/realm", counter)

    async def noticed(wanted: int) -> bool:
        return await status(page, work) == wanted

    await eventually(lambda: noticed(403), within=60, every=1)
    await issuer.ask("POST", f"/users/{user}/role-mappings/realm", counter)
    await eventually(lambda: noticed(200), within=60, every=1)

    before = {key["kid"] for key in (await issuer.ask("GET", "/keys"))["keys"]}
    await rotate(issuer)

    async def signed_anew() -> bool:
        active: dict[str, Any] = (await issuer.ask("GET", "/keys"))["active"]
        return active["RS256"] not in before

    await eventually(signed_anew)
    for _ in range(8):  # past a renewal, by the new key
        assert await status(page, work) == 200
        await page.wait_for_timeout(1000)
    await page.context.clear_cookies(name="dossier-notify")
    await page.goto(papers)
    assert page.url == papers

    await page.goto(work)
    await page.locator("form.leaving button").click()
    await page.wait_for_url(f"{stack.url('intake')}/signed-out?lang=vi")
    for address in (work, papers):
        await page.goto(address)
        await expect(page.locator("#kc-login")).to_be_visible()


async def rotate(issuer: Keycloak) -> None:
    realm = (await issuer.ask("GET", ""))["id"]
    body = {
        "name": "newer", "providerId": "rsa-generated", "providerType": "org.keycloak.keys.KeyProvider", "parentId": realm,
        "config": {"priority": ["1000"], "enabled": ["true"], "active": ["true"], "algorithm": ["RS256"], "keySize": ["2048"]},
    }  # fmt: skip
    await issuer.ask("POST", "/components", body)
