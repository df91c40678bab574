"""A browser signs in through the issuer: the whole way, and every way of tampering with it."""

from __future__ import annotations

import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from unittest import mock

import httpx
import orjson
import pytest

from dossier_shared.contracts.audit import AuditEntry
from dossier_shared.http.sessions.provider import Refused
from dossier_shared.pages.rendering import set_navigation

from .signing_in import INTAKE, ISSUER, REVIEW, Town, query

COOKIE = "dossier-intake"


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("issuer")


@pytest.fixture
async def town(key: Path) -> AsyncIterator[Town]:
    yield Town(key, time.time())
    set_navigation("", {})


@pytest.fixture
async def browser(town: Town) -> AsyncIterator[httpx.AsyncClient]:
    async with town.browser() as made:
        yield made


async def begun(town: Town, browser: httpx.AsyncClient, page: str = "/home") -> httpx.Response:
    """Signed in at the issuer, sent back to the service, not gone there yet."""
    await town.sign_in(browser, f"{ISSUER}/health/live")
    started = await browser.get(f"{INTAKE}/sign-in", params={"next": page}, follow_redirects=False)
    return await browser.get(started.headers["location"], follow_redirects=False)


async def test_a_page_leads_through_the_issuer_and_back_to_itself(town: Town, browser: httpx.AsyncClient) -> None:
    page = await town.sign_in(browser, f"{INTAKE}/home?lang=en")
    assert (page.status_code, str(page.url)) == (200, f"{INTAKE}/home?lang=en")
    assert "Lê Thị Cúc" in page.text
    cookie = next(one for one in browser.cookies.jar if one.name == COOKIE)
    assert (cookie.path, cookie.secure, cookie.has_nonstandard_attr("HttpOnly")) == ("/", False, True)
    assert [one.name for one in browser.cookies.jar if "sign-in" in one.name] == []
    assert (await browser.get(f"{INTAKE}/api/v1/me")).json()["roles"] == ["counter"]


async def test_the_database_has_neither_the_cookie_nor_the_tokens(town: Town, browser: httpx.AsyncClient) -> None:
    await town.sign_in(browser)
    [row] = town.stores["intake"].rows.values()
    for told in (browser.cookies[COOKIE], "counter-1", "eyJ"):
        assert told not in str(row)


async def test_a_program_and_a_script_are_told_401(town: Town, browser: httpx.AsyncClient) -> None:
    answer = await browser.get(f"{INTAKE}/api/v1/me", headers={"accept": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (401, "token-missing")
    fetched = await browser.get(f"{INTAKE}/home", headers={"sec-fetch-mode": "cors"}, follow_redirects=False)
    assert fetched.status_code == 401
    assert "/sign-in?next=/home" in fetched.text


async def test_password_then_consent_then_the_page(town: Town, browser: httpx.AsyncClient) -> None:
    form = await browser.get(f"{INTAKE}/home")
    assert "development" in form.text
    assert "phát triển" in form.text
    ours = {"sec-fetch-site": "same-origin"}
    login = f"{ISSUER}/login?{form.url.query.decode()}"
    wrong = await browser.post(login, data={"name": "counter", "password": "guessed"}, headers=ours)
    assert wrong.status_code == 401
    foreign = await browser.post(login, data={"name": "counter", "password": "dossier"})
    assert foreign.status_code == 400
    asked = await browser.post(login, data={"name": "counter", "password": "dossier"}, headers=ours)
    assert "Consent" in asked.text
    page = await browser.post(f"{ISSUER}/consent?{form.url.query.decode()}", headers=ours)
    assert page.url == f"{INTAKE}/home"
    assert (await browser.get(f"{INTAKE}/api/v1/me")).json() == {"sub": "counter-1", "roles": ["counter"], "level": "2"}


async def test_the_second_service_asks_nothing(town: Town, browser: httpx.AsyncClient) -> None:
    await town.sign_in(browser)
    home = f"{INTAKE}/home?lang=vi"
    back = await browser.get(f"{REVIEW}/sign-in", params={"silent": "1", "next": home})
    assert back.url == home
    assert (await browser.get(f"{REVIEW}/api/v1/me")).json()["sub"] == "counter-1"


async def test_who_signs_in_again_leaves_no_session_behind(town: Town, browser: httpx.AsyncClient) -> None:
    await town.sign_in(browser)
    [former] = town.stores["intake"].rows
    await browser.get(f"{INTAKE}/sign-in")
    assert len(town.stores["intake"].rows) == 1
    assert former not in town.stores["intake"].rows


async def test_silently_nobody_is_asked_anything(town: Town, browser: httpx.AsyncClient) -> None:
    answer = await browser.get(
        f"{REVIEW}/sign-in", params={"silent": "1", "next": f"{INTAKE}/signed-out"}, follow_redirects=True
    )
    assert answer.url == f"{INTAKE}/signed-out"
    assert "dossier-review" not in browser.cookies


@pytest.mark.parametrize(
    "changed",
    [
        {"state": "another"},
        {"state": ""},
        {"code": "guessed"},
        {"iss": "https://elsewhere.example"},
        {"code": "", "error": "access_denied"},
    ],
)
async def test_what_comes_back_otherwise_than_it_began_gives_no_session(
    town: Town, browser: httpx.AsyncClient, changed: dict[str, str]
) -> None:
    answer = await begun(town, browser)
    said = {name: value for name, value in {**query(answer.headers["location"]), **changed}.items() if value}
    refused = await browser.get(f"{INTAKE}/signed-in", params=said)
    assert refused.status_code == 400
    assert 'href="/home"' in refused.text
    assert COOKIE not in browser.cookies
    assert town.stores["intake"].rows == {}


async def test_a_code_gives_one_session_in_the_browser_that_asked(town: Town, browser: httpx.AsyncClient) -> None:
    answer = await begun(town, browser)
    back = answer.headers["location"]
    async with town.browser() as stranger:
        assert (await stranger.get(back)).status_code == 400
    again = {one.name: str(one.value) for one in browser.cookies.jar if "sign-in" in one.name}
    assert (await browser.get(back)).url == f"{INTAKE}/home"
    browser.cookies.update(again)  # as if it had been kept
    assert (await browser.get(back)).status_code == 400
    assert len(town.stores["intake"].rows) == 1


@pytest.mark.parametrize("part", [1, 2], ids=["nonce", "verifier"])
async def test_a_code_of_another_sign_in_is_refused(town: Town, browser: httpx.AsyncClient, part: int) -> None:
    """What an attacker's own code, put into the victim's way, meets."""
    back = (await begun(town, browser)).headers["location"]
    [cookie] = [one for one in browser.cookies.jar if "sign-in" in one.name]
    facts = orjson.loads(urlsafe_b64decode(f"{cookie.value}=="))
    facts[part] = "x" * 64
    cookie.value = urlsafe_b64encode(orjson.dumps(facts)).decode().rstrip("=")
    assert (await browser.get(back)).status_code == 400
    assert town.stores["intake"].rows == {}


async def test_a_sign_in_left_lying_ends(town: Town, browser: httpx.AsyncClient) -> None:
    back = (await begun(town, browser)).headers["location"]
    town.now += 601
    assert (await browser.get(back)).status_code == 400


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "http://127.0.0.1:8001@evil.example/", "javascript:alert(1)",
     "http://127.0.0.1:80011/x", f"{INTAKE}.evil.example/", "/home\nx: y"],
)  # fmt: skip
async def test_next_leads_nowhere_else(town: Town, browser: httpx.AsyncClient, elsewhere: str) -> None:
    answer = await begun(town, browser, elsewhere)
    landed = await browser.get(answer.headers["location"], follow_redirects=False)
    assert landed.headers["location"] == "/home"


async def test_a_session_is_good_for_its_own_service_only(town: Town, browser: httpx.AsyncClient) -> None:
    await town.sign_in(browser)
    secret = browser.cookies[COOKIE]
    async with town.client() as thief:
        for name in ("dossier-review", "dossier-intake", "__Host-dossier-review", "dossier_session"):
            answer = await thief.get(f"{REVIEW}/api/v1/me", headers={"cookie": f"{name}={secret}"})
            assert answer.status_code == 401, name


async def test_another_site_cannot_act_by_the_session(town: Town, browser: httpx.AsyncClient) -> None:
    await town.sign_in(browser)
    foreign = await browser.post(f"{INTAKE}/api/v1/act", headers={"sec-fetch-site": "cross-site"})
    assert foreign.status_code == 403
    ours = await browser.post(f"{INTAKE}/api/v1/act", headers={"sec-fetch-site": "same-origin"})
    assert ours.json() == {"sub": "counter-1"}


async def test_signing_out_ends_it_everywhere(town: Town, browser: httpx.AsyncClient) -> None:
    await town.sign_in(browser)
    await browser.get(f"{REVIEW}/home")
    former = {"cookie": f"dossier-review={browser.cookies['dossier-review']}"}
    left = await browser.post(f"{INTAKE}/sign-out?lang=en", headers={"sec-fetch-site": "same-origin"})
    assert left.url == f"{INTAKE}/signed-out?lang=en"
    assert town.stores["intake"].rows == town.stores["review"].rows == {}
    async with town.client() as anybody:
        assert (await anybody.get(f"{REVIEW}/api/v1/me", headers=former)).status_code == 401
    assert (await browser.get(f"{INTAKE}/home")).url.path == "/authorize"  # the issuer asks again


async def test_signing_out_of_a_session_that_has_ended_signs_out_at_the_issuer_all_the_same(
    town: Town, browser: httpx.AsyncClient
) -> None:
    await town.sign_in(browser)
    town.stores["intake"].rows.clear()
    ours = {"sec-fetch-site": "same-origin"}
    asked = await browser.post(f"{INTAKE}/sign-out?lang=vi", headers=ours)
    assert asked.url.path == "/end-session"
    assert (await browser.post(asked.url)).status_code == 400
    left = await browser.post(asked.url, headers=ours)
    assert str(left.url) == f"{INTAKE}/signed-out?lang=vi"
    assert (await browser.get(f"{INTAKE}/home")).url.path == "/authorize"


async def test_without_the_issuer_nobody_signs_in_and_whoever_is_signed_in_works_on(
    town: Town, browser: httpx.AsyncClient
) -> None:
    await town.sign_in(browser)
    town.net.down.add(8010)
    assert (await browser.get(f"{INTAKE}/api/v1/me")).status_code == 200
    town.now += 900
    answer = await browser.get(f"{INTAKE}/api/v1/me", headers={"accept": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (503, "issuer-unavailable")
    town.net.down.clear()
    left = await browser.post(f"{INTAKE}/sign-out", headers={"sec-fetch-site": "same-origin"})
    assert left.url.path == "/signed-out"


@pytest.mark.parametrize(
    ("host", "prefix"), [("intake.agency.example", "__Host-"), ("127.0.0.1:8001", ""), ("localhost:8001", "")]
)
async def test_the_cookie_is_the_host_s_own_and_secure_but_on_this_machine(town: Town, host: str, prefix: str) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(town.apps["intake"]), base_url=f"http://{host}") as asks:
        answer = await asks.get("/sign-in")
    cookie = answer.headers["set-cookie"]
    assert query(answer.headers["location"])["redirect_uri"] == f"http{'s' if prefix else ''}://{host}/signed-in"
    assert cookie.startswith(f"{prefix}dossier-intake-sign-in-")
    assert ("Secure" in cookie) == bool(prefix)
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie


async def test_the_issuer_demands_pkce_and_a_page_of_this_machine(town: Town) -> None:
    async with town.client() as asks:
        given: dict[str, Any] = {
            "client_id": "intake", "response_type": "code", "redirect_uri": f"{INTAKE}/signed-in", "state": "s",
        }  # fmt: skip
        plain = await asks.get(f"{ISSUER}/authorize", params=given)
        assert query(plain.headers["location"]) == {"error": "invalid_request", "state": "s"}
        for wrong in ({"redirect_uri": "https://evil.example/signed-in"}, {"client_id": "stranger"}):
            assert (await asks.get(f"{ISSUER}/authorize", params={**given, **wrong})).status_code == 400


async def test_whose_session_ended_is_told_however_it_ended(
    town: Town, browser: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the person here and by the issuer there, by the issuer's word alone, and by tokens that it does not renew."""
    entries: dict[str, list[AuditEntry]] = {"intake": [], "review": []}
    for name, app in town.apps.items():
        app.state.teller.put = entries[name].append

    def ended(name: str) -> list[tuple[str, str | None]]:
        found = [(one.call, one.subject) for one in entries[name] if one.kind == "signed-out"]
        entries[name].clear()
        return found

    await town.sign_in(browser)
    await browser.get(f"{REVIEW}/home")
    await browser.post(f"{INTAKE}/sign-out?lang=en", headers={"sec-fetch-site": "same-origin"})
    assert ended("intake") == [("POST /sign-out", "counter-1")]
    assert ended("review") == [("POST /back-channel-logout", "counter-1")]

    await town.sign_in(browser)
    refused = mock.AsyncMock(side_effect=Refused("invalid_grant"))
    monkeypatch.setattr(town.apps["intake"].state.sign_in.sessions.provider, "refresh", refused)
    town.now += 290
    script = {"cookie": f"{COOKIE}={browser.cookies[COOKIE]}"}
    async with town.client() as anybody:
        assert (await anybody.get(f"{INTAKE}/api/v1/me", headers=script)).status_code == 401
        assert ended("intake") == [("GET /api/v1/me", "counter-1")]
        assert (await anybody.get(f"{INTAKE}/api/v1/me", headers=script)).status_code == 401
        assert ended("intake") == [], "it has ended once"

    forged = await browser.post(f"{INTAKE}/back-channel-logout", data={"logout_token": "a.b.c"})
    assert (forged.status_code, [one.kind for one in entries["intake"]]) == (400, ["failed-authentication"])
