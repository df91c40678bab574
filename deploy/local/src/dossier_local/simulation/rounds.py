"""What one officer assigns at one moment, sent as one batch."""

from __future__ import annotations

import asyncio
from typing import Any

from dossier_local.simulation.client import Account, Client, Refused

Json = dict[str, Any]
MANY = 200  # by one request


class Round:
    """Sent once everyone expected has come or has dropped out before."""

    def __init__(self, client: Client, who: Account, at: str) -> None:
        self._client, self._who, self._at = client, who, at
        self._expected = 0
        self._items: list[tuple[str, str, Json]] = []
        self._sent: asyncio.Task[dict[str, Refused]] | None = None
        self._full = asyncio.Event()

    def expect(self) -> None:
        self._expected += 1

    def leave(self) -> None:
        self._expected -= 1
        self._look()

    async def join(self, key: str, dossier: str, body: Json) -> None:
        """Returns once the batch was answered. Raises Refused or Unanswered."""
        self._items.append((key, dossier, body))
        self._look()
        await self._full.wait()
        if self._sent is None:
            self._sent = asyncio.create_task(self._send())
        refused = await asyncio.shield(self._sent)
        if key in refused:
            raise refused[key]

    async def _send(self) -> dict[str, Refused]:
        refused: dict[str, Refused] = {}
        for first in range(0, len(self._items), MANY):
            some = self._items[first : first + MANY]
            refused |= await self._client.many("assign", some, self._who, at=self._at)
        return refused

    def _look(self) -> None:
        if len(self._items) == self._expected:
            self._full.set()
