"""The issuer, put together: what programs ask (discovery, keys, tokens), beside what browsers are sent to (`browser.py`)."""

from __future__ import annotations

import secrets
from base64 import b64decode
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, unquote_plus

import httpx
from fastapi import FastAPI
from pydantic import BaseModel
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dossier_local.identity.browser import browser_router
from dossier_local.identity.keys import Keys
from dossier_local.identity.logout import LogoutTeller
from dossier_local.identity.people import Person
from dossier_local.identity.sessions import NotGranted, Session, SignedIn
from dossier_local.identity.settings import LOOPBACK_NAMES, Settings
from dossier_local.identity.tokens import Mint

MACHINE_TTL = 300  # seconds


class Token(BaseModel):
    access_token: str
    token_type: str = "Bearer"  # noqa: S105 - a kind, not a secret
    expires_in: int


def create_app(settings: Settings, tells: httpx.AsyncClient | None = None) -> FastAPI:
    """`tells`: by which services are told of a logout, for tests."""
    keys, signed_in = Keys(settings.identity_data), SignedIn()
    mint = Mint(settings, keys)
    app = FastAPI(title="Development identity", docs_url=None, redoc_url=None)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=[*LOOPBACK_NAMES, *settings.identity_allowed_hosts])
    app.include_router(browser_router(settings, signed_in, mint, LogoutTeller(settings, mint, tells)))

    @app.get("/health/live")
    @app.get("/health/ready")
    async def ready() -> dict[str, str]:
        return {"status": "ready"}

    @app.get("/.well-known/openid-configuration")
    async def discovery() -> dict[str, object]:
        issuer = settings.oidc_issuer
        public = settings.identity_public_url or issuer
        return {
            "issuer": issuer,
            "jwks_uri": f"{issuer}/jwks",
            "token_endpoint": f"{issuer}/oauth/token",
            "authorization_endpoint": f"{public}/authorize",
            "end_session_endpoint": f"{public}/end-session",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "none"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "acr_values_supported": ["1", "2"],
            "backchannel_logout_supported": True,
            "backchannel_logout_session_supported": True,
        }

    @app.get("/jwks")
    async def jwks() -> dict[str, object]:
        return keys.published()

    @app.post("/rotate")
    async def rotate() -> dict[str, object]:
        """A new signing key, now."""
        keys.rotate()
        return keys.published()

    @app.post("/token")
    async def token(person: Person) -> Token:
        return Token(access_token=mint.access(person), expires_in=person.ttl)

    @app.post("/oauth/token")
    async def grant(request: Request) -> Response:
        """OAuth 2.0: codes and refresh tokens of browsers, client credentials of services."""
        given = {name: values[0] for name, values in parse_qs((await request.body()).decode("latin-1")).items()}
        try:
            client = _client(settings, request.headers.get("authorization", ""), given)
            return JSONResponse(
                _granted(settings, mint, signed_in, client, given), headers={"cache-control": "no-store"}
            )
        except NotGranted as error:
            status = 401 if str(error) == "invalid_client" else 400
            return JSONResponse({"error": str(error)}, status, {"cache-control": "no-store"})

    return app


def _granted(
    settings: Settings, mint: Mint, signed_in: SignedIn, client: str, given: Mapping[str, str]
) -> dict[str, Any]:
    kind = given.get("grant_type")
    if kind == "authorization_code":
        found = signed_in.redeem(
            given.get("code", ""), client, given.get("redirect_uri", ""), given.get("code_verifier", "")
        )
        return _tokens(settings, mint, signed_in, found.session, client, found.nonce)
    if kind == "refresh_token":
        return _tokens(settings, mint, signed_in, signed_in.renew(given.get("refresh_token", ""), client), client, "")
    if kind == "client_credentials" and client in settings.identity_clients:
        machine = Person(sub=f"service-{client}", roles=settings.identity_clients[client].roles, name=client)
        return Token(access_token=mint.access(machine, MACHINE_TTL), expires_in=MACHINE_TTL).model_dump()
    raise NotGranted("unsupported_grant_type")


def _tokens(
    settings: Settings, mint: Mint, signed_in: SignedIn, session: Session, client: str, nonce: str
) -> dict[str, Any]:
    ttl = int(min(settings.identity_token_seconds, max(session.person.ttl, 0)))
    given = Token(access_token=mint.access(session.person, ttl, session.id, session.proved), expires_in=ttl)
    return given.model_dump() | {
        "refresh_token": signed_in.refresh_token(session, client),
        "id_token": mint.id_token(session.person, client, session.id, nonce, session.proved),
    }


def _client(settings: Settings, authorization: str, given: Mapping[str, str]) -> str:
    """Who asks; by its secret where it has one."""
    name, secret = given.get("client_id", ""), ""
    scheme, _, rest = authorization.partition(" ")
    if scheme.lower() == "basic":
        try:
            name, _, secret = (b64decode(rest, validate=True).decode()).partition(":")
        except ValueError:
            raise NotGranted("invalid_client") from None
        name, secret = unquote_plus(name), unquote_plus(secret)
    known = settings.identity_clients.get(name)
    if not settings.knows(name) or (known and not secrets.compare_digest(known.secret.encode(), secret.encode())):
        raise NotGranted("invalid_client")
    return name
