"""HTTP of intake: parse, hand to a handler, answer. Filing is in filing_api.py."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from dossier_intake import handlers
from dossier_intake.filing_api import FilingApi
from dossier_intake.schemas import (
    Accept,
    AcceptBatch,
    AcceptItem,
    DossierList,
    DossierOutcomes,
    DossierView,
    Refuse,
    dossier_view,
)
from dossier_intake.state import State
from dossier_intake.store import Catalogues, Dossiers
from dossier_shared.adapters.cursors import CursorQuery, LimitQuery, Page
from dossier_shared.clock import normalise_instant, parse_instant
from dossier_shared.errors import Forbidden, NotFound
from dossier_shared.http.auth import authenticate, own_agency, owns
from dossier_shared.http.batches import read_items
from dossier_shared.http.commands import command_of, run_batch
from dossier_shared.http.idempotency import CommandContext, command
from dossier_shared.http.jsonbody import json_response, parse
from dossier_shared.http.openapi import answers, reads
from dossier_shared.http.tokens import Principal
from dossier_shared.journal.dossier import Dossier, New
from dossier_shared.runtime.service import Runtime


def router(runtime: Runtime, dossiers: Dossiers, catalogues: Catalogues, filing: FilingApi) -> APIRouter:
    api = APIRouter(prefix="/api/v1")
    api.include_router(filing.router())

    def view(dossier: Dossier[State]) -> dict[str, Any]:
        return dossier_view(catalogues.shown(dossier))

    def listed(page: Page) -> Response:
        return json_response({"items": [view(one) for one in page.rows], "next": page.next})

    def may_see(who: Principal, dossier: Dossier[State] | None) -> Dossier[State]:
        """What one may not see does not exist."""
        if dossier is not None and "code" in dossier.state:
            agency = dossier.state["agency"]
            if owns(who, dossier.state["owner"]) or ("counter" in who.roles and who.agency == agency):
                return dossier
            if "superior" in who.roles and agency in catalogues.current.subtree(who.agency or ""):
                return dossier
        raise NotFound()

    @api.get("/dossiers", responses=answers(DossierList))
    async def find(
        request: Request, code: str | None = None, limit: LimitQuery = 100, cursor: CursorQuery = None
    ) -> Response:
        """By code, or one's own, the newest first. What was filed at a counter is nobody's own."""
        who = await authenticate(request, "citizen", "agent", "counter", "superior")
        if code is not None:
            one = await dossiers.by_code(code, catalogues.current.agencies)
            return json_response({"items": [view(may_see(who, one))], "next": None})
        return listed(await dossiers.of_owner(who.sub, limit, cursor) if owns(who, who.sub) else Page([], None))

    @api.get("/dossiers/{dossier_id}", responses=answers(DossierView))
    async def show(request: Request, dossier_id: str) -> Response:
        who = await authenticate(request, "citizen", "agent", "counter", "superior")
        dossier = may_see(who, (await runtime.dossiers.load([dossier_id])).get(dossier_id))
        return json_response(view(dossier), version=dossier.version)

    @api.get("/queue", responses=answers(DossierList))
    async def queue(request: Request, limit: LimitQuery = 100, cursor: CursorQuery = None) -> Response:
        """The counter's: filed, waiting to be accepted or refused."""
        who = await authenticate(request, "counter")
        return listed(await dossiers.queue(own_agency(who), limit, cursor))

    def acceptance(context: CommandContext) -> Callable[[State, Accept], Sequence[New]]:
        """What accepting means for whoever asks, now; the appointment is given only by a replay."""
        at = parse_instant(context.occurred_at) if context.occurred_at else runtime.clock.now()
        catalogue = catalogues.current

        def decide(state: State, wish: Accept) -> Sequence[New]:
            promised = None
            if wish.appointment is not None:
                if not (runtime.settings.development and "replay" in context.principal.roles):
                    raise Forbidden(
                        "appointment-refused",
                        "Ngày hẹn do hệ thống tính, không được nhập tay.",
                        "The appointment is computed; it cannot be given.",
                    )
                promised = normalise_instant(wish.appointment, field="/appointment")
            return handlers.accept_dossier(state, context.principal, at, catalogue, promised)

        return decide

    @api.post("/dossiers/{dossier_id}/accept", responses=answers(DossierView), openapi_extra=reads(Accept))
    async def accept(request: Request, dossier_id: str) -> Response:
        context = await command(request, "counter")
        wish = parse(Accept, context.body or b"{}")
        decide = acceptance(context)
        order = command_of(context, "counter", permit=handlers.counter_only(context.principal))
        dossier = await runtime.ledger.execute(dossier_id, lambda d: decide(d.state, wish), order)
        return json_response(view(dossier), version=dossier.version)

    @api.post("/dossiers:accept", responses=answers(DossierOutcomes), openapi_extra=reads(AcceptBatch))
    async def accept_many(request: Request) -> Response:
        context = await command(request, "counter")
        items = read_items(AcceptBatch, AcceptItem, context.body)
        decide = acceptance(context)

        def one(item: AcceptItem, state: State) -> Sequence[New]:
            return decide(state, item)

        permit = handlers.counter_only(context.principal)
        answer = await run_batch(runtime.ledger, context, items, one, view, "counter", permit=permit)
        return json_response(answer)

    @api.post("/dossiers/{dossier_id}/refuse", responses=answers(DossierView), openapi_extra=reads(Refuse))
    async def refuse(request: Request, dossier_id: str) -> Response:
        context = await command(request, "counter")
        wish = parse(Refuse, context.body)
        dossier = await runtime.ledger.execute(
            dossier_id,
            lambda d: handlers.refuse_dossier(d.state, context.principal, wish.reason),
            command_of(context, "counter", permit=handlers.counter_only(context.principal)),
        )
        return json_response(view(dossier), version=dossier.version)

    return api
