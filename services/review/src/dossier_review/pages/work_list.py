"""The work list of who appraises and who decides, each with their own step."""

from __future__ import annotations

from typing import cast
from urllib.parse import quote

from fastapi import APIRouter

from dossier_review.commands import VERBS
from dossier_review.lists import Day, ListName, closing, listed
from dossier_review.state import APPRAISAL, APPROVAL, WAITING, State
from dossier_review.store import Cases
from dossier_shared.clock import parse_instant
from dossier_shared.http.auth import own_agency
from dossier_shared.http.tokens import Principal
from dossier_shared.journal.dossier import Dossier
from dossier_shared.pages.texts import Texts, texts
from dossier_shared.pages.work_list import Choices, Titled, Wish, WorkItem, WorkPage, work_router
from dossier_shared.runtime.service import Runtime

STAGES = {"specialist": APPRAISAL, "leader": APPROVAL}  # deputies appraise over HTTP; their list stays short
APPRAISE = (
    "propose-approval", "propose-rejection", "request-supplement", "request-payment", "consult", "request-extension",
)  # fmt: skip
ANSWER = "answer-consultation"
TAKE = "take"
WITHDRAW, CLOSE = "withdraw-request", ("reject", "stop", "hand-over")
DECIDE = {  # to approve many takes only what was proposed so
    "approve": ("approve", "return", "reject", "stop", "hand-over"),
    "reject": ("approve-nonetheless", "return", "reject", "stop", "hand-over"),
}
NOTED = frozenset({"approved", "rejected"})  # a remark is taken as long as it is not signed
DECISIONS = frozenset({"approve", "approve-nonetheless", "reject"})
WISH, TIME = ("grant-withdrawal", "decline-withdrawal"), ("extend",)  # once somebody has asked


FILTERS: dict[str, Titled] = {
    "mine": lambda t: t("review.mine"),
    "group": lambda t: t("review.group"),
    "approval": lambda t: t("review.approval"),
    "withdrawal": lambda t: t("review.withdrawal"),
    "late": lambda t: t("review.late"),
    "due": lambda t: t("review.due"),
    "closing": lambda t: t("review.closing"),
    "waiting": lambda t: t("review.waiting"),
    "consultation": lambda t: t("review.consultation"),
    "done": lambda t: t("review.done"),
}
OTHERS = {APPRAISAL: ("mine", "group"), APPROVAL: ("approval", "withdrawal")}  # lists only of who acts at this stage
SORTS: dict[str, Titled] = {"latest": lambda t: t("review.latest_first")}


def choices(cases: Cases, runtime: Runtime, ahead: int) -> Choices:
    def today(agency: str) -> Day:
        return Day.of(runtime.clock.now(), ahead, runtime.directory.works(agency))

    async def load(who: Principal, wish: Wish) -> WorkPage:
        agency, stages, ascending = own_agency(who), _stages(who), wish.sort is None
        day = today(agency)
        if wish.filter:
            wanted = listed(cast(ListName, wish.filter), who.sub, agency, day)
            found = await cases.queue(wanted, wish.limit, wish.cursor, ascending=ascending)
        else:
            stages += [WAITING] if stages else []
            found = await cases.work(who.sub, agency, stages, wish.limit, wish.cursor, ascending=ascending)
        return WorkPage([item_of(runtime.directory.shown(dossier), who, day) for dossier in found.rows], found.next)

    async def counts(who: Principal) -> dict[str, int]:
        found = await cases.counts(who.sub, own_agency(who), today(own_agency(who)))
        stages = _stages(who)
        others = {name for stage, names in OTHERS.items() if stage not in stages for name in names}
        return {name: found[name] for name in FILTERS if name not in others}

    return Choices(load, FILTERS, counts, SORTS, urgent=("late", "closing"))


def work_list(choices: Choices) -> APIRouter:
    return work_router("review", lambda t: t("review.title"), choices, VERBS)


def _stages(who: Principal) -> list[str]:
    return [stage for role, stage in STAGES.items() if role in who.roles]


def item_of(dossier: Dossier[State], who: Principal, day: Day) -> WorkItem:
    state = dossier.state
    (state_vi, actions), (state_en, _) = _shown(dossier, who, texts("vi")), _shown(dossier, who, texts("en"))
    late = state["due"] < day.now
    if closing(state, day) and not late:
        state_vi, state_en = (
            texts("vi")("review.soon", step=state_vi), texts("en")("review.soon", step=state_en),
        )  # fmt: skip
    return WorkItem(
        dossier.id,
        state["code"],
        state.get("procedure_name") or state["procedure"],
        due=parse_instant(state["due"]),
        late=late,
        state_vi=state_vi,
        state_en=state_en,
        version=dossier.version,
        actions=actions,
        resource=state,
        page=f"/cases/{quote(dossier.id, safe='')}",
    )


def _shown(dossier: Dossier[State], who: Principal, t: Texts) -> tuple[str, tuple[str, ...]]:
    """Of what was done today, it is nobody's turn here any more."""
    if dossier.state.get("stage") is None:
        return t.label("review_status", dossier.state["status"]), ()
    return _step(dossier, who, t)


ON_PAGES = ("assign", "extend-unasked", "note")  # what only a case's own page offers


def step_of(dossier: Dossier[State], who: Principal, t: Texts) -> str:
    """Where it stands, in words; empty once it is nobody's turn here."""
    return _step(dossier, who, t)[0] if dossier.state.get("stage") else ""


def actions_now(dossier: Dossier[State], who: Principal) -> tuple[str, ...]:
    """All that this officer may do to it now, in the order of a case's page."""
    state = dossier.state
    if who.agency != state["agency"]:
        return (ANSWER,)
    if not state.get("stage"):
        return ("note",) if state.get("status") in NOTED and "signed_at" not in state else ()
    actions = _step(dossier, who, texts("vi"))[1]
    if (
        "leader" in who.roles and state["stage"] == APPRAISAL
    ):  # who is away may be stood in for; and some things do not wait
        actions = (*actions, *(one for one in ("stop", "hand-over") if one not in actions))
    more = ON_PAGES if "extension" not in state else tuple(one for one in ON_PAGES if one != "extend-unasked")
    opinions = ("withdraw-consultation",) if state.get("consultations") else ()
    return tuple(dict.fromkeys((*actions, *opinions, *more)))


def _own(dossier: Dossier[State], who: Principal) -> bool:
    return dossier.state["stage"] == APPRAISAL and dossier.state.get("assigned_to") == who.sub


def _step(dossier: Dossier, who: Principal, t: Texts) -> tuple[str, tuple[str, ...]]:
    """Where it stands and what may be done; first what somebody waits to be answered."""
    state = dossier.state
    step, actions = _turn(dossier, who, t)
    asked: tuple[str, ...] = ()
    if "withdrawal" in state and who.agency == state["agency"]:
        step, asked = t("review.wants_back", step=step), WISH
        actions = tuple(action for action in actions if action not in DECISIONS)
    elif "extension" in state and who.agency == state["agency"]:
        more = state["extension"]
        amount = t.label("review_unit", more["unit"]).format(n=more["amount"])
        step, asked = t("review.wants_time", step=step, amount=amount), TIME
    return step, (*asked, *actions)


def _turn(dossier: Dossier, who: Principal, t: Texts) -> tuple[str, tuple[str, ...]]:
    state = dossier.state
    if state["stage"] == WAITING and who.agency == state["agency"]:
        opinion = state["waits_for"]["what"] == "consultation"  # the clock runs on: more time may be needed
        ways = (WITHDRAW, *(("request-extension",) if opinion and "extension" not in state else ()))
        return t.label("review_wait", state["waits_for"]["what"]), (*ways, *CLOSE)
    if state["stage"] == WAITING:
        return t("review.asked", agency=state["agency_name"] or state["agency"]), (ANSWER,)
    if state["stage"] == APPRAISAL:
        step = t("review.returned") if "returned_by" in state else t("review.to_appraise")
        officer = state.get("assigned_to")
        if officer is None:
            return step, (*APPRAISE, TAKE)
        if _own(dossier, who):
            return t("review.yours", step=step), APPRAISE
        return t("review.assigned", step=step, officer=officer), (*APPRAISE, TAKE)
    step = t.label("review_proposal", state["proposal"])
    if state["appraised_by"] == who.sub:
        return t("review.by_you", step=step), ("return",)
    return step, DECIDE[state["proposal"]]
