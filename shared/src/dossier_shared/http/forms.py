"""Commands from a page's own form, as a browser sends it without a script: the verb's body, read from its fields.

Nothing else differs from the API: the same rights, the same key that makes a repeat recognisable, the same refusals.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs

from starlette.requests import Request

from dossier_shared.http.auth import authenticate_headers
from dossier_shared.http.idempotency import CommandContext, fingerprint, idempotency_key, version_of
from dossier_shared.http.verbs import Button, Field, fields_of
from dossier_shared.problems import Invalid
from dossier_shared.telemetry import tracing
from dossier_shared.vocabulary.money import dong_typed

MOST_FIELDS = 200
Given = Mapping[str, Sequence[str]]  # what was typed, by field


async def form_command(request: Request, *roles: str, most: int = MOST_FIELDS) -> tuple[CommandContext, Given]:
    """Of a form with the hidden fields `key` and `version`, of `most` fields. Raises Problem."""
    headers = dict(request.scope["headers"])
    principal = await authenticate_headers(request, headers, roles)
    body = await request.body()
    given = _read(body, most)
    version = first(given, "version")
    return (
        CommandContext(
            principal,
            idempotency_key(first(given, "key").encode() or None),
            fingerprint(body, request.url.path, principal.sub),
            None,
            version_of(f'"{version}"'.encode()) if version else None,
            request.scope.get("request_id", ""),
            body,
            tracing.of_command(headers),
        ),
        given,
    )


def _read(body: bytes, most: int) -> Given:
    try:
        return parse_qs(body.decode(), keep_blank_values=True, max_num_fields=most, errors="strict")
    except ValueError:
        raise Invalid(
            "form-unreadable",
            "Không đọc được biểu mẫu đã gửi. Hãy tải lại trang và điền lại.",
            "The form that was sent cannot be read. Reload the page and fill it in again.",
        ) from None


def first(given: Given, name: str) -> str:
    return next(iter(given.get(name, ())), "")


def wish_of(button: Button, given: Given) -> dict[str, Any]:
    """The verb's body. What was left empty is not there: its model says whether it had to be."""
    wish: dict[str, Any] = dict(button.body)
    for field in fields_of(button):
        typed = [value for value in given.get(field.name, ()) if value.strip()]
        if typed:
            *parts, name = field.name.split(".")
            inner = wish
            for part in parts:
                inner = inner.setdefault(part, {})
            inner[name] = [_value(field, one) for one in typed] if field.many else _value(field, typed[0])
    return wish


def _value(field: Field, typed: str) -> Any:
    return True if field.tick else dong_typed(typed) if field.number else typed
