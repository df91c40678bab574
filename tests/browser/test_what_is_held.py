"""What offices hold, in a browser: a sheet filled in from the registers, a paper used again, one shared and taken back."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, expect
from tests.component.desks import officer
from tests.component.intake.beside_registers import AN, BIRTH, NOTICE, URLS, State, beside, person
from tests.component.intake.papers import agency_of

from dossier_intake.inspection.inspectors import Inspectors
from dossier_local.simulation.papers import scan
from dossier_local.stack import Stack

from .listening import phone, served
from .visitor import Visitor, executable

pytestmark = pytest.mark.long
STATUS = "1.004873"  # confirmation of marital status: its form has a `person`
PAPER = "G15-KQ003208"
ME = officer("An", "citizen", agency=None, person=person(AN), number=AN)
OFFICE = officer("s", "specialist", agency=agency_of(BIRTH))
Place = tuple[State, str]


@pytest.fixture
async def place(stack: Stack, inspectors: Inspectors, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Place]:
    executable()
    monkeypatch.setattr("dossier_intake.registers.http.WITHIN", 60.0)  # a busy machine is no register that is away
    async with beside(stack, inspectors, **URLS) as state, served(state.desk) as base:
        yield state, base


async def begin(visitor: Visitor, code: str) -> None:
    await visitor.open(f"/file/{code}?lang=vi")
    await visitor.page.locator("#agency").select_option(agency_of(code))
    await visitor.page.get_by_role("button", name="Bắt đầu khai").click()
    await visitor.page.wait_for_url("**/filing/*")


async def good(visitor: Visitor, name: str) -> None:
    assert await visitor.axe() == [], name
    assert await visitor.too_wide() == [], name
    await visitor.screenshot(f"held-{name}-360")


async def described(page: Page, name: str) -> str:
    """What a screen reader says after the field's own name."""
    field = page.locator(f'[name="{name}"]').first
    ids = (await field.get_attribute("aria-describedby") or "").split()
    return " ".join([await page.locator(f'[id="{id_}"]').inner_text() for id_ in ids])


@pytest.mark.parametrize("scripts", [True, False])
async def test_the_sheet_is_filled_in_when_asked_and_what_was_typed_stays(
    place: Place, browser: Browser, scripts: bool
) -> None:
    state, base = place
    async with phone(browser, base, ME, scripts=scripts) as visitor:
        page = visitor.page
        await begin(visitor, STATUS)
        assert await state.questions(ME) == [], "a page that is opened asks nobody"
        await page.locator("#applicant-address").fill("Khu phố 3, tự gõ")
        await page.locator('button[value="state:person"]').click()
        await expect(page.locator('[name="form.person.full_name"]')).to_have_value("Nguyễn Văn An")
        await expect(page.locator("#applicant-address")).to_have_value("Khu phố 3, tự gõ")
        assert "Dữ liệu của Nhà nước" in await described(page, "applicant.address"), (
            "it says what the State has instead"
        )
        assert "Nhà nước" in await described(page, "form.person.full_name")
        if scripts:  # axe is one
            await good(visitor, "filled")
        await page.locator('[name="form.person.full_name"]').fill("Nguyễn Văn Ân")
        await page.get_by_role("button", name="Lưu, khai tiếp sau").click()
        await expect(page.locator("#said")).to_contain_text("Đã lưu")
        await expect(page.locator('[name="form.person.full_name"]')).to_have_value("Nguyễn Văn Ân")
        assert "Dữ liệu của Nhà nước ghi: Nguyễn Văn An" in await described(page, "form.person.full_name")
        assert AN not in await page.content()
        assert visitor.wrong == []


async def test_where_the_registers_are_away_it_is_said_and_nothing_is_lost(place: Place, browser: Browser) -> None:
    state, base = place
    state.behave(unavailable=100)
    async with phone(browser, base, ME) as visitor:
        page = visitor.page
        await begin(visitor, BIRTH)
        await page.locator("#applicant-phone").fill("0912345678")
        await page.locator('button[value="state"]').click()
        await expect(page.locator("#said")).to_contain_text("Cơ sở dữ liệu dân cư chưa trả lời được")
        await expect(page.locator("#applicant-phone")).to_have_value("0912345678")
        await good(visitor, "away")


async def test_a_paper_is_used_again_shared_with_one_office_and_taken_back(place: Place, browser: Browser) -> None:
    state, base = place
    upload = await state.desk.http.post(
        "/api/v1/documents?name=giay.pdf", content=scan("a", 1), headers={**ME, "content-type": "application/pdf"}
    )
    old = (await state.file(ME, documents=[{"code": PAPER, "id": upload.json()["id"]}])).json()
    new = (await state.file(ME)).json()
    async with phone(browser, base, ME) as visitor:
        page = visitor.page
        await begin(visitor, BIRTH)
        await page.locator(f'button[value="use:{PAPER}:{upload.json()["id"]}"]').click()
        await expect(page.locator(".taken a")).to_have_text("giay.pdf")
        await page.locator('button[value="state"]').click()
        await expect(page.locator(".held-paper")).to_contain_text("Kho kết quả có giấy này của bạn")
        await page.locator(f'[name="reused"][value="{NOTICE}"]').check()
        await good(visitor, "used-again")

        await visitor.open("/papers?lang=vi")
        await page.locator("#v-papers ~ article summary").first.click()
        await page.locator("article select").first.select_option(new["id"])
        await good(visitor, "sharing")
        await page.locator("article details form button").first.click()
        await expect(page.get_by_role("status").first).not_to_be_empty()
        shown = await state.desk.page(f"/dossiers/{new['id']}/documents", OFFICE)
        (address,) = re.findall(r'href="(/api/v1/dossiers/[^"]+/shared/[^"]+)"', shown)
        assert (await state.desk.http.get(address, headers=OFFICE)).status_code == 200
        await good(visitor, "shared")
        await page.locator("#v-given ~ article form button").first.click()
        await expect(page.locator("#v-given")).to_have_count(0)
        assert (await state.desk.http.get(address, headers=OFFICE)).status_code == 404
        assert visitor.wrong == []
    assert old["id"] != new["id"]
