"""The lifecycle of a dossier, as one table: which event may follow which state, who may cause it, what the portal shows.

Portal codes are those of the national public-service portal: 1 new, 2 accepted, 3 not accepted, 4 in process,
5 supplement asked, 6 payment asked, 7 withdrawal asked, 8 stopped, 9 finished, 10 result returned. `clock` says whether the
legal time limit runs in the state reached.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from dossier_shared.errors import Refusal

STATES = (
    "draft", "submitted", "awaiting_completion", "accepted", "refused",
    "in_review", "awaiting_supplement", "awaiting_payment", "awaiting_consultation",
    "approved", "rejected", "signed", "delivered", "stopped", "withdrawn",
)  # fmt: skip
AWAITING = frozenset({"awaiting_supplement", "awaiting_payment", "awaiting_consultation"})
PAUSED = AWAITING - {"awaiting_consultation"}  # the legal clock stands still
UNDER_REVIEW = AWAITING | {"in_review"}  # a dossier goes to and fro between these
ENDED = frozenset({"refused", "delivered", "stopped", "withdrawn"})
OPEN = frozenset(STATES) - ENDED - {"draft"}
_IN_HAND = UNDER_REVIEW | {"accepted", "approved", "rejected"}
_FILED = frozenset({"submitted", "awaiting_completion"})  # not accepted yet
_ASKING = frozenset({"accepted", "in_review"})
_CONSULTING = _ASKING | {"awaiting_consultation"}
_CASE = UNDER_REVIEW | {"accepted"}
_FILERS = {"citizen", "agent", "counter"}
_AFTER_FILING = frozenset(STATES) - {"draft"}


@dataclass(frozen=True, slots=True)
class Move:
    """`to` None: the state stays. `roles` empty: only the service itself, by rule."""

    event: str
    before: frozenset[str]
    to: str | None
    source: str
    roles: frozenset[str]
    portal: int | None
    clock: bool


def _move(
    event: str,
    before: set[str] | frozenset[str],
    to: str | None,
    source: str,
    roles: set[str],
    portal: int | None,
    clock: bool,
) -> Move:
    return Move(event, frozenset(before), to, source, frozenset(roles), portal, clock)


TABLE: tuple[Move, ...] = (
    _move("submitted", {"draft"}, "submitted", "intake", _FILERS, 1, False),
    _move("completion-requested", {"submitted"}, "awaiting_completion", "intake", {"counter"}, 5, False),
    _move("completed", {"awaiting_completion"}, "submitted", "intake", _FILERS, 1, False),
    _move("accepted", _FILED, "accepted", "intake", {"counter"}, 2, True),
    _move("refused", _FILED, "refused", "intake", {"counter"}, 3, False),
    _move("supplement-received", {"awaiting_supplement"}, "in_review", "intake", _FILERS, 4, True),
    _move("payment-confirmed", {"awaiting_payment"}, "in_review", "intake", {"counter", "admin"}, 4, True),
    _move("rescheduled", _AFTER_FILING, None, "intake", set(), None, True),
    _move("withdrawal-requested", OPEN - {"signed"}, None, "intake", _FILERS, 7, True),
    _move("withdrawn", _FILED, "withdrawn", "intake", _FILERS, 7, False),
    _move("corrected", OPEN - {"signed"}, None, "intake", {"counter", "specialist", "leader"}, None, True),
    _move("consent-withdrawn", _AFTER_FILING, None, "intake", _FILERS, None, False),
    _move("evidence-received", _AFTER_FILING, None, "intake", set(), None, True),
    _move("assigned", _CASE, None, "review", {"specialist", "leader"}, None, True),
    _move("supplement-requested", _ASKING, "awaiting_supplement", "review", {"specialist"}, 5, False),
    _move("payment-requested", _ASKING, "awaiting_payment", "review", {"specialist"}, 6, False),
    _move("consultation-requested", _CONSULTING, "awaiting_consultation", "review", {"specialist"}, 4, True),
    _move("consultation-answered", {"awaiting_consultation"}, "in_review", "review", {"specialist", "leader"}, 4, True),
    _move("consultation-withdrawn", {"awaiting_consultation"}, "in_review", "review", {"specialist", "leader"}, 4, True),
    _move("consultation-overdue", {"awaiting_consultation"}, None, "review", set(), None, True),
    _move("request-withdrawn", AWAITING, "in_review", "review", {"specialist", "leader"}, 4, True),
    _move("extension-requested", _CASE, None, "review", {"specialist"}, None, True),
    _move("extended", _CASE, None, "review", {"leader"}, None, True),
    _move("withdrawal-granted", _CASE, "withdrawn", "review", {"leader"}, 7, False),
    _move("withdrawal-declined", _CASE, None, "review", {"leader"}, 4, True),
    _move("handed-over", _ASKING, "in_review", "review", {"leader"}, 4, True),
    _move("stopped", _CASE, "stopped", "review", {"leader"}, 8, False),
    _move("appraised", _ASKING, "in_review", "review", {"specialist", "leader"}, 4, True),
    _move("noted", _IN_HAND, None, "review", {"specialist", "leader", "counter"}, None, True),
    _move("returned", {"in_review"}, "in_review", "review", {"leader"}, 4, True),
    _move("approved", {"in_review"}, "approved", "review", {"leader"}, 4, True),
    _move("rejected", {"in_review"}, "rejected", "review", {"leader"}, 4, True),
    _move("consent-ended", _AFTER_FILING, None, "review", set(), None, False),
    _move("signing-requested", {"approved", "rejected"}, None, "signing", {"leader"}, 4, True),
    _move("signing-failed", {"approved", "rejected"}, None, "signing", set(), 4, True),
    _move("sent-back", {"approved", "rejected"}, "in_review", "signing", {"leader"}, 4, True),
    _move("signed", {"approved", "rejected"}, "signed", "signing", set(), 9, False),
    _move("downloaded", {"signed", "delivered"}, None, "signing", set(), None, False),
    _move("message-requested", _AFTER_FILING, None, "notify", set(), None, False),
    _move("message-sent", _AFTER_FILING, None, "notify", set(), None, False),
    _move("message-failed", _AFTER_FILING, None, "notify", set(), None, False),
    _move("delivered", {"signed"}, "delivered", "notify", {"counter"}, 10, False),
)  # fmt: skip

MOVES = {move.event: move for move in TABLE}
PORTAL = {move.event: move.portal for move in TABLE}
NOTHING: Mapping[str, Any] = MappingProxyType({})


def after(state: str, event: str, data: Mapping[str, Any] = NOTHING) -> str:
    """The state after `event`; refused where the table has no such row. While its `data` says that more is `awaited` (opinions
    of several agencies), it stays."""
    move = MOVES[event]
    if state not in move.before:
        raise Refusal("illegal-transition", state=state, event=event)
    return state if move.to is None or data.get("awaited") else move.to


def may_cause(actor: str, event: str) -> bool:
    """Whether `actor` (`role:subject`) may cause it. A rule (`rule:…`) may all, and what is no dossier's event is not asked."""
    role, move = actor.partition(":")[0], MOVES.get(event)
    return move is None or role == "rule" or role in move.roles
