"""What nobody has, shared out among an agency's officers: as a leader asks, and of what arrives by the agency's own rule."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from hashlib import sha256

import structlog

from dossier_review import handlers
from dossier_review.commands import permit
from dossier_review.lists import Day
from dossier_review.sharing import Free, shared_out
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

    async def officers(self, agency: str) -> Sequence[str]:
        """Who works there, as far as it shows: they have open cases, appraised something lately, or are named in the rule."""
        now = self._runtime.clock.now()
        tally = await self._cases.shown_tally(agency, Day.of(now))
        rule = await self.desks.standing(agency)
        lately = await self._cases.at_work(agency, instant(now - LATELY))
        having = (row["officer"] for row in tally if row.get("officer"))
        return sorted({*having, *lately, *(rule.officers if rule else ())})

    async def share_out(self, context: CommandContext, wish: ShareOut) -> list[Dossier[State] | Exception]:
        """For each of the wished dossiers, in their order: itself with its officer, or why it was not given to anybody. A repeat
        under the same key finds what was given then."""
        who, ids = context.principal, list(dict.fromkeys(wish.dossiers))
        found = await self._runtime.dossiers.load(ids, journal=False)
        plan = await self._plan(own_agency(who), wish.officers, found.values())
        steps = []
        for id_ in ids:
            order = command_of(
                context, "leader", key=f"{context.key}:{id_}", body=context.body, permit=permit(context.principal)
            )
            decide = _given_by(who, plan.get(id_, wish.officers[0]))
            steps.append(QueuedCommand(id_, self._runtime.ledger.step(decide, order)))
        return await self._runtime.ledger.execute_many(steps)

    async def keep(self, who: Principal, wish: KeepAssigning) -> Standing:
        """From now on; what came before is shared out by people."""
        officers = tuple(dict.fromkeys(wish.officers))
        rule = Standing(own_agency(who), officers, instant(self._runtime.clock.now()), who.sub)
        await self.desks.keep(rule)
        log.info("what arrives is assigned by rule", agency=rule.agency, officers=len(officers), by=who.sub)
        return rule

    async def run(self) -> None:
        while True:
            try:
                await self.once()
            except Exception as error:
                log.warning("what arrived is not assigned", error=repr(error)[:300])
            await asyncio.sleep(self._every)

    async def once(self) -> int:
        """How many were given. The rules decide on the state as it is then: it does not matter how many replicas look."""
        given = 0
        for rule in await self.desks.all():
            seen: list[
                str
            ] = []  # with what none of them may have, and what refuses: the others' turn comes all the same
            while arrived := await self._cases.arrived(rule.agency, rule.since, AT_ONCE, seen):
                plan = await self._plan(rule.agency, rule.officers, arrived)
                done = await self._runtime.ledger.execute_many([self._by_rule(*pair) for pair in plan.items()])
                given += sum(not isinstance(outcome, Exception) for outcome in done)
                seen += [case.id for case in arrived]
        return given

    async def _plan(self, agency: str, officers: Sequence[str], cases: Iterable[Dossier[State]]) -> dict[str, str]:
        tally = await self._cases.tally(agency, Day.of(self._runtime.clock.now()))
        free = (Free(case.id, handlers.filers(case.state)) for case in cases)
        return shared_out(free, open_by(tally, officers))

    def _by_rule(self, id_: str, officer: str) -> QueuedCommand:
        source, now = self._runtime.ledger.rules.source, instant(self._runtime.clock.now())
        key = sha256(f"{id_}:{source}:assigned:{now}".encode()).hexdigest()
        step = self._runtime.ledger.step(
            lambda case: handlers.assign_by_rule(case.state, officer), Command(key, key, f"rule:{source}")
        )
        return QueuedCommand(id_, step)


def _given_by(who: Principal, officer: str) -> Callable[[Dossier[State]], Sequence[New]]:
    return lambda case: handlers.share_case(case.state, who, officer)
