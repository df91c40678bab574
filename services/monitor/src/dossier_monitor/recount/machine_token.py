"""A token for the service itself: OAuth 2.0 client credentials from the issuer, kept until shortly before it ends."""

from __future__ import annotations

import asyncio
import time

import httpx

from dossier_shared.problems import ServiceUnavailable

_EARLY = 30.0  # seconds before its end at which a new one is asked for


class MachineToken:
    """`client` is used, not closed."""

    def __init__(self, issuer: str, client_id: str, secret: str, client: httpx.AsyncClient) -> None:
        self._issuer, self._id, self._secret, self._client = issuer, client_id, secret, client
        self._token, self._until = "", 0.0
        self._asking = asyncio.Lock()

    async def headers(self) -> dict[str, str]:
        """Raises ServiceUnavailable where the issuer is away or gives none."""
        async with self._asking:
            if time.monotonic() >= self._until:
                await self._ask()
        return {"authorization": f"Bearer {self._token}"}

    def forget(self) -> None:
        """It was refused: the next call asks for a new one."""
        self._until = 0.0

    async def _ask(self) -> None:
        try:
            discovered = await self._client.get(f"{self._issuer}/.well-known/openid-configuration")
            endpoint = discovered.raise_for_status().json()["token_endpoint"]
            answer = await self._client.post(
                endpoint, data={"grant_type": "client_credentials"}, auth=(self._id, self._secret)
            )
            made = answer.raise_for_status().json()
            self._token = str(made["access_token"])
            self._until = time.monotonic() + float(made.get("expires_in", 60)) - _EARLY
        except (httpx.HTTPError, KeyError, ValueError) as error:
            raise ServiceUnavailable(
                "no-machine-token",
                "Dịch vụ chưa nhận được mã truy cập của chính nó. Hãy kiểm tra MONITOR_CLIENT_ID, MONITOR_CLIENT_SECRET.",
                f"The issuer gave the service no token of its own ({type(error).__name__}). Check its client id and secret.",
            ) from error
