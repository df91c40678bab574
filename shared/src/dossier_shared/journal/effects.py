"""Effects outside (a message, a signature): the intent is recorded first, then somebody acts, then the outcome is recorded.

A service's state names its open intent in `state["intent"]` (with `reference`); the same write puts a claim on it. The process
that holds the claim acts while it is valid. After a crash nobody knows what has happened outside. So whoever takes the claim over
first asks the other side by reference, and acts only where that knows nothing. Nothing is repeated blindly.

No item stops its neighbours. An outage (`outages.passes`) is waited for, and no item is blamed. After any other error the batch
is halved until the item at fault is alone; the other side is asked before each repetition, and the others are done in the same
pass. The one alone is tried `attempts` times (the count is kept with its claim), then given up with the reason as its outcome.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Generic, NamedTuple

import structlog

from dossier_shared.clock import instant, parse_instant
from dossier_shared.journal import crash
from dossier_shared.journal.dossier import Dossier, New, S, record, restore, save
from dossier_shared.journal.ledger import Ledger
from dossier_shared.journal.outages import passes
from dossier_shared.journal.steps import Moment, Step, Work, Written
from dossier_shared.telemetry import metrics, tracing

log = structlog.get_logger()
ATTEMPTS = 5
PAUSE = timedelta(seconds=5)  # before the second attempt; doubled before each that follows
STUCK = timedelta(hours=1)  # between two attempts to give up what cannot even be given up


@dataclass(frozen=True, slots=True)
class Intent(Generic[S]):
    """An open intent of one dossier. `state`: the dossier's when the intent was read. `until`: when our claim ends."""

    dossier: str
    reference: str
    state: S
    until: datetime
    traceparent: str | None = None  # of the event that asked for it
    tries: int = 0  # that failed through a fault of its own
    holder: str | None = None  # by whose key what is sealed of the dossier is encrypted


class Failing(NamedTuple):
    """In place of an outcome: it could not be done, and no outage is to blame. `reason` is a stable code."""

    reason: str


Outcome = Any  # the trade's own: what `news` turns into events
# known outcomes by reference; unknown ones are absent
Ask = Callable[[Sequence[Intent]], Awaitable[Mapping[str, Outcome]]]
# outcomes, or Failing, by reference; absent: not known, ask later. Where it raises, nothing it began is still under way
Act = Callable[[Sequence[Intent]], Awaitable[Mapping[str, Outcome]]]
News = Callable[[Intent, Outcome], Sequence[New]]
GiveUp = Callable[[str], Outcome]  # the outcome that says: not done, for this reason


class _Answers(NamedTuple):
    known: dict[str, Outcome]
    failing: dict[str, str]  # reference -> reason: could not even be asked about


class Effects:
    """Carries out the open intents of one service: those of this process at once, those left by a crash by a sweep.

    `margin`: no effect is begun when the claim has less than this left. `backlog`: new intents kept in memory; those beyond
    are left to the sweep. `lingers`: how long a call begun by a killed process may still reach the other side. Until then the
    other side's answer proves nothing, so a process that has just started does not ask about its own earlier intents.
    """

    def __init__(
        self,
        ledger: Ledger,
        open_claims: Callable[[str, str, int], Awaitable[list[Dossier]]],
        *,
        ask: Ask,
        act: Act,
        news: News,
        give_up: GiveUp,
        batch: int = 200,
        margin: timedelta = timedelta(seconds=5),
        sweep_every: float = 2.0,
        backlog: int = 10_000,
        lingers: timedelta = timedelta(0),
        attempts: int = ATTEMPTS,
        pause: timedelta = PAUSE,
    ) -> None:
        self.ledger, self.open_claims = ledger, open_claims
        self.ask, self.act, self.news, self.give_up = ask, act, news, give_up
        self.batch, self.margin, self.sweep_every, self.backlog = batch, margin, sweep_every, backlog
        self.attempts, self.pause = attempts, pause
        self.lingers, self._past_is_over = lingers, ledger.clock.now() + lingers
        self._fresh: dict[str, Intent] = {}
        self._wake = asyncio.Event()
        ledger.on_written.append(self.noticed)

    def noticed(self, dossiers: Sequence[Dossier]) -> None:
        """Called after each write: intents recorded by this process are acted on at once."""
        room = self.backlog - len(self._fresh)
        if room > 0 and (claimed := [dossier for dossier in dossiers if dossier.claimed_now]):
            self._fresh |= open_intents(claimed[:room])
            self._wake.set()

    async def run(self) -> None:
        self._past_is_over = self.ledger.clock.now() + self.lingers  # the past life may have had the lease until now
        sweeping = asyncio.create_task(self._sweep_for_ever())
        try:
            while True:
                await self._wake.wait()
                await self.act_once()
        finally:
            sweeping.cancel()

    async def act_once(self) -> int:
        """Acts on one batch of new intents; answers how many outcomes were recorded."""
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
        """Takes over intents left by a crash, asks the other side about all of them, and acts on those it does not know."""
        if not await self.ledger.holds():
            return 0  # another process of this name takes over
        found = await self.open_claims(instant(self.ledger.clock.now()), self.ledger.claimant, self.batch)
        taken = open_intents(await self._take_over([dossier.id for dossier in found]))
        suspects = {reference for reference, intent in taken.items() if intent.tries}  # they keep the others up no more
        done = 0
        for group in (taken.keys() - suspects, suspects):
            if intents := {reference: intent for reference, intent in taken.items() if reference in group}:
                left, recorded = await self._look(intents)
                done += recorded + await self._perform(left)
        return done

    async def _take_over(self, ids: Sequence[str]) -> list[Dossier]:
        def step(dossier: Dossier, moment: Moment) -> None:
            self.ledger.take_over(dossier, moment, past_lives=moment.now >= self._past_is_over)

        written = await self.ledger.write({id_: Work([step]) for id_ in ids}) if ids else {}
        return [item.dossier for item in written.values() if item.dossier.touched and item.refused == [None]]

    async def _look(self, intents: Mapping[str, Intent]) -> tuple[dict[str, Intent], int]:
        """The intents the other side does not know, and how many outcomes of the others were recorded. Raises for an outage."""
        answers = await self._ask_apart(list(intents.values()))
        done = await self._record(intents, answers.known) + await self._failed(intents, answers.failing)
        heard_of = answers.known.keys() | answers.failing.keys()
        return {reference: intent for reference, intent in intents.items() if reference not in heard_of}, done

    async def _ask_apart(self, intents: Sequence[Intent]) -> _Answers:
        try:
            return _Answers(dict(await self.ask(intents)), {})
        except Exception as error:
            if passes(error):
                raise
            if len(intents) == 1:
                log.warning("effect cannot be asked for", dossier=intents[0].dossier, error=_in_short(error))
                return _Answers({}, {intents[0].reference: "unexpected"})
        half = len(intents) // 2
        first, second = await self._ask_apart(intents[:half]), await self._ask_apart(intents[half:])
        return _Answers(first.known | second.known, first.failing | second.failing)

    def _in_time(self, intents: Mapping[str, Intent]) -> dict[str, Intent]:
        """Those whose claim lasts long enough to act; the others are left to the sweep."""
        limit = self.ledger.clock.now() + self.margin
        return {reference: intent for reference, intent in intents.items() if intent.until > limit}

    async def _perform(self, intents: Mapping[str, Intent]) -> int:
        may = await self.ledger.holds()
        intents = self._in_time(intents)  # asked right before acting: what came between may have taken long
        if not intents or not may:
            return 0
        try:
            with tracing.acting(self.ledger.rules.source, (i.traceparent for i in intents.values()), len(intents)):
                outcomes = await self.act(list(intents.values()))
        except Exception as error:
            if not passes(error):
                return await self._perform_apart(intents, error)
            metrics.EFFECTS.labels("unknown").inc(len(intents))
            log.warning("effect outcome unknown; it will be asked for", error=_in_short(error), intents=len(intents))
            return 0
        metrics.EFFECTS.labels("unknown").inc(len(intents.keys() - outcomes.keys()))
        crash.point("effect.done")
        return await self._record(intents, outcomes)

    async def _perform_apart(self, intents: Mapping[str, Intent], error: Exception) -> int:
        """One of them makes the batch fail: it is halved. The other side is asked before anything is done again."""
        log.warning("effects tried apart", error=_in_short(error), intents=len(intents))
        try:
            left, done = await self._look(intents)
        except Exception as outage:
            log.warning("effect outcome unknown; it will be asked for", error=_in_short(outage), intents=len(intents))
            return 0
        if len(intents) == 1:
            return done + await self._failed(left, dict.fromkeys(left, "unexpected"))
        references = list(left)
        half = (len(references) + 1) // 2
        for some in (references[:half], references[half:]):
            done += await self._perform({reference: left[reference] for reference in some})
        return done

    async def _record(self, intents: Mapping[str, Intent], outcomes: Mapping[str, Outcome]) -> int:
        """Records outcomes; answers how many intents are closed."""
        failing = {ref: outcome.reason for ref, outcome in outcomes.items() if isinstance(outcome, Failing)}
        work = {
            intents[reference].dossier: Work([self._outcome_step(intents[reference], outcome)])
            for reference, outcome in outcomes.items()
            if reference in intents and reference not in failing
        }
        written = await self._patiently(work)
        refused = {id_: why for id_, item in written.items() if (why := item.refused[0]) is not None}
        for reference, intent in intents.items():
            if (why := refused.get(intent.dossier)) is not None and not passes(why):
                failing[reference] = "cannot-be-recorded"
        done = len(written) - len(refused)
        metrics.EFFECTS.labels("recorded").inc(done)
        return done + await self._failed(intents, failing)

    async def _failed(self, intents: Mapping[str, Intent], reasons: Mapping[str, str]) -> int:
        """Counts one more attempt for each; after the last one an intent is given up. Answers how many were."""
        given_up: set[str] = set()
        work = {
            intents[reference].dossier: Work([self._failed_step(intents[reference], reason, given_up)])
            for reference, reason in reasons.items()
            if reference in intents
        }
        written = await self._patiently(work)
        metrics.EFFECTS.labels("failing").inc(len(written) - len(given_up))
        metrics.EFFECTS.labels("given-up").inc(len(given_up))
        return len(given_up)

    async def _patiently(self, work: Mapping[str, Work]) -> dict[str, Written]:
        """What has happened outside must be recorded: an outage of the database is waited out."""
        pause = 0.1
        while work:
            try:
                return await self.ledger.write(work)
            except Exception as error:
                log.warning("outcome not recorded yet", error=_in_short(error))
                if not passes(error):
                    return await self._write_apart(work)
                await asyncio.sleep(pause)
                pause = min(pause * 2, 5.0)
        return {}

    async def _write_apart(self, work: Mapping[str, Work]) -> dict[str, Written]:
        """In halves; the one that cannot be written is left to the sweep."""
        ids = list(work)
        if len(ids) == 1:
            return {}
        half = len(ids) // 2
        parts = ({id_: work[id_] for id_ in some} for some in (ids[:half], ids[half:]))
        return {id_: item for part in parts for id_, item in (await self._patiently(part)).items()}

    def _outcome_step(self, intent: Intent, outcome: Outcome) -> Step:
        def step(dossier: Dossier, moment: Moment) -> None:
            if _still_open(dossier, intent):  # else recorded by someone else meanwhile
                self.close(dossier, moment, intent, outcome)

        return step

    def _failed_step(self, intent: Intent, reason: str, given_up: set[str]) -> Step:
        """`given_up` gathers the references of those that had their last attempt."""

        def step(dossier: Dossier, moment: Moment) -> None:
            claim = dossier.claim
            given_up.discard(intent.reference)  # decided again after a lost race
            if claim is None or claim["by"] != self.ledger.claimant or not _still_open(dossier, intent):
                return  # somebody else's by now
            tries = claim.get("tries", 0) + 1
            wait = self.pause * 2 ** min(tries - 1, 16)
            if tries >= self.attempts:
                wait, point = STUCK, save(dossier)
                try:
                    self.close(dossier, moment, intent, self.give_up(reason))
                    given_up.add(intent.reference)
                    log.error("effect given up", dossier=dossier.id, reason=reason, attempts=tries)
                    return
                except Exception:
                    restore(dossier, point)
                    log.exception("effect cannot even be given up", dossier=dossier.id)
            until = instant(moment.now + wait)  # `rests`: nobody is at it until it is taken over again
            dossier.claim = {**claim, "tries": tries, "why": reason, "until": until, "rests": True}
            dossier.touched = True

        return step

    def close(self, dossier: Dossier, moment: Moment, intent: Intent, outcome: Outcome, actor: str = "") -> None:
        """A step's body: records the outcome. `actor`: who decided it, where a person did."""
        cause = dossier.journal[-1]
        try:
            took = moment.now - parse_instant(cause["recorded"])
            time = instant(parse_instant(cause["time"]) + max(took, timedelta(0)))
        except (ValueError, OverflowError):  # at the end of all calendars: nothing can come after that
            time = moment.recorded
        for new in self.news(intent, outcome):
            record(
                self.ledger.rules, dossier, new,
                time=time, recorded=moment.recorded, agency=dossier.state["agency"],
                actor=actor or f"rule:{self.ledger.rules.source}", traceparent=intent.traceparent,
            )  # fmt: skip


def _still_open(dossier: Dossier, intent: Intent) -> bool:
    current = dossier.state.get("intent") or {}
    return bool(current.get("reference") == intent.reference)


def open_intents(dossiers: Sequence[Dossier]) -> dict[str, Intent]:
    """The open intents that are claimed, by reference."""
    found: dict[str, Intent] = {}
    for dossier in dossiers:
        try:
            if (wish := dossier.state.get("intent")) and (claim := dossier.claim):
                found[wish["reference"]] = Intent(
                    dossier.id,
                    wish["reference"],
                    dossier.state,
                    parse_instant(claim["until"]),
                    _asked_in(dossier, wish["reference"]),
                    claim.get("tries", 0),
                    dossier.holder,
                )
        except (KeyError, TypeError, ValueError):
            log.exception("intent cannot be read", dossier=dossier.id)
    return found


def _asked_in(dossier: Dossier, reference: str) -> str | None:
    """The trace of the event that opened the intent: the last that names it."""
    for entry in reversed(dossier.journal):
        if entry["data"].get("reference") == reference:
            found: str | None = entry.get("traceparent")
            return found
    return None


def _in_short(error: Exception) -> str:
    """For the log. What validation says repeats what was given, which may be a person's."""
    return type(error).__name__ if isinstance(error, ValueError) else repr(error)[:300]
