"""The counter's work list: filed, waiting to be accepted or refused; then what waits for a payment.

The legal clock has not begun, or stands still, so nothing is late.
"""

from __future__ import annotations

from fastapi import APIRouter

from dossier_intake.commands import VERBS
from dossier_intake.store import Catalogues, Dossiers
from dossier_shared.clock import parse_instant
from dossier_shared.http.auth import own_agency
from dossier_shared.http.tokens import Principal
from dossier_shared.journal.dossier import Dossier
from dossier_shared.pages.rendering import local_time
from dossier_shared.pages.texts import number
from dossier_shared.pages.work_list import WorkItem, WorkPage, work_router

FILED = ("accept", "refuse")
PAID = "payment-confirmed"
CHANNELS = {
    "online": ("trực tuyến", "online"),
    "direct": ("trực tiếp", "at the counter"),
    "postal": ("qua bưu chính", "by post"),
}


def work_list(dossiers: Dossiers, catalogues: Catalogues) -> APIRouter:
    async def load(who: Principal, limit: int, cursor: str | None) -> WorkPage:
        found = await dossiers.waiting(own_agency(who), limit, cursor)
        return WorkPage([item_of(catalogues.shown(dossier)) for dossier in found.rows], found.next)

    return work_router("intake", "Hồ sơ chờ tiếp nhận", "Waiting to be accepted", load, VERBS)


def item_of(dossier: Dossier) -> WorkItem:
    state = dossier.state
    if state["status"] == "awaiting_payment":
        vnd = state["asked"]["amount_vnd"]
        state_vi, state_en = f"Chờ nộp {number(vnd, 'vi')} đồng", f"VND {number(vnd, 'en')} to be paid"
    else:
        at, (channel_vi, channel_en) = parse_instant(state["submitted_at"]), CHANNELS[state["channel"]]
        state_vi, state_en = f"Nộp {channel_vi} {local_time(at, 'vi')}", f"Filed {channel_en} {local_time(at, 'en')}"
    return WorkItem(
        dossier.id,
        state["code"],
        state.get("procedure_name") or state["procedure"],
        state_vi=state_vi,
        state_en=state_en,
        version=dossier.version,
        actions=FILED if state["status"] == "submitted" else (PAID,),
    )
