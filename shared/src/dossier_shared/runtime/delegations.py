"""Delegations: who stands in for whom, in which roles, from when to when, followed from `platform.delegations` into memory."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

from dossier_shared.clock import instant
from dossier_shared.contracts.entries import DelegationEntry
from dossier_shared.runtime.entries import Entries
from dossier_shared.runtime.officers import Officers


class Delegations(Entries[DelegationEntry]):
    """`officers`: a delegation holds no longer than its giver has the role, and only for a deputy who still works there."""

    def __init__(self, officers: Officers) -> None:
        super().__init__(DelegationEntry, "deputy")
        self._officers = officers

    def of(self, agencies: Collection[str]) -> Sequence[DelegationEntry]:
        """The latest first; those that have ended, too."""
        found = (one for one in self.all.values() if one.agency in agencies)
        return sorted(found, key=lambda one: (one.start, one.id), reverse=True)

    def lent(self, subject: str, agency: str | None, at: datetime) -> frozenset[tuple[str, str]]:
        """What the account holds at the agency for somebody else, now: each role, and account of who lends it."""
        if not self.by("deputy", subject):  # on every request
            return frozenset()
        held = self._held(subject, agency, instant(at))
        return frozenset((role, one.giver) for one in held for role in self._still(one, at))

    def roles(self, subject: str, agency: str | None, at: datetime) -> frozenset[str]:
        return frozenset(role for role, _ in self.lent(subject, agency, at))

    def giver(self, subject: str, role: str, agency: str | None, at: str) -> str | None:
        """For whom the account acted in that role, at an instant: account of who gave it."""
        held = (one for one in self._held(subject, agency, at) if role in one.roles)
        return next((one.giver for one in held), None)

    def _held(self, subject: str, agency: str | None, at: str) -> Iterator[DelegationEntry]:
        for one in self.by("deputy", subject).values():
            if one.agency == agency and one.in_force(at):
                yield one

    def _still(self, one: DelegationEntry, at: datetime) -> Iterator[str]:
        if self._officers.works_at(one.deputy, one.agency, at):
            yield from (role for role in one.roles if self._officers.works_at(one.giver, one.agency, at, (role,)))
