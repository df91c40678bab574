"""Which part of the board a reader may see: an agency and those below it, or everything."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from dossier_monitor.board.board import Board, sees
from dossier_monitor.policy import POLICY
from dossier_shared.http.auth import own_agency
from dossier_shared.http.tokens import Principal
from dossier_shared.problems import Forbidden, NotFound

WATCHERS = POLICY.roles("watch")

Code = Annotated[str | None, Query(max_length=100, description="narrower: this agency and those below it")]
UNKNOWN = (
    "Không có cơ quan này trong danh mục. Hãy kiểm tra lại mã cơ quan.",
    "The catalogue has no such agency. Check its code.",
)


def widest_of(who: Principal) -> str | None:
    """Raises Forbidden of an account that works nowhere."""
    return None if POLICY.may(who, "watch-all", {}) else own_agency(who)


def scope_of(who: Principal, board: Board, narrower: str | None = None) -> str | None:
    """The agency whose subtree a watcher sees; None is everything."""
    widest = widest_of(who)
    if narrower is None or narrower == widest:
        return widest
    if narrower not in board.agencies and board.directory.unheard_of(narrower):
        raise NotFound("agency-unknown", *UNKNOWN)
    if not sees(widest, narrower, board.above(narrower)):
        raise Forbidden(
            "other-agency",
            "Cơ quan này không thuộc phạm vi theo dõi của tài khoản.",
            "This agency is outside what the account may watch.",
        )
    return narrower


def same_scope(scope: str | None, who: Principal, board: Board, narrower: str | None = None) -> None:
    """Raises Forbidden where what `who` may see is another part by now: of a stream that was opened for this one."""
    if scope_of(who, board, narrower) != scope:
        raise Forbidden()
