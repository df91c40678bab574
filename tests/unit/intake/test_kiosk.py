"""A browser that many people use: its cookie, and what every answer to it has."""

from __future__ import annotations

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from dossier_intake.pages.kiosk.cookie import Setting, name_of_cookie, new_setting, opens, setting_of
from dossier_intake.pages.kiosk.layer import KioskLayer
from dossier_shared.pages.shared_machine import SharedMachine, shared_machine, unremembered

KEY = b"of these tests alone"


def cookie(setting: Setting | str, *, secure: bool = True) -> bytes:
    return f"other=1; {name_of_cookie(secure=secure)}={setting}".encode()


def test_the_code_and_no_other_ends_it() -> None:
    setting = new_setting(KEY, " thư viện 1 ", 5)
    assert opens(setting, KEY, "thư viện 1"), "blanks around it are nobody's wish"
    assert not opens(setting, KEY, "thư viện 2")
    assert not opens(setting, KEY, "")
    assert not opens(setting, b"another key", "thư viện 1")
    assert new_setting(KEY, "thư viện 1", 5) != new_setting(KEY, "thư viện 1", 5), "two machines, two cookies"


@pytest.mark.parametrize("secure", [True, False])
def test_it_is_found_in_the_cookie_it_was_written_into(secure: bool) -> None:
    setting = new_setting(KEY, "123456", 10)
    assert setting_of(cookie(setting, secure=secure)) == setting


@pytest.mark.parametrize("value", ["", "1", "5.short.00", f"7.{'a' * 16}.{'0' * 64}", f"5.{'a' * 16}.{'g' * 64}"])
def test_what_no_form_of_ours_has_written_is_none(value: str) -> None:
    assert setting_of(cookie(value)) is None
    assert setting_of(None) is None


async def page(_: object) -> Response:
    return HTMLResponse(f"{shared_machine.get()}", headers={"cache-control": "public, max-age=600"})


async def paper(_: object) -> Response:
    return Response(b"%PDF-", media_type="application/pdf", headers={"cache-control": "private, max-age=600"})


async def answered(path: str, given: bytes | None, **headers: str) -> httpx.Response:
    app = KioskLayer(
        Starlette(routes=[Route("/page", page), Route("/paper", paper), Route("/static/shared/a.css", page)])
    )
    said = {
        **({"cookie": given.decode()} if given else {}),
        **{name.replace("_", "-"): it for name, it in headers.items()},
    }
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
        return await client.get(path, headers=said)


async def test_a_page_for_it_says_so_and_is_kept_nowhere() -> None:
    answer = await answered("/page", cookie(new_setting(KEY, "123456", 3)))
    assert answer.headers.get_list("cache-control") == ["no-store"]
    assert answer.text == str(SharedMachine(3, "/kiosk"))
    assert shared_machine.get() is None, "the next request is somebody else's"


async def test_everybody_else_has_what_they_had() -> None:
    answer = await answered("/page", None)
    assert (answer.text, answer.headers["cache-control"]) == ("None", "public, max-age=600")


async def test_styles_may_be_kept() -> None:
    answer = await answered("/static/shared/a.css", cookie(new_setting(KEY, "123456", 3)))
    assert answer.headers["cache-control"] == "public, max-age=600"


async def test_a_paper_in_a_window_of_its_own_is_left_after_a_while() -> None:
    given = cookie(new_setting(KEY, "123456", 3))
    alone = await answered("/paper", given, sec_fetch_dest="document")
    assert alone.headers["refresh"] == "180; url=/kiosk/still"
    assert alone.headers.get_list("cache-control") == ["no-store"]
    assert "refresh" not in (await answered("/paper", given, sec_fetch_dest="image")).headers
    assert "refresh" not in (await answered("/page", given, sec_fetch_dest="document")).headers


def test_no_form_is_filled_in_or_learned_from() -> None:
    html = '<form method="post"><input name="a" autocomplete="name" x><input name="b"><textarea autocomplete="tel"></textarea>'
    assert unremembered(html) == (
        '<form autocomplete="off" method="post"><input name="a" autocomplete="off" x><input name="b">'
        '<textarea autocomplete="off"></textarea>'
    )
    assert unremembered("<p>&lt;form autocomplete</p>") == "<p>&lt;form autocomplete</p>"
