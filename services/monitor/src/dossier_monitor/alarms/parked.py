"""How many events wait in each service, from its own `/metrics`: needs no right, and says nothing about any dossier."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import httpx

METRIC = "dossier_events_waiting"


class Parked:
    """`services`: name -> base URL. A service that does not answer is left out: nothing is concluded from silence."""

    def __init__(self, services: Mapping[str, str], *, timeout: float = 2.0) -> None:
        self._services = dict(services)
        self._client = httpx.AsyncClient(timeout=timeout, trust_env=False)

    async def count(self) -> dict[str, int]:
        names = list(self._services)
        found = await asyncio.gather(*(self._of(self._services[name]) for name in names))
        return {name: number for name, number in zip(names, found, strict=True) if number is not None}

    async def _of(self, url: str) -> int | None:
        try:
            answer = await self._client.get(f"{url.rstrip('/')}/metrics")
            return read(answer.text) if answer.is_success else None
        except (httpx.HTTPError, httpx.InvalidURL, ValueError):
            return None

    async def aclose(self) -> None:
        await self._client.aclose()


def read(metrics: str) -> int | None:
    """Raises ValueError where the number is none."""
    for line in metrics.splitlines():
        if line.startswith(f"{METRIC} "):
            return int(float(line.split()[1]))
    return None
