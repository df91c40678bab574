"""Routes that will go: OpenAPI says so, and so does every answer, by `Deprecation` (RFC 9745), `Sunset` (RFC 8594), `Link`.

@api.get("/queue", **deprecated(date(2027, 1, 1), date(2027, 7, 1), "/api/v2/queue"))
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from email.utils import format_datetime
from typing import Any

NOTICE = timedelta(days=180)
Headers = tuple[tuple[bytes, bytes], ...]
_headers: dict[int, tuple[Any, Headers]] = {}  # by the route's id, with the route so that the id stays its own


def deprecated(
    since: date, sunset: date, instead: str, openapi_extra: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Arguments of a route. `sunset`: the day from which it may be gone; `instead`: the path to use."""
    if sunset - since < NOTICE:
        raise ValueError(f"a route is announced {NOTICE.days} days before it goes: from {since} until {sunset}")
    said = {"x-deprecated-since": since.isoformat(), "x-sunset": sunset.isoformat(), "x-instead": instead}
    return {"deprecated": True, "openapi_extra": {**(openapi_extra or {}), **said}}


def deprecation_headers(route: Any) -> Headers:
    """What answers of this route carry; of any other route, nothing."""
    known = _headers.get(id(route))
    if known is None or known[0] is not route:
        known = _headers[id(route)] = (route, _written(getattr(route, "openapi_extra", None) or {}))
    return known[1]


def _written(extra: Mapping[str, Any]) -> Headers:
    if "x-deprecated-since" not in extra:
        return ()
    since, sunset = (
        datetime.combine(date.fromisoformat(extra[name]), time(0), UTC) for name in ("x-deprecated-since", "x-sunset")
    )
    return (
        (b"deprecation", f"@{since.timestamp():.0f}".encode()),
        (b"sunset", format_datetime(sunset, usegmt=True).encode()),
        (b"link", f'<{extra["x-instead"]}>; rel="successor-version"'.encode()),
    )
