"""Writes docs/reference/http.md from the services' OpenAPI documents: `python -m dossier_local.http_reference [repository]`.

Which roles a call demands is no part of OpenAPI. So each call is made once, with a token whose only role is nobody's, and
what the service compares it with is noted.
"""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Iterable, Mapping, Set
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from dossier_local.openapi import app_of
from dossier_shared.contracts.topics import SERVICES
from dossier_shared.http.tokens import Principal

PAGE = "docs/reference/http.md"
METHODS = ("get", "post", "put", "patch", "delete")
ROLES = (
    "citizen",
    "agent",
    "counter",
    "specialist",
    "leader",
    "superior",
    "admin",
    "auditor",
)  # in the order a dossier meets them
SHORT = {"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx"}

# What a call is for, where its description in the code says nothing or too much.
PURPOSES: Mapping[str, Mapping[str, str]] = {
    "intake": {
        "POST /api/v1/documents": "Store a paper; a filing names it by the `id` answered. The same bytes have the same `id`.",
        "POST /api/v1/dossiers": "File a dossier; its code is in the answer.",
        "GET /api/v1/dossiers": "Find a dossier by its code, or one's own, the newest first.",
        "POST /api/v1/dossiers:batch": "File up to 500, each with its own key and its own outcome.",
        "GET /api/v1/dossiers/{dossier_id}": "One dossier.",
        "GET /api/v1/procedures": "The procedures of the catalogue in force.",
        "GET /api/v1/agencies": "The agencies of the catalogue in force.",
    },
    "review": {
        "GET /api/v1/queue": "A list's cases: of a stage, one's own, nobody's, due today, late, wanted back, done today.",
        "GET /api/v1/dossiers/{dossier_id}": "One case.",
    },
    "signing": {
        "GET /api/v1/queue": "The results that wait for a signature.",
        "GET /api/v1/dossiers/{dossier_id}": "One result, and how far its signature is.",
    },
    "notify": {"GET /api/v1/dossiers/{dossier_id}": "The messages and the delivery of one dossier."},
    "monitor": {
        "GET /api/v1/search": "Find dossiers by part of a code; those of the own agency also by name without diacritics, by the "
        "phone number or its last four digits.",
        "GET /api/v1/stream": "The events as they come, as server-sent events `lines`; only of the reader's agencies.",
        "POST /api/v1/recounts": "Count every dossier again from what the four services hold, and compare it with the board.",
        "GET /api/v1/recounts": "The newest recounts.",
        "GET /api/v1/recounts/{run}": "One recount: how far it is, and what differs.",
    },
}

_HEAD = """\
# HTTP calls

Written by `make contracts` from the services' OpenAPI documents ([docs/openapi](../openapi)) and from the roles their code
demands: do not edit. What holds for all of them (tokens, `Idempotency-Key`, errors, batches, lists, limits), the pages and
the administrator's calls are in [http-conventions.md](http-conventions.md).

A role opens a call, not every dossier: who files sees their own, an officer those of the token's agency, a superior those of
the agencies below. Any other dossier is answered 404.
"""


class _Asked(frozenset[str]):
    """Roles that belong to nobody, and note what they are compared with."""

    noted: set[str]

    def isdisjoint(self, other: Iterable[object]) -> bool:
        self.noted.update(map(str, other))
        return True


class _Verifier:
    """Lets every token in, with roles that only take notes."""

    def __init__(self) -> None:
        self.noted: set[str] = set()

    async def principal(self, token: str) -> Principal:
        roles = _Asked()
        roles.noted = self.noted
        return Principal("nobody", roles)


def calls(document: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """`GET /api/v1/queue` → its operation, in the document's order."""
    return {
        f"{method.upper()} {path}": operation
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if method in METHODS
    }


def roles_of(app: FastAPI) -> dict[str, Set[str] | None]:
    """Per call one of which is demanded; empty: any token is good. None: no token is."""
    return asyncio.run(_ask(app))


async def _ask(app: FastAPI) -> dict[str, Set[str] | None]:
    found: dict[str, Set[str] | None] = {}
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        for call, operation in calls(app.openapi()).items():
            found[call] = None if operation["security"] == [] else await _demanded(app, client, call, operation)
    return found


async def _demanded(app: FastAPI, client: httpx.AsyncClient, call: str, operation: Mapping[str, Any]) -> Set[str]:
    """Nothing is done: the token lacks every role, and where none is demanded the unknown parameter is refused next."""
    app.state.verifier = verifier = _Verifier()
    method, path = call.split()
    needed = [p for p in operation.get("parameters", []) if p["in"] == "query" and p.get("required")]
    query = {p["name"]: str(p["schema"].get("enum", ["1"])[0]) for p in needed} | {"unknown-parameter": "1"}
    headers = {"Authorization": "Bearer of-nobody", "Content-Type": "application/json"}
    answer = await client.request(method, re.sub(r"\{[^}]+\}", "1", path), params=query, headers=headers)
    if answer.status_code != (403 if verifier.noted else 422) or (
        not verifier.noted and "unknown-parameter" not in answer.text
    ):
        raise RuntimeError(f"{call}: it does not say which roles it demands, but {answer.status_code} {answer.text}")
    return verifier.noted


def reference() -> str:
    return "\n".join([_HEAD, *(part for service in SERVICES for part in _section(service))])


def _section(service: str) -> list[str]:
    app = app_of(service)
    document, roles = app.openapi(), roles_of(app)
    told = calls(document)
    rows = [
        f"| `{call}` | {_roles(roles[call])} | {_exchange(operation)} | {purpose(service, call, told)} |"
        for call, operation in told.items()
    ]
    head = ["| call | roles | body → answer | what it is for |", "|---|---|---|---|"]
    return [
        f"## {document['info']['title']}",
        "",
        f"[openapi/{service}.json](../openapi/{service}.json)",
        "",
        *head,
        *rows,
        "",
    ]


def purpose(service: str, call: str, told: Mapping[str, Mapping[str, Any]]) -> str:
    described = PURPOSES[service].get(call) or " ".join(told[call].get("description", "").split("\n\n")[0].split())
    return described.replace("|", "\\|")


def _roles(roles: Set[str] | None) -> str:
    if roles is None:
        return "anyone"
    return ", ".join(sorted(roles, key=ROLES.index)) or "any token"


def _exchange(operation: Mapping[str, Any]) -> str:
    body = _content(operation.get("requestBody", {}))
    good = {status: answer for status, answer in operation["responses"].items() if status.startswith("2")}
    return f"{body} → {', '.join(good)} {_content(next(iter(good.values())))}".strip()


def _content(part: Mapping[str, Any]) -> str:
    """The model's name, or the media types where it is no JSON of ours."""
    named = [
        c["schema"]["$ref"].rpartition("/")[2]
        for c in part.get("content", {}).values()
        if "$ref" in c.get("schema", {})
    ]
    if named:
        return f"`{named[0]}`"
    return ", ".join(f"`{SHORT.get(media, media)}`" for media in part.get("content", {}))


def write(root: Path) -> list[str]:
    """Answers what was written anew."""
    path, text = root / PAGE, reference()
    if path.exists() and path.read_text("utf-8") == text:
        return []
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return [PAGE]


if __name__ == "__main__":
    for name in write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path.cwd()):
        sys.stdout.write(f"{name}\n")
