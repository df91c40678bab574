"""What logs, metrics and spans know of the request being answered."""

from __future__ import annotations

import re
from contextvars import ContextVar
from typing import Any, Final
from urllib.parse import unquote

from starlette.types import Scope

from dossier_shared.telemetry.masking import MASK, mask_text

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
_templates: dict[int, tuple[Any, str]] = {}
_ID: Final = re.compile(r"(?=.*[0-9])[A-Za-z0-9._:~-]+")


def route_template(scope: Scope) -> str:
    """`/api/v1/dossiers/{id}`, never the path itself: ids must not become labels.

    A nested router's own pattern lacks its prefix, which is read off the path once per route.
    """
    route = scope.get("route")
    if route is None:
        return "unmatched"
    known = _templates.get(id(route))
    if known is not None and known[0] is route:
        return known[1]
    pattern: str = getattr(route, "path", "")
    template = pattern
    if ":path}" not in pattern:
        parts = scope["path"].split("/")
        template = "/".join(parts[: len(parts) - pattern.count("/")]) + pattern
    _templates[id(route)] = (route, template)
    return template


def shown_path(scope: Scope) -> str:
    """The path, with what stands where an id belongs and looks like none masked: people type names into addresses."""
    template = route_template(scope).split("/")
    parts = unquote(scope["path"]).split("/")
    if len(parts) != len(template):
        return f"/{MASK}"
    return "/".join(
        part if part == asked or _is_id(part) else MASK for part, asked in zip(parts, template, strict=True)
    )


def _is_id(part: str) -> bool:
    return _ID.fullmatch(part) is not None and mask_text(part) == part
