"""The leader's work list: decided, waiting for a signature; what could not be signed comes back with the reason."""

from __future__ import annotations

from fastapi import APIRouter

from dossier_shared.clock import Clock, instant, parse_instant
from dossier_shared.http.auth import own_agency
from dossier_shared.http.tokens import Principal
from dossier_shared.journal.dossier import Dossier
from dossier_shared.pages.texts import Texts, texts
from dossier_shared.pages.work_list import WorkItem, WorkPage, work_router
from dossier_shared.runtime.directory import Directory
from dossier_signing.commands import VERBS
from dossier_signing.documents.printed import odd_letters
from dossier_signing.state import State
from dossier_signing.store import ResultList

SUBSTITUTED = (
    "unprintable-text",
    "empty-holder",
    "empty-reason",
    "form-row-invalid",
)  # code points in their place help


def work_list(results: ResultList, clock: Clock, directory: Directory) -> APIRouter:
    async def load(who: Principal, limit: int, cursor: str | None) -> WorkPage:
        now, found = instant(clock.now()), await results.queue(own_agency(who), limit, cursor)
        return WorkPage([item_of(directory.shown(dossier), now) for dossier in found.rows], found.next)

    return work_router("signing", lambda t: t("signing.title"), load, VERBS)


def item_of(dossier: Dossier[State], now: str) -> WorkItem:
    state = dossier.state
    due: str | None = state["appointment"]
    failure, odd = state.get("failure"), odd_letters(state)
    return WorkItem(
        dossier.id,
        state["code"],
        state["procedure_name"] or state["procedure"],
        due=parse_instant(due) if due else None,
        late=bool(due) and str(due) < now,
        state_vi=_said(state["status"], failure, odd, texts("vi")),
        state_en=_said(state["status"], failure, odd, texts("en")),
        version=dossier.version,
        actions=("sign", "substitute") if odd or failure in SUBSTITUTED else ("sign",),
    )


def _said(status: str, failure: str | None, odd: str, t: Texts) -> str:
    said = t.label("signing_result", status)
    if failure:
        why = t.label("signing_failure", failure, t("signing.error", code=failure))
        said = t("signing.failed", result=said, why=why)
    return t("signing.unprintable", result=said, letters=odd) if odd else said
