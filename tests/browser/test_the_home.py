"""A person's home in a browser: it changes by itself, by a stream or by asking; and what they do there works without a script."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from playwright.async_api import Browser, FilePayload, Page, Route, expect
from tests.component.desks import Desk, officer
from tests.component.intake.papers import agency_of, filing
from tests.component.intake.test_file_online import NUMBER, PERSON

from dossier_local.memory import Author
from dossier_local.simulation.papers import scan
from dossier_local.waiting import patience
from dossier_shared.contracts.events import SupplementRequested, SupplementRequestedSealed

from .listening import Place, phone
from .visitor import Visitor

pytestmark = pytest.mark.long
ME = officer("Nguyễn Thị Mai", "citizen", agency=None, person=PERSON)
HELPER = officer("Bưu điện Long Khánh", "agent", agency=None)
COUNTER = officer("c-1", "counter", agency=agency_of())
DECLARATION = "G15-KQ003448"  # what a walk-in signs
STREAM = re.compile(r"/live(\?|$)")
NEXT_LOOK = 31_000  # milliseconds, by the page's own clock


async def filed(intake: Desk, who: dict[str, str] = ME, **changes: Any) -> dict[str, Any]:
    answer = await intake.post("/api/v1/dossiers", who, filing(**changes))
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def done(intake: Desk, dossier: dict[str, Any], verb: str, **body: Any) -> None:
    """By an officer at their desk."""
    answer = await intake.post(f"/api/v1/dossiers/{dossier['id']}/{verb}", COUNTER, body)
    assert answer.status_code == 200, answer.text


async def asked_for_more(intake: Desk) -> dict[str, Any]:
    dossier = await filed(intake)
    await done(intake, dossier, "accept")
    said = Author("review", dossier["id"]).says(SupplementRequested(), SupplementRequestedSealed(text="Thiếu bản vẽ."))
    await intake.hears(said)
    return dossier


def status(page: Page, dossier: dict[str, Any]) -> Any:
    return page.locator(f'[id="d-{dossier["code"]}"] .status')


async def says(page: Page, dossier: dict[str, Any], words: str) -> None:
    await expect(status(page, dossier)).to_have_text(words, timeout=patience(15) * 1000)


async def good(visitor: Visitor, name: str) -> None:
    assert await visitor.axe() == [], name
    assert await visitor.too_wide() == [], name
    await visitor.screenshot(f"home-{name}-360")


def animation(page: Page) -> Awaitable[str]:
    return page.evaluate("getComputedStyle(document.querySelector('.fresh')).animationName")


async def test_an_officer_s_step_is_seen_without_loading_the_page_again(place: Place, browser: Browser) -> None:
    intake, base = place
    waits, other = await asked_for_more(intake), await filed(intake)
    async with phone(browser, base, ME) as still, phone(browser, base, ME, moving=True) as moving:
        for visitor in (still, moving):
            async with visitor.page.expect_response(STREAM) as stream:
                await visitor.open("/?lang=vi")
            assert (await stream.value).status == 200
            await visitor.page.evaluate("window.here = true")
        page = still.page
        await page.locator("textarea[name=text]").first.fill("Tôi đang gõ dở.")
        await page.locator("#mine .waits a").focus()
        await says(page, other, "Chờ nhận hồ sơ")
        await done(intake, other, "accept")
        for visitor in (still, moving):
            await says(visitor.page, other, "Đã nhận, đang giải quyết")
            assert await visitor.page.evaluate("window.here"), "it is the same page"
        assert await animation(page) == "none"
        assert await animation(moving.page) == "fresh"
        said = page.get_by_role("status").and_(page.locator("#said"))
        await expect(said).to_contain_text(f"{other['code']}: Đã nhận, đang giải quyết")
        await expect(page.locator(f'[id="d-{other["code"]}"] .story li').first).to_contain_text(
            "Cơ quan đã nhận hồ sơ."
        )
        await expect(page.locator("textarea[name=text]").first).to_have_value("Tôi đang gõ dở.")
        assert await page.evaluate("document.activeElement.getAttribute('href')") == f"#d-{waits['code']}"
        await good(still, "live")
        third = await filed(intake)
        await page.goto("/papers?lang=vi")
        await page.go_back()
        await says(page, third, "Chờ nhận hồ sơ")
        await done(intake, third, "refuse", reason="Ảnh mờ.")
        await says(page, third, "Không được nhận")
        assert still.wrong == []


async def test_the_focus_stays_where_it_was_read_and_a_new_form_is_offered(place: Place, browser: Browser) -> None:
    intake, base = place
    first, second = await asked_for_more(intake), await asked_for_more(intake)
    calm = await filed(intake)
    async with phone(browser, base, ME) as visitor:
        page = visitor.page
        async with page.expect_response(STREAM):
            await visitor.open("/?lang=vi")
        link = page.locator(f'#mine .waits a[href="#d-{second["code"]}"]')
        await link.focus()
        sent = await intake.post(f"/api/v1/dossiers/{first['id']}/supplement", ME, {"text": "Gửi ở máy khác."})
        assert sent.status_code == 200, sent.text
        await expect(page.locator("#mine .waits li")).to_have_count(1, timeout=patience(15) * 1000)
        assert await page.evaluate("document.activeElement.getAttribute('href')") == f"#d-{second['code']}"
        await expect(page.locator("#renew")).to_be_visible()
        await done(intake, calm, "request-completion", text="Thiếu bản chụp.")
        await expect(page.locator("#mine .waits li")).to_have_count(2, timeout=patience(15) * 1000)
        await page.locator("#renew a").click()
        await expect(page.locator(f'[id="d-{calm["code"]}"] form[data-command]').first).to_be_visible()


async def aborted(route: Route) -> None:
    await route.abort()


async def held_back(route: Route) -> None:
    """As a proxy does that waits for the end of an answer."""


@pytest.mark.parametrize("meets", [aborted, held_back])
async def test_where_no_stream_comes_it_asks_now_and_then(
    place: Place, browser: Browser, meets: Callable[[Route], Awaitable[None]]
) -> None:
    intake, base = place
    dossier = await filed(intake)
    async with phone(browser, base, ME) as visitor:
        page = visitor.page
        await page.route(STREAM, meets)
        await page.clock.install()
        async with page.expect_request(STREAM):
            await visitor.open("/?lang=vi")
        await page.evaluate("window.here = true")
        await done(intake, dossier, "accept")
        await page.clock.fast_forward(NEXT_LOOK)
        await says(page, dossier, "Đã nhận, đang giải quyết")
        assert await page.evaluate("window.here")
        await expect(page.locator("#said")).to_contain_text(dossier["code"])
        await page.context.clear_cookies()
        await page.clock.fast_forward(NEXT_LOOK)
        await expect(page.locator("#said")).to_contain_text("Phiên đăng nhập đã hết")
        await expect(page.locator("#renew")).to_be_visible()


async def test_without_a_script_more_is_sent_and_listed_and_a_dossier_is_taken_back(
    place: Place, browser: Browser
) -> None:
    intake, base = place
    dossier, other = await asked_for_more(intake), await filed(intake)
    async with phone(browser, base, ME, scripts=False) as visitor:
        page = visitor.page
        await visitor.open("/?lang=vi")
        card = page.locator(f'[id="d-{dossier["code"]}"]')
        await card.get_by_role("button", name="Gửi bổ sung").click()
        await expect(page.get_by_role("alert")).to_contain_text("Chưa có gì để bổ sung")
        good_one: FilePayload = {"name": "Bản vẽ.pdf", "mimeType": "application/pdf", "buffer": scan("a", 1)}
        broken: FilePayload = {"name": "hong.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 gone"}
        await page.locator("textarea[name=text]").fill("Xin gửi bản vẽ.")
        await page.locator("input[type=file]").set_input_files([good_one, broken])
        await page.get_by_role("button", name="Gửi bổ sung").click()
        await expect(page.get_by_role("alert")).to_contain_text("hong.pdf")
        await expect(page.locator("ul.sent")).to_contain_text("Bản vẽ.pdf")
        await expect(page.locator("textarea[name=text]")).to_have_value("Xin gửi bản vẽ.")
        await visitor.screenshot("home-send-again-360")
        await page.get_by_role("button", name="Gửi bổ sung").click()
        await expect(page.locator("#said")).to_contain_text("Đã gửi.")
        assert page.url.endswith(f"#d-{dossier['code']}")
        await expect(card.locator(".received")).to_contain_text("Bản vẽ.pdf")
        await expect(card.locator("dl .sent")).to_contain_text("Xin gửi bản vẽ.")
        taken_back = page.locator(f'[id="d-{other["code"]}"]')
        await taken_back.get_by_text("Rút hồ sơ").first.click()
        await taken_back.locator("textarea[name=text]").fill("Nộp nhầm.")
        await taken_back.locator("form button").first.click()
        await expect(page.locator("#said")).to_contain_text("Đã gửi đề nghị rút hồ sơ.")
        await expect(taken_back.locator(".status")).to_have_text("Đã rút")
    (paper,) = (await intake.http.get(f"/api/v1/dossiers/{dossier['id']}/documents", headers=ME)).json()["items"]
    assert (paper["file_name"], paper["came_with"]) == ("Bản vẽ.pdf", "supplement")


async def test_what_was_filed_at_a_counter_or_by_a_helper_stands_in_the_person_s_account(
    place: Place, browser: Browser
) -> None:
    """The other half, a helper who sees 404 once the consent has ended, is in test_filed_for_another."""
    intake, base = place
    whose = {"name": "Nguyễn Thị Mai", "citizen_id": NUMBER, "phone": "0912345678"}
    upload = await intake.http.post(
        "/api/v1/documents?name=to-khai.pdf",
        content=scan("d", 4),
        headers={**COUNTER, "content-type": "application/pdf"},
    )
    brought = [{"code": DECLARATION, "id": upload.json()["id"]}]
    walk_in = await filed(intake, COUNTER, channel="direct", applicant=whose, documents=brought)
    helped = await filed(intake, HELPER, applicant=whose, consent={"kind": "paper"})
    stranger = officer("Trần Văn Dũng", "citizen", agency=None)
    async with phone(browser, base, ME) as mine, phone(browser, base, stranger) as theirs:
        for visitor in (mine, theirs):
            await visitor.open("/?lang=vi")
        await expect(mine.page.locator("article.mine")).to_have_count(2)
        for dossier in (walk_in, helped):
            await says(mine.page, dossier, "Chờ nhận hồ sơ")
        consent = mine.page.locator(f'[id="d-{helped["code"]}"] .consent')
        await expect(consent).to_contain_text("Bưu điện Long Khánh")
        await expect(mine.page.locator(f'[id="d-{walk_in["code"]}"] .consent')).to_have_count(0)
        await expect(theirs.page.locator("article.mine")).to_have_count(0)
        await good(mine, "filed-by-others")
        await consent.get_by_role("button").click()
        await expect(mine.page.locator("#said")).to_contain_text("Đã rút lại sự đồng ý.")
    gone = [await intake.http.get(path, headers=HELPER) for path in (
        f"/api/v1/dossiers/{helped['id']}", f"/filed/{helped['id']}", f"/dossiers/{helped['id']}/documents")]  # fmt: skip
    assert [answer.status_code for answer in gone] == [404, 404, 404]
