"""Officers: who works where, in which roles, from when to when, followed from `platform.officers` into memory.

An agency whose officers are listed is closed: an account that is not in its list, or not any more, has no officer's role there,
whatever its token says. Of an agency without a list tokens are believed, as before there was one.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

from dossier_shared.clock import instant
from dossier_shared.contracts.entries import OfficerEntry
from dossier_shared.runtime.entries import Entries

LISTED: Final = frozenset({"counter", "specialist", "leader", "superior"})  # roles held by working at an agency


class Officers(Entries[OfficerEntry]):
    def __init__(self) -> None:
        super().__init__(OfficerEntry, "agency")

    def name(self, subject: str) -> str:
        """Also of who has left; of who is in no list the account itself."""
        known = self.all.get(subject)
        return known.name if known else subject

    def keeps(self, agency: str) -> bool:
        """Whether the agency's officers are listed."""
        return bool(self.by("agency", agency))

    def of(self, agency: str, at: datetime, roles: Collection[str] = LISTED) -> Sequence[OfficerEntry]:
        """Those in office with one of the roles, by name."""
        now = instant(at)
        found = [
            one
            for one in self.by("agency", agency).values()
            if _in_office(one, now) and not LISTED.isdisjoint(one.roles) and not set(roles).isdisjoint(one.roles)
        ]
        return sorted(found, key=lambda one: (one.name.rsplit(" ", 1)[-1], one.name, one.subject))

    def works_at(self, subject: str, agency: str, at: datetime, roles: Collection[str] = LISTED) -> bool:
        """True where the agency's officers are not listed: nobody can say."""
        listed = self.by("agency", agency)
        if not listed:
            return True
        known = listed.get(subject)
        return known is not None and _in_office(known, instant(at)) and not set(roles).isdisjoint(known.roles)

    def left(self, at: datetime) -> Sequence[OfficerEntry]:
        """Those who are not in office any more."""
        now = instant(at)
        return [one for one in self.all.values() if one.valid_until is not None and one.valid_until <= now]

    def confirmed(self, subject: str, agency: str | None, roles: frozenset[str], at: datetime) -> frozenset[str]:
        """Those of a token's roles that hold now: of the listed ones only what the list of its agency gives this account."""
        if LISTED.isdisjoint(roles):
            return roles
        known = self.all.get(subject)
        if known is None:
            return roles - LISTED if agency is not None and self.keeps(agency) else roles
        if known.agency != agency or not _in_office(known, instant(at)):
            return roles - LISTED
        return roles - LISTED | roles & frozenset(known.roles)


def _in_office(entry: OfficerEntry, now: str) -> bool:
    return (entry.valid_from is None or entry.valid_from <= now) and (
        entry.valid_until is None or now < entry.valid_until
    )
