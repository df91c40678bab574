"""One home: its desks, what a service answers for it, how one leaves, and what a browser is shown where something is refused."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence

import httpx
import pytest
from fastapi import FastAPI

from dossier_shared.contracts.entries import AgencyEntry
from dossier_shared.http.tokens import Principal
from dossier_shared.pages.counts import Count, Counts
from dossier_shared.pages.home import serve_pages
from dossier_shared.pages.rendering import set_navigation
from dossier_shared.runtime.directory import Directory

from .support import Issuer, make_app, settings, token

NEIGHBOURS = {"review": "http://review.test", "signing": "http://signing.test/x", "monitor": "http://monitor.test"}
BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


async def count(who: Principal) -> Sequence[Count]:
    return [Count("filed", lambda t: t("shared.late_count"), 3, "/work?filter=filed", urgent=True)]


def directory() -> Directory:
    known = Directory()
    known.agencies["H44.07"] = AgencyEntry.model_construct(name_vi="UBND xã An Lâm", name_en="An Lam", above=[])
    return known


@pytest.fixture
async def reader() -> AsyncIterator[httpx.AsyncClient]:
    app: FastAPI = make_app(Issuer().verifier(), neighbours=NEIGHBOURS)
    serve_pages(app, settings(neighbours=NEIGHBOURS), directory(), Counts(("counter",), count))
    cookies = {"dossier_session": token(roles=["counter", "leader"])}
    transport = httpx.ASGITransport(app)
    try:
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", cookies=cookies) as made:
            yield made
    finally:
        set_navigation("", {})


async def test_home_has_the_reader_s_desks_and_asks_each_service_for_its_numbers(reader: httpx.AsyncClient) -> None:
    answer = await reader.get("/home")
    assert re.findall(r'data-counts="([^"]+)"', answer.text) == [
        "/api/v1/counts",
        "http://review.test/api/v1/counts",
        "http://signing.test/x/api/v1/counts",
    ]
    assert 'href="http://monitor.test/?lang=vi">Giám sát' in answer.text
    assert "UBND xã An Lâm" in answer.text
    assert "H44.07" not in answer.text
    policy = answer.headers["content-security-policy"]
    assert "connect-src 'self' http://monitor.test http://review.test http://signing.test;" in policy
    assert "form-action 'self' http://monitor.test" in policy


async def test_counts_are_in_words_and_for_our_own_pages(reader: httpx.AsyncClient) -> None:
    answer = await reader.get("/api/v1/counts", headers={"origin": "http://signing.test"})
    [item] = answer.json()["items"]
    assert item == {
        "name": "filed", "label": {"vi": "quá hạn", "en": "late"}, "n": 3, "page": "/work?filter=filed", "urgent": True,
    }  # fmt: skip
    assert answer.headers["access-control-allow-origin"] == "http://signing.test"
    foreign = await reader.get("/api/v1/counts", headers={"origin": "http://signing.test.evil"})
    assert "access-control-allow-origin" not in foreign.headers
    other = {"authorization": f"Bearer {token(roles=['citizen'])}"}
    assert (await reader.get("/api/v1/counts", headers=other)).status_code == 403


async def test_signing_out_takes_the_session_away_and_only_from_our_own_page(reader: httpx.AsyncClient) -> None:
    foreign = await reader.post("/sign-out", headers={"sec-fetch-site": "cross-site"})
    assert (foreign.status_code, "set-cookie" in foreign.headers) == (403, False)
    answer = await reader.post("/sign-out?lang=en", headers={"sec-fetch-site": "same-origin"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/signed-out?lang=en")
    assert re.match(
        r'dossier_session=""; expires=.*; HttpOnly; Max-Age=0; Path=/; SameSite=lax', answer.headers["set-cookie"]
    )
    page = await reader.get("/signed-out?lang=en")
    assert "Signed out" in page.text


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/nothing", 404, "Không tìm thấy trang"),
        ("/api/v1/broken/fault", 500, "Tạm thời gián đoạn"),
        ("/api/v1/broken/database", 503, "Tạm thời gián đoạn"),
        ("/sign-out", 405, "Chưa thực hiện được"),
    ],
)
async def test_a_browser_is_shown_a_page_with_the_menu_and_a_program_the_problem(
    reader: httpx.AsyncClient, path: str, status: int, words: str
) -> None:
    page = await reader.get(path, headers=BROWSER)
    assert (page.status_code, page.headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert words in page.text
    assert 'class="places"' in page.text
    assert "/home?lang=vi" in page.text
    assert "secret citizen" not in page.text
    problem = await reader.get(path)
    assert (problem.status_code, problem.headers["content-type"]) == (status, "application/problem+json")


async def test_an_ended_session_says_so_and_has_a_way_on(reader: httpx.AsyncClient) -> None:
    reader.cookies.set("dossier_session", token(exp=1), domain="127.0.0.1")
    reader.cookies.delete("dossier_session", domain="")
    answer = await reader.get("/home?x=1&lang=vi", headers=BROWSER)
    assert answer.status_code == 401
    assert ">Phiên làm việc đã hết, hãy đăng nhập lại</h1>" in answer.text
    assert 'href="?x=1&amp;lang=vi"' in answer.text
