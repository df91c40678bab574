"""One small service with the real web defaults, an issuer in memory, and tokens of every kind."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
from aiokafka.errors import KafkaConnectionError
from fastapi import FastAPI
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey
from pydantic import BaseModel, ConfigDict
from pymongo.errors import OperationFailure, ServerSelectionTimeoutError
from starlette.requests import Request
from starlette.responses import Response

from dossier_shared.http.app import create_app
from dossier_shared.http.fast_lane import fast_lane
from dossier_shared.http.idempotency import command
from dossier_shared.http.jsonbody import json_response, parse
from dossier_shared.http.openapi import answers, reads
from dossier_shared.http.policy import FILTERED, Policy, Rule
from dossier_shared.http.tokens import TokenVerifier
from dossier_shared.http.verbs import Button, Verb
from dossier_shared.problems import IllegalTransition
from dossier_shared.settings.service import ServiceSettings

ISSUER = "http://issuer.test"
RSA = RSAKey.generate_key(2048, parameters={"kid": "one", "use": "sig"})
OTHER_RSA = RSAKey.generate_key(2048, parameters={"kid": "one", "use": "sig"})
ELLIPTIC = ECKey.generate_key("P-256", parameters={"kid": "curve", "use": "sig"})


class Note(BaseModel):
    model_config = ConfigDict(extra="forbid")
    text: str
    count: int = 0
    form: dict[str, Any] = {}


@dataclass
class Issuer:
    """Discovery and JWKS; `down` makes it unreachable, `calls` counts what it was asked."""

    keys: list[RSAKey | ECKey] = field(default_factory=lambda: [RSA, ELLIPTIC])
    down: bool = False
    calls: int = 0
    name: str = ISSUER

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.calls += 1
        if self.down:
            raise httpx.ConnectError("refused", request=request)
        if request.url.path == "/.well-known/openid-configuration":
            return httpx.Response(200, json={"issuer": self.name, "jwks_uri": f"{ISSUER}/jwks"})
        return httpx.Response(200, json={"keys": [key.as_dict(private=False) for key in self.keys]})

    def verifier(self, **clocks: Callable[[], float]) -> TokenVerifier:
        client = httpx.AsyncClient(transport=httpx.MockTransport(self.answer))
        return TokenVerifier(ISSUER, "dossier", client=client, **clocks)  # type: ignore[arg-type]


def token(key: RSAKey | ECKey = RSA, alg: str = "RS256", header: dict[str, Any] | None = None, **claims: Any) -> str:
    """Any claim may be overridden; None drops it."""
    standard = {
        "iss": ISSUER,
        "aud": "dossier",
        "sub": "officer-1",
        "exp": int(time.time()) + 86_400,  # made when tests are collected, used when their turn comes
        "roles": ["counter"],
        "agency": "H44.07",
        "name": "Trần Thị B",
    }
    wanted = {name: value for name, value in {**standard, **claims}.items() if value is not None}
    fields = {"alg": alg, "kid": key.kid, **(header or {})}
    return jwt.encode({name: value for name, value in fields.items() if value is not None}, wanted, key)


def bearer(**claims: Any) -> dict[str, str]:
    return {"authorization": f"Bearer {token(**claims)}"}


def command_headers(**claims: Any) -> dict[str, str]:
    return {**bearer(**claims), "idempotency-key": "k-1"}


async def ready() -> dict[str, bool | str]:
    return {"database": True, "broker": True}


def settings(**changes: Any) -> ServiceSettings:
    """Of development, where a browser may have a token for a cookie."""
    return ServiceSettings(service="intake", port=1, database="dossier_test", **{"development": True, **changes})


def make_app(verifier: TokenVerifier, **changes: Any) -> FastAPI:
    readiness, audited = changes.pop("readiness", ready), changes.pop("audited", None)
    app = create_app(
        settings(**changes),
        title="Test",
        readiness=readiness,
        auth=verifier,
        body_limits={"/api/v1/documents": 4 * 1024 * 1024},
        audited=audited,
    )

    @app.post("/api/v1/notes", status_code=201, openapi_extra=reads(Note), responses=answers(Note, 201))
    async def note(request: Request, q: str = "") -> Response:
        context = await command(request, "counter")
        body = parse(Note, context.body)
        seen = {
            "sub": context.principal.sub,
            "key": context.key,
            "fingerprint": context.fingerprint,
            "occurred_at": context.occurred_at,
            "expected_version": context.expected_version,
            "request_id": context.request_id,
            "traceparent": context.traceparent,
            "text": body.text,
            "form": body.form,
        }
        return json_response(seen, 201, version=3)

    fast_lane(app, "POST", "/fast", note)

    @app.post("/api/v1/documents")
    async def document(request: Request) -> Response:
        return json_response({"size": len(await request.body())})

    @app.post("/api/v1/plain")
    async def plain(body: Note) -> Note:
        return body

    @app.get("/api/v1/broken/{how}")
    async def broken(how: str) -> Response:
        raise {
            "fault": RuntimeError("secret citizen 001099012345"),
            "database": ServerSelectionTimeoutError("127.0.0.1:1 refused"),
            "stepdown": OperationFailure("stepped down", 189),
            "wrong-query": OperationFailure("bad operator", 2),
            "broker": KafkaConnectionError("no broker"),
            "illegal": IllegalTransition(),
        }[how]

    return app


def problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """Asserts the whole shape every refusal has, and returns it."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    body: dict[str, Any] = answer.json()
    assert (answer.status_code, body["status"], body["code"]) == (status, status, code), body
    assert body["type"] == f"urn:dossier:problem:{code}"
    assert body["message"]["vi"]
    assert body["message"]["en"]
    assert body["message"]["vi"] != body["message"]["en"]
    assert body["request_id"] == answer.headers["x-request-id"]
    assert answer.headers["cache-control"] == "no-store"
    return body


def verb(name: str, *buttons: Button, roles: tuple[str, ...] = ("counter",), many: bool = False) -> Verb[Any, None]:
    """Records nothing."""
    return Verb(
        name=name, policy=Policy(Rule(name, roles, (FILTERED,))), body=Note, records=(),
        decide=lambda call, dossier, wish: (), purpose="", many=many, buttons=buttons,
    )  # fmt: skip
