"""Who has looked at a dossier, as the person hears it whose it is: role and agency, no account. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

SHOWN: Final = 20
_ONE_LOOK: Final = timedelta(minutes=10)  # a page, its pictures and what it fetches are one look
# the one as which an account of several roles looks
ROLES: Final = ("leader", "specialist", "counter", "superior", "auditor", "admin", "agent", "citizen", "recount")


class Look(NamedTuple):
    at: datetime
    role: str  # of ROLES; empty: another
    agency: str | None
    service: str
    emergency: bool = False  # by emergency access


def told(documents: Iterable[dict[str, Any]]) -> list[Look]:
    """The latest first, as they are given; at most SHOWN."""
    found: list[Look] = []
    earlier: dict[tuple[Any, str, Any], datetime] = {}
    for one in documents:
        who = one.get("subject"), one["service"], one.get("emergency")
        last = earlier.get(who)
        earlier[who] = one["at"]
        if last is not None and last - one["at"] < _ONE_LOOK:
            continue
        role = next((role for role in ROLES if role in one.get("roles", ())), "")
        found.append(Look(one["at"], role, one.get("agency"), one["service"], bool(one.get("emergency"))))
    return found[:SHOWN]
