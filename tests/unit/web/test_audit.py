"""What is recorded of requests, and that it tells no more than it should."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Request
from starlette.responses import Response

from dossier_shared.adapters.trail import Trail
from dossier_shared.contracts.audit import EMERGENCY, LOOK, SEARCH, AuditEntry
from dossier_shared.contracts.envelope import Record
from dossier_shared.http.audit import note
from dossier_shared.http.auth import WHO, authenticate
from dossier_shared.http.fast_lane import fast_lane
from dossier_shared.http.jsonbody import json_response
from dossier_shared.http.tokens import Principal
from dossier_shared.problems import NotFound, Problem
from dossier_shared.runtime.emergencies import Emergency
from dossier_shared.telemetry.metrics import AUDIT_DROPPED

from .support import OTHER_RSA, Issuer, bearer, make_app

KEY = "a key of the person's ids"
ROWS = {"GET /api/v1/dossiers/{dossier_id}/documents/{n}": LOOK, "GET /api/v1/search": SEARCH}


@pytest.fixture
def told() -> list[AuditEntry]:
    return []


@pytest.fixture
def app(issuer: Issuer, told: list[AuditEntry]) -> FastAPI:
    made = make_app(issuer.verifier(), audited=ROWS, person_key=KEY)
    made.state.teller.put = told.append
    router = APIRouter(prefix="/api/v1")

    async def seen(request: Request) -> Response:
        await authenticate(request, "counter")
        if request.path_params.get("dossier_id") == "foreign":
            raise NotFound()
        return json_response({})

    @router.get("/search")
    async def search(request: Request, q: str) -> Response:
        return await seen(request)

    for path in ("/dossiers/{dossier_id}/documents/{n}", "/register", "/counts"):
        router.add_api_route(path, seen)
    router.add_api_route("/dossiers/{dossier_id}/accept", seen, methods=["POST"])
    made.include_router(router)
    made.add_api_route("/internal/hearing:pass", seen, methods=["POST"])
    fast_lane(made, "POST", "/api/v1/lane", seen)

    @made.get("/signed-in")
    async def back(request: Request, code: str = "") -> Response:
        if code == "bad":
            raise Problem("sign-in-refused")
        if code:
            request.scope[WHO] = Principal("who-signs-in", frozenset())
        return Response(status_code=303)

    return made


async def test_a_look_says_who_and_at_what(client: httpx.AsyncClient, told: list[AuditEntry]) -> None:
    answer = await client.get("/api/v1/dossiers/d-1/documents/2", headers=bearer())
    [entry] = told
    assert (entry.kind, entry.subject, entry.roles, entry.agency) == ("look", "officer-1", ["counter"], "H44.07")
    assert (entry.of, entry.part, entry.answered) == ("d-1", "2", 200)
    assert entry.call == "GET /api/v1/dossiers/{dossier_id}/documents/{n}"
    assert entry.request == answer.headers["x-request-id"]
    assert "Trần Thị B" not in entry.model_dump_json()


@pytest.mark.parametrize(
    ("method", "path", "headers", "kind"),
    [
        ("GET", "/api/v1/dossiers/d-1/documents/2", bearer(roles=["citizen"]), "denied"),
        ("GET", "/api/v1/dossiers/foreign/documents/2", bearer(), "denied"),
        ("POST", "/api/v1/dossiers/foreign/accept", bearer(), "denied"),
        ("POST", "/api/v1/lane", bearer(roles=["citizen"]), "denied"),
        ("GET", "/api/v1/search?q=a", bearer(key=OTHER_RSA), "failed-authentication"),
        ("GET", "/api/v1/search?q=a", {"cookie": "dossier_session=none"}, "failed-authentication"),
        ("GET", "/api/v1/register", bearer(), "export"),
        ("POST", "/internal/hearing:pass", bearer(), "admin"),
        ("GET", "/signed-in?code=good", {}, "signed-in"),
        ("GET", "/signed-in?code=bad", {}, "failed-authentication"),
        ("GET", "/signed-in", {}, None),  # asked silently, and signed in nowhere
        ("GET", "/api/v1/search?q=a", {}, None),
        ("GET", "/api/v1/counts", bearer(), None),
        ("GET", "/nowhere", bearer(), None),
        ("POST", "/api/v1/dossiers/d-1/accept", bearer(), None),  # it is in the journal
        ("POST", "/api/v1/lane", bearer(), None),
    ],
)
async def test_what_is_told(
    client: httpx.AsyncClient, told: list[AuditEntry], method: str, path: str, headers: dict[str, str], kind: str | None
) -> None:
    await client.request(method, path, headers=headers)
    assert [entry.kind for entry in told] == ([kind] if kind else [])
    assert not any(entry.question for entry in told), "a code of the issuer's is no question"


async def test_no_word_anybody_typed_is_told(client: httpx.AsyncClient, told: list[AuditEntry]) -> None:
    for typed in ("Nguyễn Văn An", "nguyễn  văn an", "079012345678"):
        await client.get("/api/v1/search", params={"q": typed}, headers=bearer())
        await client.get(f"/api/v1/dossiers/{typed}/documents/1", headers=bearer())
    said = "".join(entry.model_dump_json() for entry in told)
    assert "guy" not in said
    assert "0790" not in said
    assert "127.0.0.1" not in said
    assert [entry.of for entry in told if entry.kind == "look"] == [None] * 3
    questions = [entry.question for entry in told if entry.kind == "search"]
    assert questions[0] == questions[1] != questions[2]
    assert {len(entry.address or "") for entry in told} == {16}


def test_what_is_seen_by_emergency_access_says_by_which(app: FastAPI, told: list[AuditEntry]) -> None:
    until = datetime(2026, 12, 1, tzinfo=UTC)
    opened = Emergency("e-1", "d-1", "H19.1-1", until, "Người bệnh cấp cứu, cần tìm người thân.")
    who = Principal("officer-1", frozenset({"leader"}), "H44.07", emergencies=(opened,))
    scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": [], WHO: who}
    for named in ({"dossier_id": "d-1"}, {"code": "h19.1-1"}, {"dossier_id": "d-2"}):
        told.append(app.state.teller.entry({**scope, "path_params": named}, LOOK, "GET /x", 200))
    note(scope, EMERGENCY, "d-1")
    told.append(app.state.teller.entry({**scope, "path_params": {}}, EMERGENCY, "POST /emergency", 303))
    assert [(one.of, one.emergency) for one in told] == [
        ("d-1", "e-1"), ("h19.1-1", "e-1"), ("d-2", None), ("d-1", "e-1"),
    ]  # fmt: skip
    assert "Người bệnh" not in str(told), "the reason is a word somebody typed"


async def test_a_fault_in_it_fails_no_request(app: FastAPI, client: httpx.AsyncClient) -> None:
    def broken(entry: AuditEntry) -> None:
        raise RuntimeError

    app.state.teller.put = broken
    assert (await client.get("/api/v1/search?q=a", headers=bearer())).status_code == 200


class Sender:
    """A broker that takes `room` more records."""

    def __init__(self, room: int) -> None:
        self.room, self.taken = room, list[str]()

    async def send(self, topic: str, records: Sequence[Record]) -> list[bool]:
        assert topic == "intake.audit"
        taken = records[: self.room]
        self.room -= len(taken)
        self.taken += [record.key.decode() for record in taken]
        return [place < len(taken) for place in range(len(records))]

    async def stop(self) -> None: ...


def entry(n: int) -> AuditEntry:
    return AuditEntry(id=f"e{n}", time="2026-11-29T02:15:00.000Z", kind="look", call="GET /x", answered=200)


async def test_what_the_broker_does_not_take_is_kept_in_order_and_what_is_too_much_is_counted() -> None:
    sender: Any = Sender(room=600)
    trail, before = Trail("intake", sender, most=700), AUDIT_DROPPED._value.get()
    for n in range(705):
        trail.put(entry(n))
    assert AUDIT_DROPPED._value.get() - before == 5
    assert not await trail.flush()
    sender.room = 50
    await trail.stop()
    assert sender.taken == [f"e{n}" for n in range(650)]
    assert AUDIT_DROPPED._value.get() - before == 5 + 50
