"""The leader's work list: decided, waiting for a signature; what could not be signed comes back with the reason."""

from __future__ import annotations

from fastapi import APIRouter

from dossier_shared.clock import Clock, instant, parse_instant
from dossier_shared.http.auth import own_agency
from dossier_shared.http.policy import Context, Decision, Deny
from dossier_shared.http.root import own_url
from dossier_shared.http.tokens import Principal
from dossier_shared.journal.dossier import Dossier
from dossier_shared.pages.rendering import add_package
from dossier_shared.pages.texts import Texts, texts
from dossier_shared.pages.work_list import Choices, Titled, Wish, WorkItem, WorkPage, work_router
from dossier_signing.commands import VERBS, World
from dossier_signing.documents.printed import odd_letters
from dossier_signing.policy import DECIDED, POLICY
from dossier_signing.state import State
from dossier_signing.store import ResultList

SUBSTITUTED = (
    "unprintable-text",
    "empty-holder",
    "empty-reason",
    "form-row-invalid",
)  # code points in their place help


FILTERS: dict[str, Titled] = {"ready": lambda t: t("signing.ready"), "failed": lambda t: t("signing.could_not")}
SORTS: dict[str, Titled] = {"latest": lambda t: t("signing.latest_first")}


def choices(results: ResultList, clock: Clock, world: World) -> Choices:
    context = Context(world)

    async def load(who: Principal, wish: Wish) -> WorkPage:
        failed = None if wish.filter is None else wish.filter == "failed"
        found = await results.queue(
            own_agency(who), wish.limit, wish.cursor, failed=failed, ascending=wish.sort is None
        )
        now = instant(clock.now())
        return WorkPage(
            [
                item_of(world.directory.shown(one), now, POLICY.decide(who, "sign", one.state, context))
                for one in found.rows
            ],
            found.next,
        )

    async def counts(who: Principal) -> dict[str, int]:
        agency = own_agency(who)
        return {name: await results.count(agency, failed=name == "failed") for name in FILTERS}

    return Choices(load, FILTERS, counts, SORTS, urgent=("failed",))


def work_list(choices: Choices, world: World) -> APIRouter:
    add_package("dossier_signing.pages")
    return work_router(
        "signing",
        lambda t: t("signing.title"),
        choices,
        VERBS,
        files=("signing_run.js",),
        said=lambda lang: texts(lang).of("run", "signing_failure"),
        world=world,
    )


def item_of(dossier: Dossier[State], now: str, decision: Decision | None = None) -> WorkItem:
    """`decision`: whether its reader may sign it."""
    state = dossier.state
    due: str | None = state["appointment"]
    failure, odd = state.get("failure"), odd_letters(state)
    return WorkItem(
        dossier.id,
        state["code"],
        state["procedure_name"] or state["procedure"],
        due=parse_instant(due) if due else None,
        late=bool(due) and str(due) < now,
        state_vi=apart(said_of(state, texts("vi")), decision, texts("vi")),
        state_en=apart(said_of(state, texts("en")), decision, texts("en")),
        version=dossier.version,
        preview=own_url(
            f"/api/v1/dossiers/{dossier.id}/preview{'?substitute=true' if odd or failure in SUBSTITUTED else ''}"
        ),
        actions=("sign", *(("substitute",) if odd or failure in SUBSTITUTED else ()), "send-back"),
        resource=state,
        page=f"/cases/{dossier.id}",
        kind_vi=texts("vi").label("signing_kind", state["status"]),
        kind_en=texts("en").label("signing_kind", state["status"]),
    )


def apart(said: str, decision: Decision | None, t: Texts) -> str:
    """Why its reader is not offered to sign it."""
    barred = isinstance(decision, Deny) and decision.reason == DECIDED.name
    return t("signing.by_another", said=said) if barred else said


def said_of(state: State, t: Texts) -> str:
    """What waits, why it could not be signed yet, and the way on."""
    failure, odd = state.get("failure"), odd_letters(state)
    said = t.label("signing_result", state["status"])
    if failure:
        why = t.label("signing_failure", failure, t("signing.error", code=failure))
        said = t("signing.failed", result=said, why=why)
    if odd:
        said = t("signing.unprintable", result=said, letters=odd)
    if odd or failure in SUBSTITUTED:
        return t("signing.way_on_points", said=said)
    return t("signing.way_on", said=said) if failure else said
