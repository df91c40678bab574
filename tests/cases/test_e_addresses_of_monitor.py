"""The same of monitor's real process, which has the most pages, files and streams."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path

import httpx
import pytest
from tests.component.monitor.conftest import Watch
from tests.component.monitor.conftest import watch as watch

from dossier_monitor.indicators.definitions import INDICATORS

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
PAGES = ("/", "/late", "/dossiers", "/alarms", "/search", "/indicators", "/history", "/stream", "/wall", "/open-data")
ON_THEIR_WAY = "utm_source=zalo&fbclid=IwAR0&lang=vi&agencyy=H1"
DECLARED = {"/api/v1/search": "?q=h19"}
VARIES = ("content-length", "date", "x-request-id", "content-disposition")


def answers() -> list[str]:
    document = json.loads((ROOT / "docs/openapi/monitor.json").read_text("utf-8"))
    return [path for path, operations in document["paths"].items() if "get" in operations and "{" not in path]


async def test_e1_pages_and_files_ignore_what_a_link_got_on_its_way_and_the_api_refuses_it(watch: Watch) -> None:
    headers = await watch.headers("admin", "auditor")
    for path in (*PAGES, *(path for path in answers() if path.rpartition(".")[2] in ("csv", "xlsx", "pdf"))):
        answer = await watch.client.get(f"{path}?{ON_THEIR_WAY}", headers=headers)
        expected = 422 if path.startswith("/api/") else 200
        assert answer.status_code == expected, (path, answer.text[:300])
    for path in ("/dossiers.json", "/open-data/dossiers.json", "/api/v1/late", "/api/v1/board/stream"):
        answer = await watch.client.get(f"{path}?fbclid=x", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (422, "unknown-parameter"), path


async def test_e1_what_pages_link_to_is_never_refused(watch: Watch) -> None:
    """In both languages: a page that hands its own parameters on to the API would be refused for it."""
    headers, seen = await watch.headers("admin"), 0
    for page in PAGES:
        for lang in ("vi", "en"):
            text = (await watch.client.get(f"{page}?lang={lang}", headers=headers)).text
            written = html.unescape(text).replace(r"\u0026", "&")  # the second: within a page's JSON
            links = set(re.findall(r'"((?:/api/v1/|/dossiers\.|/open-data/|/reports/)[^"]*)"', written))
            for link in links:
                async with watch.client.stream("GET", link, headers=headers) as answer:
                    assert answer.status_code == 200, (page, lang, link)
                    seen += 1
    assert seen >= 25


async def test_e2_head_of_pages_files_and_streams(watch: Watch) -> None:
    headers = await watch.headers("admin", "auditor")
    for path in (*PAGES, *answers(), "/health/live", "/metrics", "/openapi.json"):
        asked = path + DECLARED.get(path, "")
        async with watch.client.stream("GET", asked, headers=headers) as got:  # of a stream, its beginning
            expected = got
        head = await watch.client.head(asked, headers=headers)
        assert (head.status_code, head.content) == (expected.status_code, b""), path
        assert head.status_code == 200, path
        assert kept(head.headers) == kept(expected.headers), path


def kept(headers: httpx.Headers) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name not in VARIES and name != "transfer-encoding"}


async def test_e3_the_board_as_it_was_is_found_though_the_plus_became_a_blank(watch: Watch) -> None:
    headers, told = await watch.headers("admin"), set()
    for at in ("2025-07-01T08:00:00+07:00", "2025-07-01T08:00:00%2B07:00", "2025-07-01T01:00:00Z", "2025-07-01T08:00"):
        answer = await watch.client.get(f"/api/v1/history?at={at}", headers=headers)
        assert answer.status_code == 200, answer.text
        told.add(answer.json()["at"])
        assert (await watch.client.get(f"/history?at={at}&to={at}&from={at}", headers=headers)).status_code == 200
    span = "from=2025-06-01T08:00:00+07:00&to=2025-07-01T08:00:00+07:00"
    assert (await watch.client.get(f"/api/v1/history/frames?{span}", headers=headers)).status_code == 200
    assert len(told) == 1


async def test_e5_a_broken_place_is_told_so(watch: Watch) -> None:
    headers = await watch.headers("admin")
    for path in (
        "/api/v1/dossiers?after=x",
        "/api/v1/late?after=%C3%A9",
        "/api/v1/alarms?cursor=x",
        "/api/v1/recounts?cursor=WzFd",
        f"/api/v1/indicators/{next(iter(INDICATORS))}/dossiers?after=x",
    ):
        answer = await watch.client.get(path, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid-place"), path
    for path in ("/dossiers?after=x", "/late?after=x", "/alarms?cursor=x"):
        page = await watch.client.get(path, headers=headers)
        assert (page.status_code, page.headers["content-type"][:9]) == (422, "text/html"), path
