"""Where a running system is, for the commands that talk to it; and the people it knows."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from pydantic import ValidationError

from dossier_local import state
from dossier_local.errors import StackError
from dossier_local.loopback import http
from dossier_local.secret import setting
from dossier_local.services import ALL
from dossier_shared.settings.broker import Broker
from dossier_shared.settings.service import BrokerSettings

HOME = Path(os.environ.get("DOSSIER_FOLDER", ".dossier"))


@dataclass(frozen=True, slots=True)
class Addresses:
    kafka: Broker
    identity: str
    services: Mapping[str, str]
    pages: Mapping[str, str] = field(default_factory=dict)  # where browsers reach them, if not at `services`

    def page(self, service: str) -> str:
        return self.pages.get(service) or self.url(service)

    def url(self, service: str) -> str:
        if service not in self.services:
            raise StackError(f"There is no service {service!r}. There are: {', '.join(self.services)}.")
        return self.services[service]


def find(folder: Path = HOME) -> Addresses:
    """Of what runs on `folder`; else the documented ports, and KAFKA_*, OIDC_ISSUER, DOSSIER_SERVICES and
    DOSSIER_PAGES (both JSON, name -> base URL) if set. Raises StackError where one of them cannot be used."""
    known = state.load(folder)

    def given(name: str, otherwise: str) -> str:
        return known.env.get(name) or setting(name) or otherwise

    ports = {s.name: s.port for s in ALL} | {name: entry.port for name, entry in known.processes.items()}
    urls = {s.name: f"http://127.0.0.1:{ports[s.name]}" for s in ALL}
    return Addresses(
        kafka=broker_at(given("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:19092")),
        identity=given("OIDC_ISSUER", "http://127.0.0.1:8010"),
        services=urls | _urls("DOSSIER_SERVICES"),
        pages=_urls("DOSSIER_PAGES"),
    )


def _urls(name: str) -> dict[str, str]:
    try:
        found = json.loads(setting(name) or "{}")
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise StackError(f'{name} must be JSON, name -> base URL, such as {{"intake": "http://intake:8001"}}.')
    return found


def broker_at(servers: str) -> Broker:
    """Reached as the environment's KAFKA_* variables say, by which the services go, too."""
    try:
        return BrokerSettings(kafka_bootstrap_servers=servers).broker
    except ValidationError as error:
        lines = (f"{'.'.join(map(str, e['loc']))} {e['msg'].removeprefix('Value error, ')}" for e in error.errors())
        raise StackError("\n".join(line.strip() for line in lines)) from None


async def post_identity(identity: str, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """Asks the development issuer for a token or a login link."""
    async with http(identity) as client:
        try:
            answer = await client.post(path, json=dict(body))
        except httpx.TransportError:
            raise StackError(
                f"The development issuer does not answer at {identity}. Is `dossier up` running?"
            ) from None
        if answer.is_error:
            raise StackError(f"The issuer refused ({answer.status_code}): {answer.text[:200]}")
        try:
            made: dict[str, Any] = answer.json()
        except ValueError:
            raise StackError(f"What answers at {identity} is not the development issuer.") from None
        return made


async def token(identity: str, sub: str, *roles: str, agency: str | None = None, name: str | None = None) -> str:
    body = {"sub": sub, "roles": list(roles), "agency": agency, "name": name}
    return str((await post_identity(identity, "/token", body))["access_token"])
