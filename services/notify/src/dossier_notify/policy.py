"""Who may do what in notify, as one table: a line per action and kind of account. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from dossier_shared.http.policy import FILTERED, Context, Policy, Relation, Rule, filed_from, own_dossier
from dossier_shared.http.tokens import Principal

COUNTER, SUPERIOR, CITIZENS = ("counter",), ("superior",), ("citizen", "agent")
OFFICERS = ("counter", "specialist", "leader", "superior")
Dossier = Mapping[str, Any]


def _holds(who: Principal, dossier: Dossier, _: Context) -> bool:
    return who.agency is not None and who.agency == dossier.get("agency")


def _serves(who: Principal, dossier: Dossier, context: Context) -> bool:
    agency = dossier.get("agency")
    return agency is not None and bool(context.world.serves(who.agency, agency, dossier.get("received_at")))


def _above(who: Principal, dossier: Dossier, context: Context) -> bool:
    agency = dossier.get("agency")
    return agency is not None and who.agency in context.world.above(agency, dossier.get("overseers", ()))


def _account(who: Principal, dossier: Dossier, _: Context) -> bool:
    return filed_from(who, dossier)


def _person(who: Principal, dossier: Dossier, _: Context) -> bool:
    return bool(dossier.get("person")) and dossier["person"] == who.person


HOLDS = Relation("holds", _holds)  # an officer of its agency
SERVES = Relation("serves", _serves)  # of the centre that took it in, or takes in for the agency
ABOVE = Relation("above", _above)  # of an agency above its own
ACCOUNT = Relation("account", _account)  # it was filed from, while the consent to that lives
PERSON = Relation("person", _person)  # whom it is about
OWN = own_dossier()

POLICY: Final = Policy(
    #    action              roles       what they are to it   what stands against it
    Rule("hand-over",        COUNTER,    (HOLDS, SERVES),      (OWN,)),
    Rule("read",             CITIZENS,   (ACCOUNT, PERSON)),
    Rule("read",             OFFICERS,   (HOLDS,)),
    Rule("read",             COUNTER,    (SERVES,)),
    Rule("read",             SUPERIOR,   (ABOVE,)),
    Rule("see-receiver",     CITIZENS,   (ACCOUNT, PERSON)),  # who took the result: superiors above may not know
    Rule("see-receiver",     OFFICERS,   (HOLDS,)),
    Rule("see-receiver",     COUNTER,    (SERVES,)),
    Rule("open",             COUNTER,    (HOLDS, SERVES)),  # its page
    Rule("waiting",          COUNTER,    (FILTERED,)),  # the list of results to be handed over
    Rule("notices",          CITIZENS,   (FILTERED,)),  # which devices of one's own are told
)  # fmt: skip
