"""Who may read the papers of a dossier. Pure."""

from __future__ import annotations

from typing import NamedTuple

from dossier_intake.state import State
from dossier_shared.contracts.lifecycle import UNDER_REVIEW
from dossier_shared.http.auth import owns
from dossier_shared.http.tokens import Principal

APPLICANT = "applicant"
READERS = ("citizen", "agent", "counter", "specialist", "leader")  # a superior above sees no personal data
_DECIDING, _CONSULTED = ("leader", "specialist", "counter"), ("leader", "specialist")


class Reader(NamedTuple):
    """As what they read: `applicant` or an officer's role, and for which agency."""

    role: str
    agency: str | None = None


def may_read_papers(state: State, who: Principal) -> Reader | None:
    """Whose dossier it is, officers of the agency that decides, the counter that took it in, and those whose opinion is awaited,
    for as long as it is."""
    if "code" not in state:
        return None
    if owns(who, state.get("owner"), state.get("person")):
        return Reader(APPLICANT)
    if who.agency is None:
        return None
    if who.agency == state.get("agency"):
        return _officer(who, _DECIDING)
    if who.agency == state.get("received_at"):
        return _officer(who, ("counter",))
    if state["status"] in UNDER_REVIEW and who.agency in state.get("consulted", ()):
        return _officer(who, _CONSULTED)
    return None


def may_read_openings(state: State, who: Principal) -> Reader | None:
    """Whose papers they are, and the leader of the agency that decides."""
    if owns(who, state.get("owner"), state.get("person")) and "code" in state:
        return Reader(APPLICANT)
    if "code" in state and who.agency == state.get("agency"):
        return _officer(who, ("leader",))
    return None


def _officer(who: Principal, roles: tuple[str, ...]) -> Reader | None:
    return next((Reader(role, who.agency) for role in roles if role in who.roles), None)
