"""The counter's work list: filed, waiting to be accepted or refused. The legal clock has not begun, so nothing is late."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter

from dossier_intake.store import Dossiers
from dossier_shared.auth import own_agency
from dossier_shared.clock import parse_instant
from dossier_shared.journal import Dossier
from dossier_shared.pages import Action, WorkItem, work_router
from dossier_shared.rendering import local_time
from dossier_shared.tokens import Principal

ACTIONS = (
    Action(
        "accept", "Tiếp nhận", "Accept", "/api/v1/dossiers/{id}/accept", ("counter",),
        bulk_path="/api/v1/dossiers:accept", tone="primary",
    ),
    Action(
        "refuse", "Từ chối tiếp nhận", "Refuse", "/api/v1/dossiers/{id}/refuse", ("counter",), ask_reason=True, tone="danger",
    ),
)  # fmt: skip
CHANNELS = {
    "online": ("trực tuyến", "online"),
    "direct": ("trực tiếp", "at the counter"),
    "postal": ("qua bưu chính", "by post"),
}


def work_list(dossiers: Dossiers) -> APIRouter:
    async def load(who: Principal, limit: int) -> Sequence[WorkItem]:
        return [item_of(dossier) for dossier in await dossiers.queue(own_agency(who), limit)]

    return work_router("intake", "Hồ sơ chờ tiếp nhận", "Waiting to be accepted", load, ACTIONS)


def item_of(dossier: Dossier) -> WorkItem:
    state = dossier.state
    at = parse_instant(state["submitted_at"])
    channel_vi, channel_en = CHANNELS[state["channel"]]
    return WorkItem(
        dossier.id,
        state["code"],
        state.get("procedure_name") or state["procedure"],
        state_vi=f"Nộp {channel_vi} {local_time(at, 'vi')}",
        state_en=f"Filed {channel_en} {local_time(at, 'en')}",
        version=dossier.version,
    )
