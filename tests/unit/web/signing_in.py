"""A service, the development issuer and a browser in one process, with a clock that is moved by hand."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from fastapi import FastAPI
from starlette.requests import Request

from dossier_local.identity.app import create_app as create_issuer
from dossier_local.identity.settings import Settings as IssuerSettings
from dossier_shared.http.auth import authenticate
from dossier_shared.http.sessions.provider import Provider
from dossier_shared.http.sessions.routes import SigningIn, sign_in_router
from dossier_shared.http.sessions.sessions import Sessions
from dossier_shared.http.tokens import TokenVerifier
from dossier_shared.pages.home import serve_pages
from dossier_shared.runtime.directory import Directory
from dossier_shared.settings.sign_in import SignInSettings

from .support import make_app

ISSUER = "http://127.0.0.1:8010"
INTAKE = "http://127.0.0.1:8001"
REVIEW = "http://127.0.0.1:8002"
PAGE = {"accept": "text/html"}
COUNTER = {"sub": "counter-1", "roles": ["counter"], "agency": "H44.07", "name": "Lê Thị Cúc"}


class MemoryStore:
    """As `SessionStore`, without a database."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, Any]] = {}
        self.heard: set[str] = set()
        self.down: Exception | None = None

    def _up(self) -> None:
        if self.down is not None:
            raise self.down

    async def insert(self, document: Mapping[str, Any], gone: float) -> None:
        self._up()
        self.rows[document["_id"]] = {**document, "gone": gone}

    async def find(self, key: str) -> dict[str, Any] | None:
        self._up()
        return dict(self.rows[key]) if key in self.rows else None

    async def touch(self, key: str, now: float, gone: float) -> None:
        self._up()
        if key in self.rows:
            self.rows[key] |= {"used": now, "gone": gone}

    async def claim(self, key: str, version: int, now: float, until: float) -> bool:
        self._up()
        row = self.rows.get(key)
        if row is None or row["version"] != version or row["claimed"] >= now:
            return False
        row["claimed"] = until
        return True

    async def release(self, key: str, version: int) -> None:
        if key in self.rows and self.rows[key]["version"] == version:
            self.rows[key]["claimed"] = 0.0

    async def renew(self, key: str, version: int, sealed: bytes) -> bool:
        row = self.rows.get(key)
        if row is None or row["version"] != version:
            return False
        row |= {"sealed": sealed, "version": version + 1, "claimed": 0.0}
        return True

    async def end(self, key: str) -> None:
        self.rows.pop(key, None)

    async def end_of(self, **by: str) -> list[str]:
        self._up()
        keys = [key for key, row in self.rows.items() if all(row[name] == value for name, value in by.items())]
        for key in keys:
            del self.rows[key]
        return keys

    async def was_heard(self, token: str) -> bool:
        return token in self.heard

    async def hear(self, token: str, gone: float) -> None:
        self.heard.add(token)


class Net(httpx.AsyncBaseTransport):
    """Who answers at which port; `down` ones do not. `asked`: every path of the issuer that was asked for."""

    def __init__(self) -> None:
        self.apps: dict[int, FastAPI] = {}
        self.down: set[int] = set()
        self.asked: list[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        port = request.url.port or 80
        if port in self.down or port not in self.apps:
            raise httpx.ConnectError("refused", request=request)
        if port == 8010:
            self.asked.append(request.url.path)
        return await httpx.ASGITransport(self.apps[port]).handle_async_request(request)


class Town:
    """Intake and review with their issuer. `now` is the services' clock, ahead of the machine's by as much as was waited."""

    def __init__(self, folder: Path, now: float, **issuer: Any) -> None:
        self.now = now
        self.net = Net()
        settings = IssuerSettings(identity_data=folder, oidc_issuer=ISSUER, **issuer)
        self.net.apps[8010] = create_issuer(settings, self.client())
        self.stores: dict[str, MemoryStore] = {}
        self.apps: dict[str, FastAPI] = {}
        for service, address in (("intake", INTAKE), ("review", REVIEW)):
            self.apps[service] = self.net.apps[int(address[-4:])] = self._service(service)

    def _service(self, service: str) -> FastAPI:
        neighbours = {"intake": INTAKE, "review": REVIEW}
        settings = SignInSettings(
            service=service,
            port=1,
            database="dossier_test",
            oidc_issuer=ISSUER,
            neighbours=neighbours,
            session_idle_seconds=3600,
        )
        verifier = TokenVerifier(ISSUER, "dossier", client=self.client(), now=self.clock)
        app = make_app(verifier, neighbours=neighbours, development=False, allowed_hosts="intake.agency.example")
        serve_pages(app, settings, Directory())
        store = self.stores[service] = MemoryStore()
        provider = Provider(ISSUER, service, "", client=self.client(), now=self.clock)
        sessions = Sessions(store, provider, 3600, 43_200, now=self.clock)
        app.state.sign_in = SigningIn(settings, sessions, now=self.clock)
        app.include_router(sign_in_router())

        @app.get("/api/v1/me")
        async def me(request: Request) -> dict[str, Any]:
            who = await authenticate(request)
            return {"sub": who.sub, "roles": sorted(who.roles), "level": who.level}

        @app.post("/api/v1/act")
        async def act(request: Request) -> dict[str, str]:
            return {"sub": (await authenticate(request)).sub}

        return app

    def clock(self) -> float:
        return self.now

    def client(self, **given: Any) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=self.net, **given)

    def browser(self) -> httpx.AsyncClient:
        return self.client(headers=PAGE, follow_redirects=True)

    async def sign_in(self, browser: httpx.AsyncClient, page: str = f"{INTAKE}/home", **person: Any) -> httpx.Response:
        async with self.client() as asks:
            link = (await asks.post(f"{ISSUER}/login-links", json={**COUNTER, **person, "next": page})).json()["url"]
        return await browser.get(link)


def query(url: Any) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(str(url)).query).items()}
