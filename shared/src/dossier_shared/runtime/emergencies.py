"""Emergency access: who reads which dossier of others, until when and why, followed from `platform.emergencies` into memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

import orjson
import structlog
from pydantic import BaseModel

from dossier_shared.clock import instant, parse_instant
from dossier_shared.contracts import boxes
from dossier_shared.contracts.entries import EmergencyEntry
from dossier_shared.contracts.envelope import Opener
from dossier_shared.errors import KeyUnknown
from dossier_shared.runtime.entries import Entries

log = structlog.get_logger()


class Emergency(NamedTuple):
    """What an account may read now that is not its office's. `reason`: in the officer's words."""

    id: str
    dossier: str
    code: str
    until: datetime
    reason: str

    def of(self, name: str) -> bool:
        """Whether it is about the dossier of this id or code."""
        return name == self.dossier or name.lower() == self.code.lower()


class EmergencyView(BaseModel):
    """`agency`: that has the dossier; `officer_agency`: of the account. `in_force`: now."""

    id: str
    dossier: str
    code: str
    agency: str
    subject: str
    role: str
    officer_agency: str | None
    start: str
    end: str
    reason: str
    in_force: bool


class Sealer(Protocol):
    """Who has the persons' keys (`journal.persons.PersonKeys`)."""

    def seal(self, holder: str, plain: bytes, place: bytes) -> bytes: ...


class Emergencies(Entries[EmergencyEntry]):
    def __init__(self) -> None:
        super().__init__(EmergencyEntry, "subject", "dossier")

    def held(self, subject: str, agency: str | None, at: datetime) -> Sequence[EmergencyEntry]:
        """By the account now, while it works where it did when it asked."""
        if not (taken := self.by("subject", subject)):  # on every request
            return ()
        now = instant(at)
        return [one for one in taken.values() if one.in_force(now) and one.officer_agency == agency]

    def of_dossier(self, dossier: str) -> Sequence[EmergencyEntry]:
        """The latest first; those that have ended, too."""
        return sorted(self.by("dossier", dossier).values(), key=_latest, reverse=True)

    def where(self, wanted: Callable[[EmergencyEntry], bool]) -> Sequence[EmergencyEntry]:
        """As `of_dossier`."""
        return sorted(filter(wanted, self.all.values()), key=_latest, reverse=True)


def _latest(one: EmergencyEntry) -> tuple[str, str]:
    return one.start, one.id


def _place(dossier: str, id_: str) -> bytes:
    return f"{dossier}:emergency:{id_}".encode()


def sealed_reason(reason: str, dossier: str, id_: str, holder: str | None, keys: Sealer) -> str:
    """By the key that seals the dossier's own events, if one does. Raises KeyUnknown."""
    plain = orjson.dumps({"reason": reason})
    return (plain if holder is None else keys.seal(holder, plain, _place(dossier, id_))).decode()


def reason_of(entry: EmergencyEntry, keys: Opener) -> str:
    """Empty where the person is erased, or their key has not come."""
    sealed: bytes | None = entry.sealed.encode()
    try:
        if sealed is not None and boxes.is_box(sealed):
            sealed = keys.open(sealed, _place(entry.dossier, entry.id))
        return str(orjson.loads(sealed)["reason"]) if sealed else ""
    except (KeyUnknown, ValueError, LookupError, TypeError) as error:
        log.warning("reason of an emergency access cannot be read", id=entry.id[:40], error=type(error).__name__)
        return ""


def shown(entry: EmergencyEntry, keys: Opener) -> Emergency:
    return Emergency(entry.id, entry.dossier, entry.code, parse_instant(entry.end), reason_of(entry, keys))


def view(entry: EmergencyEntry, keys: Opener, now: str) -> EmergencyView:
    told = entry.model_dump(exclude={"sealed"})
    return EmergencyView(**told, reason=reason_of(entry, keys), in_force=entry.in_force(now))
