"""What logs, metrics and spans know of the request being answered."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

from starlette.types import Scope

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
_templates: dict[int, tuple[Any, str]] = {}


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
