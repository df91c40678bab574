"""Jinja2 pages of this package and of the service itself, and their few static files. Nothing inline: the policy is 'self'.

Libraries of others are installed by `make install` into a package's `static/lib/`, and served as if they were in `static/`. What
pages need all of or nothing is one file of several: `static/filing.js.parts` names the parts of `filing.js`, one a line.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, cast
from zoneinfo import ZoneInfo

from babel.dates import DateTimePattern, parse_pattern
from fastapi import APIRouter
from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from starlette.datastructures import URL
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from dossier_shared.http.root import own_url
from dossier_shared.pages.navigation import Navigation
from dossier_shared.pages.shared_machine import shared_machine, unremembered
from dossier_shared.pages.texts import Lang, texts
from dossier_shared.problems import NotFound
from dossier_shared.runtime.directory import Directory

STATIC_PATH = "/static/shared"
VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")

_PARTS = ".parts"
_TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}
_MOMENTS: dict[Lang, DateTimePattern] = {
    "vi": parse_pattern("HH:mm dd/MM/yyyy"),
    "en": parse_pattern("d MMM yyyy, HH:mm"),
}
_ENDS: dict[Lang, DateTimePattern] = {
    "vi": parse_pattern("'hết ngày' dd/MM/yyyy"),
    "en": parse_pattern("'the end of' d MMM yyyy"),
}


@dataclass(frozen=True, slots=True)
class _Static:
    """`mark`: the first of its hash, in the address so that browsers may keep it for ever."""

    plain: bytes
    packed: bytes
    mark: str
    media_type: str


def _load_static(package: str) -> dict[str, _Static]:
    folder = files(package).joinpath("static")
    found = {entry.name: _read(entry) for place in (folder, folder.joinpath("lib")) for entry in _assets(place)}
    if folder.is_dir():
        whole = [entry for entry in folder.iterdir() if entry.name.endswith(_PARTS)]
        found.update({entry.name.removesuffix(_PARTS): _joined(entry, found) for entry in whole})
    return found


def _joined(parts: Traversable, found: Mapping[str, _Static]) -> _Static:
    """A bad line brings one file or none: of seven, each lost three times in ten, all come once in twelve."""
    names = parts.read_text("utf-8").split()
    if absent := [name for name in names if name not in found]:
        raise FileNotFoundError(
            f"{', '.join(absent)} of {parts.name} is not there; `make install` puts libraries there"
        )
    plain = b'"use strict";\n' + b"\n".join(found[name].plain for name in names)
    return _static_of(plain, _TYPES["js"])


def _assets(folder: Traversable) -> Iterator[Traversable]:
    if folder.is_dir():
        yield from (entry for entry in folder.iterdir() if entry.name.rpartition(".")[2] in _TYPES)


def _read(entry: Traversable) -> _Static:
    return _static_of(entry.read_bytes(), _TYPES[entry.name.rpartition(".")[2]])


def _static_of(plain: bytes, kind: str) -> _Static:
    return _Static(plain, gzip.compress(plain, mtime=0), sha256(plain).hexdigest()[:12], kind)


_static = _load_static("dossier_shared.pages")


def static_url(name: str) -> str:
    if name not in _static:
        raise FileNotFoundError(f"{name} is in no static folder; a library's file is put there by `make install`")
    return own_url(f"{STATIC_PATH}/{name}?v={_static[name].mark}")


@lru_cache(4096)
def local_time(at: datetime | str, lang: Lang) -> str:
    """`15:00 03/07/2025`, `3 Jul 2025, 15:00`: in Vietnam, whatever the machine's zone. A text is an instant."""
    at = datetime.fromisoformat(at) if isinstance(at, str) else at
    return _MOMENTS[lang].apply(at.astimezone(VIETNAM), lang)


def local_end(at: datetime | str, lang: Lang) -> str:
    """Until when something holds. Midnight is the end of a day, as people say it: `hết ngày 31/12/2026`."""
    at = datetime.fromisoformat(at) if isinstance(at, str) else at
    at = at.astimezone(VIETNAM)
    if (at.hour, at.minute, at.second) != (0, 0, 0):
        return local_time(at, lang)
    return _ENDS[lang].apply(at - timedelta(seconds=1), lang)


_loaders = ChoiceLoader([PackageLoader("dossier_shared.pages")])
_environment = Environment(
    loader=_loaders,
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.globals["static_url"] = static_url
_environment.globals["navigation"] = Navigation()
_environment.globals["shared_machine"] = shared_machine.get


def set_navigation(own: str, neighbours: Mapping[str, str], directory: Directory | None = None) -> None:
    """Of the process: every page shows it."""
    _environment.globals["navigation"] = Navigation(own, neighbours, directory)


def navigation() -> Navigation:
    return cast(Navigation, _environment.globals["navigation"])


def officer_name(subject: str) -> str:
    """Of an officer who is listed; else the account."""
    return navigation().directory.officers.name(subject)


_environment.globals["officer_name"] = officer_name


def add_package(package: str) -> None:
    """A service's own `templates/` and `static/`, where it has them, beside the shared ones and under other names."""
    if files(package).joinpath("templates").is_dir():
        _loaders.loaders = [*_loaders.loaders, PackageLoader(package)]
    _static.update(_load_static(package))


def page(template: str, lang: Lang, status: int = 200, *, address: URL | None = None, **context: Any) -> HTMLResponse:
    """`address`: of this page, so that its tab is marked and its other language keeps what was asked for."""
    t, other = texts(lang), "vi" if lang == "en" else "en"
    html = _environment.get_template(template).render(
        lang=lang,
        own_path=address.path if address else "",
        root=own_url(""),
        other=other,
        in_this="?" + (address or URL("/")).include_query_params(lang=lang).query,
        in_other="?" + (address or URL("/")).include_query_params(lang=other).query,
        t=t,
        label=t.label,
        plural=t.plural,
        local_time=local_time,
        local_end=local_end,
        **context,
    )
    if shared_machine.get() is not None:
        html = unremembered(html)
    return HTMLResponse(html, status, {"content-language": lang, "vary": "cookie"})


def static_router() -> APIRouter:
    """Add once per application that serves pages."""
    router = APIRouter(prefix=STATIC_PATH, include_in_schema=False)

    @router.get("/{name}", response_class=Response)
    async def static(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in _static:
            raise NotFound("not-found", "Không có tệp này.", "No such file.")
        found = _static[name]
        current = request.query_params.get("v") == found.mark
        headers = {
            "cache-control": "public, max-age=31536000, immutable" if current else "no-cache",
            "vary": "accept-encoding",
        }
        if "gzip" not in request.headers.get("accept-encoding", ""):
            return Response(found.plain, media_type=found.media_type, headers=headers)
        return Response(found.packed, media_type=found.media_type, headers={**headers, "content-encoding": "gzip"})

    return router
