"""Effects outside (a message, a signature): the intent is in the journal first, then act, then record the outcome.

A service's state names its open intent in `state["intent"]` (with `reference`); the ledger stamps a claim on it in the same
write. The process holding the claim acts while it is valid. After a crash the state of the world is unknown: whoever takes the
claim over asks by reference first, and acts only on what the other side does not know. Nothing is ever blindly repeated.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

import structlog

from dossier_shared import crash, metrics, tracing
from dossier_shared.clock import instant, parse_instant
from dossier_shared.errors import Problem
from dossier_shared.journal import Dossier, New, State, record
from dossier_shared.ledger import Ledger, Moment, Step, Work

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Intent:
    """An open intent of one dossier; `state` as it was when the intent was read, `until` when our claim on it ends."""

    dossier: str
    reference: str
    state: State
    until: datetime
    traceparent: str | None = None  # of the event that asked for it


Outcome = Any  # the trade's own: what `news` turns into events
Ask = Callable[
    [Sequence[Intent]], Awaitable[Mapping[str, Outcome]]
]  # known outcomes by reference; unknown ones are absent
Act = Callable[
    [Sequence[Intent]], Awaitable[Mapping[str, Outcome]]
]  # outcomes by reference; absent: not known, ask later
News = Callable[[Intent, Outcome], Sequence[New]]


class Effects:
    """`margin`: no effect is begun when the claim has less than this left. `backlog`: fresh intents kept in memory; the
    sweeper comes for those beyond. `lingers`: how long what a killed process had begun may still reach the other side: until
    then the other side's answer about it proves nothing, and its next life asks after nothing."""

    def __init__(
        self,
        ledger: Ledger,
        open_claims: Callable[[str, str, int], Awaitable[list[Dossier]]],
        *,
        ask: Ask,
        act: Act,
        news: News,
        batch: int = 200,
        margin: timedelta = timedelta(seconds=5),
        sweep_every: float = 2.0,
        backlog: int = 10_000,
        lingers: timedelta = timedelta(0),
    ) -> None:
        self.ledger, self.open_claims = ledger, open_claims
        self.ask, self.act, self.news = ask, act, news
        self.batch, self.margin, self.sweep_every, self.backlog = batch, margin, sweep_every, backlog
        self._past_is_over = ledger.clock.now() + lingers
        self._fresh: dict[str, Intent] = {}
        self._wake = asyncio.Event()
        ledger.on_written.append(self.noticed)

    def noticed(self, dossiers: Sequence[Dossier]) -> None:
        """Ledger hook: intents recorded by this very process are acted on at once."""
        room = self.backlog - len(self._fresh)
        if room > 0 and (claimed := [dossier for dossier in dossiers if dossier.claimed_now]):
            self._fresh |= _open(claimed[:room])
            self._wake.set()

    async def run(self) -> None:
        sweeping = asyncio.create_task(self._sweep_for_ever())
        try:
            while True:
                await self._wake.wait()
                await self.act_once()
        finally:
            sweeping.cancel()

    async def act_once(self) -> int:
        """Acts on one batch of fresh intents; answers how many outcomes were recorded."""
        batch = {reference: self._fresh.pop(reference) for reference in list(islice(self._fresh, self.batch))}
        if not self._fresh:
            self._wake.clear()
        crash.point("effect.intent")
        return await self._perform(batch)

    async def _sweep_for_ever(self) -> None:
        while True:
            try:
                while await self.sweep():
                    pass
            except Exception as error:
                log.warning("effects sweep failed", error=repr(error)[:300])
            await asyncio.sleep(self.sweep_every)

    async def sweep(self) -> int:
        """Takes over intents left by a crash, asks about them all, and acts on those the other side does not know."""
        if not await self.ledger.holds():
            return 0  # another process of this name takes over
        found = await self.open_claims(instant(self.ledger.clock.now()), self.ledger.claimant, self.batch)
        taken = _open(await self._take_over([dossier.id for dossier in found]))
        if not taken:
            return 0
        known = await self.ask(list(taken.values()))
        done = await self._record(taken, known)
        return done + await self._perform({ref: intent for ref, intent in taken.items() if ref not in known})

    async def _take_over(self, ids: Sequence[str]) -> list[Dossier]:
        def step(dossier: Dossier, moment: Moment) -> None:
            self.ledger.take_over(dossier, moment, past_lives=moment.now >= self._past_is_over)

        written = await self.ledger.write({id_: Work([step]) for id_ in ids}) if ids else {}
        return [item.dossier for item in written.values() if item.dossier.touched and item.refused == [None]]

    def _in_time(self, intents: Mapping[str, Intent]) -> dict[str, Intent]:
        """Those whose claim lasts long enough to act under it; the sweeper comes for the others."""
        limit = self.ledger.clock.now() + self.margin
        return {reference: intent for reference, intent in intents.items() if intent.until > limit}

    async def _perform(self, intents: Mapping[str, Intent]) -> int:
        may = await self.ledger.holds()
        intents = self._in_time(intents)  # asked right before acting: what came between may have taken long
        if not intents or not may:
            return 0
        try:
            with tracing.acting(self.ledger.rules.source, intents.values()):
                outcomes = await self.act(list(intents.values()))
        except Exception as error:
            metrics.EFFECTS.labels("unknown").inc(len(intents))
            log.warning("effect outcome unknown; it will be asked for", error=repr(error)[:300], intents=len(intents))
            return 0
        metrics.EFFECTS.labels("unknown").inc(len(intents) - len(outcomes))
        crash.point("effect.done")
        return await self._record(intents, outcomes)

    async def _record(self, intents: Mapping[str, Intent], outcomes: Mapping[str, Outcome]) -> int:
        work = {
            intents[reference].dossier: Work([self._outcome_step(intents[reference], outcome)])
            for reference, outcome in outcomes.items()
        }
        done = await self._patiently(work) if work else 0
        metrics.EFFECTS.labels("recorded").inc(done)
        return done

    async def _patiently(self, work: Mapping[str, Work]) -> int:
        """The effect has happened: its record waits out a database outage as long as the claim is ours to keep."""
        pause = 0.1
        while True:
            try:
                return len(await self.ledger.write(work))
            except Exception as error:
                log.warning("outcome not recorded yet", error=repr(error)[:300])
                await asyncio.sleep(pause)
                pause = min(pause * 2, 5.0)

    def _outcome_step(self, intent: Intent, outcome: Outcome) -> Step:
        def step(dossier: Dossier, moment: Moment) -> None:
            current = dossier.state.get("intent")
            if not current or current["reference"] != intent.reference:
                return  # recorded by someone else meanwhile
            cause = dossier.journal[-1]
            took = moment.now - parse_instant(cause["recorded"])
            time = instant(parse_instant(cause["time"]) + max(took, timedelta(0)))
            try:
                for new in self.news(intent, outcome):
                    record(
                        self.ledger.rules, dossier, new,
                        time=time, recorded=moment.recorded, agency=dossier.state["agency"],
                        actor=f"rule:{self.ledger.rules.source}", traceparent=intent.traceparent,
                    )  # fmt: skip
            except Problem:
                log.exception("outcome cannot be recorded", dossier=dossier.id)
                raise

        return step


def _open(dossiers: Sequence[Dossier]) -> dict[str, Intent]:
    """Open, claimed intents by reference."""
    return {
        intent["reference"]: Intent(
            dossier.id,
            intent["reference"],
            dossier.state,
            parse_instant(dossier.claim["until"]),
            _asked_in(dossier, intent["reference"]),
        )
        for dossier in dossiers
        if (intent := dossier.state.get("intent")) and dossier.claim
    }


def _asked_in(dossier: Dossier, reference: str) -> str | None:
    """The trace of the event that opened the intent: the last that names it."""
    for entry in reversed(dossier.journal):
        if entry["data"].get("reference") == reference:
            found: str | None = entry.get("traceparent")
            return found
    return None
