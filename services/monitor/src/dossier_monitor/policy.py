"""Who may watch what in monitor, as one table: a line per action and kind of account. Pure.

Boards, lists, indicators, history, search and audit are filtered by their queries: to the account's agency and those below it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from dossier_shared.http.policy import FILTERED, Context, Policy, Relation, Rule, filed_from
from dossier_shared.http.tokens import Principal
from dossier_shared.problems import NotFound

ADMIN, SUPERIOR, AUDITOR, COUNTER, CITIZENS = (
    ("admin",),
    ("superior",),
    ("auditor",),
    ("counter",),
    ("citizen", "agent"),
)
OFFICERS = ("leader", "specialist", "counter")
Watched = Mapping[str, Any]


def _everything(who: Principal, watched: Watched, _: Context) -> bool:
    return True


def _over(who: Principal, watched: Watched, context: Context) -> bool:
    """`context.world`: the board, which knows who is above whom, or what has it."""
    agency = watched.get("agency", "")
    board = getattr(context.world, "board", context.world)
    above = board.above(agency, watched.get("overseers", ()))
    return who.agency is not None and (who.agency == agency or who.agency in above)


def _holds(who: Principal, watched: Watched, _: Context) -> bool:
    return who.agency is not None and who.agency == watched.get("agency")


def _received(who: Principal, watched: Watched, _: Context) -> bool:
    return who.agency is not None and who.agency == watched.get("received_at")


def _account(who: Principal, watched: Watched, _: Context) -> bool:
    return filed_from(who, watched)


def _person(who: Principal, watched: Watched, _: Context) -> bool:
    return bool(watched.get("person")) and watched["person"] == who.person


def no_alarm() -> NotFound:
    return NotFound("alarm-not-found", "Không có cảnh báo này.", "There is no such alarm.")


EVERYTHING = Relation("everything", _everything)
OVER = Relation("over", _over)  # of its agency, or of one above it
HOLDS = Relation("holds", _holds)  # an officer of its agency
RECEIVED = Relation("received", _received)  # of the centre that took it in
ACCOUNT = Relation("account", _account)  # it was filed from, while the consent to that lives
PERSON = Relation("person", _person)  # whom it is about
OVER_ALARM = Relation("over", _over, no_alarm)

POLICY: Final = Policy(
    #    action            roles                       what they are to it
    Rule("acknowledge",    SUPERIOR,                   (OVER_ALARM,)),
    Rule("acknowledge",    ADMIN,                      (EVERYTHING,)),
    Rule("read-alarm",     ADMIN,                      (EVERYTHING,)),
    Rule("read-alarm",     ("superior", "leader"),     (OVER_ALARM,)),
    Rule("read-story",     ADMIN,                      (EVERYTHING,)),
    Rule("read-story",     SUPERIOR,                   (OVER,)),
    Rule("read-story",     OFFICERS,                   (HOLDS,)),
    Rule("read-story",     COUNTER,                    (RECEIVED,)),
    Rule("read-story",     CITIZENS,                   (ACCOUNT, PERSON)),
    Rule("see-result",     OFFICERS,                   (HOLDS,)),  # the way to the document: who is above gets none
    Rule("see-result",     COUNTER,                    (RECEIVED,)),
    Rule("see-result",     CITIZENS,                   (ACCOUNT, PERSON)),
    Rule("watch",          ("superior", "leader", "admin"), (FILTERED,)),
    Rule("watch-all",      ADMIN,                      (EVERYTHING,)),
    Rule("search",         (*OFFICERS, "superior", "admin"), (FILTERED,)),
    Rule("search-names",   OFFICERS,                   (FILTERED,)),  # of the own agency's applicants
    Rule("audit",          AUDITOR,                    (FILTERED,)),
    Rule("emergencies",    ("superior", "leader", "admin", "auditor"), (FILTERED,)),
    Rule("recount",        ADMIN,                      (EVERYTHING,)),
)  # fmt: skip
