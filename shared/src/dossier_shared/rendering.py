"""Jinja2 pages of this package and of the service itself, and their few static files. Nothing inline: the policy is 'self'."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from importlib.resources import files
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from dossier_shared.errors import NotFound
from dossier_shared.navigation import Navigation
from dossier_shared.texts import Lang, texts

STATIC_PATH = "/static/shared"
VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")

_TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _load_static(package: str) -> dict[str, tuple[bytes, str]]:
    """name → content and the first of its hash, which is in the address so that browsers may keep it for ever."""
    found = {}
    for entry in files(package).joinpath("static").iterdir():
        if entry.name.rpartition(".")[2] in _TYPES:
            content = entry.read_bytes()
            found[entry.name] = content, sha256(content).hexdigest()[:12]
    return found


_static = _load_static("dossier_shared")


def static_url(name: str) -> str:
    return f"{STATIC_PATH}/{name}?v={_static[name][1]}"


def local_time(at: datetime, lang: Lang) -> str:
    """`15:00 03/07/2025`, `3 Jul 2025, 15:00`: in Vietnam, whatever the machine's zone."""
    there = at.astimezone(VIETNAM)
    if lang == "vi":
        return there.strftime("%H:%M %d/%m/%Y")
    return f"{there.day} {_MONTHS[there.month - 1]} {there.year}, {there:%H:%M}"


_loaders = ChoiceLoader([PackageLoader("dossier_shared")])
_environment = Environment(
    loader=_loaders,
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.globals["static_url"] = static_url
_environment.globals["navigation"] = Navigation()


def set_navigation(navigation: Navigation) -> None:
    """Of the process: every page shows it."""
    _environment.globals["navigation"] = navigation


def add_package(package: str) -> None:
    """A service's own `templates/` and `static/`, beside the shared ones and under other names."""
    _loaders.loaders = [*_loaders.loaders, PackageLoader(package)]
    _static.update(_load_static(package))


def page(template: str, lang: Lang, status: int = 200, **context: Any) -> HTMLResponse:
    html = _environment.get_template(template).render(
        lang=lang,
        other="vi" if lang == "en" else "en",
        t=SimpleNamespace(**texts(lang)),
        local_time=local_time,
        **context,
    )
    return HTMLResponse(html, status, {"content-language": lang, "vary": "cookie"})


def static_router() -> APIRouter:
    """Add once per application that serves pages."""
    router = APIRouter(prefix=STATIC_PATH, include_in_schema=False)

    @router.get("/{name}", response_class=Response)
    async def static(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in _static:
            raise NotFound("not-found", "Không có tệp này.", "No such file.")
        content, mark = _static[name]
        current = request.query_params.get("v") == mark
        return Response(
            content,
            media_type=_TYPES[name.rpartition(".")[2]],
            headers={"cache-control": "public, max-age=31536000, immutable" if current else "no-cache"},
        )

    return router
