"""The dead-letter limit: where too many records cannot be read, the consumer stops until a person decides; the rest goes on.

A consumer that has stopped stays at its offset instead of turning a whole topic into dead letters. A person looks at the records
(`look`) and passes over them with a reason. The unreadable ones, as far as the person looked, become dead letters with reason
`passed`, with who and why, and the consumer goes on by itself. Stops and passes are in the service's database: any replica
answers for all, and a restart changes nothing.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import structlog

from dossier_shared.contracts.envelope import RawRecord
from dossier_shared.contracts.topics import SERVICES, parted, resend_request
from dossier_shared.errors import BadRecord, Refusal
from dossier_shared.telemetry import metrics

log = structlog.get_logger()
_REQUESTS = frozenset(resend_request(service) for service in SERVICES)
MAX_SHARE, MAX_RUN = 0.2, 100  # of what cannot be read: of the last 500 records, and in a row
LOOKS_EVERY = 1.0  # seconds between two looks for a pass
_stopped: set[str] = set()  # groups of this process


def asks(topic: str) -> bool:
    """Whether it carries requests to publish again, not events."""
    return topic in _REQUESTS or parted(topic)[0] in _REQUESTS


class DeadLetterLimit(Exception):
    """Too large a share of a topic cannot be read: a person must look before it all becomes dead letters."""


class Position(NamedTuple):
    topic: str
    partition: int


class Pass(NamedTuple):
    """A person's decision that the consumer goes on without the unreadable records before these offsets."""

    by: str
    reason: str
    until: Mapping[Position, int]


class Decisions(Protocol):
    """Which consumers have stopped and why, and what persons decided: `adapters.hearing_store.HearingStore`."""

    async def stop(self, group: str, member: str, why: str) -> None: ...

    async def go_on(self, member: str) -> None: ...

    async def stopped(self, group: str) -> list[dict[str, Any]]: ...

    async def decide(self, group: str, decision: Pass) -> None: ...

    async def decided(self, group: str) -> list[Pass]:
        """The latest."""
        ...


@dataclass(slots=True)
class Count:
    """How many of the latest records could not be read. A batch counts on a copy, so that one tried again is counted once."""

    recent: deque[bool] = field(default_factory=lambda: deque(maxlen=500))
    run: int = 0

    def copy(self) -> Count:
        return Count(self.recent.copy(), self.run)

    def good(self) -> None:
        self.recent.append(False)
        self.run = 0

    def bad(self, why: BadRecord, max_share: float, max_run: int) -> None:
        """Raises DeadLetterLimit."""
        self.recent.append(True)
        self.run += 1
        share = sum(self.recent) / len(self.recent)
        if self.run >= max_run or (len(self.recent) == self.recent.maxlen and share > max_share):
            raise DeadLetterLimit(
                f"{self.run} unreadable records in a row, {share:.0%} of the last {len(self.recent)}; the last: {why}"
            )


class Hearing:
    """The limit of one consumer group. Without `kept` (a test in memory) a consumer that has stopped does not go on."""

    def __init__(
        self, group: str, member: str, topics: Sequence[str], kept: Decisions | None = None,
        *, max_share: float = MAX_SHARE, max_run: int = MAX_RUN,
    ) -> None:  # fmt: skip
        self.group, self.member, self.topics, self.kept = group, member, tuple(topics), kept
        self.max_share, self.max_run = max_share, max_run
        self.stopped: str | None = None
        self.count = Count()
        self._passes: Sequence[Pass] = ()

    async def begin(self) -> None:
        if self.kept is not None:
            self._passes = await self.kept.decided(self.group)
            await self.kept.go_on(self.member)

    def bad(self, raw: RawRecord, why: BadRecord, count: Count) -> BadRecord:
        """The dead letter's reason. Raises DeadLetterLimit where it is one too many and nobody has decided to pass over it."""
        decision = self._decision(raw)
        if decision is not None:
            return BadRecord("passed", f"{decision.by}: {decision.reason} ({why})")
        count.bad(why, self.max_share, self.max_run)
        return why

    def _decision(self, raw: RawRecord) -> Pass | None:
        at = Position(raw.topic, raw.partition)
        return next((decision for decision in self._passes if raw.offset < decision.until.get(at, 0)), None)

    async def stand(self, why: str, leaving: Callable[[], bool]) -> None:
        """Waits until a person has decided, or the process is leaving."""
        self.stopped = why
        _stopped.add(self.member)
        metrics.CONSUMER_STOPPED.set(1)
        log.error("hearing stopped: look at it with `dossier dead-letters pass`", group=self.group, reason=why)
        told = False
        while self.kept is not None and not leaving():
            try:
                if not told:
                    await self.kept.stop(self.group, self.member, why)
                    told = True
                found = await self.kept.decided(self.group)
                if found != self._passes:
                    self._passes = found
                    break
            except Exception as error:
                log.warning("not known whether it was passed", error=repr(error)[:200])
            await asyncio.sleep(LOOKS_EVERY)
        else:
            return
        await self._go_on()

    async def _go_on(self) -> None:
        self.stopped = None
        _stopped.discard(self.member)
        metrics.CONSUMER_STOPPED.set(bool(_stopped))
        log.warning("hearing goes on", group=self.group)
        with suppress(Exception):
            if self.kept is not None:
                await self.kept.go_on(self.member)


async def pass_over(hearing: Hearing, decision: Pass) -> None:
    """Records the decision. Refused where no consumer of the group has stopped."""
    if hearing.kept is None or not await hearing.kept.stopped(hearing.group):
        raise Refusal("hearing-goes-on")
    await hearing.kept.decide(hearing.group, decision)
