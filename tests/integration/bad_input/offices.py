"""Clients of the real services, one dossier at every stage, and the books that must not change when a request is refused."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from joserfc.jwk import RSAKey
from pymongo import AsyncMongoClient

from dossier_local.stack import Stack

SERVICES = ("intake", "review", "signing")
PROCEDURE, WITH_PAPER, COUNTER_ONLY = "1.004873", "1.001193", "2.000815"
PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\n%%EOF\n"
Eventually = Callable[..., Awaitable[Any]]
Headers = dict[str, str]


def key() -> str:
    return uuid4().hex


class Offices:
    def __init__(self, stack: Stack, http: httpx.AsyncClient, mongo: AsyncMongoClient[dict[str, Any]]) -> None:
        self.stack, self.http, self.mongo = stack, http, mongo
        self.procedures: dict[str, dict[str, Any]] = {}
        self.agency = self.elsewhere = ""
        self.who: dict[str, Headers] = {}
        self.at: dict[str, str] = {}  # stage -> dossier

    # -- people

    async def login(self, sub: str, *roles: str, agency: str | None = None, ttl: int = 3600) -> Headers:
        person = {"sub": sub, "roles": roles, "agency": agency, "name": "Trần Thị Bình", "ttl": ttl}
        answer = await self.http.post(f"{self.stack.url('identity')}/token", json=person)
        return {"authorization": f"Bearer {answer.raise_for_status().json()['access_token']}"}

    def issuer_key(self) -> RSAKey:
        return RSAKey.import_key((self.stack.folder / "identity" / "key.pem").read_bytes())

    # -- requests

    async def post(
        self, service: str, path: str, who: Headers, body: Any = None, *, content: bytes | None = None, **headers: str
    ) -> httpx.Response:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        url = f"{self.stack.url(service)}/api/v1{path}"
        head = {"idempotency-key": key(), **who, **given}
        if content is None:
            return await self.http.post(url, headers=head, json={} if body is None else body)
        return await self.http.post(url, headers=head, content=content)

    async def get(self, service: str, path: str, who: Headers) -> httpx.Response:
        return await self.http.get(f"{self.stack.url(service)}/api/v1{path}", headers=who)

    def filing(self, procedure: str = PROCEDURE, **changes: Any) -> dict[str, Any]:
        form = self.procedures.get(procedure, self.procedures[PROCEDURE]).get("form")
        return {
            "procedure": procedure,
            "agency": self.agency,
            "channel": "online",
            "applicant": {"name": "Nguyễn Văn An", "phone": "0912345678", "citizen_id": "075090123456"},
            "form": form["examples"][0] if form else {},
            **changes,
        }

    async def file(self, **changes: Any) -> str:
        answer = await self.post("intake", "/dossiers", self.who["citizen"], self.filing(**changes))
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    # -- books

    async def books(self) -> dict[str, Any]:
        """How many events each service recorded for each dossier, and how many files it keeps."""
        found: dict[str, Any] = {}
        for service in SERVICES:
            db = self.mongo[f"dossier_{service}"]
            found[service] = {d["_id"]: d["seq"] async for d in db["dossiers"].find({"seq": {"$gt": 0}}, {"seq": 1})}
            found[f"{service} files"] = await db["files.files"].count_documents({})
        return found

    @asynccontextmanager
    async def nothing_written(self) -> AsyncIterator[None]:
        before = await self.books()
        yield
        assert await self.books() == before

    async def stored(self, service: str, dossier: str) -> dict[str, Any] | None:
        return await self.mongo[f"dossier_{service}"]["dossiers"].find_one({"_id": dossier})


def refused(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """A whole problem document, in both languages."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    body: dict[str, Any] = answer.json()
    assert (answer.status_code, body["code"]) == (status, code), body
    assert body["type"] == f"urn:dossier:problem:{code}"
    assert body["status"] == status
    assert body["request_id"] == answer.headers["x-request-id"]
    assert body["message"]["vi"]
    assert body["message"]["en"]
    assert body["message"]["vi"] != body["message"]["en"]
    assert "Traceback" not in answer.text
    return body


@asynccontextmanager
async def staffed(folder: Path, env: Mapping[str, str]) -> AsyncIterator[Offices]:
    """Every service with these settings, one agency's officers, and a citizen."""
    async with Stack(folder, free_ports=True, env=env) as stack:
        await stack.start_all()
        mongo: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(stack.mongodb)
        async with httpx.AsyncClient(timeout=60, trust_env=False) as http, mongo:
            made = Offices(stack, http, mongo)
            catalogue = (await http.get(f"{stack.url('intake')}/api/v1/procedures")).json()["items"]
            made.procedures = {procedure["code"]: procedure for procedure in catalogue}
            made.agency = made.procedures[PROCEDURE]["agencies"][0]
            for role in ("counter", "specialist", "leader"):
                made.who[role] = await made.login(role, role, agency=made.agency)
            made.who["citizen"] = await made.login("citizen", "citizen")
            yield made


async def open_offices(offices: Offices, eventually: Eventually) -> None:
    """People of two agencies, and one dossier left at every stage."""
    catalogue = (await offices.http.get(f"{offices.stack.url('intake')}/api/v1/procedures")).json()["items"]
    offices.procedures = {procedure["code"]: procedure for procedure in catalogue}
    offices.agency, offices.elsewhere = offices.procedures[PROCEDURE]["agencies"][:2]
    for role in ("counter", "specialist", "leader"):
        offices.who[role] = await offices.login(role, role, agency=offices.agency)
        offices.who[f"other {role}"] = await offices.login(f"other-{role}", role, agency=offices.elsewhere)
    for role in ("citizen", "agent"):
        offices.who[role] = await offices.login(role, role)
    offices.who["other citizen"] = await offices.login("neighbour", "citizen")
    offices.who["deputy"] = await offices.login("deputy", "specialist", "leader", agency=offices.agency)

    async def step(service: str, dossier: str, name: str, who: str, body: Any = None) -> None:
        same = key()

        async def done() -> bool:
            answer = await offices.post(
                service, f"/dossiers/{dossier}/{name}", offices.who[who], body, idempotency_key=same
            )
            return answer.is_success

        await eventually(done, within=60)

    walk = (
        ("accepted", "intake", "accept", "counter", None),
        ("appraised", "review", "appraise", "deputy", {"proposal": "approve"}),
        ("approved", "review", "approve", "leader", None),
        ("signed", "signing", "sign", "leader", None),
    )
    for until in range(len(walk) + 1):
        dossier = await offices.file()
        offices.at["submitted"] = offices.at.get("submitted", dossier)
        for stage, service, name, who, body in walk[:until]:
            await step(service, dossier, name, who, body)
            if stage == walk[until - 1][0]:
                offices.at[stage] = dossier

    async def settled() -> bool:
        shown = {
            "submitted": await offices.stored("review", offices.at["submitted"]),
            "accepted": await offices.stored("review", offices.at["accepted"]),
            "approved": await offices.stored("signing", offices.at["approved"]),
            "signed": await offices.stored("signing", offices.at["signed"]),
        }
        return {stage: (found or {}).get("state", {}).get("status") for stage, found in shown.items()} == {
            stage: stage for stage in shown
        }

    await eventually(settled, within=60)
