"""What nobody has, shared out among an agency's officers: as a leader asks, and of what arrives by the agency's own rule. What
officers have who are not in office any more goes to who follows them, or back to all."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from hashlib import sha256

import structlog

from dossier_review import handlers
from dossier_review.lists import Day
from dossier_review.policy import POLICY
from dossier_review.sharing import APPRAISERS, Free, demand_officer, shared_out
from dossier_review.state import State
from dossier_review.store import Cases, Desks
from dossier_review.workload import KeepAssigning, ShareOut, Standing, open_by
from dossier_shared.clock import instant
from dossier_shared.http.auth import own_agency
from dossier_shared.http.commands import command_of
from dossier_shared.http.idempotency import CommandContext
from dossier_shared.http.tokens import Principal
from dossier_shared.journal.command_queue import QueuedCommand
from dossier_shared.journal.dossier import Dossier, New
from dossier_shared.journal.steps import Command
from dossier_shared.runtime.service import Runtime

AT_ONCE = 100
LATELY = timedelta(days=30)
log = structlog.get_logger()


class Assigner:
    """`every`: seconds between two looks at what has arrived."""

    def __init__(self, runtime: Runtime, cases: Cases, desks: Desks, *, every: float = 5.0) -> None:
        self._runtime, self._cases, self.desks, self._every = runtime, cases, desks, every
        self._officers = runtime.directory.officers
        self._left: set[tuple[str, str | None]] = set()  # whose cases have been given on

    async def officers(self, agency: str) -> Sequence[str]:
        """Those listed, and who has open cases; without a list also who appraised something lately, or is named in the rule."""
        now = self._runtime.clock.now()
        tally = await self._cases.shown_tally(agency, Day.of(now))
        having = (row["officer"] for row in tally if row.get("officer"))
        if self._officers.keeps(agency):
            return list(dict.fromkeys([*(one.subject for one in self._officers.of(agency, now, APPRAISERS)), *having]))
        rule = await self.desks.standing(agency)
        lately = await self._cases.at_work(agency, instant(now - LATELY))
        return sorted({*having, *lately, *(rule.officers if rule else ())})

    async def share_out(self, context: CommandContext, wish: ShareOut) -> list[Dossier[State] | Exception]:
        """For each of the wished dossiers, in their order: itself with its officer, or why it was not given to anybody. A repeat
        under the same key finds what was given then."""
        who, ids = context.principal, list(dict.fromkeys(wish.dossiers))
        self.demand(own_agency(who), wish.officers)
        found = await self._runtime.dossiers.load(ids, journal=False)
        plan = await self._plan(own_agency(who), wish.officers, found.values())
        steps = []
        for id_ in ids:
            order = command_of(
                context, "leader", key=f"{context.key}:{id_}", body=context.body, permit=POLICY.permit(who, "share-out")
            )
            decide = _given_by(plan.get(id_, wish.officers[0]))
            steps.append(QueuedCommand(id_, self._runtime.ledger.step(decide, order)))
        return await self._runtime.ledger.execute_many(steps)

    async def keep(self, who: Principal, wish: KeepAssigning) -> Standing:
        """From now on; what came before is shared out by people."""
        officers = tuple(dict.fromkeys(wish.officers))
        self.demand(own_agency(who), officers)
        rule = Standing(own_agency(who), officers, instant(self._runtime.clock.now()), who.sub)
        await self.desks.keep(rule)
        log.info("what arrives is assigned by rule", agency=rule.agency, officers=len(officers), by=who.sub)
        return rule

    def demand(self, agency: str, officers: Iterable[str]) -> None:
        """Raises Invalid, see `demand_officer`."""
        for officer in officers:
            demand_officer(self._officers, officer, agency, self._runtime.clock.now())

    async def run(self) -> None:
        while True:
            try:
                await self.give_on()
                await self.once()
            except Exception as error:
                log.warning("what arrived is not assigned", error=repr(error)[:300])
            await asyncio.sleep(self._every)

    async def once(self) -> int:
        """How many were given. The rules decide on the state as it is then: it does not matter how many replicas look."""
        given = 0
        now = self._runtime.clock.now()
        for rule in await self.desks.all():
            officers = [one for one in rule.officers if self._officers.works_at(one, rule.agency, now, APPRAISERS)]
            if not officers:
                continue
            seen: list[
                str
            ] = []  # with what none of them may have, and what refuses: the others' turn comes all the same
            while arrived := await self._cases.arrived(rule.agency, rule.since, AT_ONCE, seen):
                plan = await self._plan(rule.agency, officers, arrived)
                done = await self._runtime.ledger.execute_many([self._by_rule(*pair) for pair in plan.items()])
                given += sum(not isinstance(outcome, Exception) for outcome in done)
                seen += [case.id for case in arrived]
        return given

    async def give_on(self) -> int:
        """How many cases of officers who have left were given on: each officer's once, by each process."""
        given, now = 0, self._runtime.clock.now()
        for gone in self._officers.left(now):
            if (gone.subject, gone.valid_until) in self._left:
                continue
            to, after = gone.successor, ""
            if to is not None and not self._officers.works_at(to, gone.agency, now, APPRAISERS):
                to = None
            while ids := await self._cases.of_officer(gone.subject, gone.agency, after, AT_ONCE):
                steps = [self._rule(id_, "left", _given_on(gone.subject, to)) for id_ in ids]
                done = await self._runtime.ledger.execute_many(steps)
                given, after = given + sum(not isinstance(one, Exception) for one in done), ids[-1]
            self._left.add((gone.subject, gone.valid_until))
        return given

    async def _plan(self, agency: str, officers: Sequence[str], cases: Iterable[Dossier[State]]) -> dict[str, str]:
        tally = await self._cases.tally(agency, Day.of(self._runtime.clock.now()))
        free = (Free(case.id, handlers.filers(case.state)) for case in cases)
        return shared_out(free, open_by(tally, officers))

    def _by_rule(self, id_: str, officer: str) -> QueuedCommand:
        return self._rule(id_, "assigned", lambda case: handlers.assign_by_rule(case.state, officer))

    def _rule(self, id_: str, what: str, decide: Callable[[Dossier[State]], Sequence[New]]) -> QueuedCommand:
        source, now = self._runtime.ledger.rules.source, instant(self._runtime.clock.now())
        key = sha256(f"{id_}:{source}:{what}:{now}".encode()).hexdigest()
        return QueuedCommand(id_, self._runtime.ledger.step(decide, Command(key, key, f"rule:{source}")))


def _given_by(officer: str) -> Callable[[Dossier[State]], Sequence[New]]:
    return lambda case: handlers.share_case(case.state, officer)


def _given_on(officer: str, to: str | None) -> Callable[[Dossier[State]], Sequence[New]]:
    return lambda case: handlers.release_by_rule(case.state, officer, to)
