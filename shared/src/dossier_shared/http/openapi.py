"""Adds to the OpenAPI document what the web defaults do: problems, tokens, headers of commands, bodies read by hand."""

from __future__ import annotations

from typing import Any

import orjson
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel, Field
from pydantic.json_schema import models_json_schema

from dossier_shared.http.root import own_url

_REF = "#/components/schemas/{model}"
_REPEATABLE = "x-repeatable"
_UNSAFE = frozenset({"post", "put", "patch", "delete"})
_models: dict[str, type[BaseModel]] = {}


class Words(BaseModel):
    vi: str
    en: str


class Problem(BaseModel):
    """RFC 9457. `code` is stable; `message` is for people, Vietnamese first."""

    type: str = Field(json_schema_extra={"format": "uri"})
    title: str
    status: int
    code: str
    detail: str
    message: Words
    errors: list[dict[str, Any]] = []
    request_id: str = ""


_ANSWER = {
    "description": "A problem",
    "content": {"application/problem+json": {"schema": {"$ref": _REF.format(model="Problem")}}},
}
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "One per action, the same when repeating it.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
}
_IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "description": "The ETag last seen; 412 where the dossier has moved on.",
    "schema": {"type": "string"},
}


def reads(model: type[BaseModel], required: bool = True) -> dict[str, Any]:
    """`openapi_extra=reads(Filing)`: documents a body that the endpoint parses itself."""
    return {"requestBody": {"required": required, "content": _content(model)}}


def takes(*media_types: str) -> dict[str, Any]:
    """`openapi_extra=takes("application/pdf")`: a body of bytes, and a call that may be repeated without an Idempotency-Key."""
    content: dict[str, Any] = {media_type: {} for media_type in media_types}  # no schema: bytes, and of JSON any
    return {"requestBody": {"required": True, "content": content}, _REPEATABLE: True}


def answers(
    model: type[BaseModel], status: int = 200, description: str = "Successful Response"
) -> dict[int | str, Any]:
    """`responses=answers(DossierView, 201)`: documents an answer that the endpoint renders itself."""
    return {status: {"description": description, "content": _content(model)}}


def sends(media_type: str, description: str = "Successful Response") -> dict[int | str, Any]:
    """`response_class=Response, responses=sends("text/csv")`: documents an answer that is not JSON."""
    schema = {"type": "string"} if media_type.startswith("text/") else {"type": "string", "format": "binary"}
    return {200: {"description": description, "content": {media_type: {"schema": schema}}}}


def install_openapi(app: FastAPI) -> None:
    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            servers = [{"url": own_url("") or "/"}]
            app.openapi_schema = _complete(
                get_openapi(
                    title=app.title,
                    version=app.version,
                    description=app.description,
                    routes=app.routes,
                    servers=servers,
                    license_info={"name": "Apache License 2.0", "identifier": "Apache-2.0"},
                ),
                app.state.settings.service,
            )
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]


def _content(model: type[BaseModel]) -> dict[str, Any]:
    """By its full name for now: services of one process may each have a model of that name."""
    name = f"{model.__module__}.{model.__qualname__}"
    _models[name] = model
    return {"application/json": {"schema": {"$ref": _REF.format(model=name)}}}


def _ordered(schema: Any) -> Any:
    """Choices by name: Literals of the same choices are one object to `typing`, in whichever order it met first."""
    if isinstance(schema, list):
        return [_ordered(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: _ordered(value) for key, value in schema.items()}
    if isinstance(found.get("enum"), list):
        found["enum"] = sorted(found["enum"], key=str)
    return found


def _complete(document: dict[str, Any], service: str) -> dict[str, Any]:
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    text = orjson.dumps(document["paths"]).decode()
    used = {name: model for name, model in _models.items() if f'"{_REF.format(model=name)}"' in text}
    inputs: list[Any] = [(model, "validation") for model in (Problem, *used.values())]
    found, definitions = models_json_schema(inputs, ref_template=_REF)
    schemas.update(_ordered(definitions.get("$defs", {})))
    for name, model in used.items():
        text = text.replace(f'"{_REF.format(model=name)}"', f'"{found[model, "validation"]["$ref"]}"')
    document["paths"] = orjson.loads(text)
    components["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
        "browser": {"type": "apiKey", "in": "cookie", "name": f"__Host-dossier-{service}"},
        "session": {"type": "apiKey", "in": "cookie", "name": "dossier_session"},  # in development
    }
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            responses = operation.setdefault("responses", {})
            responses.pop("422", None)
            responses["4XX"] = responses["default"] = _ANSWER
            # but where PUBLIC says that nobody signs in
            operation.setdefault("security", [{"bearer": []}, {"browser": []}, {"session": []}])
            if method in _UNSAFE and path.startswith("/api/") and not operation.get(_REPEATABLE):
                declared = operation.setdefault("parameters", [])
                names = {parameter.get("name", "").lower() for parameter in declared}
                declared.extend(p for p in (_KEY, _IF_MATCH) if str(p["name"]).lower() not in names)
    return document
