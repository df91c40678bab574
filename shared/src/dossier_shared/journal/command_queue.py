"""The command queue: commands that come while a bulk is being written wait, and go together in the next one."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextvars import Context
from typing import Any, NamedTuple

from dossier_shared.errors import Unavailable
from dossier_shared.journal.dossier import Dossier
from dossier_shared.journal.outages import passes
from dossier_shared.journal.steps import Step, Work, Written
from dossier_shared.tasks import end
from dossier_shared.telemetry import tracing

Write = Callable[[Mapping[str, Work]], Awaitable[dict[str, Written]]]


class QueuedCommand(NamedTuple):
    """A step of one dossier, to be written. `new`: the dossier is expected not to exist yet."""

    dossier: str
    step: Step
    new: bool = False


class _Batch(NamedTuple):
    """Steps that came together and are written together, with whatever else is queued by then."""

    asked: Sequence[QueuedCommand]
    answer: asyncio.Future[list[Dossier | Exception]]


class CommandQueue:
    """Coalesces commands into bulks of at most `batch` steps; steps that came together stay together, however many they are."""

    def __init__(self, write: Write, batch: int) -> None:
        self.batch = batch
        self.closed: str | None = None  # why no command is taken
        self._write = write
        self._queue: deque[_Batch] = deque()
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._flushing = False

    def check_open(self) -> None:
        """Raises Unavailable while the service takes no commands: for whatever must not happen then either."""
        if self.closed is not None:
            raise Unavailable(self.closed)

    async def execute_many(self, asked: Sequence[QueuedCommand]) -> list[Dossier | Exception]:
        """For each step the dossier after all of them, or why the step was refused. Raises where nothing could be written."""
        if not asked:
            return []
        self.check_open()
        loop = asyncio.get_running_loop()
        if self._task is None:
            self._task = loop.create_task(self._flush(), context=Context())  # not the first request's: it serves all
        one = _Batch(asked, loop.create_future())
        self._queue.append(one)
        self._wake.set()
        with tracing.span("write", lambda: _about(asked)):
            return await one.answer

    async def _flush(self) -> None:
        while True:
            await self._wake.wait()
            await self._flush_once()  # on its own: a batch must not stay in memory until the next

    async def _flush_once(self) -> None:
        batches = self._next_batches()
        work: dict[str, Work] = {}
        places: list[list[tuple[str, int]]] = []
        for one in batches:
            mine = []
            for id_, step, new in one.asked:
                item = work.setdefault(id_, Work(new=new))
                item.new = item.new and new
                mine.append((id_, len(item.steps)))
                item.steps.append(step)
            places.append(mine)
        self._flushing = True
        try:
            done = await self._write_apart(work)
        except asyncio.CancelledError:
            for one in batches:
                one.answer.cancel()
            raise
        except Exception as error:
            for one in batches:
                if not one.answer.done():
                    one.answer.set_exception(error)
            return
        finally:
            self._flushing = False
        for one, mine in zip(batches, places, strict=True):
            if not one.answer.done():
                one.answer.set_result([done[id_].refused[index] or done[id_].dossier for id_, index in mine])

    async def _write_apart(self, work: Mapping[str, Work]) -> dict[str, Written]:
        """A bulk that fails for no outage is halved until the dossier at fault is alone. Only its commands are refused.

        Deciding a command again is safe: a command recognises its own repeat."""
        try:
            return await self._write(work)
        except Exception as error:
            if passes(error):
                raise
            ids = list(work)
            if len(ids) == 1:
                return {ids[0]: Written(Dossier(ids[0]), [error] * len(work[ids[0]].steps))}
        done: dict[str, Written] = {}
        for some in (ids[: len(ids) // 2], ids[len(ids) // 2 :]):
            done |= await self._write_apart({id_: work[id_] for id_ in some})
        return done

    def _next_batches(self) -> list[_Batch]:
        """As many as fit into one bulk; the first in any case."""
        batches = [self._queue.popleft()]
        size = len(batches[0].asked)
        while self._queue and size + len(self._queue[0].asked) <= self.batch:
            size += len(self._queue[0].asked)
            batches.append(self._queue.popleft())
        if not self._queue:
            self._wake.clear()
        return batches

    async def close(self) -> None:
        """Finishes the commands already taken, then ends the task that writes."""
        while self._queue or self._flushing:
            await asyncio.sleep(0.005)
        if self._task is not None:
            await end([self._task])
            self._task = None


def _about(asked: Sequence[QueuedCommand]) -> dict[str, Any]:
    return {"dossier.id": asked[0].dossier} if len(asked) == 1 else {"dossier.commands": len(asked)}
