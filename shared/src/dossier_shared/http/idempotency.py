"""What a command carries, gathered in one pass over the headers: `context = await command(request, "counter")`.

The key and the fingerprint travel into the journalled event: the event is the idempotence record, there is no other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from hashlib import sha256

from starlette.requests import Request

from dossier_shared.clock import given_instant
from dossier_shared.http.auth import authenticate_headers
from dossier_shared.http.tokens import Principal
from dossier_shared.problems import Forbidden, Invalid, Problem
from dossier_shared.telemetry import tracing

REPLAY = "replay"

_KEY = re.compile(rb"[\x21-\x7e]{1,200}")
_ETAG = re.compile(rb'(?:W/)?"(\d{1,15})"')


@dataclass(frozen=True, slots=True)
class CommandContext:
    """`occurred_at` is an instant string, set only by a replay; `expected_version` comes from If-Match."""

    principal: Principal
    key: str
    fingerprint: str
    occurred_at: str | None
    expected_version: int | None
    request_id: str
    body: bytes = field(default=b"", repr=False)
    traceparent: str | None = None


async def command(request: Request, *roles: str) -> CommandContext:
    """Raises Problem. The body is read last: who may not act is refused before uploading."""
    scope = request.scope
    headers: dict[bytes, bytes] = dict(scope["headers"])
    principal = await authenticate_headers(request, headers, roles)
    key = idempotency_key(headers.get(b"idempotency-key"))
    expected = version_of(headers.get(b"if-match"))
    occurred = headers.get(b"x-occurred-at")
    at = None
    if occurred is not None:
        at = business_time(occurred.decode("latin-1"), principal, development=scope["app"].state.settings.development)
    body = await request.body()
    query: bytes = scope["query_string"]
    path: str = f"{scope['path']}?{query.decode('latin-1')}" if query else scope["path"]
    return CommandContext(
        principal,
        key,
        fingerprint(body, path, principal.sub),
        at,
        expected,
        scope.get("request_id", ""),
        body,
        tracing.of_command(headers),
    )


def idempotency_key(value: bytes | None) -> str:
    if value is None:
        raise Problem(
            "idempotency-key-missing",
            "Thiếu tiêu đề Idempotency-Key. Hãy gửi một khoá riêng cho mỗi thao tác và giữ nguyên khi gửi lại.",
            "The Idempotency-Key header is missing. Send a key of its own for each action, the same when repeating it.",
        )
    if not _KEY.fullmatch(value):
        raise Invalid(
            "idempotency-key-invalid",
            "Idempotency-Key phải gồm 1–200 ký tự ASCII nhìn thấy được.",
            "The Idempotency-Key must be 1–200 visible ASCII characters.",
        )
    return value.decode("ascii")


def fingerprint(body: bytes, path: str, sub: str) -> str:
    """Tells a repeated command from another one under the same key: 32 hex digits of SHA-256."""
    digest = sha256(f"{path}\0{sub}\0".encode("utf-8", "surrogatepass"))
    digest.update(body)
    return digest.hexdigest()[:32]


def business_time(value: str, principal: Principal, *, development: bool) -> str:
    """`X-Occurred-At`, accepted from role `replay` in a development configuration only."""
    if not development or REPLAY not in principal.roles:
        raise Forbidden(
            "occurred-at-refused",
            "Không được phép đặt thời điểm nghiệp vụ (X-Occurred-At).",
            "Setting the business time (X-Occurred-At) is not allowed.",
        )
    try:
        return given_instant(value)
    except ValueError:
        raise Invalid(
            "occurred-at-invalid",
            "X-Occurred-At không hợp lệ. Hãy ghi theo ISO 8601 kèm múi giờ, ví dụ 2025-07-01T08:00:00+07:00.",
            "X-Occurred-At is not valid. Write ISO 8601 with an offset, for example 2025-07-01T08:00:00+07:00.",
        ) from None


def expected_version(request: Request) -> int | None:
    return version_of(dict(request.scope["headers"]).get(b"if-match"))


def version_of(if_match: bytes | None) -> int | None:
    """None for no condition and for `*`. A weak tag is taken as its version: proxies that compress weaken tags."""
    if if_match is None or if_match == b"*":
        return None
    found = _ETAG.fullmatch(if_match)
    if found is None:
        raise Invalid(
            "if-match-invalid",
            'If-Match không hợp lệ. Hãy gửi đúng giá trị ETag đã nhận, ví dụ "9".',
            'If-Match is not valid. Send the ETag exactly as received, for example "9".',
        )
    return int(found[1])
