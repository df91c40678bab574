"""Alarms become text messages to the people responsible: one per raising and phone, however often it is heard or tried.

Each message is a journalled document of its own, with the intent recorded before anything is sent, as for citizens' messages.
Nothing of it is published: the journal stays here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from hashlib import sha256
from typing import NamedTuple, Protocol

import structlog

from dossier_notify.rules.alarm_texts import compose
from dossier_notify.state import SMS, State, evolve
from dossier_shared.clock import parse_instant
from dossier_shared.contracts.envelope import Event, RawRecord, decode
from dossier_shared.contracts.events import MessageRequested, MessageRequestedSealed, check_data, whole
from dossier_shared.contracts.topics import ALARM
from dossier_shared.errors import BadRecord
from dossier_shared.journal import crash
from dossier_shared.journal.consumer import Position, Source
from dossier_shared.journal.dead_letters import DeadLetters
from dossier_shared.journal.dossier import Dossier, New, Rules, record
from dossier_shared.journal.hearing import DeadLetterLimit, Hearing
from dossier_shared.journal.ledger import Ledger
from dossier_shared.journal.outages import passes
from dossier_shared.journal.steps import Moment, Step, Work
from dossier_shared.telemetry import tracing

log = structlog.get_logger()
RULES = Rules(source="notify", evolve=evolve, publishes=False)
BATCH = 500
ALARM_PREFIX = "alarm:"  # of references: the provider's ledger tells them from citizens' messages


class Unpublished:
    """What is recorded here goes to no topic."""

    def submit(self, dossiers: Iterable[Dossier]) -> None:
        pass


class Policy(NamedTuple):
    """Whom to tell, by agency code or `operators`; what was raised longer ago than `expires` is told to nobody."""

    recipients: Mapping[str, Sequence[str]]
    expires: timedelta
    max_parts: int


class Stoppable(Source, Protocol):
    async def stop(self) -> None: ...


class AlarmListener:
    def __init__(
        self,
        ledger: Ledger[State],
        source: Stoppable,
        dead_letters: DeadLetters,
        policy: Policy,
        hearing: Hearing | None = None,
    ) -> None:
        self.ledger, self.source, self.dead_letters, self.policy = ledger, source, dead_letters, policy
        self.hearing = hearing or Hearing("notify-alarms", "notify-alarms", [ALARM.name])

    async def run(self) -> None:
        pause = 0.1
        try:
            with suppress(Exception):
                await self.hearing.begin()
            while True:
                records: list[RawRecord] = []
                try:
                    records = await self.source.fetch(BATCH)
                    if records:
                        await self.handle(records)
                    pause = 0.1
                except DeadLetterLimit as limit:
                    with suppress(Exception):
                        await self.source.rewind(_firsts(records))
                    await self.hearing.stand(str(limit), lambda: False)
                except Exception as error:
                    log.warning("alarms not heard this time", error=repr(error)[:300])
                    with suppress(Exception):
                        await self.source.rewind(_firsts(records))
                    await asyncio.sleep(pause)
                    pause = min(pause * 2, 5.0)
        finally:
            await self.source.stop()

    async def handle(self, records: Sequence[RawRecord]) -> None:
        """One batch, whole: every message due is recorded, then the offsets."""
        events: list[Event] = []
        read: list[RawRecord] = []
        bad: list[tuple[RawRecord, BadRecord]] = []
        count = self.hearing.count.copy()
        for raw in records:
            try:
                event = decode(raw)
                check_data(event.type, event.data)
                events.append(event)
                read.append(raw)
                count.good()
            except BadRecord as why:
                bad.append((raw, self.hearing.bad(raw, why, count)))
        due: dict[str, Step] = {}
        whose: dict[str, RawRecord] = {}
        for event, raw in zip(events, read, strict=True):
            try:
                told = wanted([event], self.policy, self.ledger.clock.now())
            except Exception as error:  # it fits no message: the other alarms are told
                log.exception("alarm cannot be told", alarm=event.dossier)
                bad.append((raw, BadRecord("invalid-data", type(error).__name__)))
                continue
            due |= told
            whose |= dict.fromkeys(told, raw)
        if due:
            with tracing.processing([events]):
                written = await self.ledger.write({id_: Work([step]) for id_, step in due.items()})
            for id_, result in written.items():
                if (refused := result.refused[0]) is None:
                    continue
                if passes(refused):
                    raise refused  # read again
                bad.append((whose[id_], BadRecord("invalid-data", type(refused).__name__)))
        if bad:
            await self.dead_letters.put(bad)
        self.hearing.count = count
        crash.point("consume.written")
        await self.source.commit({Position(raw.topic, raw.partition): raw.offset + 1 for raw in records})


def wanted(events: Sequence[Event], policy: Policy, now: datetime) -> dict[str, Step]:
    """By message: the step that records the intent to send it, unless that was done before."""
    found: dict[str, Step] = {}
    for event in events:
        if event.type != "alarm-raised" or now - parse_instant(event.recorded) > policy.expires:
            continue
        data = whole(event.type, event.data)
        text = compose(data, policy.max_parts)
        for phone in {phone for code in data["told"] for phone in policy.recipients.get(code, ())}:
            id_ = f"{ALARM_PREFIX}{event.dossier}:{data['number']}:{sha256(phone.encode()).hexdigest()[:12]}"
            found[id_] = _request(id_, event, phone, text)
    return found


def _request(reference: str, event: Event, phone: str, text: str) -> Step:
    def step(dossier: Dossier[State], moment: Moment) -> None:
        if dossier.exists:
            return
        dossier.state = {"agency": event.agency, "alarm": event.dossier, "number": event.data["number"]}
        data = MessageRequested(reference=reference, kind="alarm", channel=SMS)
        record(
            RULES, dossier, New(data, MessageRequestedSealed(to=phone, text=text)),
            time=event.time, recorded=moment.recorded, agency=event.agency, actor=f"rule:{RULES.source}",
            traceparent=event.onward or event.traceparent,
        )  # fmt: skip

    return step


def _firsts(records: Sequence[RawRecord]) -> dict[Position, int]:
    firsts: dict[Position, int] = {}
    for raw in records:
        firsts.setdefault(Position(raw.topic, raw.partition), raw.offset)
    return firsts
