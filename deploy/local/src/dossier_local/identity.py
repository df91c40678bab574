"""The development issuer: the endpoints of an OIDC provider that the services use, and tokens for whoever asks.

It hands a token to any caller, so it listens on loopback, answers only to loopback host names (and to those it is told, as
in a container), and refuses to start without DEVELOPMENT=true. In production OIDC_ISSUER names a real provider and this
process does not exist.
"""

from __future__ import annotations

import os
import secrets
import time
from pathlib import Path
from typing import Annotated
from urllib.parse import parse_qs, urlsplit

from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.responses import PlainTextResponse, RedirectResponse
from fastapi.security import HTTPBasic, HTTPBasicCredentials
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey
from pydantic import BaseModel, Field, field_validator
from pydantic_settings import BaseSettings
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import Response

from dossier_local.serving import serve
from dossier_shared.settings import reading as configuration
from dossier_shared.settings.types import Address, Folder, Host, Port, Text, address

LOOPBACK_NAMES = ["127.0.0.1", "localhost"]
COOKIE = "dossier_session"
MACHINE_TTL = 300  # seconds
LINK_TTL = 3600  # seconds in which a login link can be used


class Client(BaseModel):
    secret: str = Field(min_length=1)
    roles: list[str] = []


class Settings(BaseSettings):
    development: bool = False
    oidc_issuer: Address = "http://127.0.0.1:8010"
    oidc_audience: Text = "dossier"
    identity_host: Host = "127.0.0.1"
    identity_port: Port = 8010
    identity_public_url: str = ""  # what login links begin with, behind a proxy; empty: its own port
    identity_allowed_hosts: list[str] = []  # beside the loopback names
    identity_data: Folder = Path(".dossier/identity")
    identity_clients: dict[str, Client] = {}  # services that ask for tokens of their own

    @field_validator("identity_public_url")
    @classmethod
    def _address(cls, value: str) -> str:
        return address(value).rstrip("/") if value else value

    @field_validator("identity_allowed_hosts")
    @classmethod
    def _named(cls, value: list[str]) -> list[str]:
        if wild := [name for name in value if "*" in name or not name]:
            raise ValueError(f"{wild}: each host must be named; a page of any name could else ask for tokens")
        return value

    def link(self, path: str, host: str) -> str:
        """An address of ours under the name `host`: a cookie belongs to the name it was set under."""
        public = urlsplit(self.identity_public_url or f"http://127.0.0.1:{self.identity_port}")
        port = f":{public.port}" if public.port else ""
        return f"{public.scheme}://{host}{port}{public.path}{path}"


class Person(BaseModel):
    """Whom a token is for. `ttl` in seconds."""

    sub: str = Field(min_length=1, max_length=200)
    roles: list[str] = Field(default=[], max_length=20)
    agency: str | None = None
    name: str | None = None
    citizen_id: str | None = Field(default=None, max_length=40)
    ttl: int = Field(default=8 * 3600, ge=-3600, le=30 * 86400)  # negative: already expired, for tests


class Login(Person):
    """`next`: where the browser goes once it has its cookie; a loopback page."""

    next: str

    @field_validator("next")
    @classmethod
    def _loopback(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme != "http" or parts.hostname not in LOOPBACK_NAMES or parts.username is not None:
            raise ValueError("must be an http address on this machine")
        return value


class Token(BaseModel):
    access_token: str
    token_type: str = "Bearer"  # noqa: S105 - a kind, not a secret
    expires_in: int


class Link(BaseModel):
    url: str


def load_key(folder: Path) -> RSAKey:
    """The signing key, made once: tokens stay good over restarts."""
    path = folder / "key.pem"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = folder / f"key.{os.getpid()}.tmp"
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(RSAKey.generate_key(2048).as_pem(private=True))
        fresh.replace(path)
    return RSAKey.import_key(path.read_bytes(), {"use": "sig", "alg": "RS256"})


def create_app(settings: Settings) -> FastAPI:
    key = load_key(settings.identity_data)
    key_id = key.thumbprint()
    issuer = settings.oidc_issuer
    links: dict[str, tuple[float, Login]] = {}
    app = FastAPI(title="Development identity", docs_url=None, redoc_url=None)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=[*LOOPBACK_NAMES, *settings.identity_allowed_hosts])

    def sign(person: Person) -> str:
        now = int(time.time())
        claims = {
            "iss": issuer,
            "aud": settings.oidc_audience,
            "iat": now,
            "exp": now + person.ttl,
            "jti": secrets.token_hex(8),
        }
        claims |= person.model_dump(include={"sub", "roles", "agency", "name"})
        if person.citizen_id is not None:
            claims["citizen_id"] = person.citizen_id
        return jwt.encode({"alg": "RS256", "kid": key_id, "typ": "JWT"}, claims, key)

    @app.get("/health/live")
    @app.get("/health/ready")
    async def ready() -> dict[str, str]:
        return {"status": "ready"}

    @app.get("/.well-known/openid-configuration")
    async def discovery() -> dict[str, object]:
        return {
            "issuer": issuer,
            "jwks_uri": f"{issuer}/jwks",
            "token_endpoint": f"{issuer}/oauth/token",
            "grant_types_supported": ["client_credentials"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }

    @app.get("/jwks")
    async def jwks() -> dict[str, object]:
        return {"keys": [{**key.as_dict(private=False), "kid": key_id}]}

    @app.post("/token")
    async def token(person: Person) -> Token:
        return Token(access_token=sign(person), expires_in=person.ttl)

    @app.post("/oauth/token")
    async def client_token(request: Request, who: Annotated[HTTPBasicCredentials, Depends(HTTPBasic())]) -> Token:
        """OAuth 2.0 client credentials, the one grant a service uses."""
        client = settings.identity_clients.get(who.username)
        if client is None or not secrets.compare_digest(client.secret.encode(), who.password.encode()):
            raise HTTPException(401, "invalid_client")
        if parse_qs((await request.body()).decode("latin-1")).get("grant_type") != ["client_credentials"]:
            raise HTTPException(400, "unsupported_grant_type")
        machine = Person(sub=f"service-{who.username}", roles=client.roles, name=who.username, ttl=MACHINE_TTL)
        return Token(access_token=sign(machine), expires_in=MACHINE_TTL)

    @app.post("/login-links")
    async def login_link(login: Login) -> Link:
        now = time.monotonic()
        for old in [code for code, (until, _) in links.items() if until < now]:
            del links[old]
        code = secrets.token_urlsafe(24)
        links[code] = (now + LINK_TTL, login)
        return Link(url=settings.link(f"/login/{code}", urlsplit(login.next).hostname or ""))

    @app.get("/login/{code}", response_class=PlainTextResponse)
    async def login(code: str) -> Response:
        until, person = links.pop(code, (0.0, None))
        if person is None or until < time.monotonic():
            raise HTTPException(
                410, "Liên kết đăng nhập đã được dùng hoặc đã hết hạn. / This login link was used or has expired."
            )
        answer = RedirectResponse(person.next, status_code=303, headers={"Cache-Control": "no-store"})
        answer.set_cookie(COOKIE, sign(person), max_age=max(person.ttl, 0), httponly=True, samesite="lax", path="/")
        return answer

    return app


def main() -> None:
    settings = configuration.read_plain(Settings, "identity")
    if not settings.development:
        configuration.refuse(
            "identity",
            "The development issuer starts only with DEVELOPMENT=true. In production set OIDC_ISSUER to a real one.",
        )
    try:
        app = create_app(settings)
    except (OSError, ValueError, JoseError) as error:
        why = getattr(error, "strerror", None) or f"key.pem is no key: {type(error).__name__}"
        configuration.refuse("identity", f"IDENTITY_DATA: {settings.identity_data}: {why}")
    serve(app, settings.identity_host, settings.identity_port)


if __name__ == "__main__":
    main()
