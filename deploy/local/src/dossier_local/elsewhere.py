"""A system that others started and keep running (compose, a cluster), as a demo and its proof need to know it.

DOSSIER_THROUGH          the one origin people use, http://proxy:8080: /intake, /review, … are under it
OIDC_ISSUER              the development issuer
PROVIDER_URL             the simulated provider of text messages
KAFKA_*, MONGODB_URL     to read topics and databases for the proof
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dossier_local.addresses import broker_at
from dossier_local.errors import StackError
from dossier_local.loopback import http
from dossier_local.secret import setting
from dossier_shared.contracts.topics import SERVICES
from dossier_shared.settings.broker import Broker

NEEDED = ("OIDC_ISSUER", "PROVIDER_URL", "KAFKA_BOOTSTRAP_SERVERS", "MONGODB_URL")


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """`folder` is the demo's own, for what its clients were told."""

    folder: Path
    broker: Broker
    mongodb: str
    urls: Mapping[str, str]

    @classmethod
    def found(cls, folder: Path, through: str) -> Elsewhere:
        values = {name: setting(name) for name in NEEDED}
        if missing := [name for name, value in values.items() if not value]:
            raise StackError(f"A demo on a system that already runs needs {', '.join(missing)} as well.")
        urls = {service: f"{through.rstrip('/')}/{service}" for service in SERVICES}
        urls |= {"identity": values["OIDC_ISSUER"] or "", "provider": values["PROVIDER_URL"] or ""}
        return cls(folder, broker_at(values["KAFKA_BOOTSTRAP_SERVERS"] or ""), values["MONGODB_URL"] or "", urls)

    @property
    def started(self) -> tuple[str, ...]:
        return tuple(self.urls)

    def url(self, name: str) -> str:
        return self.urls[name]

    async def save_ledger(self, file: Path) -> None:
        """What the provider was asked to send, as its own file has it."""
        file.parent.mkdir(parents=True, exist_ok=True)
        async with http(self.urls["provider"], timeout=60) as client:
            answer = await client.get("/v1/ledger")
            answer.raise_for_status()
            await asyncio.to_thread(file.write_bytes, answer.content)
