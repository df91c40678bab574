"""Missed events: the event's owner is asked to publish it again, or a person decides to go on without it (skip).

The decision is kept in the dossier's state, in the same write that moves the consumer position.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import datetime, timedelta

import structlog

from dossier_shared.clock import instant
from dossier_shared.contracts.resend_request import Missing, write_request
from dossier_shared.contracts.topics import deployed_name, resend_request
from dossier_shared.journal.consumer import BatchConsumer, ParkedEvent
from dossier_shared.journal.dossier import Dossier, Skipped
from dossier_shared.journal.ledger import Ledger
from dossier_shared.journal.publisher import Sender
from dossier_shared.journal.steps import Moment, Step, Work, outcome
from dossier_shared.problems import Conflict, NotFound
from dossier_shared.telemetry import metrics

log = structlog.get_logger()
LONGEST_PAUSE = timedelta(hours=1)  # between two requests for the same dossier


class Asker:
    """Asks for events that parked ones have been waiting for longer than `after`; then less and less often."""

    def __init__(
        self,
        ledger: Ledger,
        consumer: BatchConsumer,
        sender: Sender,
        *,
        after: timedelta,
        every: float = 15.0,
        deployment: str = "",
    ) -> None:
        self.ledger, self.consumer, self.sender, self.after, self.every = ledger, consumer, sender, after, every
        self.topic = deployed_name(resend_request(ledger.rules.source), deployment)
        self._asked: dict[Missing, tuple[datetime, timedelta]] = {}  # when to ask again, and the pause after that

    async def run(self) -> None:
        while True:
            await asyncio.sleep(min(self.every, self.after.total_seconds()))
            try:
                await self.ask()
            except Exception as error:
                log.warning("missing events not asked for", error=repr(error)[:300])

    async def ask(self) -> list[Missing]:
        """One pass over the parked events; answers what was asked for."""
        now = self.ledger.clock.now()
        missing: set[Missing] = set()
        async for items in self.consumer.waiting_pages(now - self.after):
            held_up = [item for item in items if item.reason in ("gap", "cause")]
            known = await self.ledger.collection.load({i.event.dossier for i in held_up}, journal=False)
            for item in held_up:
                missing.update(self._missing(item, known.get(item.event.dossier) or Dossier(item.event.dossier)))
        due = sorted(m for m in missing if m not in self._asked or self._asked[m][0] <= now)
        pauses = {m: self._asked[m][1] if m in self._asked else self.after for m in due}
        if due:
            log.warning("asking for missing events", dossiers=len(due), first=due[0].dossier, source=due[0].source)
            acked = await self.sender.send(self.topic, [write_request(m) for m in due])
            due = [m for m, ok in zip(due, acked, strict=True) if ok]
            metrics.RESEND_ASKED.inc(len(due))
        again = {m: (now + pauses[m], min(pauses[m] * 2, LONGEST_PAUSE)) for m in due}
        self._asked = {m: when for m, when in self._asked.items() if m in missing} | again
        return due

    def _missing(self, item: ParkedEvent, dossier: Dossier) -> Iterable[Missing]:
        event = item.event
        if event.seq > dossier.heard_seq(event.source) + 1:
            yield Missing(dossier.id, event.source)
        for source, seq in event.heard.items():
            if source in self.ledger.rules.causal_sources and dossier.heard_seq(source) < seq:
                yield Missing(dossier.id, source)


async def skip(consumer: BatchConsumer, missing: Missing, seq: int, *, by: str, reason: str) -> Dossier:
    """A person's decision to go on without the next event of a source. Events parked behind it are applied at once.

    The event itself, or its successor, must be parked here: without its hash nothing could follow it.
    """
    stored = await consumer.waiting.of([missing.dossier])
    hash_ = next((i.event.hash for i in stored if (i.event.source, i.event.seq) == (missing.source, seq)), None)
    follower = next(
        (i.event.previous for i in stored if (i.event.source, i.event.seq) == (missing.source, seq + 1)), None
    )
    known = hash_ or follower
    if known is None:
        raise NotFound(
            "nothing-waits",
            f"Không có sự kiện nào của {missing.source} đang chờ ở vị trí {seq}, nên không có gì để bỏ qua.",
            f"No event of {missing.source} waits at or right behind {seq}: there is nothing to skip.",
        )
    step = _skip_step(missing.source, seq, known, by=by, reason=reason)
    written = await consumer.ledger.write({missing.dossier: Work([step], bare=True)})
    dossier: Dossier = outcome(written[missing.dossier])
    metrics.SKIPPED.inc()
    log.warning("event skipped", dossier=missing.dossier, source=missing.source, seq=seq)
    await consumer.offer(stored)
    return dossier


def _skip_step(source: str, seq: int, hash_: str, *, by: str, reason: str) -> Step:
    def step(dossier: Dossier, moment: Moment) -> None:
        if dossier.heard_seq(source) != seq - 1:
            raise Conflict(
                "not-the-next",
                f"Chỉ bỏ qua được sự kiện kế tiếp của {source}, số {dossier.heard_seq(source) + 1}.",
                f"Only the next event of {source} can be skipped: {dossier.heard_seq(source) + 1}.",
            )
        entry: Skipped = {
            "source": source, "seq": seq, "hash": hash_, "by": by, "reason": reason, "at": instant(moment.now),
        }  # fmt: skip
        dossier.state = {**dossier.state, "skipped": [*dossier.state.get("skipped", ()), entry]}
        dossier.heard = {**dossier.heard, source: {"seq": seq, "hash": hash_}}
        dossier.newly_heard.add(source)

    return step
