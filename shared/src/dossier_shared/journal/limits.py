"""Limits that pass by themselves: what a service's rules record then, without anybody asking.

A dossier that awaits something keeps the instant in its state (`act_by`, indexed); whoever finds it past lets the rules decide
on the state as it is then. So it does not matter how many replicas look, or how often.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from hashlib import sha256

import structlog

from dossier_shared.clock import instant, parse_instant
from dossier_shared.contracts.envelope import Event
from dossier_shared.journal import crash
from dossier_shared.journal.command_queue import QueuedCommand
from dossier_shared.journal.dossier import Dossier, New, S
from dossier_shared.journal.ledger import Ledger
from dossier_shared.journal.steps import Command

log = structlog.get_logger()
Passed = Callable[
    [str, int], Awaitable[Sequence[str]]
]  # ids of dossiers whose limit is before an instant, at most so many
Decide = Callable[[Dossier[S], str], Sequence[New]]  # what the rules record at an instant; nothing where all is well
HISTORY = timedelta(days=1)


def act_by(event: Event, limit: str | None) -> str | None:
    """`limit`, unless the event is told of long after it happened (a register read in): no rule acts on history."""
    told_late = parse_instant(event.recorded) - parse_instant(event.time) > HISTORY
    return None if told_late else limit


class Limits:
    """Looks every so many seconds, and takes at most `batch` dossiers into one write."""

    def __init__(
        self, ledger: Ledger[S], passed: Passed, decide: Decide[S], *, every: float = 20.0, batch: int = 200
    ) -> None:
        self._ledger, self._passed, self._decide = ledger, passed, decide
        self._every, self._batch = every, batch

    async def run(self) -> None:
        while True:
            try:
                while await self.once() == self._batch:
                    await asyncio.sleep(0)
            except Exception as error:
                log.warning("limits not looked at", error=repr(error)[:300])
            await asyncio.sleep(self._every)

    async def once(self) -> int:
        """How many were due. What the rules refuse of one leaves the others."""
        now = instant(self._ledger.clock.now())
        due = await self._passed(now, self._batch)
        if due:
            crash.point("limits.due")
        outcomes = await self._ledger.execute_many([self._asked(id_, now) for id_ in due]) if due else []
        for id_, outcome in zip(due, outcomes, strict=True):
            if isinstance(outcome, Exception):
                log.warning("what a limit asks for was refused", dossier=id_, error=repr(outcome)[:300])
        return len(due)

    def _asked(self, id_: str, now: str) -> QueuedCommand:
        source = self._ledger.rules.source
        key = sha256(f"{id_}:{source}:limit:{now}".encode()).hexdigest()
        command = Command(id=key, fingerprint=key, actor=f"rule:{source}")
        return QueuedCommand(id_, self._ledger.step(lambda dossier: self._decide(dossier, now), command), new=False)
