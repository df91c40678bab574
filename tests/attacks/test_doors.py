"""Attack 16 and its siblings: what is for inside is behind no door, and what runs is what was chosen."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

import httpx
import pytest
import yaml
from tests.access.endpoints import walk
from tests.unit.web.support import Issuer, make_app

from dossier_local.openapi import app_of
from dossier_shared.contracts.topics import SERVICES
from dossier_shared.http.hosts import INSIDE

ROOT = Path(__file__).parents[2]
CADDY = (ROOT / "deploy/compose/Caddyfile").read_text("utf-8")
(PATTERN,) = re.findall(r"@inside path_regexp (\S+)", CADDY)
VERSION = re.compile(r":v?\d+\.\d+\.\d+(-[a-z]+)?$|@sha256:[0-9a-f]{64}$")


def closed(path: str) -> bool:
    """As Caddy does: of the path as it is decoded, with one slash for many."""
    return re.match(PATTERN, re.sub("/+", "/", unquote(path))) is not None


@pytest.mark.parametrize("service", SERVICES)
def test_the_proxy_leads_to_nothing_that_is_for_inside(service: str) -> None:
    assert CADDY.index("respond @inside 404") < CADDY.index("handle_path")
    paths = {path for path, _ in walk(app_of(service).routes)}
    inside = {path for path in paths if path.startswith(INSIDE)}
    assert len(inside) >= 10
    for path in inside:
        for written in (path, path.upper(), path.replace("internal", "%69nternal"), f"/{path}", f"{path}/"):
            assert closed(f"/{service}{written}"), written
    assert [path for path in paths - inside if closed(f"/{service}{path}")] == []


@pytest.mark.parametrize("path", ["/%69nternal/hearing", "/%6D%65trics", "/h%65alth/live"])
async def test_what_is_written_so_that_a_proxy_does_not_know_it_is_not_there(path: str) -> None:
    app = make_app(Issuer().verifier(), allowed_hosts="intake.example.vn")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://intake.example.vn") as client:
        assert (await client.get(unquote(path))).status_code in (200, 404)
        answer = await client.get(path)
    assert answer.status_code == 404
    assert answer.json()["code"] == "dossier-not-found"


def test_every_image_of_others_is_of_one_version() -> None:
    containers = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    images = {one["image"] for one in containers.values() if "IMAGE_PREFIX" not in one["image"]}
    named = [image.partition(":-")[2].removesuffix("}") for image in images]
    for dockerfile in (ROOT / "deploy/images").glob("*.Dockerfile"):
        named += re.findall(r"(?m)^ARG BASE_IMAGE=(\S+)$", dockerfile.read_text())
        assert re.findall(r"(?m)^FROM (\S+)", dockerfile.read_text()) == ["${BASE_IMAGE}"] * 2
    assert len(named) >= 6
    assert [image for image in named if not VERSION.search(image)] == []
