"""What waits in each service, and whether it still hears: from its own `/metrics`, which needs no right and names no dossier."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import httpx

METRIC, STOPPED = "dossier_events_waiting", "dossier_consumer_stopped"


class Parked:
    """`services`: name -> base URL. A service that does not answer is left out: nothing is concluded from silence."""

    def __init__(self, services: Mapping[str, str], *, timeout: float = 2.0) -> None:
        self._services = dict(services)
        self.stopped: Mapping[str, int] = {}  # 1 where it does not hear, as of the last count
        self._client = httpx.AsyncClient(timeout=timeout, trust_env=False)

    async def count(self) -> dict[str, int]:
        names = list(self._services)
        found = await asyncio.gather(*(self._of(self._services[name]) for name in names))
        pages = {name: page for name, page in zip(names, found, strict=True) if page is not None}
        self.stopped = {name: number for name, page in pages.items() if (number := _number(page, STOPPED)) is not None}
        return {name: number for name, page in pages.items() if (number := _number(page, METRIC)) is not None}

    async def _of(self, url: str) -> str | None:
        try:
            answer = await self._client.get(f"{url.rstrip('/')}/metrics")
            return answer.text if answer.is_success else None
        except (httpx.HTTPError, httpx.InvalidURL, ValueError):
            return None

    async def aclose(self) -> None:
        await self._client.aclose()


def _number(page: str, metric: str) -> int | None:
    try:
        return read(page, metric)
    except ValueError:
        return None


def read(metrics: str, metric: str = METRIC) -> int | None:
    """Raises ValueError where the number is none."""
    for line in metrics.splitlines():
        if line.startswith(f"{metric} "):
            return int(float(line.split()[1]))
    return None
