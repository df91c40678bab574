"""What browsers load: compressed, kept by its hash, and in the wheel although git does not know it."""

from __future__ import annotations

import gzip
import subprocess
import sys
import zipfile
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from starlette.responses import HTMLResponse, Response, StreamingResponse

from dossier_shared.pages.rendering import add_package, static_router, static_url

SERVICES = Path(__file__).parents[3] / "services"
MONITOR = SERVICES / "monitor"
# file → kilobytes on the wire at most
LIBRARIES = {"htmx.min.js": 17.5, "sse.min.js": 1.5, "uPlot.iife.min.js": 24, "uPlot.min.css": 1}
OF_INTAKE = {"tus.min.js": 22.5, "umd.js": 1.6}


@pytest.fixture
def pages(app: FastAPI) -> FastAPI:
    add_package("dossier_monitor.pages")
    add_package("dossier_intake.pages")
    app.include_router(static_router())
    return app


@pytest.mark.parametrize(("name", "kilobytes"), [*LIBRARIES.items(), *OF_INTAKE.items()])
async def test_a_library_is_served_compressed_and_kept_for_ever(
    pages: FastAPI, client: httpx.AsyncClient, name: str, kilobytes: float
) -> None:
    async with client.stream("GET", static_url(name), headers={"accept-encoding": "gzip"}) as answer:
        packed = b"".join([chunk async for chunk in answer.aiter_raw()])
    assert answer.headers["content-encoding"] == "gzip"
    assert "immutable" in answer.headers["cache-control"]
    assert len(packed) <= kilobytes * 1000
    plain = await client.get(static_url(name), headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.content == gzip.decompress(packed)


@pytest.mark.parametrize(("service", "libraries"), [("monitor", LIBRARIES), ("intake", OF_INTAKE)])
def test_no_other_library_is_served(service: str, libraries: dict[str, float]) -> None:
    served = {entry.name for entry in (SERVICES / service / f"src/dossier_{service}/pages/static/lib").iterdir()}
    assert served == set(libraries)


@pytest.mark.parametrize("name", ["filing.js", "filing-worker.js"])
async def test_what_a_page_needs_all_of_comes_as_one_file(pages: FastAPI, client: httpx.AsyncClient, name: str) -> None:
    """Else a bad line brings some of it, and the page keeps nothing of what is typed."""
    static = SERVICES / "intake/src/dossier_intake/pages/static"
    parts = (static / f"{name}.parts").read_text().split()
    whole = (await client.get(static_url(name))).text
    places = [whole.index((static / place / part).read_text()) for part in parts for place in ("", "lib")
              if (static / place / part).exists()]  # fmt: skip
    assert len(places) == len(parts)
    assert places == sorted(places)
    assert whole.startswith('"use strict";')


def test_a_file_that_is_not_there_says_what_to_do() -> None:
    with pytest.raises(FileNotFoundError, match="make install"):
        static_url("nothing.js")


async def test_pages_are_compressed_and_nothing_else(app: FastAPI, client: httpx.AsyncClient) -> None:
    text = "Hồ sơ " * 1000
    kinds: dict[str, Response] = {
        "/page": HTMLResponse(text),
        "/json": Response(text, media_type="application/json"),
        "/stream": StreamingResponse(iter([text]), media_type="text/event-stream"),
    }
    for path, answer in kinds.items():
        app.add_api_route(path, lambda answer=answer: answer, response_class=Response)
    encodings = {path: (await client.get(path)).headers.get("content-encoding") for path in kinds}
    assert encodings == {"/page": "gzip", "/json": None, "/stream": None}


def test_the_wheel_carries_the_libraries(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=MONITOR, check=True, capture_output=True)
    names = zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist()
    assert {f"dossier_monitor/pages/static/lib/{name}" for name in LIBRARIES} <= set(names)
