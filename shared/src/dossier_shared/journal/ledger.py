"""The one write: many steps for many dossiers, decided in memory, one guarded single-document update per dossier, one bulk.

A step reads a `Dossier` and records events on it (`journal.record`, `journal.hear`), or refuses by raising a Problem. HTTP
commands come through `execute` (concurrent ones are coalesced); consumed batches through `write`. See docs/architecture.md.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextvars import Context
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol

import structlog

from dossier_shared.clock import Clock, instant, parse_instant
from dossier_shared.errors import Conflict, Invalid, NotFound, Problem, Unavailable
from dossier_shared.journal import crash
from dossier_shared.journal.dossier import Dossier, New, Rules, State, record, restore, save
from dossier_shared.journal.outages import passes
from dossier_shared.tasks import end
from dossier_shared.telemetry import metrics, tracing

log = structlog.get_logger()
BREATH = 10  # dossiers decided between two turns of the event loop
MAX_ROUNDS = 100  # of one write; each lost race means somebody else's write went through


class Moment:
    """One reading of the clock, shared by all that is decided together."""

    __slots__ = ("now", "recorded")

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.recorded = instant(now)


Step = Callable[[Dossier, Moment], None]
Decide = Callable[[Dossier], Sequence[New]]
Permit = Callable[[State, bool], None]


class Collection(Protocol):
    """Where a service's dossiers are kept: `mongo.DossierCollection`, or `testing.MemoryCollection`."""

    async def load(self, ids: Iterable[str], *, journal: bool = True) -> dict[str, Dossier]:
        """Without `journal` the dossiers have none: for steps that neither record nor look back."""
        ...

    async def write(self, dossiers: Sequence[Dossier], recorded: datetime) -> Mapping[str, Problem | None]:
        """One guarded op each; answers those that were not written: None for a lost race, else why not."""
        ...


class Submitter(Protocol):
    def submit(self, dossiers: Iterable[Dossier]) -> None: ...


@dataclass(slots=True)
class Work:
    """Steps of one dossier, in order.

    `new`: it is expected not to exist, so it need not be loaded first. `bare`: the steps need no journal.
    """

    steps: list[Step] = field(default_factory=list)
    new: bool = False
    bare: bool = False


@dataclass(slots=True)
class Written:
    """The dossier as it now stands, and per step None or why it was refused."""

    dossier: Dossier
    refused: list[Exception | None]


class Asked(NamedTuple):
    """One step of a dossier. `new`: it is expected not to exist."""

    dossier: str
    step: Step
    new: bool = False


class _Lot(NamedTuple):
    """What came together and is written together, with whatever else waits by then."""

    asked: Sequence[Asked]
    answer: asyncio.Future[list[Dossier | Exception]]


@dataclass(frozen=True, slots=True)
class Command:
    """What a command carries besides its content. `id` and `fingerprint` make a repeat recognisable.

    `permit(state, repeats)` raises where whoever asks may not even see the dossier in this state. It is asked before anything
    else, so that neither a repeated key nor a condition on the version tells what is not theirs to know.
    """

    id: str
    fingerprint: str
    actor: str
    agency: str = ""
    time: str | None = None  # business time; None: now
    expected_version: int | None = None
    create: bool = False
    traceparent: str | None = None
    permit: Permit | None = None


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
        self.rules, self.collection, self.publisher, self.clock = rules, collection, publisher, clock
        self.claimant, self.claim_for, self.batch = claimant, claim_for, batch
        self.closed: str | None = None  # why no command is taken
        self.holds: Callable[[], Awaitable[bool]] = _always  # may this process act outside (lease.py)
        self.on_written: list[Callable[[Sequence[Dossier]], None]] = []
        self._queue: deque[_Lot] = deque()
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._flushing = False

    # -- many steps, many dossiers -----------------------------------------------------------------------------------

    async def write(self, work: Mapping[str, Work]) -> dict[str, Written]:
        """Decides and writes everything; every race lost is reloaded and decided again, in the same order."""
        done: dict[str, Written] = {}
        unloaded = {id_ for id_, item in work.items() if item.new}
        left = dict(work)
        for attempt in range(MAX_ROUNDS):
            journal = not all(item.bare for item in left.values())
            known = await self.collection.load([id_ for id_ in left if id_ not in unloaded], journal=journal)
            moment = Moment(self.clock.now())
            changed: list[Dossier] = []
            for number, (id_, item) in enumerate(left.items(), 1):
                if number % BREATH == 0:
                    await asyncio.sleep(0)  # others of this process are served meanwhile
                dossier = known.get(id_) or Dossier(id_)
                written = Written(dossier, [self._try(step, dossier, moment) for step in item.steps])
                done[id_] = written
                if dossier.changed:
                    self._claim(dossier, moment)
                    changed.append(dossier)
            lost: Mapping[str, Problem | None] = {}
            if changed:
                crash.point("write.before")
                with tracing.storing(changed, work):
                    lost = await self.collection.write(changed, moment.now)
                crash.point("write.after")
            self._announce([dossier for dossier in changed if dossier.id not in lost])
            for id_, why in lost.items():
                if why is not None:
                    done[id_].refused = [own or why for own in done[id_].refused]
            left = {id_: work[id_] for id_, why in lost.items() if why is None}
            if not left:
                return done
            metrics.GUARDS_LOST.inc(len(left))
            unloaded = set()
            if attempt > 2:
                await asyncio.sleep(random.random() * 0.01 * attempt)  # noqa: S311
        raise Unavailable("too-busy")

    def _try(self, step: Step, dossier: Dossier, moment: Moment) -> Exception | None:
        point = save(dossier)
        try:
            step(dossier, moment)
        except Problem as problem:
            restore(dossier, point)
            return problem
        except Exception as error:
            restore(dossier, point)
            log.exception("step failed", dossier=dossier.id)
            return error
        return None

    def _claim(self, dossier: Dossier, moment: Moment) -> None:
        """A claim is on one intent: the next one, opened where the last was closed, is claimed anew."""
        intent = dossier.state.get("intent")
        if not intent:
            dossier.claim = None
        elif dossier.claim is None or dossier.claim["reference"] != intent["reference"]:
            dossier.claim = {**self._claimed(intent, moment), "since": moment.recorded}
            dossier.claimed_now = True

    def _claimed(self, intent: Mapping[str, Any], moment: Moment) -> dict[str, Any]:
        until = instant(moment.now + self.claim_for)
        return {"by": self.claimant, "until": until, "reference": intent["reference"]}

    def _announce(self, dossiers: Sequence[Dossier]) -> None:
        for dossier in dossiers:
            dossier.version += 1
        self.publisher.submit([dossier for dossier in dossiers if dossier.fresh])
        for hook in self.on_written:
            hook(dossiers)

    def take_over(self, dossier: Dossier, moment: Moment, *, past_lives: bool = True) -> bool:
        """A step's body: claims an open intent whose holder is overdue, or (`past_lives`) was this very service instance."""
        claim = dossier.claim
        if not dossier.state.get("intent") or claim is None:
            return False
        instance = self.claimant.partition("@")[0]
        past_life = past_lives and claim["by"] != self.claimant and claim["by"].partition("@")[0] == instance
        if not past_life and parse_instant(claim["until"]) > moment.now:
            return False
        known = {name: value for name, value in claim.items() if name != "rests"}  # what was tried stays known
        dossier.claim = {**known, **self._claimed(dossier.state["intent"], moment)}
        dossier.touched = True
        return True

    # -- single commands, coalesced ------------------------------------------------------------------------------------

    def step(self, decide: Decide, command: Command) -> Step:
        """A command as a step: recognises its own repeat, guards the version, records what `decide` answers."""

        def run(dossier: Dossier, moment: Moment) -> None:
            earlier = dossier.find_command(command.id)
            if command.permit is not None and dossier.exists:
                command.permit(dossier.state, earlier is not None)
            if earlier is not None:
                if earlier["fingerprint"] != command.fingerprint:
                    raise key_reused()
                return
            if not command.create and not dossier.exists:
                raise NotFound()
            if command.create and dossier.exists and dossier.seq > 0:
                raise Conflict("dossier-exists")
            now = dossier.version + dossier.changed  # a command before this one in the same write counts
            if command.expected_version is not None and command.expected_version != now:
                raise Conflict(
                    "stale-version",
                    "Hồ sơ đã thay đổi từ lần xem trước. Hãy tải lại rồi quyết định lại.",
                    "The dossier has changed since it was read. Reload it and decide again.",
                    status=412,
                )
            for new in decide(dossier):
                record(
                    self.rules,
                    dossier,
                    new,
                    time=command.time or moment.recorded,
                    recorded=moment.recorded,
                    agency=dossier.state.get("agency") or command.agency,
                    actor=command.actor,
                    command=command.id,
                    fingerprint=command.fingerprint,
                    traceparent=command.traceparent,
                )

        return run

    async def execute(self, dossier_id: str, decide: Decide, command: Command) -> Dossier:
        """One command; answers the dossier as it stands after it. Raises its refusal."""
        asked = Asked(dossier_id, self.step(decide, command), command.create)
        (outcome,) = await self.execute_many([asked])
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def check_open(self) -> None:
        """For what must not happen either while no command is taken. Raises Unavailable."""
        if self.closed is not None:
            raise Unavailable(self.closed)

    async def execute_many(self, asked: Sequence[Asked]) -> list[Dossier | Exception]:
        """Per step the dossier as it stands after all of them, or why the step was refused.

        While a bulk is being written others wait, and go together in the next one. Raises where nothing could be written.
        """
        if not asked:
            return []
        self.check_open()
        loop = asyncio.get_running_loop()
        if self._task is None:
            self._task = loop.create_task(self._flush(), context=Context())  # not the first request's: it serves all
        lot = _Lot(asked, loop.create_future())
        self._queue.append(lot)
        self._wake.set()
        with tracing.span("write", lambda: _about(asked)):
            return await lot.answer

    async def _flush(self) -> None:
        while True:
            await self._wake.wait()
            await self._flush_once()  # on its own: a batch must not stay in memory until the next

    async def _flush_once(self) -> None:
        lots = self._next_lots()
        work: dict[str, Work] = {}
        places: list[list[tuple[str, int]]] = []
        for lot in lots:
            mine = []
            for id_, step, new in lot.asked:
                item = work.setdefault(id_, Work(new=new))
                item.new = item.new and new
                mine.append((id_, len(item.steps)))
                item.steps.append(step)
            places.append(mine)
        self._flushing = True
        try:
            done = await self._write_apart(work)
        except asyncio.CancelledError:
            for lot in lots:
                lot.answer.cancel()
            raise
        except Exception as error:
            for lot in lots:
                if not lot.answer.done():
                    lot.answer.set_exception(error)
            return
        finally:
            self._flushing = False
        for lot, mine in zip(lots, places, strict=True):
            if not lot.answer.done():
                lot.answer.set_result([done[id_].refused[index] or done[id_].dossier for id_, index in mine])

    async def _write_apart(self, work: Mapping[str, Work]) -> dict[str, Written]:
        """What fails for no outage is halved until the dossier at fault stands alone: its commands are refused, no others.

        Deciding a command again is safe: it knows its own repeat."""
        try:
            return await self.write(work)
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

    def _next_lots(self) -> list[_Lot]:
        """As many as fit into one bulk; the first in any case."""
        lots = [self._queue.popleft()]
        size = len(lots[0].asked)
        while self._queue and size + len(self._queue[0].asked) <= self.batch:
            size += len(self._queue[0].asked)
            lots.append(self._queue.popleft())
        if not self._queue:
            self._wake.clear()
        return lots

    async def close(self) -> None:
        """Ends the coalescing task; commands already taken are finished first."""
        while self._queue or self._flushing:
            await asyncio.sleep(0.005)
        if self._task is not None:
            await end([self._task])
            self._task = None


async def _always() -> bool:
    return True


def key_reused() -> Invalid:
    return Invalid(
        "idempotency-key-reused",
        "Khóa Idempotency-Key này đã dùng cho một yêu cầu khác. Hãy dùng khóa mới.",
        "This Idempotency-Key was used for another request. Use a new one.",
    )


def _about(asked: Sequence[Asked]) -> dict[str, Any]:
    return {"dossier.id": asked[0].dossier} if len(asked) == 1 else {"dossier.commands": len(asked)}


def outcome(written: Written, index: int = 0) -> Any:
    """The dossier, or raises what refused the step."""
    refused = written.refused[index]
    if refused is not None:
        raise refused
    return written.dossier
