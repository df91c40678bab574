"""Who may read a dossier's story (`policy.py`), and as what."""

from __future__ import annotations

from typing import Final

from dossier_monitor.board.board import Board
from dossier_monitor.policy import ACCOUNT, PERSON, POLICY
from dossier_monitor.timelines.state import State
from dossier_shared.http.policy import Context
from dossier_shared.http.tokens import Principal
from dossier_shared.journal.dossier import Dossier

READERS: Final = POLICY.roles("read-story")


def demand_sight(who: Principal, dossier: Dossier[State], board: Board) -> bool:
    """True for officers, who see which colleague acted; False for whose it is. Others are told that there is none."""
    found = POLICY.demand(who, "read-story", dossier.state, Context(board))
    return found.relation not in (ACCOUNT.name, PERSON.name)
