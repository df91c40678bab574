"""Pages that are the same for everybody: kept by browsers and proxies for a while, and asked for again by their mark."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from hashlib import sha256
from typing import Final, NamedTuple

from starlette.requests import Request
from starlette.responses import Response

MAX_AGE: Final = 300  # seconds: so long an older catalogue may be shown
_KEPT: Final = 512  # pages; then all are forgotten


class Drawn(NamedTuple):
    body: bytes
    etag: str
    media_type: str
    lang: str | None = None


def drawn(body: bytes, version: str, media_type: str = "text/html; charset=utf-8", lang: str | None = None) -> Drawn:
    """`version`: of the catalogue. Weak, since what is sent is compressed or not; of the content too, since a release may draw
    the same catalogue otherwise."""
    marks = [version, *([lang] if lang else []), sha256(body).hexdigest()[:12]]
    return Drawn(body, f'W/"{"-".join(marks)}"', media_type, lang)


def public(request: Request, page: Drawn) -> Response:
    """200, or 304 where the reader has it. No session is looked at, none is set."""
    headers = {"cache-control": f"public, max-age={MAX_AGE}", "etag": page.etag, "vary": "accept-encoding"}
    if page.lang is not None:
        headers["content-language"] = page.lang
    if _has(request.headers.get("if-none-match", ""), page.etag):
        return Response(status_code=304, headers=headers)
    return Response(page.body, media_type=page.media_type, headers=headers)


def _has(given: str, etag: str) -> bool:
    opaque = etag.removeprefix("W/")
    return any(one.strip() == "*" or one.strip().removeprefix("W/") == opaque for one in given.split(","))


class Shelf:
    """Pages by what they show, of one edition of the catalogue at a time."""

    def __init__(self) -> None:
        self._edition: Hashable = None
        self._pages: dict[Hashable, Drawn] = {}

    def get(self, edition: Hashable, key: Hashable, make: Callable[[], Drawn]) -> Drawn:
        if edition != self._edition or len(self._pages) >= _KEPT:
            self._edition = edition
            self._pages.clear()
        if key not in self._pages:
            self._pages[key] = make()
        return self._pages[key]
