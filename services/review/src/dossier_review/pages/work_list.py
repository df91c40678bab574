"""The work list of who appraises and who decides, each with their own step."""

from __future__ import annotations

from fastapi import APIRouter

from dossier_review.commands import VERBS
from dossier_review.handlers import AWAITED
from dossier_review.state import APPRAISAL, APPROVAL, WAITING
from dossier_review.store import Cases
from dossier_shared.clock import Clock, instant, parse_instant
from dossier_shared.http.auth import own_agency
from dossier_shared.http.tokens import Principal
from dossier_shared.journal.dossier import Dossier
from dossier_shared.pages.work_list import WorkItem, WorkPage, work_router
from dossier_shared.runtime.directory import Directory

STAGES = {"specialist": APPRAISAL, "leader": APPROVAL}  # deputies appraise over HTTP; their list stays short
APPRAISE = ("propose-approval", "propose-rejection", "request-supplement", "request-payment", "consult")
ANSWER = "answer-consultation"
TAKE = "take"
WITHDRAW, CLOSE = "withdraw-request", ("reject", "stop")
DECIDE = {  # "approve all" takes only what was proposed so
    "approve": ("approve", "return", "reject", "stop"),
    "reject": ("approve-nonetheless", "return", "reject", "stop"),
}
PROPOSALS = {
    "approve": ("Đề xuất đồng ý", "Approval proposed"),
    "reject": ("Đề xuất từ chối", "Rejection proposed"),
}


def work_list(cases: Cases, clock: Clock, directory: Directory) -> APIRouter:
    async def load(who: Principal, limit: int, cursor: str | None) -> WorkPage:
        now, stages = instant(clock.now()), [stage for role, stage in STAGES.items() if role in who.roles]
        stages += [WAITING] if stages else []
        found = await cases.work(who.sub, own_agency(who), stages, limit, cursor)
        return WorkPage([item_of(directory.shown(dossier), who, now) for dossier in found.rows], found.next)

    return work_router("review", "Thẩm định và phê duyệt", "Appraisal and approval", load, VERBS)


def item_of(dossier: Dossier, who: Principal, now: str) -> WorkItem:
    state = dossier.state
    state_vi, state_en, actions = _step(dossier, who)
    return WorkItem(
        dossier.id,
        state["code"],
        state.get("procedure_name") or state["procedure"],
        due=parse_instant(state["due"]),
        late=state["due"] < now,
        state_vi=state_vi,
        state_en=state_en,
        version=dossier.version,
        actions=actions,
    )


def _own(dossier: Dossier, who: Principal) -> bool:
    return dossier.state["stage"] == APPRAISAL and dossier.state.get("assigned_to") == who.sub


def _step(dossier: Dossier, who: Principal) -> tuple[str, str, tuple[str, ...]]:
    state = dossier.state
    if state["stage"] == WAITING and who.agency == state["agency"]:
        vi, en = AWAITED[state["waits_for"]["what"]]
        mine = "leader" in who.roles or state.get("assigned_to") in (None, who.sub)
        return f"Chờ {vi}", f"Waits for {en}", ((WITHDRAW,) if mine else ()) + CLOSE
    if state["stage"] == WAITING:
        asker = state["agency_name"] or state["agency"]
        return f"{asker} hỏi ý kiến", f"{asker} asks for an opinion", (ANSWER,)
    if state["stage"] == APPRAISAL:
        returned = ("Lãnh đạo trả lại", "Returned by the leader") if "returned_by" in state else None
        vi, en = returned or ("Chờ thẩm định", "To be appraised")
        officer = state.get("assigned_to")
        if officer is None:
            return vi, en, (*APPRAISE, TAKE)
        if _own(dossier, who):
            return f"{vi} (của bạn)", f"{en} (yours)", APPRAISE
        offered = (*APPRAISE, TAKE) if "leader" in who.roles else ()
        return f"{vi} (đã giao {officer})", f"{en} (assigned to {officer})", offered
    vi, en = PROPOSALS[state["proposal"]]
    if state["appraised_by"] == who.sub:
        return f"{vi} (bạn đã thẩm định)", f"{en} (by you)", ("return",)
    return vi, en, DECIDE[state["proposal"]]
