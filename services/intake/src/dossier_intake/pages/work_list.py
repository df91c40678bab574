"""The counter's work list: filed, waiting to be accepted or refused; then what waits for a payment.

The legal clock has not begun, or stands still, so nothing is late.
"""

from __future__ import annotations

from fastapi import APIRouter

from dossier_intake.commands import VERBS
from dossier_intake.state import State
from dossier_intake.store import Catalogues, Dossiers
from dossier_shared.clock import parse_instant
from dossier_shared.http.auth import own_agency
from dossier_shared.http.tokens import Principal
from dossier_shared.journal.dossier import Dossier
from dossier_shared.pages.rendering import local_time
from dossier_shared.pages.texts import Lang, number, texts
from dossier_shared.pages.work_list import Choices, Titled, Wish, WorkItem, WorkPage, work_router

FILED = ("accept", "request-completion", "refuse")
INCOMPLETE = ("accept", "refuse")
PAID = "payment-confirmed"


FILTERS: dict[str, Titled] = {
    "filed": lambda t: t("counter.to_accept"),
    "completing": lambda t: t("counter.to_complete"),
    "owing": lambda t: t("counter.owing"),
}
SORTS: dict[str, Titled] = {"latest": lambda t: t("counter.latest_first")}


def choices(dossiers: Dossiers, catalogues: Catalogues) -> Choices:
    async def load(who: Principal, wish: Wish) -> WorkPage:
        office, oldest_first = catalogues.office(own_agency(who)), wish.sort is None
        found = await dossiers.waiting(office, wish.limit, wish.cursor, part=wish.filter, ascending=oldest_first)
        return WorkPage([item_of(catalogues.shown(dossier)) for dossier in found.rows], found.next)

    async def counts(who: Principal) -> dict[str, int]:
        return await dossiers.counts(catalogues.office(own_agency(who)))

    return Choices(load, FILTERS, counts, SORTS)


def work_list(choices: Choices) -> APIRouter:
    return work_router("intake", lambda t: t("counter.title"), choices, VERBS)


def item_of(dossier: Dossier[State]) -> WorkItem:
    state = dossier.state
    return WorkItem(
        dossier.id,
        state["code"],
        state.get("procedure_name") or state["procedure"],
        state_vi=_said(dossier, "vi"),
        state_en=_said(dossier, "en"),
        version=dossier.version,
        actions=ACTIONS[state["status"]],
        resource=state,
        page=f"/cases/{dossier.id}",
    )


ACTIONS = {"submitted": FILED, "awaiting_completion": INCOMPLETE, "awaiting_payment": (PAID,)}


def _said(dossier: Dossier, lang: Lang) -> str:
    state, t = dossier.state, texts(lang)
    said = _stands(state, lang)
    if "received_at" in state:
        return t("counter.received_for", said=said, agency=state.get("agency_name") or state["agency"])
    return said


def _stands(state: State, lang: Lang) -> str:
    t = texts(lang)
    if state["status"] == "awaiting_payment":
        return t("counter.to_pay", amount=number(state["asked"]["amount_vnd"], lang))
    if state["status"] == "awaiting_completion":
        until = state["asked"].get("until")
        return t("counter.completing", until=local_time(parse_instant(until), lang) if until else "–")
    at = local_time(parse_instant(state["submitted_at"]), lang)
    return t("counter.filed", channel=t.label("counter_channel", state["channel"]), at=at)
