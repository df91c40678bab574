"""What the issuer reads from the environment."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, field_validator
from pydantic_settings import BaseSettings

from dossier_shared.contracts.topics import SERVICES
from dossier_shared.settings.types import Address, Addresses, Folder, Host, MaybeFile, Port, Seconds, Text, address

LOOPBACK_NAMES = ["127.0.0.1", "localhost"]


class Client(BaseModel):
    """A service with a secret. Those with pages are known without: they have PKCE."""

    secret: str = Field(min_length=1)
    roles: list[str] = []


class Settings(BaseSettings):
    development: bool = False
    oidc_issuer: Address = "http://127.0.0.1:8010"
    oidc_audience: Text = "dossier"
    identity_host: Host = "127.0.0.1"
    identity_port: Port = 8010
    identity_public_url: str = ""  # what browsers are sent to, behind a proxy; empty: its own port
    identity_allowed_hosts: list[str] = []  # beside the loopback names
    identity_data: Folder = Path(".dossier/identity")
    identity_clients: dict[str, Client] = {}  # services that ask for tokens of their own
    identity_accounts: MaybeFile = None  # who can sign in by password; none: the demo's people
    identity_services: Addresses = {}  # where each is told that somebody signed out; not named: where it was signed in from
    identity_token_seconds: Seconds = 300.0  # how long a browser's access token lasts

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

    def public(self, path: str, host: str = "") -> str:
        """An address of ours for browsers, under the name `host` if given: a cookie belongs to the name it was set under."""
        base = urlsplit(self.identity_public_url or f"http://127.0.0.1:{self.identity_port}")
        port = f":{base.port}" if base.port else ""
        return f"{base.scheme}://{host or base.hostname}{port}{base.path}{path}"

    @property
    def path(self) -> str:
        """What a proxy in front takes off."""
        return urlsplit(self.identity_public_url).path

    def knows(self, client: str) -> bool:
        return client in SERVICES or client in self.identity_clients


def loopback(value: str) -> str:
    """As it is; raises ValueError where it is no http address of this machine."""
    parts = urlsplit(value)
    if parts.scheme != "http" or parts.hostname not in LOOPBACK_NAMES or parts.username is not None:
        raise ValueError("must be an http address on this machine")
    return value
