"""A procedure needs more assurance than the sign-in has: what is told, and the way on."""

from __future__ import annotations

import time
from pathlib import Path
from unittest import mock

import httpx
import pytest
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dossier_intake.catalogue.catalogue import Catalogue
from dossier_intake.policy import POLICY
from dossier_shared.http.auth import authenticate
from dossier_shared.http.policy import Context
from dossier_shared.http.problems import install_problems
from dossier_shared.http.step_up import StepUpRequired
from dossier_shared.http.tokens import Principal, principal_of_claims
from dossier_shared.pages.notice import refused_page
from dossier_shared.pages.rendering import set_navigation

from .signing_in import INTAKE, ISSUER, Town, query

CATALOGUE = Catalogue.load_packaged()


def citizen(level: str, role: str = "citizen") -> Principal:
    return Principal("c", frozenset({role}), level=level)


@pytest.mark.parametrize(("level", "assurance"), [
    ("", 0), ("1", 1), ("2", 2), ("urn:example:loa:2", 2), ("level-10", 10), ("gold", 0), ("2x", 0),
])  # fmt: skip
def test_the_level_is_the_number_at_its_end(level: str, assurance: int) -> None:
    assert citizen(level).assurance == assurance


@pytest.mark.parametrize(("who", "needed", "may"), [
    (citizen("2"), 2, True), (citizen("3"), 2, True), (citizen("1"), 2, False), (citizen(""), 2, False),
    (citizen(""), 1, True), (citizen("", "agent"), 2, True),
])  # fmt: skip
def test_a_citizen_files_what_their_level_is_enough_for(who: Principal, needed: int, may: bool) -> None:
    assert POLICY.may(who, "file", {"agency": "a", "assurance": needed}, Context(CATALOGUE)) is may


async def test_a_program_is_told_which_level_to_ask_its_issuer_for() -> None:
    app = FastAPI()
    install_problems(app)

    @app.get("/x")
    async def refused() -> None:
        raise StepUpRequired(2)

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as http:
        answer = await http.get("/x")
    told = answer.json()
    assert (answer.status_code, told["code"], told["acr_values"]) == (401, "step-up-required", "2")
    assert told["sign_in"] == "/sign-in?acr=2"
    assert 'error="insufficient_user_authentication", acr_values="2"' in answer.headers["www-authenticate"]
    assert told["message"]["vi"] != told["message"]["en"]


async def test_a_page_leads_to_the_issuer_with_the_level_and_back(tmp_path: Path) -> None:
    town = Town(tmp_path, time.time())

    @town.apps["intake"].get("/sure")
    async def sure(request: Request) -> Response:
        try:
            who = await authenticate(request)
            if who.assurance < 2:
                raise StepUpRequired(2)
        except Exception as error:
            return refused_page(request, "vi", "", error)
        return JSONResponse({"level": who.level})

    try:
        async with town.browser() as browser:
            asked = await town.sign_in(browser, f"{INTAKE}/sure", acr="1")
            assert str(asked.url).startswith(f"{ISSUER}/authorize"), "level 1 has to sign in anew"
            assert (query(asked.url)["acr_values"], query(asked.url)["max_age"]) == ("2", "300")
            done = await town.sign_in(browser, f"{INTAKE}/sign-in?next=/sure&acr=2", acr="2")
            assert (str(done.url), done.json()) == (f"{INTAKE}/sure", {"level": "2"})
            begun = await browser.get(f"{INTAKE}/sign-in", params={"acr": "9&prompt=none"}, follow_redirects=False)
            assert "acr_values" not in query(begun.headers["location"]), "nothing but a level we know"
    finally:
        set_navigation("", {})


@pytest.mark.parametrize(("proved", "since", "may"), [
    (0.0, None, True), (1000.0, 999.0, True), (1000.0, 1001.0, False), (0.0, 1.0, False),
])  # fmt: skip
def test_when_it_was_proved_counts_where_that_is_asked(proved: float, since: float | None, may: bool) -> None:
    who = Principal("c", frozenset({"citizen"}), level="2", proved=proved)
    wanted = {"agency": "a", "assurance": 2} | ({} if since is None else {"proved_since": since})
    assert POLICY.may(who, "file", wanted, Context(CATALOGUE)) is may
    assert POLICY.may(who, "file", wanted | {"assurance": 1}, Context(CATALOGUE)), "where no level is needed"


@pytest.mark.parametrize(
    ("said", "proved"), [(1_700_000_000, 1.7e9), (1.5, 1.5), (None, 0), ("1", 0), (True, 0), (-1, 0)]
)
def test_when_it_was_proved_is_a_number_or_nothing(said: object, proved: float) -> None:
    assert principal_of_claims({"sub": "c", "auth_time": said}).proved == proved


async def test_the_issuer_of_development_says_when_and_asks_again_when_that_is_long_ago(tmp_path: Path) -> None:
    town = Town(tmp_path, time.time())

    @town.apps["intake"].get("/when")
    async def when(request: Request) -> Response:
        return JSONResponse((await authenticate(request)).proved)

    try:
        async with town.browser() as browser:
            before = int(time.time())
            done = await town.sign_in(browser, f"{INTAKE}/sign-in?next=/when", acr="2")
            assert before <= done.json() <= time.time()
            client = {
                "client_id": "intake",
                "redirect_uri": f"{INTAKE}/signed-in",
                "response_type": "code",
                "state": "s",
            }
            asked = {**client, "code_challenge": "c" * 43, "code_challenge_method": "S256"}
            for age, there in (("3600", True), ("0", False)):
                with mock.patch("time.time", return_value=time.time() + 60):
                    answer = await browser.get(
                        f"{ISSUER}/authorize", params={**asked, "max_age": age}, follow_redirects=False
                    )
                assert (answer.status_code == 303) is there
    finally:
        set_navigation("", {})
