"""The ledger: the one way in which a service's dossiers change.

HTTP commands come through `execute` and the command queue, consumed batches through `write`; both end in the write engine. Each
part can be read alone: `steps` (what is written), `engine` (the write), `command_queue`, `claims`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import Generic

from dossier_shared.clock import Clock
from dossier_shared.journal.claims import Claims
from dossier_shared.journal.command_queue import CommandQueue, QueuedCommand
from dossier_shared.journal.dossier import Dossier, Rules, S
from dossier_shared.journal.engine import Collection, Submitter, WriteEngine
from dossier_shared.journal.steps import Command, Decide, Moment, Step, Work, Written, command_step, permitted


class Ledger(Generic[S]):
    """Write engine, command queue and claims of one service. `claim_for`: how long who recorded an intent may act on it alone."""

    def __init__(
        self,
        rules: Rules[S],
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
        """Called with the dossiers of each bulk once they are written."""
        return self.engine.on_written

    @property
    def closed(self) -> str | None:
        """Why no command is taken."""
        return self.commands.closed

    @closed.setter
    def closed(self, why: str | None) -> None:
        self.commands.closed = why

    async def write(self, work: Mapping[str, Work]) -> dict[str, Written]:
        """Decides and writes all; dossiers that lost a race are loaded and decided again, their steps in the same order."""
        return await self.engine.write(work)

    def step(self, decide: Decide[S], command: Command) -> Step:
        """A command as a step: recognises its own repeat, checks the version, records what `decide` answers."""
        return command_step(self.rules, decide, command)

    async def demand(self, dossier_id: str, command: Command) -> bool:
        """Whether there is such a dossier. Raises what a command's `permit` does. For whatever is read before a command is
        decided, which must not tell of the dossier either."""
        self.check_open()
        dossier = (await self.collection.load([dossier_id])).get(dossier_id)
        if dossier is not None:
            permitted(dossier, command)
        return dossier is not None

    async def execute(self, dossier_id: str, decide: Decide[S], command: Command) -> Dossier[S]:
        """Carries out one command; answers the dossier after it. Raises the refusal."""
        asked = QueuedCommand(dossier_id, self.step(decide, command), command.create)
        (outcome,) = await self.execute_many([asked])
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def execute_many(self, asked: Sequence[QueuedCommand]) -> list[Dossier | Exception]:
        """For each step the dossier after all of them, or why the step was refused. Raises where nothing could be written."""
        return await self.commands.execute_many(asked)

    def check_open(self) -> None:
        """Raises Unavailable while the service takes no commands: for whatever must not happen then either."""
        self.commands.check_open()

    def take_over(self, dossier: Dossier, moment: Moment, *, past_lives: bool = True) -> bool:
        """A step's body: claims an open intent if its claim has run out or (`past_lives`) is of an earlier run of it."""
        return self.claims.take_over(dossier, moment, past_lives=past_lives)

    async def close(self) -> None:
        """Finishes the commands already taken, then ends the task that writes."""
        await self.commands.close()


async def _always() -> bool:
    return True
