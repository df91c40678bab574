"""How a service's dossiers change: commands and consumed batches alike end in the one write of the engine.

HTTP commands come through `execute` (concurrent ones are coalesced by the queue), consumed batches through `write`. The parts
are read alone: `steps` (what is written), `engine` (the write), `command_queue`, `claims`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta

from dossier_shared.clock import Clock
from dossier_shared.journal.claims import Claims
from dossier_shared.journal.command_queue import Asked, CommandQueue
from dossier_shared.journal.dossier import Dossier, Rules
from dossier_shared.journal.engine import Collection, Submitter, WriteEngine
from dossier_shared.journal.steps import Command, Decide, Moment, Step, Work, Written, command_step


class Ledger:
    """`claim_for`: how long the process that recorded an intent may act on it before another may take over."""

    def __init__(
        self,
        rules: Rules,
        collection: Collection,
        publisher: Submitter,
        clock: Clock,
        *,
        claimant: str = "",
        claim_for: timedelta = timedelta(seconds=20),
        batch: int = 500,
    ) -> None:
        self.rules, self.collection, self.publisher = rules, collection, publisher
        self.claimant = claimant
        self.holds: Callable[[], Awaitable[bool]] = _always  # may this process act outside (runtime/lease.py)
        self.claims = Claims(claimant, claim_for)
        self.engine = WriteEngine(collection, publisher, clock, self.claims)
        self.commands = CommandQueue(self.write, batch)

    @property
    def clock(self) -> Clock:
        return self.engine.clock

    @property
    def on_written(self) -> list[Callable[[Sequence[Dossier]], None]]:
        """Hooks, told of every dossier that was written."""
        return self.engine.on_written

    @property
    def closed(self) -> str | None:
        """Why no command is taken."""
        return self.commands.closed

    @closed.setter
    def closed(self, why: str | None) -> None:
        self.commands.closed = why

    async def write(self, work: Mapping[str, Work]) -> dict[str, Written]:
        """Decides and writes everything; every race lost is reloaded and decided again, in the same order."""
        return await self.engine.write(work)

    def step(self, decide: Decide, command: Command) -> Step:
        """A command as a step: recognises its own repeat, guards the version, records what `decide` answers."""
        return command_step(self.rules, decide, command)

    async def execute(self, dossier_id: str, decide: Decide, command: Command) -> Dossier:
        """One command; answers the dossier as it stands after it. Raises its refusal."""
        asked = Asked(dossier_id, self.step(decide, command), command.create)
        (outcome,) = await self.execute_many([asked])
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def execute_many(self, asked: Sequence[Asked]) -> list[Dossier | Exception]:
        """Per step the dossier as it stands after all of them, or why the step was refused.

        Raises where nothing could be written.
        """
        return await self.commands.execute_many(asked)

    def check_open(self) -> None:
        """For what must not happen either while no command is taken. Raises Unavailable."""
        self.commands.check_open()

    def take_over(self, dossier: Dossier, moment: Moment, *, past_lives: bool = True) -> bool:
        """A step's body: claims an open intent whose holder is overdue, or (`past_lives`) was this very service instance."""
        return self.claims.take_over(dossier, moment, past_lives=past_lives)

    async def close(self) -> None:
        """Ends the coalescing task; commands already taken are finished first."""
        await self.commands.close()


async def _always() -> bool:
    return True
