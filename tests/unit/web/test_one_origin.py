"""A service under a path of an origin it shares: what it hands out begins with the path, and no page can forget it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from pydantic import ValidationError
from starlette.responses import Response

from dossier_shared.http.app import create_app
from dossier_shared.http.jsonbody import json_response
from dossier_shared.http.root import own_url, set_root
from dossier_shared.http.tokens import Principal
from dossier_shared.http.verbs import Button
from dossier_shared.pages.navigation import Navigation
from dossier_shared.pages.rendering import static_url
from dossier_shared.pages.work_list import actions_of
from dossier_shared.settings.service import ServiceSettings

from .support import ready, settings, verb

ROOT = Path(__file__).parents[3]
OURS = [path for folder in ("shared", "services") for path in sorted((ROOT / folder).glob("**/src/**/*.*"))]
TEMPLATES = [path for path in OURS if path.suffix == ".html"]
SCRIPTS = [path for path in OURS if path.suffix == ".js" and path.parent.name != "lib"]
STYLES = [path for path in OURS if path.suffix == ".css" and path.parent.name != "lib"]

_TAG = re.compile(r"<[a-z][^<>]*?>", re.DOTALL)
_ADDRESS = re.compile(
    r"""\b(?:href|src|srcset|poster|action|formaction|(?:hx|sse)-[a-z-]+|data-(?!chart|table)[a-z-]+)="([^"]*)\""""
)
_STATEMENT = re.compile(r"{%.*?%}", re.DOTALL)
_AT_ROOT = re.compile(r"""(?:^|\s)/|{{-?\s*\(?["']/""")
# a piece of text that begins with a slash, other than one that a figure's name ends with
_TEXT_AT_ROOT = re.compile(r"""(?<!endsWith\()(?<!lastIndexOf\()["'`]/(?:[a-zA-Z$]|["'`])""")


def escapes(template: str) -> list[str]:
    """Addresses that begin with a slash of their own, not with `{{ root }}`: in whole, or in one branch of an `if`."""
    plain = re.sub(r"{{.*?}}", lambda found: found[0].replace("<", "").replace(">", "").replace('"', "'"), template)
    plain = _STATEMENT.sub(lambda found: found[0].replace("<", "").replace(">", "").replace('"', "'"), plain)
    values = [value for tag in _TAG.findall(plain) for value in _ADDRESS.findall(tag)]
    return [value for value in values if any(_AT_ROOT.search(piece) for piece in _STATEMENT.split(value))]


@pytest.fixture(autouse=True)
def at_the_root_again() -> Iterator[None]:
    yield
    set_root("")


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_template_links_to_the_root(path: Path) -> None:
    assert escapes(path.read_text()) == []


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_knows_no_address_but_from_its_page(path: Path) -> None:
    assert [line for line in path.read_text().splitlines() if _TEXT_AT_ROOT.search(line)] == []


@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.name)
def test_no_stylesheet_loads_from_the_root(path: Path) -> None:
    assert re.findall(r"""url\(["']?/[^)]*\)|@import\s+["']/.*""", path.read_text()) == []


def test_all_pages_were_looked_at() -> None:
    assert {"base.html", "overview.html", "my_dossiers.html"} <= {path.name for path in TEMPLATES}
    assert {"work.js", "live.js", "supplement.js"} <= {path.name for path in SCRIPTS}
    assert STYLES


@pytest.mark.parametrize(
    "wrong",
    [
        '<a href="/late">',
        '<a class="x"\n  href="/">',
        """<a href="{% if n > 1 %}#{% else %}/late{% endif %}">""",
        """<a href="{{ '/late' }}">""",
        """<a href="{{ "/late" ~ suffix }}">""",
        '<form method="get" action="/search">',
        '<div sse-connect="/stream" hx-ext="sse">',
        '<div hx-get="/late">',
        '<div data-more="/late">',
        '<img srcset="{{ root }}/a 1x, /b 2x">',
    ],
)
def test_a_link_to_the_root_would_be_seen(wrong: str) -> None:
    assert len(escapes(wrong)) == 1


@pytest.mark.parametrize(
    "right",
    [
        '<a href="{{ root }}/late{{ suffix }}">',
        '<a href="{% if n > 1 %}#{% else %}{{ root }}/late{% endif %}">',
        '<a href="?lang=vi"><a href="#main"><a href="{{ place.href }}">',
        '<div data-chart="/lineIn /lineOut" title="a / b">',
        "<p>1 / 2</p>",
    ],
)
def test_what_is_no_link_to_the_root_is_left_alone(right: str) -> None:
    assert escapes(right) == []


@pytest.mark.parametrize("wrong", ['fetch("/api/v1/board")', "open('/')", "fetch(`/api/${id}`)", "fetch(`/${id}`)"])
def test_an_address_in_a_script_would_be_seen(wrong: str) -> None:
    assert _TEXT_AT_ROOT.search(wrong)


def test_the_setting_is_empty_or_a_path(monkeypatch: pytest.MonkeyPatch) -> None:
    class Intake(ServiceSettings, env_prefix="INTAKE_"):
        service: str = "intake"
        port: int = 1
        database: str = "d"

    assert Intake().path == settings().path == ""  # whatever the machine's own PATH is
    for good in ("/intake", "/mot-cua/intake", "/v1.2"):
        monkeypatch.setenv("INTAKE_PATH", good)
        assert Intake().path == good
    for wrong in (
        "/",
        "intake",
        "/intake/",
        "//intake",
        "/a//b",
        "/a b",
        '/"',
        "/..",
        "/a?b",
        "https://a.vn/intake",
        "/a\n",
    ):
        monkeypatch.setenv("INTAKE_PATH", wrong)
        with pytest.raises(ValidationError, match="path"):
            Intake()


async def test_what_it_hands_out_begins_with_the_path() -> None:
    app = create_app(settings(path="/intake"), title="T", readiness=ready)
    assert own_url("/work") == "/intake/work"
    assert static_url("work.css").startswith("/intake/static/")
    (action,) = actions_of([verb("a", Button(vi="A", en="A", many=True), many=True)])
    said = action.script("vi")
    assert (said["path"], said["bulk"]) == ("/intake/api/v1/dossiers/{id}/a", "/intake/api/v1/dossiers:a")
    assert json_response({}, 201, location="/api/v1/dossiers/1").headers["location"] == "/intake/api/v1/dossiers/1"
    assert app.openapi()["servers"] == [{"url": "/intake"}]
    reader = Principal("a", frozenset({"counter", "leader"}), None, "A")
    links = Navigation("intake", {"signing": "https://a.vn/signing"}).links(reader, "vi")
    assert [link.href for link in links] == [
        "/intake/home?lang=vi",
        "/intake/work?lang=vi",
        "/intake/counter?lang=vi",
        "https://a.vn/signing/work?lang=vi",
        "/intake/emergency?lang=vi",
    ]


async def test_its_routes_are_without_the_path_and_it_sends_nobody_elsewhere() -> None:
    app = create_app(settings(path="/intake"), title="T", readiness=ready)
    app.add_api_route("/page", lambda: Response("there"), response_class=Response)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://a.test") as client:
        for path in ("/page", "/health/live", "/health/ready", "/metrics", "/openapi.json"):
            assert (await client.get(path)).status_code == 200, path
        over = await client.get("/page/")
        assert (over.status_code, "location" in over.headers) == (404, False)


def test_without_the_setting_nothing_is_before_an_address() -> None:
    app = create_app(settings(), title="T", readiness=ready)
    assert own_url("/work") == "/work"
    assert app.openapi()["servers"] == [{"url": "/"}]
