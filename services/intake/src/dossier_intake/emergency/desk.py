"""What may be done with emergency access, for the API and the page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final, NamedTuple

from dossier_intake.emergency.opening import OpenInEmergency, demand_reason, id_of, opened
from dossier_intake.emergency.store import EmergencyStore
from dossier_intake.policy import POLICY
from dossier_intake.state import State
from dossier_intake.store import Catalogues, Dossiers
from dossier_shared.clock import instant
from dossier_shared.contracts.entries import EmergencyEntry
from dossier_shared.errors import Refusal
from dossier_shared.http.idempotency import CommandContext
from dossier_shared.http.quotas import TooManyRequests
from dossier_shared.http.tokens import Principal
from dossier_shared.journal.dossier import Dossier
from dossier_shared.problems import NotFound
from dossier_shared.runtime.emergencies import EmergencyView, view
from dossier_shared.runtime.service import Runtime

SPAN: Final = timedelta(days=1)


class Bounds(NamedTuple):
    """How long one lasts, and how many an account may take within a day."""

    lasts: timedelta
    a_day: int


class EmergencyDesk:
    def __init__(
        self, runtime: Runtime, dossiers: Dossiers, catalogues: Catalogues, store: EmergencyStore, bounds: Bounds
    ) -> None:
        self._runtime, self._dossiers, self._catalogues = runtime, dossiers, catalogues
        self._store, self.bounds, self._known = store, bounds, runtime.directory.emergencies

    async def open(self, context: CommandContext, name: str, wish: OpenInEmergency) -> EmergencyEntry:
        """`name`: id or code of the dossier. What is recorded when this returns is in force here, and soon everywhere."""
        who, id_ = context.principal, id_of(context.principal, context.key)
        if (before := await self._store.find(id_)) is not None:
            return self._same(before, context)
        demand_reason(wish.reason)
        dossier = await self._find(name)
        POLICY.demand(who, "open-in-emergency", dossier.state)
        now = self._runtime.clock.now()
        if (until := await self._store.count(who.sub, now, self.bounds.a_day, SPAN)) is not None:
            raise TooManyRequests("Mở hồ sơ khẩn cấp", "emergency accesses", (until - now).total_seconds())
        keys = self._runtime.persons.keys
        one = opened(id_, who, dossier.id, dossier.state, dossier.holder, wish.reason, keys, now, self.bounds.lasts)
        kept, _ = await self._store.keep(one, context.fingerprint)
        self._known.put(kept.id, kept)
        return kept

    async def end(self, who: Principal, id_: str) -> EmergencyEntry:
        found = await self._store.find(id_)
        if found is None or not POLICY.may(who, "end-emergency", found[0].model_dump()):
            raise NotFound()
        await self._store.end(id_, instant(self._runtime.clock.now()))
        ended, _ = await self._store.find(id_) or found
        self._known.put(ended.id, ended)
        return ended

    def own(self, who: Principal) -> Sequence[EmergencyView]:
        """Those the account has taken."""
        return self._shown(lambda one: one.subject == who.sub)

    def at(self, who: Principal) -> Sequence[EmergencyView]:
        """Those by which others read dossiers of the reader's agency."""
        return self._shown(lambda one: one.subject != who.sub and who.agency is not None and one.agency == who.agency)

    def shown(self, one: EmergencyEntry) -> EmergencyView:
        return view(one, self._runtime.persons.keys, instant(self._runtime.clock.now()))

    def _shown(self, wanted: Callable[[EmergencyEntry], bool]) -> list[EmergencyView]:
        return [self.shown(one) for one in self._known.where(wanted)]

    def _same(self, before: tuple[EmergencyEntry, str], context: CommandContext) -> EmergencyEntry:
        one, fingerprint = before
        if fingerprint != context.fingerprint:
            raise Refusal("idempotency-key-reused")
        return one

    async def _find(self, name: str) -> Dossier[State]:
        found = (await self._runtime.dossiers.load([name], journal=False)).get(name)
        found = found or await self._dossiers.by_code(name, self._catalogues.current.agencies)
        if found is None:
            raise NotFound()
        return found
