"""What a service answers a test with must be what its OpenAPI document says, to the last key.

While `checked()` is open, every JSON answer that httpx brings straight from a service is compared with docs/openapi. What has
ever been compared in this folder is in build/answers.json, so that one can see what no test asks for.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import jsonschema_rs
import pytest

from dossier_local.services import split
from dossier_local.stack import Stack
from dossier_shared.contracts.topics import SERVICES

ROOT = Path(__file__).parents[1]
JSON = ("application/json", "application/problem+json")
_at: dict[str, str] = {}  # host and port -> service
_compared: set[str] = set()


class WrongAnswer(AssertionError):
    pass


def closed(schema: Any) -> Any:
    """The same with no room for what is not named."""
    if isinstance(schema, list):
        return [closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: closed(value) for key, value in schema.items()}
    return {"additionalProperties": False, **found} if isinstance(schema.get("properties"), dict) else found


@cache
def operations(service: str) -> list[tuple[str, re.Pattern[str], str, dict[tuple[str, str], Any]]]:
    """Method, path as a pattern, path as written, and per status and media type of a JSON answer its validator."""
    document = json.loads((ROOT / "docs/openapi" / f"{service}.json").read_text("utf-8"))
    components = closed(document["components"])
    found = []
    for path, methods in document["paths"].items():
        pattern = re.compile("/".join(_segment(part) for part in path.split("/")) + "$")
        for method, operation in methods.items():
            schemas = {
                (status, media): jsonschema_rs.Draft202012Validator(
                    {**closed(content["schema"]), "components": components}
                )
                for status, answer in operation["responses"].items()
                for media, content in answer.get("content", {}).items()
                if media in JSON
            }
            found.append((method.upper(), pattern, path, schemas))
    return sorted(found, key=lambda one: one[2].count("{"))  # what is named wins over what is a parameter


def _segment(part: str) -> str:
    return "".join("[^/]+" if piece.startswith("{") else re.escape(piece) for piece in re.split(r"(\{[^}]+\})", part))


def check(service: str, response: httpx.Response) -> None:
    """Raises WrongAnswer where a JSON answer is not as described. Pages and what is between services have no description."""
    method, path, media = response.request.method, response.request.url.path, media_of(response)
    if media not in JSON or method == "HEAD":
        return
    for wanted, pattern, written, schemas in operations(service):
        if wanted == method and pattern.match(path):
            status = str(response.status_code) if response.is_success else "default"
            validator, name = schemas.get((status, media)), f"{service} {method} {written} {status}"
            if validator is None:
                raise WrongAnswer(f"{name}: the document knows no such JSON answer")
            _compared.add(name)
            for error in validator.iter_errors(response.json()):
                raise WrongAnswer(f"{name}: {error.message}; at {list(error.instance_path)} in {response.text[:2000]}")
            return
    if response.is_success and path.startswith("/api/"):
        raise WrongAnswer(f"{service} {method} {path}: the document knows no such path")


def media_of(response: httpx.Response) -> str:
    return str(response.headers.get("content-type", "")).partition(";")[0]


def _in_process(client: httpx.AsyncClient) -> str:
    """The service whose own application the client speaks to without a network; none where it is a stand-in."""
    state = getattr(getattr(client._transport, "app", None), "state", None)
    settings = getattr(state, "settings", None)
    service: str = getattr(settings, "service", "")
    return service if type(settings).__module__ == f"dossier_{service}.settings" else ""


@contextmanager
def checked() -> Iterator[None]:
    def url(self: Stack, name: str) -> str:
        found = original_url(self, name)
        _at[found.removeprefix("http://")] = split(name)[0]
        return found

    async def send(self: httpx.AsyncClient, request: httpx.Request, *rest: Any, **options: Any) -> httpx.Response:
        response = await original_send(self, request, *rest, **options)
        service = _in_process(self) or _at.get(f"{request.url.host}:{request.url.port}", "")
        if service in SERVICES and not options.get("stream"):
            try:
                check(service, response)
            except WrongAnswer as error:
                wrong.append(error)
                raise
        return response

    wrong: list[WrongAnswer] = []
    original_url, original_send = Stack.url, httpx.AsyncClient.send
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Stack, "url", url)
        patched.setattr(httpx.AsyncClient, "send", send)
        yield
    if wrong:  # whoever waits for something to become true takes an AssertionError for "not yet"
        raise wrong[0]
    if _compared:
        target = ROOT / "build/answers.json"
        target.parent.mkdir(exist_ok=True)
        known = json.loads(target.read_text("utf-8")) if target.exists() else []
        unfinished = target.with_suffix(f".{os.getpid()}")
        unfinished.write_text(json.dumps(sorted(_compared | set(known)), indent=1) + "\n", "utf-8")
        unfinished.replace(target)
