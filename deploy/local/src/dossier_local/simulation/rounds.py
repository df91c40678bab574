"""What one officer signs, or assigns, at one moment: sent as one batch."""

from __future__ import annotations

import asyncio
from typing import Any

from dossier_local.simulation.client import Client, Refused, Unanswered
from dossier_local.simulation.plan import Step

Json = dict[str, Any]
MANY = 200  # by one request


class Round:
    """Sent once everyone expected has come or has dropped out before. `first`: a step of it; all are by the same officer."""

    def __init__(self, client: Client, first: Step) -> None:
        self._client, self._first = client, first
        self._expected = 0
        self._waits_on: set[str] = set()
        self._items: list[tuple[str, str, Json]] = []
        self._sent: asyncio.Task[dict[str, Refused | Unanswered]] | None = None
        self._full = asyncio.Event()

    def expect(self) -> None:
        self._expected += 1

    def leave(self) -> None:
        self._expected -= 1
        self._look()

    async def join(self, key: str, dossier: str, step: Step) -> None:
        """Returns once the batch was answered. Raises Refused or Unanswered."""
        self._items.append((key, dossier, step.body))
        self._waits_on.update(step.waits_on)
        self._look()
        await self._full.wait()
        if self._sent is None:
            self._sent = asyncio.create_task(self._send())
        if (trouble := (await asyncio.shield(self._sent)).get(key)) is not None:
            raise trouble

    async def _send(self) -> dict[str, Refused | Unanswered]:
        trouble: dict[str, Refused | Unanswered] = {}
        at, who, action = self._first.occurred_at, self._first.who, self._first.action
        for first in range(0, len(self._items), MANY):
            some = self._items[first : first + MANY]
            try:
                trouble |= await self._client.many(action, some, who, at=at, waits_on=self._waits_on)
            except Unanswered as unanswered:  # the others have their turn all the same
                trouble |= {key: unanswered for key, *_ in some}
        return trouble

    def _look(self) -> None:
        if len(self._items) == self._expected:
            self._full.set()
