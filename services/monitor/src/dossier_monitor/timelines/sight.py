"""Who may read a dossier's story: its owner and the person it is about, its agency's officers, those above, and the counter of
the one-stop centre that took it in."""

from __future__ import annotations

from dossier_monitor.board.board import Board, sees
from dossier_monitor.timelines.state import State
from dossier_shared.http.auth import owns
from dossier_shared.http.tokens import Principal
from dossier_shared.journal.dossier import Dossier
from dossier_shared.problems import NotFound

OFFICERS = ("leader", "specialist", "counter")
READERS = ("superior", "admin", *OFFICERS, "citizen", "agent")


def demand_sight(who: Principal, dossier: Dossier[State], board: Board) -> bool:
    """True for officers, who see which colleague acted; False for whose it is. Others are told that there is none."""
    state = dossier.state
    agency = state.get("agency", "")
    above = board.above(agency, state.get("overseers", ()))
    if "admin" in who.roles:
        return True
    if who.agency is not None:
        if "superior" in who.roles and sees(who.agency, agency, above):
            return True
        if not who.roles.isdisjoint(OFFICERS) and who.agency == agency:
            return True
        if "counter" in who.roles and who.agency == state.get("received_at"):
            return True
    if owns(who, state.get("owner"), state.get("person")):
        return False
    raise NotFound()
