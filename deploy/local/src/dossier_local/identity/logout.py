"""Back-channel logout: every service that got tokens of a session is told that it has ended."""

from __future__ import annotations

import asyncio

import httpx
import structlog

from dossier_local.identity.sessions import Session
from dossier_local.identity.settings import Settings
from dossier_local.identity.tokens import Mint
from dossier_local.loopback import http

log = structlog.get_logger("identity")


class LogoutTeller:
    """`client` is for tests."""

    def __init__(self, settings: Settings, mint: Mint, client: httpx.AsyncClient | None = None) -> None:
        self._settings, self._mint = settings, mint
        self._client = client or http(timeout=3.0)

    async def tell(self, session: Session) -> None:
        """Whoever does not answer finds out when its access token ends."""
        await asyncio.gather(*(self._tell(session, client, at) for client, at in session.clients.items()))

    async def _tell(self, session: Session, client: str, at: str) -> None:
        address = f"{self._settings.identity_services.get(client, at)}/back-channel-logout"
        try:
            token = self._mint.logout(client, session.person.sub, session.id)
            answer = await self._client.post(address, data={"logout_token": token})
            answer.raise_for_status()
        except httpx.HTTPError as error:
            log.warning("not told of a logout", client=client, error=repr(error)[:200])
