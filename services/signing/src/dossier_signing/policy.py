"""Who may do what in signing, as one table: a line per action and kind of account. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from dossier_shared.http.policy import (
    EMERGENCY,
    FILTERED,
    Bar,
    Context,
    Policy,
    Relation,
    Rule,
    filed_from,
    own_dossier,
)
from dossier_shared.http.tokens import Principal
from dossier_shared.problems import Forbidden

LEADER, SUPERIOR, COUNTER, CITIZENS = ("leader",), ("superior",), ("counter",), ("citizen", "agent")
DESKS = ("leader", "specialist", "counter")
OFFICERS = (*DESKS, "superior")
IN_EMERGENCY = ("leader", "admin")  # who may read a result of others by saying why, in intake
Result = Mapping[str, Any]


def _holds(who: Principal, result: Result, _: Context) -> bool:
    return who.agency is not None and who.agency == result.get("agency")


def _above(who: Principal, result: Result, context: Context) -> bool:
    agency = result.get("agency")
    return agency is not None and who.agency in context.world.directory.above(agency, result["overseers"])


def _serves(who: Principal, result: Result, context: Context) -> bool:
    return bool(context.world.directory.serves(who.agency, result.get("agency"), result.get("received_at")))


def _account(who: Principal, result: Result, _: Context) -> bool:
    return filed_from(who, result)


def _person(who: Principal, result: Result, _: Context) -> bool:
    return bool(result.get("person")) and result["person"] == who.person


def _self(who: Principal, result: Result, _: Context) -> bool:
    """Of what was decided before persons were known, or filed without a number, the account is all there is."""
    return not result.get("person") and not result.get("consent_until") and filed_from(who, result)


def _decided_and_apart(who: Principal, result: Result, context: Context) -> bool:
    """By the catalogue in force now. Before it has been read once nobody can say that it does not demand another leader."""
    if not result.get("decided_by") or result["decided_by"] != who.sub or context.world is None:
        return False
    known = context.world.directory.procedures.get(result.get("procedure", ""))
    return not context.world.directory.caught_up if known is None else known.separate_signing


HOLDS = Relation("holds", _holds)  # an officer of the agency that decided
ABOVE = Relation("above", _above)  # of an agency above it
SERVES = Relation("serves", _serves)  # of the centre that took it in, or takes in for the agency
ACCOUNT = Relation("account", _account)  # it was filed from, while the consent to that lives
PERSON = Relation("person", _person)  # whom it is about
SELF = Relation("self", _self)  # filed from, and about nobody who is known
OWN = own_dossier()

DECIDED = Bar(
    "decided-by-signer", _decided_and_apart,
    lambda: Forbidden(
        "decided-by-signer",
        "Thủ tục này đòi người ký khác với người đã duyệt. Hãy để lãnh đạo khác ký.",
        "For this procedure whoever decided may not sign as well. Leave the signature to another leader.",
    ),
)  # fmt: skip

POLICY: Final = Policy(
    #    action          roles       what they are to it   what stands against it
    Rule("sign",         LEADER,     (HOLDS,),             (OWN, DECIDED)),
    Rule("send-back",    LEADER,     (HOLDS,),             (OWN,)),

    Rule("read",         OFFICERS,   (HOLDS,)),
    Rule("read",         SUPERIOR,   (ABOVE,)),
    Rule("read",         COUNTER,    (SERVES,)),
    Rule("read",         CITIZENS,   (ACCOUNT, PERSON)),
    Rule("read",         IN_EMERGENCY, (EMERGENCY,)),
    Rule("read-result",  DESKS,      (HOLDS,)),  # the document: who is above sees how far it is, and no papers
    Rule("read-result",  COUNTER,    (SERVES,)),
    Rule("read-result",  CITIZENS,   (ACCOUNT, PERSON)),
    Rule("read-result",  IN_EMERGENCY, (EMERGENCY,)),
    Rule("receive-result", ("citizen",), (PERSON, SELF)),  # in whose hands it is once they have the document
    Rule("see-signer",   OFFICERS,   (HOLDS,)),  # which colleague signed
    Rule("see-signer",   SUPERIOR,   (ABOVE,)),
    Rule("open",         LEADER,     (HOLDS,)),  # its page
    Rule("open",         IN_EMERGENCY, (EMERGENCY,)),
    Rule("preview",      LEADER,     (HOLDS,)),
    Rule("queue",        LEADER,     (FILTERED,)),
    Rule("follow-run",   LEADER,     (FILTERED,)),
)  # fmt: skip
