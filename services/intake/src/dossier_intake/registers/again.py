"""Asks a register again that did not answer at filing: in the background, seldom, in turn, and until a limit.

What comes of it is recorded once, as an event of the dossier; each question is logged to the person as the first was. A wait is
written down before its dossier is: whoever dies in between leaves a wait without a dossier, never a dossier without its wait.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from functools import partial
from hashlib import sha256
from typing import Any, Final, NamedTuple

import structlog

from dossier_intake.filing.checks import Checked
from dossier_intake.metrics import REGISTERS_AWAITED, WAITS_ENDED
from dossier_intake.registers.asking import StateData, Subject
from dossier_intake.registers.ports import POPULATION, RESULTS, Register
from dossier_intake.registers.subjects import of_dossier
from dossier_intake.registers.waits import Wait, Waits
from dossier_intake.state import State
from dossier_intake.state_types import Awaited as Awaits
from dossier_intake.store import Catalogues
from dossier_shared.adapters.mongo import DossierCollection
from dossier_shared.clock import Clock, instant, parse_instant
from dossier_shared.contracts.events import Awaited, Evidence, EvidenceReceived, EvidenceReceivedSealed
from dossier_shared.contracts.lifecycle import ENDED
from dossier_shared.journal.command_queue import QueuedCommand
from dossier_shared.journal.dossier import Dossier, New
from dossier_shared.journal.ledger import Ledger
from dossier_shared.journal.outages import passes
from dossier_shared.journal.steps import Command
from dossier_shared.vocabulary.moments import VIETNAM

log = structlog.get_logger()
BATCH: Final = 50  # questions of one round, one after another: who files is not to wait behind them
SILENT: Final = 3  # questions in a row without an answer, after which the others keep their turn for the next round
ROUND: Final = 30.0  # seconds between rounds, at most
DECIDED: Final = frozenset({"approved", "rejected", "signed"})  # nobody needs it, unless the decision comes back
GIVEN_UP: Final = "given-up"


class Turn(Enum):
    """Of a wait that brought no evidence: it did not answer; there is nothing to wait for any more; not now."""

    SILENT = auto()
    OVER = auto()
    LATER = auto()


class Pace(NamedTuple):
    """`first`: how long after the filing; each pause is twice the one before. `limit`: after the filing it is given up."""

    first: timedelta
    limit: timedelta


class AskingAgain:
    def __init__(
        self,
        data: StateData,
        waits: Waits,
        dossiers: DossierCollection,
        ledger: Ledger[State],
        catalogues: Catalogues,
        clock: Clock,
        pace: Pace,
    ) -> None:
        self._data, self._waits, self._dossiers, self._ledger = data, waits, dossiers, ledger
        self._catalogues, self._clock, self._pace = catalogues, clock, pace

    async def promised(self, dossier: str, checked: Checked) -> Checked:
        """The filing with what it waits for."""
        now = self._clock.now()
        until = now + self._pace.limit
        away = [one for one in checked.sealed.evidence if one.outcome == "unavailable"]
        if not away or checked.person is None or not self._pace.first:
            return checked
        for one in away:
            await self._waits.begin(dossier, one.source, checked.person, now + self._pace.first, until)
        awaits = [Awaited(source=one.source, papers=one.papers, until=instant(until)) for one in away]
        submitted = checked.submitted
        return checked._replace(submitted=lambda code: submitted(code).model_copy(update={"awaits": awaits}))

    async def restore(self) -> None:
        """After the database was put back: of what dossiers still wait for."""
        waiting = {"state.awaits.0": {"$exists": True}, "state.status": {"$nin": list(ENDED)}}
        async for found in self._dossiers.table.find(waiting, {"state.awaits": 1, "state.person": 1}):
            for one in found["state"]["awaits"]:
                person, until = found["state"].get("person", ""), parse_instant(one["until"])
                await self._waits.begin(found["_id"], one["source"], person, self._clock.now(), until)

    async def run(self, register: Register) -> None:
        """One loop for each register: what one fails at is nothing to the other."""
        pause = min(max(self._pace.first.total_seconds(), 1.0), ROUND) if self._pace.first else ROUND
        while True:
            try:
                while await self.once(register) == BATCH:
                    await asyncio.sleep(0)
            except Exception as error:  # the database is away: later
                log.warning("registers not asked again", register=register, error=repr(error)[:300])
            await asyncio.sleep(pause)

    @property
    def runs(self) -> Sequence[Callable[[], Coroutine[Any, Any, None]]]:
        return [partial(self.run, POPULATION), partial(self.run, RESULTS)]

    async def once(self, register: Register) -> int:
        """How many waits had their turn. What was answered is recorded together."""
        turns = silent = 0
        over: list[str] = []
        found: list[tuple[Wait, Evidence]] = []
        while turns < BATCH and silent < SILENT:
            wait = await self._waits.take(register, self._clock.now(), self._pace.first)
            if wait is None:
                break
            turns += 1
            try:
                outcome = await self._turn(wait)
            except Exception as error:
                if passes(error):
                    raise
                log.exception("a register could not be asked again", dossier=wait.dossier, register=register)
                continue
            silent = silent + 1 if outcome is Turn.SILENT else 0
            if outcome is Turn.OVER:
                over.append(wait.id)
            elif isinstance(outcome, Evidence):
                found.append((wait, outcome))
        await self._waits.end(over + await self._record(found))
        REGISTERS_AWAITED.labels(register).set(await self._waits.count(register))
        return turns

    async def _turn(self, wait: Wait) -> Evidence | Turn:
        """By the dossier as it is now: nobody is asked about whom nothing is decided any more."""
        now = self._clock.now().astimezone(UTC)
        dossier = (await self._dossiers.load([wait.dossier], journal=False)).get(wait.dossier)
        state: State = dossier.state if dossier is not None else {}
        if dossier is None or "code" not in state:
            return Turn.OVER if now >= wait.until else Turn.LATER  # it was never filed
        awaited = next((one for one in state.get("awaits", ()) if one["source"] == wait.source), None)
        if awaited is None or state["status"] in ENDED:
            return Turn.OVER
        if state["status"] in DECIDED and now < wait.until:
            return Turn.LATER
        return await self._asked(wait, state, awaited, now) or Turn.SILENT

    async def _asked(self, wait: Wait, state: State, awaited: Awaits, now: datetime) -> Evidence | None:
        """None: no answer yet."""
        subject = of_dossier(state, wait.person, instant(now))
        filed = parse_instant(state["submitted_at"]).astimezone(VIETNAM).date()
        procedure = self._catalogues.current.known(state["procedure"], filed)
        if now >= wait.until or procedure is None:
            return Evidence(
                source=wait.source, outcome="unavailable", reason=GIVEN_UP, purpose=state["procedure"],
                legal_basis=list(procedure.legal_basis) if procedure else [], papers=awaited["papers"],
            )  # fmt: skip
        if not self._pace.first:
            return None
        if wait.source == POPULATION:
            found = await self._data.facts(subject, procedure, awaited["papers"])
        else:
            found = await self._data.confirm(subject, procedure, awaited["papers"], filed)
        off = found.outcome == "not-asked" and isinstance(subject, Subject)
        return None if off or found.outcome == "unavailable" else found

    async def _record(self, found: Sequence[tuple[Wait, Evidence]]) -> list[str]:
        """Each by its dossier as it is then: whoever was faster has recorded it. Returns the waits that are over."""
        outcomes = await self._ledger.execute_many([self._recording(wait, evidence) for wait, evidence in found])
        over = []
        for (wait, evidence), outcome in zip(found, outcomes, strict=True):
            if isinstance(outcome, Exception):
                log.error("a late answer was not recorded", dossier=wait.dossier, error=repr(outcome)[:300])
                continue
            over.append(wait.id)
            how = "answered" if answered(evidence) else GIVEN_UP if evidence.reason == GIVEN_UP else "not-asked"
            WAITS_ENDED.labels(wait.source, how).inc()
        return over

    def _recording(self, wait: Wait, evidence: Evidence) -> QueuedCommand:
        def decide(dossier: Dossier[State]) -> Sequence[New]:
            if all(one["source"] != wait.source for one in dossier.state.get("awaits", ())):
                return ()
            received = EvidenceReceived(source=wait.source, answered=answered(evidence))
            return [New(received, EvidenceReceivedSealed(evidence=evidence))]

        source = self._ledger.rules.source
        key = sha256(f"{wait.id}:{source}:evidence".encode()).hexdigest()
        step = self._ledger.step(decide, Command(id=key, fingerprint=key, actor=f"rule:{source}"))
        return QueuedCommand(wait.dossier, step)


def answered(evidence: Evidence) -> bool:
    return evidence.outcome in ("found", "not-found")
