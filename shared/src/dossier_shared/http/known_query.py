"""Query parameters nobody declared: a page or a file that people open ignores them, the JSON API refuses them.

Links get `utm_source`, `fbclid` and the like on their way; a program that misspells a filter must not be given everything.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.types import Scope

from dossier_shared.problems import Invalid

PUBLIC: dict[str, Any] = {"security": []}  # `openapi_extra=PUBLIC`: anyone may ask, nobody signs in
UNKNOWN = "dossier.unknown_query"  # in the scope
_API = ("/api/", "/internal/")
_SAYABLE = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,39}")  # what is anything else is not repeated


async def known_query(request: Request) -> None:
    """Every route's FastAPI dependency. Rights first: where one signs in, the refusal waits in the scope for `authenticate`."""
    scope = request.scope
    if not scope["query_string"] or not is_api(scope["path"]):
        return
    route: Any = scope["route"]
    mark_unknown(scope, [name for field in route.dependant.query_params for name in _names(field)])
    if (route.openapi_extra or {}).get("security") == [] and UNKNOWN in scope:
        raise scope[UNKNOWN]


def mark_unknown(scope: Scope, allowed: Sequence[str]) -> None:
    if is_api(scope["path"]):
        given = QueryParams(scope["query_string"])
        if strange := [name for name in dict.fromkeys(given) if name not in allowed]:
            scope[UNKNOWN] = _refused([name if _SAYABLE.fullmatch(name) else "?" for name in strange[:5]], allowed)


def asked_of(request: Request, model: type[BaseModel]) -> dict[str, str]:
    """What a page knows of what it was asked."""
    return {name: value for name, value in request.query_params.items() if name in model.model_fields}


def is_api(path: str) -> bool:
    return path.startswith(_API) or path.endswith(".json")


def _names(field: Any) -> list[str]:
    model = field.field_info.annotation
    if isinstance(model, type) and issubclass(model, BaseModel):
        return [found.alias or name for name, found in model.model_fields.items()]
    return [field.alias]


def _refused(strange: Sequence[str], allowed: Sequence[str]) -> Invalid:
    names, may = ", ".join(strange), ", ".join(allowed)
    return Invalid(
        "unknown-parameter",
        f"Địa chỉ có tham số không dùng ở đây: {names}. "
        + (f"Hãy bỏ đi; chỉ dùng: {may}." if allowed else "Hãy bỏ đi; địa chỉ này không có tham số nào."),
        f"The address has parameters not used here: {names}. "
        + (f"Remove them; there are only: {may}." if allowed else "Remove them; there are none here."),
        errors=[
            {
                "path": name,
                "code": "extra_forbidden",
                "message": "Extra inputs are not permitted",
                "message_vi": "tham số không được phép",
            }
            for name in strange
        ],
    )
