"""Who may do what in review, as one table: a line per action and kind of officer. Pure.

Lists are filtered by their queries: by the agency of who asks, and for some lists by the account.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from dossier_review.evolving.waiting import awaited_opinions
from dossier_review.state import filers
from dossier_shared.http.policy import EMERGENCY, FILTERED, Bar, Context, Policy, Relation, Rule, own_dossier
from dossier_shared.http.tokens import Principal
from dossier_shared.problems import Forbidden

SPECIALIST, LEADER, OFFICERS = ("specialist",), ("leader",), ("specialist", "leader")
COUNTER, SUPERIOR = ("counter",), ("superior",)
IN_EMERGENCY = ("leader", "admin")  # who may read a case of others by saying why, in intake
Case = Mapping[str, Any]


def _holds(who: Principal, case: Case, _: Context) -> bool:
    return who.agency is not None and who.agency == case.get("agency")


def _asked(who: Principal, case: Case, _: Context) -> bool:
    return who.agency is not None and any(one["agency"] == who.agency for one in awaited_opinions(case))  # type: ignore[arg-type]


def _answered(who: Principal, case: Case, _: Context) -> bool:
    asked = (answer["asked"].get("agency") for answer in case.get("answers", ()))
    return who.agency is not None and who.agency in asked


def _handed_over(who: Principal, case: Case, _: Context) -> bool:
    return who.agency is not None and who.agency in case.get("handed_by", ())


def _above(who: Principal, case: Case, context: Context) -> bool:
    return who.agency in context.world.above(case.get("agency", ""), case.get("overseers", ()))


def _others_work(who: Principal, case: Case, _: Context) -> bool:
    return case.get("assigned_to") not in (None, who.sub) and "leader" not in who.roles


def _not_free(who: Principal, case: Case, context: Context) -> bool:
    officer = context.wish.officer if context.wish is not None else None
    return "leader" not in who.roles and (
        officer not in (None, who.sub) or case.get("assigned_to") not in (None, who.sub)
    )


def _appraised(who: Principal, case: Case, _: Context) -> bool:
    asked = [one["by"] for one in case.get("consultations", ())]
    return who.sub in (case.get("appraised_by"), case.get("waits_for", {}).get("by"), *asked)


def _party(who: Principal, delegation: Case, _: Context) -> bool:
    return who.agency == delegation["agency"] and who.sub in (delegation["giver"], delegation["deputy"])


def _leads(who: Principal, delegation: Case, _: Context) -> bool:
    return who.agency == delegation["agency"] and "leader" not in who.lent


HOLDS = Relation("holds", _holds)  # an officer of the agency that has the case
ASKED = Relation("asked", _asked)  # of an agency whose opinion is awaited
ABOVE = Relation("above", _above)  # of an agency above the one that has it
ANSWERED = Relation("answered", _answered)  # of an agency that gave its opinion
HANDED_OVER = Relation("handed over", _handed_over)  # of one that had it before
PARTY = Relation("party", _party)  # who gave the delegation, and who has it
LEADS = Relation("leads", _leads)  # the agency, by a right of their own

OWN = own_dossier(filers)
OTHERS_WORK = Bar(  # what is assigned is appraised by its officer, or by a leader
    "assigned-to-another", _others_work,
    lambda: Forbidden(
        "assigned-to-another",
        "Hồ sơ đã giao cho cán bộ khác. Hãy để cán bộ đó thẩm định, hoặc đề nghị lãnh đạo giao lại cho bạn.",
        "The case is assigned to another officer. Leave it to them, or ask a leader to assign it to you.",
    ),
)  # fmt: skip
NOT_FREE = Bar(
    "assigned-by-leader", _not_free,
    lambda: Forbidden(
        "assigned-by-leader",
        "Chuyên viên chỉ tự nhận hồ sơ chưa giao cho ai. Hãy đề nghị lãnh đạo giao lại.",
        "A specialist only takes what is assigned to nobody. Ask a leader to assign it.",
    ),
)  # fmt: skip
APPRAISED = Bar(  # four eyes: also who asked for what it waits for
    "same-person", _appraised,
    lambda: Forbidden(
        "same-person",
        "Người thẩm định không được tự phê duyệt. Hãy chuyển lãnh đạo khác.",
        "Whoever appraised may not decide. Hand it to another leader.",
    ),
)  # fmt: skip
NOT_ASKED = Bar(
    "answered-by-agency-asked", lambda who, case, _: True,
    lambda: Forbidden(
        "answered-by-agency-asked",
        "Cơ quan được hỏi trả lời; ý kiến nhận bằng văn bản do lãnh đạo nhập. Hãy đề nghị lãnh đạo.",
        "The agency asked answers; what came on paper is entered by a leader. Ask a leader.",
    ),
)  # fmt: skip
LENT = Bar(  # what was delegated is not passed on
    "role-not-own", lambda who, _, context: "leader" in who.lent,
    lambda: Forbidden(
        "role-not-own",
        "Chỉ uỷ quyền được vai trò của chính mình; việc được uỷ quyền không uỷ quyền tiếp.",
        "Only a role of one's own can be delegated; what was delegated is not passed on.",
    ),
)  # fmt: skip

POLICY: Final = Policy(
    #    action                    roles                     what they are to it   what stands against it
    Rule("appraise",               OFFICERS,                 (HOLDS,),             (OWN, OTHERS_WORK)),
    Rule("request-supplement",     SPECIALIST,               (HOLDS,),             (OWN, OTHERS_WORK)),
    Rule("request-payment",        SPECIALIST,               (HOLDS,),             (OWN, OTHERS_WORK)),
    Rule("request-extension",      SPECIALIST,               (HOLDS,),             (OWN, OTHERS_WORK)),
    Rule("consult",                SPECIALIST,               (HOLDS,),             (OWN, OTHERS_WORK)),
    Rule("answer-consultation",    OFFICERS,                 (ASKED,),             (OWN,)),
    Rule("answer-consultation",    LEADER,                   (HOLDS,),             (OWN,)),  # what came on paper
    Rule("answer-consultation",    SPECIALIST,               (HOLDS,),             (OWN, NOT_ASKED)),
    Rule("withdraw-consultation",  OFFICERS,                 (HOLDS,),             (OWN, OTHERS_WORK)),
    Rule("withdraw-request",       OFFICERS,                 (HOLDS,),             (OWN, OTHERS_WORK)),
    Rule("assign",                 OFFICERS,                 (HOLDS,),             (OWN, NOT_FREE)),
    Rule("approve",                LEADER,                   (HOLDS,),             (OWN, APPRAISED)),
    Rule("reject",                 LEADER,                   (HOLDS,),             (OWN, APPRAISED)),
    Rule("return",                 LEADER,                   (HOLDS,),             (OWN,)),
    Rule("stop",                   LEADER,                   (HOLDS,),             (OWN,)),
    Rule("extend",                 LEADER,                   (HOLDS,),             (OWN,)),
    Rule("grant-withdrawal",       LEADER,                   (HOLDS,),             (OWN,)),
    Rule("decline-withdrawal",     LEADER,                   (HOLDS,),             (OWN,)),
    Rule("hand-over",              LEADER,                   (HOLDS,),             (OWN,)),
    Rule("note",                   (*OFFICERS, *COUNTER),    (HOLDS,),             (OWN,)),

    Rule("release",                LEADER,                   (HOLDS,),             (OWN,)),  # the cases of who has left
    Rule("share-out",              LEADER,                   (HOLDS,),             (OWN,)),
    Rule("keep-assigning",         LEADER,                   (FILTERED,)),
    Rule("delegate",               LEADER,                   (FILTERED,),          (LENT,)),
    Rule("end-delegation",         (*OFFICERS, *COUNTER),    (PARTY,)),
    Rule("end-delegation",         LEADER,                   (LEADS,)),

    Rule("read",                   (*OFFICERS, *COUNTER, *SUPERIOR), (HOLDS, ASKED)),
    Rule("read",                   SUPERIOR,                 (ABOVE,)),
    Rule("read",                   IN_EMERGENCY,             (EMERGENCY,)),
    Rule("see-filed",              OFFICERS,                 (HOLDS, ASKED)),  # names, answers, words: who is above may not
    Rule("see-filed",              IN_EMERGENCY,             (EMERGENCY,)),
    Rule("open",                   OFFICERS,                 (HOLDS, ASKED)),  # its page
    Rule("open",                   IN_EMERGENCY,             (EMERGENCY,)),
    Rule("print",                  (*OFFICERS, *COUNTER),    (HOLDS,)),
    Rule("print-draft",            OFFICERS,                 (HOLDS,)),
    Rule("queue",                  OFFICERS,                 (FILTERED,)),
    Rule("workload",               LEADER,                   (FILTERED,)),
    Rule("assigning",              LEADER,                   (FILTERED,)),
    Rule("delegations",            (*OFFICERS, *COUNTER),    (FILTERED,)),
    repeated=(ANSWERED, HANDED_OVER),
)  # fmt: skip
