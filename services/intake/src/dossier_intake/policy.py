"""Who may do what in intake, as one table: a line per action and kind of account. Pure.

What one may not see does not exist; what is one's own one does not decide. Lists are filtered by their queries.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from dossier_intake.state import offices
from dossier_shared.contracts.lifecycle import UNDER_REVIEW
from dossier_shared.http.policy import (
    EMERGENCY,
    FILTERED,
    Allow,
    Bar,
    Context,
    Policy,
    Relation,
    Rule,
    filed_from,
    own_dossier,
)
from dossier_shared.http.step_up import StepUpRequired
from dossier_shared.http.tokens import Principal
from dossier_shared.problems import Forbidden

CITIZENS, COUNTER, LEADER, SUPERIOR, ADMIN = ("citizen", "agent"), ("counter",), ("leader",), ("superior",), ("admin",)
OFFICERS, FILERS = ("counter", "specialist", "leader"), (*CITIZENS, *COUNTER)
IN_EMERGENCY = ("leader", "admin")  # who may read a dossier of others by saying why
BATCH_FILERS = ("agent", "counter")
APPLICANT = "applicant"
SURE: Final = 2  # the highest level a procedure can need
Dossier = Mapping[str, Any]


def _account(who: Principal, dossier: Dossier, _: Context) -> bool:
    return "code" in dossier and filed_from(who, dossier)


def _person(who: Principal, dossier: Dossier, _: Context) -> bool:
    return "code" in dossier and who.person is not None and dossier.get("person") == who.person


def _office(who: Principal, dossier: Dossier, _: Context) -> bool:
    return "code" in dossier and who.agency in offices(dossier)  # type: ignore[arg-type]


def _decides(who: Principal, dossier: Dossier, _: Context) -> bool:
    return "code" in dossier and who.agency is not None and who.agency == dossier.get("agency")


def _received(who: Principal, dossier: Dossier, _: Context) -> bool:
    return "code" in dossier and who.agency is not None and who.agency == dossier.get("received_at")


def _consulted(who: Principal, dossier: Dossier, _: Context) -> bool:
    return "code" in dossier and dossier["status"] in UNDER_REVIEW and who.agency in dossier.get("consulted", ())


def _above(who: Principal, dossier: Dossier, context: Context) -> bool:
    return "code" in dossier and dossier["agency"] in context.world.subtree(who.agency or "")


def _served(who: Principal, filing: Dossier, context: Context) -> bool:
    return who.agency == filing["agency"] or filing["agency"] in context.world.served_by(who.agency)


def _at_work(who: Principal, dossier: Dossier, context: Context) -> bool:
    return not who.roles.isdisjoint(OFFICERS) and _office(who, dossier, context)


def _took(who: Principal, access: Dossier, _: Context) -> bool:
    return bool(access["subject"] == who.sub)


def _of_its_agency(who: Principal, access: Dossier, _: Context) -> bool:
    return who.agency is not None and who.agency == access["agency"]


def other_agency() -> Forbidden:
    return Forbidden(
        "other-agency",
        "Cán bộ một cửa chỉ tiếp nhận hồ sơ của cơ quan mình và các cơ quan mà trung tâm mình phục vụ.",
        "A counter officer files only for the own agency, and for those that the own centre serves.",
    )


ACCOUNT = Relation("account", _account)  # it was filed from, while the consent to that lives
PERSON = Relation("person", _person)  # whom it is about, whoever filed it
OFFICE = Relation("office", _office)  # of the agency that decides, or of the one-stop centre that took it in
DECIDES = Relation("decides", _decides)  # of the agency that decides
RECEIVED = Relation("received", _received)  # of the centre that took it in
CONSULTED = Relation("consulted", _consulted)  # of an agency whose opinion is awaited, for as long as it is
ABOVE = Relation("above", _above)  # of an agency above the one that decides
KNOWN = Relation("known", lambda who, dossier, _: "code" in dossier)  # any dossier
SERVED = Relation("served", _served, other_agency)  # of the agency it is filed with, or of the centre that serves it
PRIVATE = Relation("private", lambda who, *_: "counter" not in who.roles, other_agency)  # no work of a counter
TAKEN_IN = Relation("office", _office, other_agency)
TOOK = Relation("took", _took)  # the emergency access
OF_ITS_AGENCY = Relation("of its agency", _of_its_agency)  # of the agency that has the dossier it opens
AT_WORK = Bar(
    "emergency-not-needed", _at_work,
    lambda: Forbidden(
        "emergency-not-needed",
        "Cơ quan bạn đang giữ hoặc đã tiếp nhận hồ sơ này, không cần quyền khẩn cấp. Hãy mở từ danh sách công việc.",
        "Your office has this dossier, or took it in: no emergency access is needed. Open it from the work list.",
    ),
)  # fmt: skip
UNSURE = Bar(  # what the procedure needs; an integrator's account and a counter answer for whom they file
    "step-up-required",
    lambda who, filing, _: (
        filing["assurance"] > 1
        and (who.assurance < filing["assurance"] or who.proved < filing.get("proved_since", 0.0))
    ),
    lambda: StepUpRequired(SURE),
)
OWN = own_dossier()

POLICY: Final = Policy(
    #    action               roles          what they are to it         what stands against it
    Rule("file",              ("citizen",),  (PRIVATE,),                (UNSURE,)),
    Rule("file",              ("agent",),    (PRIVATE,)),
    Rule("file",              COUNTER,       (SERVED,)),
    Rule("file-batch",        ("agent",),    (PRIVATE,)),
    Rule("file-batch",        COUNTER,       (FILTERED,)),  # each item is filed as one alone is
    Rule("see-filed",         CITIZENS,      (ACCOUNT, PERSON)),  # the answer to a filing that is repeated
    Rule("see-filed",         COUNTER,       (TAKEN_IN,)),
    Rule("ask-about-oneself", ("citizen",),  (FILTERED,)),  # registers of the State; with the assurance that filing needs
    Rule("help",              ("agent",),    (FILTERED,)),  # the page of what they filed for others, one or many
    Rule("see-helpers",       SUPERIOR,      (FILTERED,)),  # counts of who files for others, at the agencies below
    Rule("ask-consent",       CITIZENS,      (FILTERED,)),  # a code to the phone of whom they want to file for
    Rule("see-vault",         ("citizen",),  (FILTERED,)),  # one's own papers, results and what was asked about one
    Rule("upload",            FILERS,        (FILTERED,)),
    Rule("accept",            COUNTER,       (OFFICE,),                  (OWN,)),
    Rule("refuse",            COUNTER,       (OFFICE,),                  (OWN,)),
    Rule("request-completion", COUNTER,      (OFFICE,),                  (OWN,)),
    Rule("complete",          CITIZENS,      (ACCOUNT, PERSON)),
    Rule("complete",          COUNTER,       (OFFICE,),                  (OWN,)),
    Rule("withdraw",          CITIZENS,      (ACCOUNT, PERSON)),
    Rule("withdraw",          COUNTER,       (OFFICE,),                  (OWN,)),
    Rule("withdraw-consent",  CITIZENS,      (PERSON,)),
    Rule("withdraw-consent",  COUNTER,       (OFFICE,),                  (OWN,)),  # who came and said so
    Rule("supplement",        CITIZENS,      (ACCOUNT, PERSON)),
    Rule("supplement",        COUNTER,       (OFFICE,),                  (OWN,)),
    Rule("correct",           OFFICERS,      (OFFICE,),                  (OWN,)),
    Rule("payment-confirmed", COUNTER,       (OFFICE,),                  (OWN,)),
    Rule("payment-confirmed", ADMIN,         (KNOWN,),                   (OWN,)),  # of every agency

    Rule("open-in-emergency", IN_EMERGENCY,  (KNOWN,),                   (AT_WORK, OWN)),
    Rule("end-emergency",     IN_EMERGENCY,  (TOOK,)),
    Rule("end-emergency",     LEADER,        (OF_ITS_AGENCY,)),
    Rule("emergencies",       IN_EMERGENCY,  (FILTERED,)),

    Rule("read",              CITIZENS,      (ACCOUNT, PERSON)),
    Rule("read",              COUNTER,       (OFFICE,)),
    Rule("read",              SUPERIOR,      (ABOVE,)),
    Rule("read",              IN_EMERGENCY,  (EMERGENCY,)),
    Rule("see-words",         CITIZENS,      (ACCOUNT, PERSON)),  # what people wrote, and names of files: who is above may not
    Rule("see-words",         COUNTER,       (OFFICE,)),
    Rule("see-words",         IN_EMERGENCY,  (EMERGENCY,)),
    Rule("find",              (*FILERS, *SUPERIOR), (FILTERED,)),
    Rule("list-own",          CITIZENS,      (FILTERED,)),
    Rule("queue",             COUNTER,       (FILTERED,)),
    Rule("register",          COUNTER,       (FILTERED,)),
    Rule("open",              OFFICERS,      (OFFICE,)),  # its page
    Rule("open",              IN_EMERGENCY,  (EMERGENCY,)),
    Rule("draft",             CITIZENS,      (FILTERED,)),  # what one has begun oneself
    Rule("receive",           COUNTER,       (FILTERED,)),  # the counter's pages
    Rule("see-received",      COUNTER,       (OFFICE,)),
    Rule("print",             CITIZENS,      (ACCOUNT, PERSON)),
    Rule("print",             COUNTER,       (OFFICE,)),
    Rule("print-many",        COUNTER,       (OFFICE,)),
    Rule("read-papers",       CITIZENS,      (ACCOUNT, PERSON)),
    Rule("read-papers",       ("leader", "specialist", "counter"), (DECIDES,)),
    Rule("read-papers",       COUNTER,       (RECEIVED,)),
    Rule("read-papers",       ("leader", "specialist"), (CONSULTED,)),
    Rule("read-papers",       IN_EMERGENCY,  (EMERGENCY,)),
    Rule("read-evidence",     ("leader", "specialist", "counter"), (DECIDES,)),  # what registers answered about the person
    Rule("read-evidence",     COUNTER,       (RECEIVED,)),
    Rule("read-evidence",     IN_EMERGENCY,  (EMERGENCY,)),
    Rule("read-openings",     CITIZENS,      (ACCOUNT, PERSON)),
    Rule("read-openings",     LEADER,        (DECIDES,)),
    Rule("publish-catalogue", ADMIN,         (FILTERED,)),
)  # fmt: skip


class Reader(NamedTuple):
    """As what they read: `applicant` or an officer's role, and for which agency."""

    role: str
    agency: str | None = None
    emergency: bool = False


def reader_of(who: Principal, action: str, dossier: Dossier) -> Reader | None:
    """None: to them it does not exist."""
    decision = POLICY.decide(who, action, dossier)
    if not isinstance(decision, Allow):
        return None
    if decision.relation in (ACCOUNT.name, PERSON.name):
        return Reader(APPLICANT)
    return Reader(decision.role, who.agency, decision.relation == EMERGENCY.name)
