"""Which part of the board a reader may see: an agency and those below it, or everything."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from dossier_monitor.board.board import Board, sees
from dossier_shared.http.tokens import Principal
from dossier_shared.problems import Forbidden, NotFound

WATCHERS = ("superior", "leader", "admin")

Code = Annotated[str | None, Query(max_length=100, description="narrower: this agency and those below it")]
UNKNOWN = (
    "Không có cơ quan này trong danh mục. Hãy kiểm tra lại mã cơ quan.",
    "The catalogue has no such agency. Check its code.",
)


def scope_of(who: Principal, board: Board, narrower: str | None = None) -> str | None:
    """The agency whose subtree a watcher sees; None is everything."""
    widest = None if "admin" in who.roles else who.agency
    if widest is None and "admin" not in who.roles:
        raise Forbidden("no-agency", "Tài khoản chưa gắn với cơ quan nào.", "The account belongs to no agency.")
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
